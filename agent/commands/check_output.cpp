#include "agent/commands/check_output.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/commands/exchange_output.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace nines::agent {
namespace {

constexpr std::string_view kGreen = "\x1b[32m";
constexpr std::string_view kRed = "\x1b[31m";
constexpr std::string_view kPlain = "\x1b[0m";

std::string status_text(int status) {
  return status == 0 ? "-" : fmt::format("{}", status);
}

// "resolve 0.1 · connect 0.2 · processing 11.8 ms"; phases that did not happen are left out.
std::string phases_text(const Phases& phases) {
  std::string text;
  for (std::size_t i = 0; i < std::size(kPhaseNames); ++i) {
    const Micros time = phases.*kPhaseFields[i];
    if (time == Micros(0)) continue;
    fmt::format_to(std::back_inserter(text), "{}{} {}", text.empty() ? "" : " · ", kPhaseNames[i], say_latency(time));
  }
  return text;
}

// What stands on a line before its bar, beside the name; the columns a waterfall uses at most; the fewest that are
// worth drawing one in.
constexpr std::size_t kBeforeBar = 30;
constexpr std::size_t kWidest = 110;
constexpr std::size_t kFewest = 12;

struct Line {
  bool good;
  bool skipped = false;
  std::string name;
  int status;
  Micros duration;
  Phases phases;
  std::string message;  // of a failure
  bool step = false;
  std::vector<std::string> facts{};  // of the connection
  const RunReport* report = nullptr;
  const journeys::StepResult* result = nullptr;  // of a step
};

// "IPv6 [2001:db8::1]:443 · TLS 1.3, certificates until 2026-12-01T00:00:00Z · connection reused", and, where a name
// has several, a line for each address that was tried in vain.
std::vector<std::string> facts_of(const probes::ProbeResult& probe) {
  std::vector<std::string> lines;
  std::string connection;
  const auto add = [&connection](const std::string& words) { connection += (connection.empty() ? "" : " · ") + words; };
  if (!probe.address.empty()) {
    add(probe.ip_family == 0 ? probe.address : fmt::format("IPv{} {}", probe.ip_family, probe.address));
  }
  if (probe.tls && !probe.tls->version.empty()) {
    const auto& expiry = probe.tls->earliest_expiry;
    add(expiry ? fmt::format("{}, certificates until {}", probe.tls->version, format_time(*expiry, 0))
               : probe.tls->version);
  }
  if (probe.reused) add("connection reused");
  if (!connection.empty()) lines.push_back(std::move(connection));
  if (probe.tried.size() < 2) return lines;
  for (const probes::AddressTried& one : probe.tried) {
    if (!one.error.empty()) lines.push_back(fmt::format("tried {}: {}", one.address, one.error));
  }
  return lines;
}

// The end of the last step, cleanup included: what a waterfall's width stands for.
Micros end_of(const RunReport& report) {
  Micros end = report.result.row.duration;
  for (const journeys::StepResult& step : report.steps) end = std::max(end, step.start + step.duration);
  return end;
}

// "   ▐███▌   ": the span of a step within `whole`, in eighths of a column at its end, at least one of them.
std::string bar_of(const journeys::StepResult& step, Micros whole, std::size_t columns) {
  static constexpr std::string_view kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};
  if (step.skipped || whole <= Micros(0)) return {};
  const auto eighths = [&](Micros at) {
    return static_cast<std::size_t>(static_cast<double>(at.count()) / static_cast<double>(whole.count()) *
                                    static_cast<double>(columns * 8));
  };
  // A block begins where a column does.
  const std::size_t from = std::min(eighths(step.start) / 8, columns - 1);
  const std::size_t to = std::clamp(eighths(step.start + step.duration), from * 8 + 1, columns * 8);
  std::string bar(from, ' ');
  for (std::size_t i = from; i < to / 8; ++i) bar += kEighths[8];
  return bar + std::string(kEighths[to % 8]);
}

// Of a check, or of one step of a journey.
std::vector<const probes::Exchanged*> exchanges_of(const RunReport& report, const journeys::StepResult* step) {
  std::vector<const probes::Exchanged*> out;
  const int number = step == nullptr ? 0 : step->number;
  if (step != nullptr && number == 0) return out;
  for (const probes::Exchanged& one : report.exchanges) {
    if (one.step == number) out.push_back(&one);
  }
  return out;
}

Json exchanges_json(const std::vector<const probes::Exchanged*>& exchanges) {
  Json list = Json::array();
  for (const probes::Exchanged* one : exchanges) list.push_back(exchange_json(*one));
  return list;
}

