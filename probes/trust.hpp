#pragma once

// Certificate authorities: one parsed store per file, shared by every connection of a loop. (Parsing the system's
// bundle for each connection would cost 25 ms of CPU.)

#include <map>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "probes/async/loop.hpp"
#include "probes/async/task.hpp"

struct x509_store_st;

namespace nines::probes {

// One per loop, loop's thread only. A file is read once, on another thread, when it is first asked for.
class TrustStores {
 public:
  explicit TrustStores(Loop& loop);
  ~TrustStores();
  TrustStores(const TrustStores&) = delete;
  TrustStores& operator=(const TrustStores&) = delete;

  // OpenSSL's X509_STORE of a PEM file, owned by this; empty: the system's. Fails when the file cannot be read or holds
  // no certificate; asked for again, it is read again.
  Task<Expected<x509_store_st*>> get(std::string ca_file);

  // The same if it is there already, else null: saves the common case a coroutine.
  x509_store_st* loaded(const std::string& ca_file) const;

  static constexpr const char* kSystemFile = "/etc/ssl/certs/ca-certificates.crt";

 private:
  struct Entry;
  Loop& loop_;
  std::map<std::string, std::shared_ptr<Entry>> entries_;
};

}  // namespace nines::probes
