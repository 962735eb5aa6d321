#include "probes/dns/prober.hpp"

#include <cerrno>

#include <fmt/format.h>
#include <netinet/in.h>
#include <openssl/rand.h>
#include <sys/socket.h>

#include "base/text.hpp"
#include "probes/async/resolver.hpp"
#include "probes/dns/exchange.hpp"
#include "probes/dns/names.hpp"
#include "probes/dns/rules.hpp"
#include "probes/net/connect.hpp"
#include "probes/tls/client.hpp"

namespace nines::probes {

namespace {

constexpr int kPort = 53;
constexpr int kTlsPort = 853;           // RFC 7858, 3.1
constexpr std::size_t kMaxText = 4096;  // of an answer, kept as evidence

std::uint16_t random_id() {
  std::uint16_t id = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&id), sizeof id);
  return id;
}

// The query, without the server; fails when `query_name` is no name.
Expected<DnsQuery> make_query(const config::DnsModule& module, std::uint64_t began_ns) {
  DnsQuery query{.id = random_id(), .began_ns = began_ns};
  auto name = to_ascii(module.query_name);
  if (!name) return std::unexpected(std::move(name.error()));
  auto bytes = write_query(query.id, {.name = *name, .type = module.query_type, .klass = module.query_class},
                           module.recursion_desired);
  if (!bytes) return std::unexpected(std::move(bytes.error()));
  query.bytes = std::move(*bytes);
  query.question = read_message(query.bytes).value().question.value();
  return query;
}

