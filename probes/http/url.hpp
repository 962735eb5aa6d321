#pragma once

// An http or https URL, taken apart and made safe for libcurl.

#include <memory>
#include <string>

#include "base/error.hpp"

namespace nines::probes {

class Url {
 public:
  // Absolute. Refused: other schemes, `http:///x` (libcurl would take x for the host), control characters and spaces,
  // host names that IDNA refuses.
  static Expected<Url> parse(const std::string& text);
  // A Location header's value, relative to this URL; the same rules, except that spaces are encoded as browsers do.
  Expected<Url> resolve(const std::string& location) const;

  bool tls() const { return tls_; }
  const std::string& host() const { return host_; }  // ASCII; IPv6 without brackets, "fe80::1%eth0" with its zone
  int port() const { return port_; }
  const std::string& text() const { return text_; }                       // without user, password and fragment
  std::string shown() const { return text_.substr(0, text_.find('?')); }  // for sentences: queries carry secrets
  const std::string& user() const { return user_; }
  const std::string& password() const { return password_; }
  // "example.com" or "example.com:8080", as a Host header has it: without a zone.
  std::string authority() const;
  bool same_origin(const Url& other) const;
  // Whether this is `other` with https in place of http, each at its scheme's own port.
  bool secures(const Url& other) const;

  // The same URL with another host: what the TLS server name is taken from. Scheme, port and path stay.
  Expected<Url> with_host(const std::string& host) const;

  void* handle() const { return handle_.get(); }  // libcurl's CURLU*

 private:
  struct Free {
    void operator()(void* handle) const;
  };
  static Expected<Url> read(std::unique_ptr<void, Free> handle, const std::string& shown);

  std::unique_ptr<void, Free> handle_;
  bool tls_ = false;
  bool default_port_ = true;
  int port_ = 0;
  std::string host_;
  std::string text_;
  std::string user_;
  std::string password_;
};

}  // namespace nines::probes
