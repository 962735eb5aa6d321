#include "probes/icmp/socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <initializer_list>

#include <fmt/format.h>
#include <linux/errqueue.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace nines::probes {

namespace {

constexpr std::size_t kHeaders = 128;  // more than the greatest IPv4 header and ICMP's

struct Option {
  int level;
  int name;
  int value;
};

// A message that came, with what the kernel says about it.
struct Message {
  std::string bytes;
  sockaddr_storage from{};
  alignas(cmsghdr) std::array<char, 512> control{};
  msghdr header{};
  ssize_t size = -1;
  int error = 0;

  Message(int fd, int flags, const Echo& echo) : bytes(kHeaders + echo.payload.size(), '\0') {
    iovec into{.iov_base = bytes.data(), .iov_len = bytes.size()};
    header.msg_name = &from;
    header.msg_namelen = sizeof from;
    header.msg_iov = &into;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    size = recvmsg(fd, &header, flags | MSG_DONTWAIT);
    if (size < 0) error = errno;
  }

  std::string_view view() const { return {bytes.data(), size < 0 ? 0 : static_cast<std::size_t>(size)}; }

  template <class Value>
  std::optional<Value> about(int level, int type) const {
    for (auto* at = CMSG_FIRSTHDR(&header); at != nullptr; at = CMSG_NXTHDR(const_cast<msghdr*>(&header), at)) {
      if (at->cmsg_level != level || at->cmsg_type != type || at->cmsg_len < CMSG_LEN(sizeof(Value))) continue;
      Value value;
      std::memcpy(&value, CMSG_DATA(at), sizeof value);
      return value;
    }
    return std::nullopt;
  }
};

// Who sent an error: its address stands behind what the kernel says of the error.
std::string offender(const Message& message, int family) {
  struct Told4 {
    sock_extended_err error;
    sockaddr_in from;
  };
  struct Told6 {
    sock_extended_err error;
    sockaddr_in6 from;
  };
  std::optional<IpAddress> from;
  if (family == 4) {
    if (const auto told = message.about<Told4>(IPPROTO_IP, IP_RECVERR)) {
      from = IpAddress::from_sockaddr(reinterpret_cast<const sockaddr*>(&told->from));
    }
  } else if (const auto told = message.about<Told6>(IPPROTO_IPV6, IPV6_RECVERR)) {
    from = IpAddress::from_sockaddr(reinterpret_cast<const sockaddr*>(&told->from));
  }
  return from ? from->text() : "a router";
}

std::uint64_t age_of(const timespec& received) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  const std::int64_t age =
      ((std::int64_t{now.tv_sec} - received.tv_sec) * 1'000'000'000) + now.tv_nsec - received.tv_nsec;
  return age > 0 ? static_cast<std::uint64_t>(age) : 0;
}

bool not_permitted(int error) {
  return error == EACCES || error == EPERM || error == EPROTONOSUPPORT;
}

// Who answers an address: this machine's own loopback one for 0.0.0.0 and ::.
IpAddress replier(IpAddress address) {
  if (std::ranges::any_of(address.bytes, [](std::uint8_t byte) { return byte != 0; })) return address;
  address.bytes[address.family == 4 ? 3 : 15] = 1;
  if (address.family == 4) address.bytes[0] = 127;
  return address;
}

// The kernel keeps everything else away from a raw socket, its own requests on loopback among it.
void take_replies_only(int fd, int family) {
  if (family == 4) {
    icmp_filter filter{.data = ~(1U << ICMP_ECHOREPLY)};
    setsockopt(fd, SOL_RAW, ICMP_FILTER, &filter, sizeof filter);
  } else {
    icmp6_filter filter{};
    std::memset(&filter, 0xff, sizeof filter);
    filter.data[ICMPV6_ECHO_REPLY >> 5] &= ~(1U << (ICMPV6_ECHO_REPLY & 31));
    setsockopt(fd, IPPROTO_ICMPV6, ICMPV6_FILTER, &filter, sizeof filter);
  }
}

}  // namespace

std::expected<EchoSocket, int> EchoSocket::open(const IpAddress& address, const config::IcmpModule& module,
                                                const std::optional<IpAddress>& source) {
  const int domain = address.family == 4 ? AF_INET : AF_INET6;
  const int protocol = address.family == 4 ? static_cast<int>(IPPROTO_ICMP) : static_cast<int>(IPPROTO_ICMPV6);
  constexpr int kFlags = SOCK_NONBLOCK | SOCK_CLOEXEC;
  Socket socket(::socket(domain, SOCK_DGRAM | kFlags, protocol));
  const bool raw = !socket && not_permitted(errno);
  if (raw) socket.reset(::socket(domain, SOCK_RAW | kFlags, protocol));
  if (!socket) return std::unexpected(errno);
  if (raw) take_replies_only(socket.fd(), address.family);
  EchoSocket out(std::move(socket), raw, replier(address));
  if (const int error = out.set_options(module); error != 0) return std::unexpected(error);
  sockaddr_storage name{};
  if (source) {
    const socklen_t from_size = source->to_sockaddr(name, 0);
    if (bind(out.fd(), reinterpret_cast<const sockaddr*>(&name), from_size) != 0) return std::unexpected(errno);
  }
  const socklen_t size = out.peer_.to_sockaddr(name, 0);
  if (connect(out.fd(), reinterpret_cast<const sockaddr*>(&name), size) != 0) return std::unexpected(errno);
  return out;
}