// A datagram socket that receives from the server alone and is told of what ICMP says about it; -1: errno says why.
Socket open_socket(const IpAddress& address, int port, const std::optional<IpAddress>& source) {
  sockaddr_storage to;
  const socklen_t size = address.to_sockaddr(to, port);
  Socket socket(::socket(to.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return {};
  const int yes = 1;
  if (address.family == 4) {
    setsockopt(socket.fd(), IPPROTO_IP, IP_RECVERR, &yes, sizeof yes);
  } else {
    setsockopt(socket.fd(), IPPROTO_IPV6, IPV6_RECVERR, &yes, sizeof yes);
  }
  if (source) {
    sockaddr_storage from;
    const socklen_t from_size = source->to_sockaddr(from, 0);
    if (bind(socket.fd(), reinterpret_cast<const sockaddr*>(&from), from_size) != 0) {
      errno = EADDRNOTAVAIL;  // whatever the system calls it, no fault of the target
      return {};
    }
  }
  if (connect(socket.fd(), reinterpret_cast<const sockaddr*>(&to), size) != 0) return {};
  return socket;
}

std::string text_of(const DnsMessage& answer) {
  std::string out;
  for (const auto* section : {&answer.answers, &answer.authorities, &answer.additionals}) {
    for (const DnsRecord& record : *section) {
      if (out.size() + record.text.size() > kMaxText) return out;
      out += record.text + '\n';
    }
  }
  return out;
}

DnsFacts facts_of(const DnsMessage& answer, bool asked_for_serial) {
  DnsFacts facts{.answered = true, .rcode = answer.rcode, .serial = {}, .asked_for_serial = asked_for_serial};
  facts.answers = static_cast<int>(answer.answers.size());
  facts.authorities = static_cast<int>(answer.authorities.size());
  facts.additionals = static_cast<int>(answer.additionals.size());
  if (asked_for_serial) {
    for (const DnsRecord& record : answer.answers) {
      if (record.serial) facts.serial = record.serial;
    }
  }
  return facts;
}

// One run: prepare, ask by one of the transports, judge.
class DnsProbe {
 public:
  explicit DnsProbe(ProbeRun run) : run_(run), module_(run.module().dns), result_(run.result) {}

  Task<void> perform(Stop stop) {
    result_.facts = DnsFacts{.serial = {}, .asked_for_serial = asked_for_serial()};
    if (!prepare()) co_return;
    note(run_.request.log, "Making DNS query",
         {{"target", host_and_port(host_, port_)},
          {"query", query_.question.name},
          {"type", record_type_name(query_.question.type)},
          {"class", record_class_name(query_.question.klass)}});
    if (module_.tcp || module_.dns_over_tls) {
      co_await ask_by_stream(stop);
    } else {
      co_await ask_by_datagrams(stop);
    }
    if (!result_.outcome.ok()) note_error(run_.request.log, "DNS probe failed", {{"err", result_.outcome.message}});
  }

 private:
  bool asked_for_serial() const { return module_.query_type == static_cast<std::uint16_t>(RecordType::soa); }

  bool prepare() {
    const auto target = split_host_port(run_.request.target);
    if (!target) {
      result_.outcome = {Reason::connect_failure, fmt::format("`{}` is no target; expected a host, or host:port",
                                                              printable(ellipsize(run_.request.target, 200)))};
      return false;
    }
    host_ = target->host;
    port_ = target->port.value_or(module_.dns_over_tls ? kTlsPort : kPort);
    auto query = make_query(module_, began_ns_);
    if (!query) {
      result_.outcome = {Reason::agent_error, query.error().message};
      return false;
    }
    query_ = std::move(*query);
    route_ = route_of(run_.request, module_.dial);
    route_.expected = "an answer to a DNS query";
    return true;
  }

  Task<void> ask_by_datagrams(Stop stop) {
    const Located located = co_await locate(run_.engine, host_, route_, began_ns_, stop);
    result_.phases.resolve = located.resolve;
    result_.outcome = located.outcome;
    for (const IpAddress& address : located.addresses) {
      // Like a connection that is refused, a server that is not there is no reason to give up the name's others.
      const bool another = co_await ask_one(address, stop);
      if (!another) break;
    }
  }

  // Whether the server was not there, so that another of its addresses may be asked.
  Task<bool> ask_one(IpAddress address, Stop stop) {
    if (result_.ip_family == 0) take_address(result_, address);
    query_.server = address.with_port(port_);
    const std::uint64_t begin = Loop::now_ns();
    const Socket socket = open_socket(address, port_, source_of(route_.dial));
    const int error = socket ? 0 : errno;
    result_.phases.connect += Micros((Loop::now_ns() - begin) / 1'000);
    DnsExchange exchange;
    if (socket) {
      exchange = co_await exchange_datagrams(run_.engine.loop(), socket.fd(), query_, stop);
    } else {
      exchange.error = error;
      exchange.outcome = {connect_error_reason(error),
                          fmt::format("{}: {}; expected an answer", query_.subject(), connect_error_text(error))};
    }
    result_.tried.push_back({query_.server, {}});
    if (exchange.error != 0) {
      result_.tried.back().error = connect_error_text(exchange.error);
      const bool tells_less = !result_.outcome.ok() && is_agent_fault(exchange.outcome.reason);
      if (!tells_less) result_.outcome = std::move(exchange.outcome);
      co_return true;
    }
    result_.address = query_.server;
    take_address(result_, address);
    take(std::move(exchange));
    co_return false;
  }

  Task<void> ask_by_stream(Stop stop) {
    Connected connected = co_await connect_tcp(run_.engine, host_, port_, route_, began_ns_, stop);
    take_connection(result_, connected, port_);
    if (!connected.socket) {
      result_.outcome = std::move(connected.outcome);
      co_return;
    }
    query_.server = result_.address;
    Stream stream(run_.engine.loop(), std::move(connected.socket));
    if (module_.dns_over_tls) {
      TlsHandshake handshake = co_await start_tls(run_.engine, stream, module_.tls_config, host_, {}, stop);
      result_.phases.tls = handshake.duration;
      result_.agent_time += handshake.agent_time;
      result_.tls = std::move(handshake.facts);
      if (!handshake.outcome.ok()) {
        result_.outcome = std::move(handshake.outcome);
        co_return;
      }
    }
    take(co_await exchange_stream(stream, query_, stop));
  }

  void take(DnsExchange exchange) {
    result_.phases.processing = exchange.duration;
    result_.outcome = std::move(exchange.outcome);
    if (!result_.outcome.ok()) return;
    const DnsMessage& answer = exchange.answer;
    result_.facts = facts_of(answer, asked_for_serial());
    result_.body = text_of(answer);
    note(run_.request.log, "Got response", {{"rcode", rcode_name(answer.rcode)}, {"response", result_.body}});
    result_.outcome = judge_answer(answer, module_, query_.subject());
  }

  ProbeRun run_;
  const config::DnsModule& module_;
  ProbeResult& result_;
  const std::uint64_t began_ns_ = Loop::now_ns();
  std::string host_;
  int port_ = 0;
  DnsQuery query_;
  Route route_;
};

}  // namespace

Task<void> probe_dns(ProbeRun run, Stop stop) {
  DnsProbe probe(run);
  co_await probe.perform(stop);
}

}  // namespace nines::probes