std::vector<Line> lines_of(const std::vector<RunReport>& reports) {
  std::vector<Line> lines;
  for (const RunReport& report : reports) {
    const ResultRow& row = report.result.row;
    lines.push_back({.good = row.success(),
                     .name = report.schedule->name,
                     .status = row.status,
                     .duration = row.duration,
                     .phases = row.phases,
                     .message = report.result.evidence.message,
                     .facts = facts_of(report.probe),
                     .report = &report});
    for (const journeys::StepResult& step : report.steps) {
      lines.push_back({.good = step.outcome.ok(),
                       .skipped = step.skipped,
                       .name = step.name,
                       .status = step.status,
                       .duration = step.duration,
                       .phases = step.phases,
                       // A failed step's sentence is the run's, said above; a failed cleanup's is its own.
                       .message = step.finally ? step.outcome.message : std::string(),
                       .step = true,
                       .report = &report,
                       .result = &step});
    }
  }
  return lines;
}

Json phases_json(const Phases& phases) {
  Json json = Json::object();
  for (std::size_t i = 0; i < std::size(kPhaseNames); ++i) {
    json[std::string(kPhaseNames[i])] = milliseconds(phases.*kPhaseFields[i]);
  }
  return json;
}

Json tls_json(const probes::TlsFacts& tls) {
  Json json;
  json["version"] = tls.version;
  json["cipher"] = tls.cipher;
  json["alpn"] = tls.alpn;
  json["verified"] = tls.verdict.ok();
  if (!tls.verdict.ok()) json["reason"] = reason_name(tls.verdict.reason);
  if (tls.earliest_expiry) json["earliest_expiry"] = format_time(*tls.earliest_expiry, 0);
  if (tls.last_chain_expiry) json["last_chain_expiry"] = format_time(*tls.last_chain_expiry, 0);
  if (tls.leaf) {
    json["certificate"] = {{"subject", tls.leaf->subject},
                           {"issuer", tls.leaf->issuer},
                           {"dns_names", tls.leaf->dns_names},
                           {"serial", tls.leaf->serial},
                           {"fingerprint_sha256", tls.leaf->fingerprint_sha256}};
  }
  return json;
}

// What was found out about the connection.
void add_connection(Json& json, const probes::ProbeResult& probe) {
  if (!probe.address.empty()) json["address"] = probe.address;
  if (probe.ip_family != 0) json["ip_family"] = probe.ip_family;
  if (probe.reused) json["reused"] = true;
  for (const probes::AddressTried& one : probe.tried) {
    json["tried"].push_back({{"address", one.address}, {"error", one.error}});
  }
  if (probe.tls) json["tls"] = tls_json(*probe.tls);
}

Json step_json(const RunReport& report, const journeys::StepResult& step) {
  Json json;
  json["name"] = step.name;
  json["finally"] = step.finally;
  json["skipped"] = step.skipped;
  json["success"] = step.outcome.ok();
  json["reason"] = reason_name(step.outcome.reason);
  json["message"] = step.outcome.message;
  json["status"] = step.status;
  json["duration_ms"] = milliseconds(step.duration);
  json["phases_ms"] = phases_json(step.phases);
  json["measured"] = step.measured;
  if (!report.exchanges.empty()) json["exchanges"] = exchanges_json(exchanges_of(report, &step));
  return json;
}

std::string xml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\n':
        out += "&#10;";
        break;
      default:
        // XML 1.0 has no place for other control characters.
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return out;
}

void junit_case(std::string& out, const std::string& suite, const std::string& name, Micros duration,
                const Outcome& outcome, bool skipped) {
  auto to = std::back_inserter(out);
  fmt::format_to(to, R"(    <testcase classname="{}" name="{}" time="{:.6f}")", xml(suite), xml(name),
                 seconds(duration));
  if (skipped) {
    fmt::format_to(to, "><skipped/></testcase>\n");
  } else if (outcome.ok()) {
    fmt::format_to(to, "/>\n");
  } else {
    fmt::format_to(to, "><failure type=\"{}\" message=\"{}\"/></testcase>\n", reason_name(outcome.reason),
                   xml(outcome.message));
  }
}

}  // namespace

