#include "probes/async/resolver.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <fstream>
#include <map>
#include <sstream>

#include <ares.h>
#include <fmt/format.h>
#include <idn2.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "probes/async/dialer.hpp"
#include "probes/async/event.hpp"
#include "probes/async/fd_watch.hpp"
#include "probes/async/hosts_file.hpp"
#include "probes/async/off_loop.hpp"
#include "probes/async/scope.hpp"

namespace nines::probes {

namespace {

constexpr const char* kHostsPath = "/etc/hosts";
constexpr const char* kResolvConfPath = "/etc/resolv.conf";

struct ChannelCloser {
  void operator()(ares_channel channel) const { ares_destroy(channel); }
};
using Channel = std::unique_ptr<ares_channeldata, ChannelCloser>;

// Tells one version of a file from another.
std::pair<std::int64_t, std::int64_t> file_version(const char* path) {
  struct stat about{};
  if (stat(path, &about) != 0) return {0, -1};
  return {(std::int64_t{about.st_mtim.tv_sec} * 1'000'000'000) + about.st_mtim.tv_nsec, about.st_size};
}

Hosts read_hosts() {
  std::ifstream file(kHostsPath);
  std::ostringstream text;
  text << file.rdbuf();
  return parse_hosts(text.str());
}

// c-ares tells a socket that it could not open as a server that it could not reach.
bool out_of_descriptors() {
  const Socket socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  return !socket && (errno == EMFILE || errno == ENFILE);
}

Outcome failure(const std::string& host, Family family, int status) {
  const auto say = [&](Reason reason, std::string_view what) {
    return Outcome{reason, fmt::format("look-up of {}: {}; expected an address", host, what)};
  };
  switch (status) {
    case ARES_ENOTFOUND:
    case ARES_ENONAME:
      return say(Reason::dns_nxdomain, "the name does not exist (NXDOMAIN)");
    case ARES_ENODATA:
      return say(Reason::dns_no_address, family == Family::ip4   ? "the name has no IPv4 address"
                                         : family == Family::ip6 ? "the name has no IPv6 address"
                                                                 : "the name has no address");
    case ARES_ETIMEOUT:
      return say(Reason::dns_timeout, "no DNS server answered");
    case ARES_ECONNREFUSED:  // also for SERVFAIL and REFUSED, once c-ares has asked every server
      if (out_of_descriptors()) {
        return say(Reason::agent_descriptors, connect_error_text(EMFILE));
      }
      return say(Reason::dns_failure, "every DNS server failed, refused or could not be reached");
    case ARES_EBADNAME:
      return say(Reason::dns_failure, "this is not a valid host name");
    case ARES_ENOMEM:
      return say(Reason::agent_memory, "out of memory");
    default:
      return say(Reason::dns_failure, ares_strerror(status));
  }
}

// One look-up's channel and sockets. c-ares copies the callbacks' argument with the channel, so all look-ups share it;
// each call into c-ares says through `current` whose sockets it may open and close.
struct Lookup {
  explicit Lookup(Loop& on) : loop(on), changed(on) {}

  struct Watched {
    std::unique_ptr<FdWatch> watch;
    bool readable = false;
    bool writable = false;
  };

  Loop& loop;
  Event changed;
  std::map<int, Watched> sockets;
  Channel channel;
  bool done = false;
  int status = ARES_SUCCESS;
  std::vector<IpAddress> addresses;

  void socket_state(int fd, bool readable, bool writable) {
    if (!readable && !writable) {
      sockets.erase(fd);
      return;
    }
    Watched& watched = sockets[fd];
    if (!watched.watch) {
      watched.watch = std::make_unique<FdWatch>(loop, fd, [this, &watched](bool can_read, bool can_write) {
        watched.readable = watched.readable || can_read;
        watched.writable = watched.writable || can_write;
        changed.set();
      });
    }
    watched.watch->want(readable, writable);
  }

  // Hands c-ares what is ready, and lets it look at its own time-outs.
  void process() {
    std::vector<std::pair<ares_socket_t, ares_socket_t>> ready;
    for (auto& [fd, watched] : sockets) {
      if (watched.readable || watched.writable) {
        ready.emplace_back(watched.readable ? fd : ARES_SOCKET_BAD, watched.writable ? fd : ARES_SOCKET_BAD);
      }
      watched.readable = watched.writable = false;
    }
    if (ready.empty()) ready.emplace_back(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    for (const auto& [readable, writable] : ready) ares_process_fd(channel.get(), readable, writable);
  }

  static void answered(void* lookup, int status, int /*timeouts*/, ares_addrinfo* info) {
    auto* self = static_cast<Lookup*>(lookup);
    self->done = true;
    self->status = status;
    if (info == nullptr) return;
    for (const auto* node = info->nodes; node != nullptr; node = node->ai_next) {
      if (auto address = IpAddress::from_sockaddr(node->ai_addr)) self->addresses.push_back(*address);
    }
    ares_freeaddrinfo(info);
  }
};

}  // namespace

struct Resolver::Parts {
  Parts(Loop& on, std::string csv) : loop(on), servers(std::move(csv)), refreshing(on) {}

  // Any thread.
  Channel open_channel() {
    ares_options options{};
    char lookups[] = "b";  // never the hosts file: c-ares would read it on the loop
    options.lookups = lookups;
    options.sock_state_cb = [](void* parts, ares_socket_t fd, int readable, int writable) {
      if (Lookup* lookup = static_cast<Parts*>(parts)->current) lookup->socket_state(fd, readable != 0, writable != 0);
    };
    options.sock_state_cb_data = this;
    ares_channel channel = nullptr;
    if (ares_init_options(&channel, &options, ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB) != ARES_SUCCESS) return {};
    if (!servers.empty()) ares_set_servers_ports_csv(channel, servers.c_str());
    return Channel(channel);
  }

  template <class Call>
  void inside(Lookup& lookup, Call call) {
    current = &lookup;
    call();
    current = nullptr;
  }

  Task<void> refresh() {
    auto new_hosts_version = hosts_version;
    auto new_config_version = config_version;
    Hosts new_hosts;
    Channel new_base;
    co_await off_loop(loop, [&] {
      new_hosts_version = file_version(kHostsPath);
      if (new_hosts_version != hosts_version) new_hosts = read_hosts();
      new_config_version = file_version(kResolvConfPath);
      if (new_config_version != config_version) new_base = open_channel();
    });
    if (new_hosts_version != hosts_version) hosts = std::move(new_hosts);
    hosts_version = new_hosts_version;
    if (new_base) {  // else the next refresh tries again
      base = std::move(new_base);
      config_version = new_config_version;
    }
  }

  void refresh_if_due() {
    const std::uint64_t now = Loop::now_ns();
    if (now < refresh_at || refreshing.alive() != 0) return;
    refresh_at = now + static_cast<std::uint64_t>(std::chrono::nanoseconds(kRefresh).count());
    refreshing.spawn(refresh());
  }

  Loop& loop;
  std::string servers;
  Hosts hosts;
  std::pair<std::int64_t, std::int64_t> hosts_version;
  std::pair<std::int64_t, std::int64_t> config_version;
  Channel base;  // what each look-up's channel is copied from
  Lookup* current = nullptr;
  std::uint64_t refresh_at = 0;
  Scope refreshing;
};

Resolver::Resolver(Loop& loop, std::string servers) : parts_(std::make_unique<Parts>(loop, std::move(servers))) {
  parts_->hosts_version = file_version(kHostsPath);
  parts_->config_version = file_version(kResolvConfPath);
  parts_->hosts = read_hosts();
  parts_->base = parts_->open_channel();
  parts_->refresh_at = Loop::now_ns() + static_cast<std::uint64_t>(std::chrono::nanoseconds(kRefresh).count());
}

Resolver::~Resolver() = default;

Task<void> Resolver::close() {
  co_await parts_->refreshing.join();
}

Task<Resolved> Resolver::resolve(std::string host, Family family, Stop stop) {
  Resolved result;
  if (const auto literal = IpAddress::parse(host)) {
    result.addresses.push_back(*literal);
    co_return result;
  }
  Parts& parts = *parts_;
  parts.refresh_if_due();
  std::string name = host;
  if (!name.empty() && name.back() == '.') name.pop_back();
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (const auto known = parts.hosts.find(name); known != parts.hosts.end()) {
    result.addresses = known->second;
    co_return result;
  }
  if (name == "localhost" || name.ends_with(".localhost")) {  // RFC 6761
    result.addresses = {*IpAddress::parse("::1"), *IpAddress::parse("127.0.0.1")};
    co_return result;
  }

  Lookup lookup(parts.loop);
  ares_channel channel = nullptr;
  if (!parts.base || ares_dup(&channel, parts.base.get()) != ARES_SUCCESS) {
    result.outcome = {Reason::agent_error, fmt::format("look-up of {}: c-ares could not be set up", host)};
    co_return result;
  }
  lookup.channel.reset(channel);
  ares_addrinfo_hints hints{};
  hints.ai_family = family == Family::ip4 ? AF_INET : family == Family::ip6 ? AF_INET6 : AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  parts.inside(lookup, [&] { ares_getaddrinfo(channel, host.c_str(), nullptr, &hints, &Lookup::answered, &lookup); });
  AlarmClock alarm(parts.loop, lookup.changed);
  while (!lookup.done) {
    timeval wait{};
    if (ares_timeout(channel, nullptr, &wait) != nullptr) {
      alarm.start(Loop::now_ns() + (static_cast<std::uint64_t>(wait.tv_sec) * 1'000'000'000) +
                  (static_cast<std::uint64_t>(wait.tv_usec) * 1'000));
    }
    result.stopped = co_await lookup.changed.wait(stop);
    if (result.stopped != StopCause::none) break;
    lookup.changed.reset();
    parts.inside(lookup, [&] { lookup.process(); });
  }
  // Its callback may still run here, and its sockets must be unwatched before they are closed.
  parts.inside(lookup, [&] { lookup.channel.reset(); });
  if (result.stopped != StopCause::none) co_return result;
  result.addresses = std::move(lookup.addresses);
  if (result.addresses.empty()) {
    result.outcome = failure(host, family, lookup.status == ARES_SUCCESS ? ARES_ENODATA : lookup.status);
  }
  co_return result;
}

Expected<std::string> to_ascii(const std::string& host) {
  if (std::ranges::all_of(host, [](unsigned char c) { return c < 0x80; })) return host;
  char* converted = nullptr;
  const int status = idn2_to_ascii_8z(host.c_str(), &converted, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  if (status != IDN2_OK) {
    return fail(fmt::format("`{}` is not a host name: {}", host, idn2_strerror(status)));
  }
  std::string ascii = converted;
  idn2_free(converted);
  return ascii;
}

}  // namespace nines::probes