int EchoSocket::set_options(const config::IcmpModule& module) const {
  const std::initializer_list<Option> v4 = {
      {IPPROTO_IP, IP_RECVERR, 1},
      {IPPROTO_IP, IP_RECVTTL, 1},
      {IPPROTO_IP, IP_TTL, module.ttl},
      {IPPROTO_IP, IP_MTU_DISCOVER, module.dont_fragment ? IP_PMTUDISC_DO : IP_PMTUDISC_DONT},
  };
  const std::initializer_list<Option> v6 = {
      {IPPROTO_IPV6, IPV6_RECVERR, 1},
      {IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1},
      {IPPROTO_IPV6, IPV6_UNICAST_HOPS, module.ttl},
      {IPPROTO_IPV6, IPV6_MTU_DISCOVER, module.dont_fragment ? IPV6_PMTUDISC_DO : IPV6_PMTUDISC_DONT},
      {IPPROTO_IPV6, IPV6_DONTFRAG, module.dont_fragment ? 1 : 0},
  };
  for (const Option& option : peer_.family == 4 ? v4 : v6) {
    if (setsockopt(fd(), option.level, option.name, &option.value, sizeof option.value) != 0) return errno;
  }
  const int yes = 1;
  setsockopt(fd(), SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof yes);
  return 0;
}

int EchoSocket::send(const Echo& echo) const {
  const std::string request = echo_request(echo);
  return ::send(fd(), request.data(), request.size(), 0) < 0 ? errno : 0;
}

std::optional<int> EchoSocket::mtu() const {
  int mtu = 0;
  socklen_t size = sizeof mtu;
  const int level = peer_.family == 4 ? static_cast<int>(IPPROTO_IP) : static_cast<int>(IPPROTO_IPV6);
  if (getsockopt(fd(), level, peer_.family == 4 ? IP_MTU : IPV6_MTU, &mtu, &size) != 0) return std::nullopt;
  return mtu;
}

EchoNews EchoSocket::receive(const Echo& echo) const {
  EchoNews news = receive_error(echo);
  if (news.kind == EchoNews::Kind::nothing) news = receive_reply(echo);
  return news;
}

EchoNews EchoSocket::receive_error(const Echo& echo) const {
  const Message message(fd(), MSG_ERRQUEUE, echo);
  if (message.size < 0) return {};
  const auto error = peer_.family == 4 ? message.about<sock_extended_err>(IPPROTO_IP, IP_RECVERR)
                                       : message.about<sock_extended_err>(IPPROTO_IPV6, IPV6_RECVERR);
  if (!error) return {.kind = EchoNews::Kind::other};
  if (error->ee_origin == SO_EE_ORIGIN_LOCAL) {
    return {.kind = EchoNews::Kind::failed, .error = static_cast<int>(error->ee_errno)};
  }
  if (!is_request(echo, message.view())) return {.kind = EchoNews::Kind::other};
  std::string words = icmp_error_words(peer_.family, error->ee_type, error->ee_code);
  if (error->ee_errno == EMSGSIZE) words += fmt::format(" (at most {} bytes)", error->ee_info);
  return {.kind = EchoNews::Kind::error,
          .words = fmt::format("{} answered: {}", offender(message, peer_.family), words)};
}

EchoNews EchoSocket::receive_reply(const Echo& echo) const {
  const Message message(fd(), 0, echo);
  if (message.size < 0) {
    if (message.error == EAGAIN || message.error == EINTR) return {};
    return {.kind = EchoNews::Kind::failed, .error = message.error};
  }
  const bool with_header = raw_ && peer_.family == 4;
  const std::string_view bytes = with_header ? behind_ipv4_header(message.view()) : message.view();
  const auto from = IpAddress::from_sockaddr(reinterpret_cast<const sockaddr*>(&message.from));
  if (!from || from->bytes != peer_.bytes || !is_reply(echo, bytes)) return {.kind = EchoNews::Kind::other};
  EchoNews news{.kind = EchoNews::Kind::reply};
  news.hop_limit =
      peer_.family == 4 ? message.about<int>(IPPROTO_IP, IP_TTL) : message.about<int>(IPPROTO_IPV6, IPV6_HOPLIMIT);
  if (const auto received = message.about<timespec>(SOL_SOCKET, SO_TIMESTAMPNS)) news.age_ns = age_of(*received);
  return news;
}

}  // namespace nines::probes
