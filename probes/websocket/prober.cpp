#include "probes/websocket/prober.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "probes/async/line_reader.hpp"
#include "probes/conversation.hpp"
#include "probes/expand.hpp"
#include "probes/net/connect.hpp"
#include "probes/websocket/frames.hpp"
#include "probes/websocket/upgrade.hpp"

namespace nines::probes {

namespace {

using End = Transferred::End;

constexpr std::size_t kMaxHead = 64 * 1024;
constexpr std::size_t kShown = 100;  // bytes of a message in a sentence

std::string shown(std::string_view text) {
  return "`" + printable(ellipsize(text, kShown)) + "`";
}

// One WebSocket on a connection that is there.
class Session {
 public:
  Session(ProbeRun run, Stream& stream, std::string name, std::uint64_t began_ns)
      : run_(run),
        stream_(stream),
        reader_(stream),
        frames_(stream, reader_),
        name_(std::move(name)),
        began_ns_(began_ns) {}

  // NOLINTNEXTLINE(*-reference-coroutine-parameters): of the prober's frame
  Task<bool> upgrade(const Url& url, Stop stop) {
    const std::string key = make_websocket_key();
    const auto request = upgrade_request(run_.request, url, run_.engine.options().user_agent, key);
    if (!request) co_return refuse(Reason::http_malformed, request.error().message);
    const Transferred sent = co_await stream_.write(*request, stop);
    if (sent.end != End::done) co_return broken(sent, stop);
    UpgradeAnswer answer;
    if (!co_await read_head(answer, stop)) co_return false;
    run_.result.status = answer.status;
    Outcome judged = judge_upgrade(answer, key);
    run_.result.headers = std::move(answer.headers);
    if (!judged.ok()) co_return refuse(judged.reason, judged.message);
    upgraded_ = true;
    run_.result.facts = WebsocketFacts{.upgraded = true};
    note(run_.request.log, "WebSocket is open");
    co_return true;
  }

  Task<void> converse(Stop stop) {
    for (const config::QueryResponse& entry : run_.module().websocket.query_response) {
      std::string send = entry.send;
      if (entry.expect && !co_await expect(entry, send, stop)) co_return;
      if (send.empty()) continue;
      note(run_.request.log, "Sending message", {{"message", send}});
      const Transferred sent = co_await frames_.send_text(send, stop);
      if (sent.end == End::done) continue;
      broken(sent, stop);
      co_return;
    }
    co_await frames_.close(stop);
  }

 private:
  // NOLINTNEXTLINE(*-reference-coroutine-parameters): of upgrade()'s frame
  Task<bool> read_head(UpgradeAnswer& answer, Stop stop) {
    std::size_t size = 0;
    std::string line;
    bool first = true;
    while (first || !line.empty()) {
      const Transferred got = co_await reader_.line(line, kMaxHead - size, stop);
      if (LineReader::too_long(got)) {
        co_return refuse(Reason::header_too_large,
                         fmt::format("more than {} KB of headers; expected less", kMaxHead / 1024));
      }
      if (got.end != End::done) co_return broken(got, stop);
      size += std::min(line.size() + 2, kMaxHead - size);
      if (first) {
        const auto status = parse_status_line(line);
        if (!status) co_return refuse(Reason::http_malformed, "the answer was not HTTP; expected a status line");
        answer.status = *status;
      } else if (!line.empty()) {
        answer.headers.push_back(line);
      }
      first = false;
    }
    co_return true;
  }

  // NOLINTNEXTLINE(*-reference-coroutine-parameters): of converse()'s frame
  Task<bool> expect(const config::QueryResponse& entry, std::string& send, Stop stop) {
    using Came = WebsocketFrames::Received::End;
    WebsocketFrames::Received got = co_await frames_.receive(stop);
    const std::string wanted = fmt::format("a message that matches {}", shown(entry.expect->pattern));
    switch (got.end) {
      case Came::closed:
        co_return refuse(Reason::response_closed, fmt::format("{}; expected {}", got.text, wanted));
      case Came::malformed:
        co_return refuse(Reason::websocket_protocol, fmt::format("{}; expected {}", got.fault, wanted));
      case Came::broken:
        co_return broken(got.transfer, stop);
      case Came::message:
        break;
    }
    note(run_.request.log, "Read message", {{"message", got.text}});
    run_.result.body = std::move(got.text);
    const auto match = find_match(*entry.expect, run_.result.body);
    if (match) {
      send = expand(entry.send, *entry.expect, *match);
      co_return true;
    }
    run_.result.failed_due_to_regex = true;
    co_return refuse(Reason::response_mismatch,
                     fmt::format("the message {} came; expected {}", shown(run_.result.body), wanted));
  }

  bool broken(const Transferred& done, Stop stop) {
    if (done.end == End::stopped) {
      const std::string what = upgraded_ ? "no message" : "no complete answer to the upgrade";
      Outcome outcome = stop_outcome(done.cause, upgraded_ ? Reason::response_timeout : Reason::http_timeout,
                                     fmt::format("{} within {}; expected one", what, budget_text(stop, began_ns_)));
      return refuse(outcome.reason, outcome.message);
    }
    if (done.end == End::closed) {
      return upgraded_ ? refuse(Reason::response_closed, "the connection was closed; expected it to stay open")
                       : refuse(Reason::http_empty, "the connection was closed; expected an answer to the upgrade");
    }
    Reason reason = upgraded_ ? Reason::response_closed : Reason::http_reset;
    // In TLS 1.3 what the server makes of the client's certificate comes after the client's end of the handshake.
    if (done.error == 0) reason = Reason::tls_handshake;
    return refuse(reason, fmt::format("the connection was cut ({}); expected an answer", done.text));
  }

  bool refuse(Reason reason, const std::string& what) {
    run_.result.outcome = {reason, fmt::format("{} from {}: {}", name_, run_.result.address, what)};
    note_error(run_.request.log, "WebSocket failed", {{"err", run_.result.outcome.message}});
    return false;
  }

  ProbeRun run_;
  Stream& stream_;
  LineReader reader_;
  WebsocketFrames frames_;
  std::string name_;
  std::uint64_t began_ns_;
  bool upgraded_ = false;
};

std::string shown_target(const Url& url) {
  const std::string text = url.shown();
  return (url.tls() ? "wss" : "ws") + text.substr(text.find("://"));
}

}  // namespace

Task<void> probe_websocket(ProbeRun run, Stop stop) {
  const config::WebsocketModule& module = run.module().websocket;
  ProbeResult& result = run.result;
  const std::uint64_t began = Loop::now_ns();
  result.facts = WebsocketFacts{};
  const auto url = parse_websocket_url(run.request.target);
  if (!url) {
    result.outcome = {Reason::http_malformed, url.error().message};
    co_return;
  }
  Connected made =
      co_await connect_tcp(run.engine, url->host(), url->port(), route_of(run.request, module.dial), began, stop);
  take_connection(result, made, url->port());
  if (!made.socket) {
    result.outcome = std::move(made.outcome);
    co_return;
  }
  Stream stream(run.engine.loop(), std::move(made.socket));
  if (url->tls() && !co_await secure(run, stream, module.client.tls, url->host(), stop)) co_return;
  Session session(run, stream, shown_target(*url), began);
  std::uint64_t begin = Loop::now_ns();
  const bool open = co_await session.upgrade(*url, stop);
  result.phases.processing = Micros((Loop::now_ns() - begin) / 1'000);
  if (!open) co_return;
  begin = Loop::now_ns();
  co_await session.converse(stop);
  result.phases.transfer = Micros((Loop::now_ns() - begin) / 1'000);
}

}  // namespace nines::probes
