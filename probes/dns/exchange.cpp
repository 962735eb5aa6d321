#include "probes/dns/exchange.hpp"

#include <array>
#include <cerrno>

#include <fmt/format.h>
#include <sys/socket.h>

#include "probes/dns/names.hpp"
#include "probes/net/readable.hpp"

namespace nines::probes {

namespace {

constexpr std::size_t kMaxMessage = 65535;

enum class Kind { answer, malformed, foreign };
struct Judged {
  Kind kind = Kind::foreign;
  DnsMessage message{};
  std::string wrong{};
};

Judged judge_message(std::string_view bytes, const DnsQuery& query) {
  if (message_id(bytes) != query.id) return {.wrong = "its id is not the query's"};
  auto message = read_message(bytes);
  if (!message) return {.kind = Kind::malformed, .wrong = std::move(message.error().message)};
  if (!message->answer) return {.kind = Kind::malformed, .wrong = "it is a query itself"};
  if (message->question && !same_question(*message->question, query.question)) {
    return {.wrong = "it answers another question"};
  }
  return {.kind = Kind::answer, .message = std::move(*message)};
}

Micros since(std::uint64_t begin_ns) {
  return Micros((Loop::now_ns() - begin_ns) / 1'000);
}

Outcome malformed(const DnsQuery& query, std::string_view wrong) {
  return {Reason::dns_malformed,
          fmt::format("{}: a malformed message came: {}; expected an answer", query.subject(), wrong)};
}

Outcome timed_out(const DnsQuery& query, StopCause cause, Stop stop, int foreign) {
  const std::string budget = budget_text(stop, query.began_ns);
  const std::string what = foreign == 0 ? "no answer within " + budget
                                        : fmt::format(
                                              "no answer within {}, only {} datagram{} with another id or "
                                              "question",
                                              budget, foreign, foreign == 1 ? "" : "s");
  return stop_outcome(cause, Reason::dns_timeout, fmt::format("{}: {}; expected an answer", query.subject(), what));
}

Outcome unreachable(const DnsQuery& query, int error) {
  return {connect_error_reason(error),
          fmt::format("{}: {}; expected an answer", query.subject(), connect_error_text(error))};
}

// What a transfer that did not come to its end means.
Outcome interrupted(const DnsQuery& query, const Transferred& transfer, Stop stop) {
  switch (transfer.end) {
    case Transferred::End::stopped:
      return timed_out(query, transfer.cause, stop, 0);
    case Transferred::End::closed:
      return {Reason::response_closed, query.subject() + ": the connection was closed; expected an answer"};
    case Transferred::End::failed:
    case Transferred::End::done:
      break;
  }
  const Reason reason = transfer.error != 0 ? connect_error_reason(transfer.error) : Reason::connect_failure;
  return {reason, fmt::format("{}: {}; expected an answer", query.subject(), transfer.text)};
}

// NOLINTBEGIN(*-reference-coroutine-parameters): what is referred to outlives the task

// Fills `into`, or says how that ended.
Task<Transferred> read_all(Stream& stream, std::span<char> into, Stop stop) {
  Transferred got;
  while (!into.empty()) {
    got = co_await stream.read(into, stop);
    if (got.end != Transferred::End::done) break;
    into = into.subspan(got.bytes);
  }
  co_return got;
}

// NOLINTEND(*-reference-coroutine-parameters)

}  // namespace

std::string DnsQuery::subject() const {
  return fmt::format("query {} {} of {}", question.name, record_type_name(question.type), server);
}

// NOLINTBEGIN(*-reference-coroutine-parameters): as above

Task<DnsExchange> exchange_datagrams(Loop& loop, int fd, DnsQuery query, Stop stop) {
  DnsExchange out;
  Readable readable(loop, fd);
  const std::uint64_t sent = Loop::now_ns();
  if (::send(fd, query.bytes.data(), query.bytes.size(), 0) < 0) {
    out.error = errno;
    out.outcome = unreachable(query, errno);
    co_return out;
  }
  std::string buffer(kMaxMessage, '\0');
  int foreign = 0;
  while (true) {
    const auto got = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (got >= 0) {
      out.duration = since(sent);
      Judged judged = judge_message(std::string_view(buffer.data(), static_cast<std::size_t>(got)), query);
      if (judged.kind == Kind::malformed) out.outcome = malformed(query, judged.wrong);
      if (judged.kind == Kind::answer) out.answer = std::move(judged.message);
      if (judged.kind != Kind::foreign) co_return out;
      // One look at the clock between two of them: a flood must not keep the loop from its deadline.
      ++foreign;
    } else if (errno != EAGAIN && errno != EINTR) {
      out.error = errno;
      out.outcome = unreachable(query, errno);
      co_return out;
    }
    const StopCause cause = co_await readable.wait(stop);
    if (cause == StopCause::none) continue;
    out.duration = since(sent);
    out.outcome = timed_out(query, cause, stop, foreign);
    co_return out;
  }
}

Task<DnsExchange> exchange_stream(Stream& stream, DnsQuery query, Stop stop) {
  DnsExchange out;
  const std::uint64_t sent = Loop::now_ns();
  const std::size_t size = query.bytes.size();
  const std::string framed = std::string{static_cast<char>(size >> 8), static_cast<char>(size & 0xff)} + query.bytes;
  Transferred done = co_await stream.write(framed, stop);
  std::array<char, 2> length{};
  std::string message;
  if (done.end == Transferred::End::done) done = co_await read_all(stream, length, stop);
  if (done.end == Transferred::End::done) {
    message.resize((static_cast<std::size_t>(static_cast<unsigned char>(length[0])) << 8) |
                   static_cast<unsigned char>(length[1]));
    done = co_await read_all(stream, message, stop);
  }
  out.duration = since(sent);
  if (done.end != Transferred::End::done) {
    out.outcome = interrupted(query, done, stop);
    co_return out;
  }
  Judged judged = judge_message(message, query);
  if (judged.kind == Kind::answer) {
    out.answer = std::move(judged.message);
  } else {
    out.outcome = malformed(query, judged.wrong);
  }
  co_return out;
}

// NOLINTEND(*-reference-coroutine-parameters)

}  // namespace nines::probes
