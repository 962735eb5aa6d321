#include "probes/conversation.hpp"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "probes/async/line_reader.hpp"
#include "probes/expand.hpp"
#include "probes/net/connect.hpp"
#include "probes/tls/client.hpp"

namespace nines::probes {

namespace {

using End = Transferred::End;

constexpr std::size_t kMaxLine = 64 * 1024;
constexpr std::size_t kShown = 100;  // bytes of a line in a sentence

std::string shown(std::string_view text) {
  return "`" + printable(ellipsize(text, kShown)) + "`";
}

class Conversation {
 public:
  Conversation(ProbeRun run, Stream& stream, const config::TlsConfig& tls, std::string host, std::uint64_t began_ns)
      : run_(run), stream_(stream), reader_(stream), tls_(tls), host_(std::move(host)), began_ns_(began_ns) {}

  // NOLINTNEXTLINE(*-reference-coroutine-parameters): the module outlives the task
  Task<bool> turn(const config::QueryResponse& entry, Stop stop) {
    ++turn_;
    std::string send = entry.send;
    if (entry.expect && !co_await expect_line(entry, send, stop)) co_return false;
    if (!entry.expect_bytes.empty() && !co_await expect_bytes(entry.expect_bytes, stop)) co_return false;
    if (!send.empty() && !co_await send_line(send, stop)) co_return false;
    if (entry.starttls) {
      reader_.discard();
      co_return co_await secure(run_, stream_, tls_, host_, stop);
    }
    co_return true;
  }

  StreamFacts take_facts() { return std::move(facts_); }

 private:
  // NOLINTNEXTLINE(*-reference-coroutine-parameters): of turn()'s frame
  Task<bool> expect_line(const config::QueryResponse& entry, std::string& send, Stop stop) {
    const std::string wanted = fmt::format("a line that matches {}", shown(entry.expect->pattern));
    std::string line;
    bool any = false;
    while (true) {
      const Transferred got = co_await reader_.line(line, kMaxLine, stop);
      if (got.end != End::done) {
        const std::string last = any ? ", the last line was " + shown(run_.result.body) : "";
        if (got.end == End::closed) {
          run_.result.failed_due_to_regex = true;
          co_return refuse(Reason::response_mismatch, "the connection was closed" + last, wanted);
        }
        if (LineReader::too_long(got)) {
          co_return refuse(Reason::response_mismatch, fmt::format("a line of more than {} bytes came", kMaxLine),
                           wanted);
        }
        co_return broken(got, last, wanted, stop);
      }
      any = true;
      note(log(), "Read line", {{"line", line}});
      const auto match = find_match(*entry.expect, line);
      if (match) {
        note(log(), "Regexp matched", {{"regexp", entry.expect->pattern}, {"line", line}});
        send = expand(entry.send, *entry.expect, *match);
        for (const auto& [name, value] : entry.labels) {
          facts_.expect_labels.emplace_back(name, expand(value, *entry.expect, *match));
        }
        run_.result.body = std::move(line);
        co_return true;
      }
      run_.result.body = line;
    }
  }

  // NOLINTNEXTLINE(*-reference-coroutine-parameters): the module outlives the task
  Task<bool> expect_bytes(const std::string& wanted, Stop stop) {
    std::string got;
    const Transferred done = co_await reader_.exactly(wanted.size(), got, stop);
    const std::string text = fmt::format("the bytes {}", shown(wanted));
    run_.result.body = got;
    if (done.end == End::done || done.end == End::closed) {
      facts_.failed_due_to_bytes = got != wanted;
      if (!facts_.failed_due_to_bytes) co_return true;
      const std::string came =
          done.end == End::done ? shown(got) + " came" : "the connection was closed after " + shown(got);
      co_return refuse(Reason::response_mismatch, came, text);
    }
    co_return broken(done, got.empty() ? "" : ", after " + shown(got), text, stop);
  }

  Task<bool> send_line(std::string line, Stop stop) {
    note(log(), "Sending line", {{"bytes", std::to_string(line.size())}});
    line += '\n';
    const Transferred sent = co_await stream_.write(line, stop);
    if (sent.end == End::done) co_return true;
    // The line itself may be a password.
    const std::string wanted = fmt::format("it to take the line of turn {}", turn_);
    if (sent.end == End::closed) {
      co_return refuse(Reason::response_closed, "the connection was closed", wanted);
    }
    co_return broken(sent, "", wanted, stop);
  }

  bool broken(const Transferred& done, const std::string& last, const std::string& wanted, Stop stop) {
    if (done.end == End::stopped) {
      const std::string what = fmt::format("nothing more within {}{}", budget_text(stop, began_ns_), last);
      run_.result.outcome = stop_outcome(done.cause, Reason::response_timeout, sentence(what, wanted));
      note_error(log(), "Error reading from connection", {{"err", run_.result.outcome.message}});
      return false;
    }
    // In TLS 1.3 what the server makes of the client's certificate comes after the client's end of the handshake.
    const bool tls = done.error == 0;
    return refuse(tls ? Reason::tls_handshake : Reason::response_closed,
                  fmt::format("the connection was cut ({}){}", done.text, last), wanted);
  }

  bool refuse(Reason reason, const std::string& what, const std::string& wanted) {
    run_.result.outcome = {reason, sentence(what, wanted)};
    note_error(log(), "Conversation failed", {{"err", run_.result.outcome.message}});
    return false;
  }

  std::string sentence(const std::string& what, const std::string& wanted) const {
    return fmt::format("conversation with {}: {}; expected {}", run_.result.address, what, wanted);
  }

  ProbeLog* log() const { return run_.request.log; }

  ProbeRun run_;
  Stream& stream_;
  LineReader reader_;
  const config::TlsConfig& tls_;
  std::string host_;
  std::uint64_t began_ns_;
  int turn_ = 0;  // from 1
  StreamFacts facts_;
};

}  // namespace

// NOLINTBEGIN(*-reference-coroutine-parameters): all of it outlives the task

Task<bool> secure(ProbeRun run, Stream& stream, const config::TlsConfig& tls, std::string host, Stop stop) {
  ProbeResult& result = run.result;
  TlsHandshake done = co_await start_tls(run.engine, stream, tls, std::move(host), {}, stop);
  result.phases.tls += done.duration;
  result.agent_time += done.agent_time;
  result.tls = std::move(done.facts);
  const bool ok = done.outcome.ok();
  result.outcome = std::move(done.outcome);
  if (ok) {
    note(run.request.log, "TLS Handshake (client) succeeded.");
  } else {
    note_error(run.request.log, "TLS Handshake (client) failed", {{"err", result.outcome.message}});
  }
  co_return ok;
}

Task<void> converse(ProbeRun run, Stream& stream, const std::vector<config::QueryResponse>& script,
                    const config::TlsConfig& tls, std::string host, std::uint64_t began_ns, Stop stop) {
  ProbeResult& result = run.result;
  Conversation conversation(run, stream, tls, std::move(host), began_ns);
  const std::uint64_t begin = Loop::now_ns();
  const Micros others = result.phases.tls + result.agent_time;
  std::size_t number = 0;
  for (const config::QueryResponse& entry : script) {
    note(run.request.log, "Processing query response entry", {{"entry_number", std::to_string(number++)}});
    if (!co_await conversation.turn(entry, stop)) break;
  }
  const auto whole = Micros((Loop::now_ns() - begin) / 1'000);
  result.phases.processing += whole - (result.phases.tls + result.agent_time - others);
  result.facts = conversation.take_facts();
}

// NOLINTEND(*-reference-coroutine-parameters)

}  // namespace nines::probes
