#include "config/target.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <sys/un.h>

#include "base/text.hpp"
#include "config/address_rule.hpp"
#include "config/module.hpp"
#include "config/names.hpp"
#include "config/utf8.hpp"

namespace nines::config {
namespace {

struct Scheme {
  std::string_view name;
  Prober prober;
  int port = 0;  // the one it stands for; 0: none
  bool tls = false;
};

constexpr Scheme kSchemes[] = {
    {"http", Prober::http, 80},    {"https", Prober::http, 443, true},
    {"ws", Prober::websocket, 80}, {"wss", Prober::websocket, 443, true},
    {"tcp", Prober::tcp},          {"tls", Prober::tcp, 0, true},
    {"dns", Prober::dns, 53},      {"icmp", Prober::icmp},
    {"grpc", Prober::grpc},        {"grpcs", Prober::grpc, 443, true},
    {"unix", Prober::unix_socket},
};
// blackbox_exporter takes these for grpc too.
constexpr Scheme kGrpcSchemes[] = {{"http", Prober::grpc, 80}, {"https", Prober::grpc, 443, true}};

std::string shown(std::string_view text) {
  return "\"" + ellipsize(printable(text), 120) + "\"";
}

// "tcp" of "tcp://host:1", in lower case; empty without one.
std::string scheme_of(std::string_view text) {
  const std::size_t mark = text.find("://");
  const bool has = mark != std::string_view::npos && text.find_first_of("/?#") > mark;
  return has ? lower_case(text.substr(0, mark)) : std::string();
}

const Scheme* find_scheme(std::string_view name, Prober prober) {
  const auto fits = [&](const Scheme& scheme) { return scheme.name == name && scheme.prober == prober; };
  if (const auto* found = std::ranges::find_if(kSchemes, fits); found != std::end(kSchemes)) return found;
  const auto* found = std::ranges::find_if(kGrpcSchemes, fits);
  return found == std::end(kGrpcSchemes) ? nullptr : found;
}

// "http:// or https://"
std::string schemes_of(Prober prober) {
  std::string text;
  for (const Scheme& scheme : kSchemes) {
    if (scheme.prober == prober) text += (text.empty() ? "" : " or ") + std::string(scheme.name) + "://";
  }
  return text;
}

std::string example_of(Prober prober) {
  switch (prober) {
    case Prober::http:
      return "a URL such as https://host/path";
    case Prober::websocket:
      return "a URL such as wss://host/path";
    case Prober::unix_socket:
      return "a path such as /run/app.sock";
    case Prober::icmp:
      return "a host such as 192.0.2.7";
    case Prober::dns:
      return "a server such as 192.0.2.7 or [2001:db8::1]:53";
    case Prober::tcp:
    case Prober::grpc:
      break;
  }
  return "host:port such as db.example:5432 or [2001:db8::1]:443";
}

std::unexpected<Error> wrong_scheme(std::string_view text, const std::string& scheme, Prober prober) {
  return fail(shown(text) + " has the scheme " + shown(scheme) +
              (scheme_prober(text) ? ", which is not for the prober " + std::string(prober_name(prober)) : "") +
              ": expected " + schemes_of(prober));
}

std::string join_host_port(const std::string& host, int port) {
  const std::string shown_host = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == 0 ? shown_host : shown_host + ":" + std::to_string(port);
}

Expected<Target> parse_path(std::string_view path) {
  if (path.empty()) return fail("the target has no path: expected " + example_of(Prober::unix_socket));
  if (!is_printable(path)) return fail(shown(path) + " holds a control character: expected a path without");
  constexpr std::size_t kMost = sizeof(sockaddr_un::sun_path) - 1;
  if (path.size() > kMost) {
    return fail(shown(path) + " has " + std::to_string(path.size()) + " bytes: expected at most " +
                std::to_string(kMost) + " in the path of a socket");
  }
  Target target;
  target.text = target.host = target.host_port = path;
  return target;
}

// Host and port of "host:port", "[v6]:port" or "host" into `target`.
Expected<void> read_authority(std::string_view text, std::string_view authority, Prober prober, int port,
                              Target& target) {
  if (authority.find('@') != std::string_view::npos) {
    return fail("the target holds a user name or password: expected them in a module");
  }
  const auto parts = split_address(authority);
  const bool bracketed = authority.starts_with('[');
  const bool bare_v6 = parts && !bracketed && parts->host.find(':') != std::string::npos;
  const bool no_port_kind = prober == Prober::icmp || prober == Prober::dns;
  if (bare_v6 && !(no_port_kind && parse_address(parts->host.substr(0, parts->host.find('%'))))) {
    return fail(shown(text) + " has no valid host and port: expected an IPv6 address in brackets, " +
                example_of(prober));
  }
  const std::size_t tail = authority.rfind(':');
  if (!parts) {
    return fail(shown(text) + (bracketed || tail == std::string_view::npos
                                   ? " has no valid host: expected " + example_of(prober)
                                   : " has no valid port: expected one from 1 to 65535"));
  }
  if (parts->host.empty()) return fail(shown(text) + " has no host: expected " + example_of(prober));
  if (parts->port == 0) return fail(shown(text) + " has no valid port: expected one from 1 to 65535");
  target.host = parts->host;
  target.port = parts->port.value_or(port);
  target.host_port = join_host_port(target.host, target.port);
  return {};
}

// http and websocket: the URL stays whole.
Expected<Target> parse_url(std::string_view text, const Scheme& scheme, std::string_view rest) {
  Target target;
  target.tls = scheme.tls;
  target.text = std::string(scheme.name) + "://" + std::string(rest);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (authority.find('@') != std::string_view::npos) {
    return fail("the URL holds a user name or password: expected them in a module's `basic_auth`");
  }
  if (auto read = read_authority(text, authority, scheme.prober, scheme.port, target); !read) {
    return std::unexpected(read.error());
  }
  return target;
}

Expected<Target> parse_address_target(std::string_view text, Prober prober, const Scheme* scheme,
                                      std::string_view rest) {
  Target target;
  target.tls = scheme != nullptr && scheme->tls;
  const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
  const std::string_view after = rest.substr(end);
  if (prober == Prober::dns && scheme != nullptr && after.starts_with('/') && after != "/") {
    target.question = after;
  } else if (!after.empty() && (scheme == nullptr || after != "/")) {
    return fail(shown(text) + " has more than a host and a port: expected " + example_of(prober));
  }
  const int port = scheme != nullptr ? scheme->port : prober == Prober::dns ? 53 : 0;
  if (auto read = read_authority(text, rest.substr(0, end), prober, port, target); !read) {
    return std::unexpected(read.error());
  }
  if (prober == Prober::icmp) {
    if (target.port != 0) return fail(shown(text) + " has a port: expected a host alone, as ICMP knows none");
    target.text = target.host;
  } else {
    if (target.port == 0) return fail(shown(text) + " has no port: expected " + example_of(prober));
    target.text = target.host_port;
  }
  return target;
}

}  // namespace

std::optional<Prober> scheme_prober(std::string_view text) {
  const auto* found = std::ranges::find(kSchemes, scheme_of(text), &Scheme::name);
  return found == std::end(kSchemes) ? std::nullopt : std::optional(found->prober);
}

Expected<Target> parse_target(std::string_view text, Prober prober) {
  const std::string name = scheme_of(text);
  const Scheme* scheme = find_scheme(name, prober);
  if (!name.empty() && scheme == nullptr) return wrong_scheme(text, name, prober);
  const std::string_view rest = name.empty() ? text : text.substr(name.size() + 3);
  if (prober == Prober::unix_socket) return parse_path(rest);
  if (!is_printable(text) || text.find_first_of(" \"<>\\^`{|}") != std::string_view::npos) {
    return fail(shown(text) + " holds a character that no URL has: expected it percent-encoded");
  }
  if (prober == Prober::http) return parse_url(text, scheme != nullptr ? *scheme : kSchemes[0], rest);
  if (prober != Prober::websocket) return parse_address_target(text, prober, scheme, rest);
  if (scheme == nullptr) return fail(shown(text) + " has no scheme: expected " + example_of(prober));
  return parse_url(text, *scheme, rest);
}

Expected<DnsModule> parse_question(std::string_view question) {
  DnsModule dns;
  dns.query_type = 1;
  const std::size_t mark = std::min(question.find('?'), question.size());
  dns.query_name = question.substr(1, mark - 1);
  if (dns.query_name.empty() || dns.query_name.find('/') != std::string::npos) {
    return fail(shown(question) + " names nothing to ask for: expected dns://server/example.com?type=AAAA");
  }
  if (mark == question.size()) return dns;
  for (const std::string_view part : split(question.substr(mark + 1), ';')) {
    const std::size_t equals = std::min(part.find('='), part.size());
    const std::string key = lower_case(part.substr(0, equals));
    std::string value = lower_case(part.substr(std::min(equals + 1, part.size())));
    std::ranges::transform(value, value.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    const auto number = key == "type"    ? dns_type_number(value)
                        : key == "class" ? dns_class_number(value)
                                         : std::optional<std::uint16_t>();
    if (!number) return fail(shown(part) + " is no type and no class of DNS: expected one such as type=AAAA");
    (key == "type" ? dns.query_type : dns.query_class) = *number;
  }
  return dns;
}

Expected<HostPort> parse_host_port(std::string_view text) {
  const auto parts = split_address(text);
  const bool good_host = parts && std::ranges::none_of(parts->host, [](char c) {
                           return static_cast<unsigned char>(c) <= ' ' || c == '/' || c == '@';
                         });
  if (!parts || !parts->port || !good_host) {
    return fail(shown(text) + " is no address: expected host:port such as 127.0.0.1:9999 or [::1]:9999");
  }
  return HostPort{parts->host, *parts->port};
}

}  // namespace nines::config