std::string check_text(const std::vector<RunReport>& reports, bool color, std::size_t columns) {
  const std::vector<Line> lines = lines_of(reports);
  std::size_t width = 0;
  for (const Line& line : lines) width = std::max(width, line.name.size() + (line.step ? 2 : 0));
  const std::size_t used = std::min(columns, kWidest);
  const std::size_t bars = used < width + kBeforeBar + kFewest ? 0 : used - width - kBeforeBar;
  std::string out;
  for (const Line& line : lines) {
    const bool waterfall = bars > 0 && !line.report->steps.empty();
    const std::string last = !waterfall               ? phases_text(line.phases)
                             : line.result == nullptr ? std::string()
                                                      : bar_of(*line.result, end_of(*line.report), bars);
    const std::string_view symbol = line.skipped ? "–" : line.good ? "●" : "■";
    const std::string_view word = line.skipped ? "skipped" : line.good ? "passed" : "failed";
    const std::string_view paint = !color || line.skipped ? "" : line.good ? kGreen : kRed;
    fmt::format_to(std::back_inserter(out), "{}{}{}{} {:<{}}  {:<7}  {:>3}  {:>8}  {}", line.step ? "  " : "", paint,
                   symbol, color ? kPlain : "", line.name, width - (line.step ? 2 : 0), word, status_text(line.status),
                   say_latency(line.duration), last);
    out.erase(out.find_last_not_of(' ') + 1);
    out += '\n';
    if (!line.good && !line.message.empty())
      fmt::format_to(std::back_inserter(out), "    {}\n", printable(line.message));
    if (!line.good || reports.size() == 1) {
      for (const std::string& fact : line.facts) fmt::format_to(std::back_inserter(out), "    {}\n", printable(fact));
    }
    for (const probes::Exchanged* one : exchanges_of(*line.report, line.result)) {
      out += exchange_text(*one, line.step ? "      " : "    ");
    }
    if (line.result == nullptr && line.report->exchanges_left_out > 0) {
      fmt::format_to(std::back_inserter(out), "    {} more exchanges are not shown\n", line.report->exchanges_left_out);
    }
  }
  return out;
}

std::string check_json(const std::vector<RunReport>& reports) {
  Json results = Json::array();
  for (const RunReport& report : reports) {
    const ResultRow& row = report.result.row;
    Json json;
    json["check"] = report.schedule->name;
    json["service"] = report.schedule->service;
    json["region"] = report.result.key.region;
    json["time"] = format_time(row.start);
    json["success"] = row.success();
    json["reason"] = reason_name(row.reason);
    json["message"] = report.result.evidence.message;
    json["status"] = row.status;
    json["duration_ms"] = milliseconds(row.duration);
    json["phases_ms"] = phases_json(row.phases);
    json["attempts"] = row.attempts;
    add_connection(json, report.probe);
    if (!report.version.empty()) json["version"] = report.version;
    for (const auto& [name, up] : report.components) json["components"][name] = up;
    if (row.measured != ResultRow::kNone) json["measured_ms"] = milliseconds(row.measured);
    if (!report.result.evidence.failed_step.empty()) json["failed_step"] = report.result.evidence.failed_step;
    if (!report.steps.empty()) {
      json["steps"] = Json::array();
      for (const journeys::StepResult& step : report.steps) json["steps"].push_back(step_json(report, step));
    } else if (!report.exchanges.empty()) {
      json["exchanges"] = exchanges_json(exchanges_of(report, nullptr));
    }
    if (report.exchanges_left_out > 0) json["exchanges_left_out"] = report.exchanges_left_out;
    results.push_back(std::move(json));
  }
  Json document;
  document["results"] = std::move(results);
  return dump_json_pretty(document);
}

// A suite fails as its run does, by the steps that decide it. A cleanup that failed is told beside: it is no failure of
// what was measured, and the exit code says the same.
std::string check_junit(const std::vector<RunReport>& reports) {
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"nines\">\n";
  for (const RunReport& report : reports) {
    const std::string& name = report.schedule->name;
    const ResultRow& row = report.result.row;
    const auto counted = [](const journeys::StepResult& step) { return !step.finally; };
    const auto skipped = [](const journeys::StepResult& step) { return !step.finally && step.skipped; };
    const auto bad = [](const journeys::StepResult& step) {
      return !step.finally && !step.skipped && !step.outcome.ok();
    };
    const auto tests = std::max<std::ptrdiff_t>(1, std::ranges::count_if(report.steps, counted));
    const auto failed = report.steps.empty() ? (row.success() ? 0 : 1) : std::ranges::count_if(report.steps, bad);
    fmt::format_to(
        std::back_inserter(out),
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" skipped=\"{}\" time=\"{:.6f}\" timestamp=\"{}\">\n",
        xml(name), tests, failed, std::ranges::count_if(report.steps, skipped), seconds(row.duration),
        format_time(row.start, 0));
    if (report.steps.empty()) {
      junit_case(out, name, name, row.duration, {row.reason, report.result.evidence.message}, false);
    }
    for (const journeys::StepResult& step : report.steps) {
      if (!step.finally) junit_case(out, name, step.name, step.duration, step.outcome, step.skipped);
    }
    for (const Outcome& failure : report.cleanup_failures) {
      fmt::format_to(std::back_inserter(out), "    <system-err>cleanup failed: {}</system-err>\n",
                     xml(failure.message));
    }
    if (!report.exchanges.empty()) {
      std::string text;
      for (const probes::Exchanged& one : report.exchanges) text += exchange_text(one, "");
      out += "    <system-out>" + xml(text) + "</system-out>\n";
    }
    out += "  </testsuite>\n";
  }
  out += "</testsuites>\n";
  return out;
}

}  // namespace nines::agent
