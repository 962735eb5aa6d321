#pragma once

// What a `tls_config` names: certificate authorities and the client's own certificate, parsed once and shared by every
// connection of a loop. (Parsing the system's authorities for each connection would cost 25 ms of CPU.)

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/outcome.hpp"
#include "config/modules.hpp"
#include "probes/async/loop.hpp"
#include "probes/async/scope.hpp"
#include "probes/async/stop.hpp"
#include "probes/async/task.hpp"

struct evp_pkey_st;
struct x509_st;
struct x509_store_st;

namespace nines::probes {

// A certificate for a server that wants one, with its chain.
struct ClientCertificate {
  std::shared_ptr<x509_st> leaf;
  std::vector<std::shared_ptr<x509_st>> chain;
  std::shared_ptr<evp_pkey_st> key;
};

// Immutable once made; equal pointers mean that nothing has changed.
struct TlsMaterial {
  std::shared_ptr<x509_store_st> trust;                      // null: certificates are not verified
  std::shared_ptr<const ClientCertificate> own_certificate;  // null: none
};

// One per loop, loop's thread only. Files are read on another thread, when they are first asked for and when they have
// changed, which is looked at every `look_again` at most.
class TlsMaterials {
 public:
  explicit TlsMaterials(Loop& loop, std::chrono::nanoseconds look_again = kLookAgain);
  ~TlsMaterials();
  TlsMaterials(const TlsMaterials&) = delete;
  TlsMaterials& operator=(const TlsMaterials&) = delete;

  // Fails when a file cannot be read or does not hold what it should; asked for again, it is read again. A stop ends
  // the wait, not the reading, which goes on for those who ask later (a file system may hang). `config` outlives the
  // task.
  Task<Expected<TlsMaterial>> get(const config::TlsConfig& config, Stop stop);
  // Waits for what is being read. Call before the destructor.
  Task<void> close();

  static constexpr std::chrono::seconds kLookAgain{10};
  static constexpr const char* kSystemFile = "/etc/ssl/certs/ca-certificates.crt";

 private:
  template <class T>
  struct Slot;
  template <class T>
  using Slots = std::map<std::string, std::shared_ptr<Slot<T>>>;
  template <class T, class Read>
  Task<void> renew(std::shared_ptr<Slot<T>> slot, std::vector<std::string> files, Read read);
  template <class T, class Read>
  Task<Expected<std::shared_ptr<T>>> keep(Slots<T>& slots, std::string key, std::vector<std::string> files, Read read,
                                          Stop stop);

  Loop& loop_;
  Scope reading_;
  std::chrono::nanoseconds look_again_;
  Slots<x509_store_st> stores_;
  Slots<const ClientCertificate> certificates_;
};

// What get()'s failure is to a probe of `host`: tls_timeout or agent_shutdown when `stop` ended the wait, else
// agent_error.
Outcome material_failure(const Error& error, const std::string& host, Stop stop);

}  // namespace nines::probes
