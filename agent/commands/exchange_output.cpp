#include "agent/commands/exchange_output.hpp"

#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.hpp"

namespace nines::agent {
namespace {

// Without the empty line that ends a head.
std::vector<std::string_view> lines_of(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  if (text.empty()) return {};
  return split(text, '\n');
}

void add_lines(std::string& out, const std::string& before, std::string_view text) {
  for (const std::string_view line : lines_of(text)) {
    out += before + printable(line);
    out.erase(out.find_last_not_of(' ') + 1);
    out += '\n';
  }
}

void add_body(std::string& out, const std::string& before, std::string_view body) {
  if (body.empty()) return;
  add_lines(out, before, " \n" + std::string(body));
}

std::string left_out(const probes::Exchanged& exchange) {
  if (exchange.left_out.empty()) return {};
  return fmt::format("[{} bytes, not shown: {}]", exchange.answer_bytes, exchange.left_out);
}

std::string status_line(const probes::Exchanged& exchange) {
  return fmt::format("HTTP/{} {}", exchange.version, exchange.status);
}

Json headers_json(const std::vector<std::string_view>& lines, std::size_t from) {
  Json list = Json::array();
  for (std::size_t i = from; i < lines.size(); ++i) list.push_back(lines[i]);
  return list;
}

}  // namespace

std::string exchange_text(const probes::Exchanged& exchange, const std::string& indent) {
  const std::string sent = indent + "> ";
  const std::string received = indent + "< ";
  std::string out;
  if (exchange.attempt > 1) out += fmt::format("{}attempt {}\n", indent, exchange.attempt);
  if (exchange.head.empty()) {
    add_lines(out, sent, fmt::format("{} {} (not sent)", exchange.method, exchange.url));
  } else {
    add_lines(out, sent, exchange.head);
    add_body(out, sent, exchange.sent);
  }
  if (exchange.status != 0) {
    add_lines(out, received, status_line(exchange));
    add_lines(out, received, exchange.answer_head);
    add_body(out, received, exchange.left_out.empty() ? exchange.answer : left_out(exchange));
  }
  if (!exchange.outcome.ok()) add_lines(out, received, "no complete answer: " + exchange.outcome.message);
  return out;
}

Json exchange_json(const probes::Exchanged& exchange) {
  Json json;
  json["attempt"] = exchange.attempt;
  json["time"] = format_time(exchange.start);
  json["duration_ms"] = milliseconds(exchange.duration);
  json["address"] = exchange.address;
  const auto head = lines_of(exchange.head);
  Json& request = json["request"];
  request["method"] = exchange.method;
  request["url"] = exchange.url;
  request["line"] = head.empty() ? std::string_view() : head.front();
  request["headers"] = headers_json(head, 1);
  request["body"] = exchange.sent;
  if (exchange.status != 0) {
    Json& response = json["response"];
    response["line"] = status_line(exchange);
    response["status"] = exchange.status;
    response["headers"] = headers_json(lines_of(exchange.answer_head), 0);
    response["body"] = exchange.answer;
    response["body_bytes"] = exchange.answer_bytes;
    if (!exchange.left_out.empty()) response["left_out"] = exchange.left_out;
  }
  json["reason"] = reason_name(exchange.outcome.reason);
  json["message"] = exchange.outcome.message;
  return json;
}

}  // namespace nines::agent
