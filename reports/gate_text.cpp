#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "reports/gate.hpp"
#include "reports/html.hpp"

namespace nines::reports {
namespace {

using Out = std::back_insert_iterator<std::string>;

// A document from elsewhere may lack what this version writes.
std::string word(const Json& from, const char* key) {
  return from.contains(key) && from[key].is_string() ? printable(from[key].get<std::string>()) : std::string();
}

std::string count(const Json& from, const char* key) {
  return from.contains(key) ? fmt::format("{}", from[key].get<std::int64_t>()) : std::string("-");
}

bool has(const Json& from, const char* key) {
  return from.contains(key) && !from[key].is_null();
}

std::string ms(const Json& from, const char* key) {
  return has(from, key) ? fmt::format("{:.1f} ms", from[key].get<double>()) : std::string("-");
}

std::string percent(const Json& from, const char* key, const char* format = "{:.2f} %") {
  return has(from, key) ? fmt::format(fmt::runtime(format), from[key].get<double>() * 100) : std::string("-");
}

std::string p_value(const Json& from, const char* key) {
  return has(from, key) ? fmt::format("{:.2g}", from[key].get<double>()) : std::string("-");
}

std::string shift(const Json& check) {
  if (!has(check, "shift_ms") || !has(check, "shift_interval_ms")) return "-";
  const Json& interval = check["shift_interval_ms"];
  return fmt::format("{:+.1f} ms ({:+.1f} to {:+.1f})", check["shift_ms"].get<double>(), interval.at(0).get<double>(),
                     interval.at(1).get<double>());
}

std::string test_p(const Json& check, const char* test) {
  return has(check, test) ? p_value(check[test], "p_value") : std::string("-");
}

using Rows = std::vector<std::vector<std::string>>;

// What there is to say of each check and service, the same in text and Markdown: the first row is the head.
Rows check_rows(const Json& document) {
  Rows rows = {
      {"check", "before", "now", "p95 before", "p95 now", "increase", "shift (95 %)", "ranks p", "tail p", "level"}};
  for (const Json& check : document.at("checks")) {
    rows.push_back({word(check, "name"), count(check, "baseline_samples"), count(check, "samples"),
                    ms(check, "p95_baseline_ms"), ms(check, "p95_ms"), percent(check, "increase", "{:+.0f} %"),
                    shift(check), test_p(check, "mann_whitney"), test_p(check, "fisher"), word(check, "level")});
  }
  return rows;
}

Rows service_rows(const Json& document) {
  Rows rows = {{"service", "results", "failed", "x baseline", "p", "5xx", "health", "level"}};
  for (const Json& service : document.at("services")) {
    rows.push_back({word(service, "name"), count(service, "samples"), count(service, "errors"),
                    has(service, "error_ratio") ? fmt::format("{:.2f}", service["error_ratio"].get<double>()) : "-",
                    p_value(service, "error_p_value"), percent(service, "server_error_rate"),
                    percent(service, "health"), word(service, "level")});
  }
  return rows;
}

// In characters, not bytes.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

void write_columns(std::string& out, const Rows& rows) {
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += (i == 0 ? "  " : "   ") + row[i] + std::string(widths[i] - width(row[i]), ' ');
    }
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
}

std::string markdown_cell(const std::string& text) {
  std::string cell;
  for (const char c : text) {
    if (c == '|' || c == '<' || c == '`' || c == '*' || c == '_' || c == '[' || c == '\\') cell += '\\';
    cell += c;
  }
  return cell;
}

void write_table(std::string& out, const Rows& rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (const std::string& cell : rows[i]) out += "| " + markdown_cell(cell) + " ";
    out += "|\n";
    if (i > 0) continue;
    for (std::size_t column = 0; column < rows[i].size(); ++column) out += "|---";
    out += "|\n";
  }
}

std::vector<std::string> words(const Json& document, const char* key) {
  std::vector<std::string> all;
  if (!document.contains(key)) return all;
  for (const Json& one : document[key]) all.push_back(printable(one.get<std::string>()));
  return all;
}

std::string title(const Json& document) {
  const std::string verdict = word(document, "verdict");
  const std::string said = verdict == "rollback" ? "roll back" : verdict;
  const std::string phase = word(document, "phase");
  if (phase.empty()) return said;
  return fmt::format("{} of {}: {}", phase == "verify" ? "gate" : phase, word(document, "deployment"), said);
}

void write_resources(std::string& out, const Json& document, std::string_view bullet) {
  if (!document.contains("resources")) return;
  for (const Json& row : document["resources"]) {
    fmt::format_to(Out(out), "{}{} {:.1f} %: {}\n", bullet, word(row, "name"), row.at("percent").get<double>(),
                   word(row, "level"));
  }
}

std::string as_text(const Json& document) {
  std::string out = title(document) + "\n";
  for (const std::string& reason : words(document, "reasons")) out += "  " + reason + "\n";
  if (!document.at("checks").empty()) {
    out += "\n";
    write_columns(out, check_rows(document));
  }
  if (!document.at("services").empty()) {
    out += "\n";
    write_columns(out, service_rows(document));
  }
  write_resources(out, document, "  ");
  for (const std::string& note : words(document, "notes")) out += "note: " + note + "\n";
  for (const std::string& row : words(document, "not_judged")) out += "not judged: " + row + "\n";
  if (!word(document, "id").empty()) out += "id: " + word(document, "id") + "\n";
  return out;
}

std::string as_markdown(const Json& document) {
  std::string out = "### Deployment " + markdown_cell(title(document)) + "\n\n";
  for (const std::string& reason : words(document, "reasons")) out += "- " + markdown_cell(reason) + "\n";
  if (!words(document, "reasons").empty()) out += "\n";
  if (!document.at("checks").empty()) {
    write_table(out, check_rows(document));
    out += "\n";
  }
  if (!document.at("services").empty()) {
    write_table(out, service_rows(document));
    out += "\n";
  }
  write_resources(out, document, "- ");
  for (const std::string& note : words(document, "notes")) out += "- note: " + markdown_cell(note) + "\n";
  for (const std::string& row : words(document, "not_judged")) out += "- not judged: " + markdown_cell(row) + "\n";
  return out;
}

// A case that failed, could not be judged, or passed.
void write_case(std::string& out, const std::string& suite, const std::string& name, const std::string& level,
                const std::string& reason) {
  fmt::format_to(Out(out), "    <testcase classname=\"{}\" name=\"{}\"", escape_html(suite), escape_html(name));
  const char* kind = level == "critical" ? "failure" : level == "inconclusive" ? "error" : nullptr;
  if (kind == nullptr) {
    out += "/>\n";
    return;
  }
  fmt::format_to(Out(out), "><{0} type=\"{1}\" message=\"{2}\"/></testcase>\n", kind, level, escape_html(reason));
}

std::string as_junit(const Json& document) {
  std::string cases;
  int tests = 0;
  int failures = 0;
  int errors = 0;
  const auto add = [&](const std::string& suite, const std::string& name, const std::string& level,
                       const std::string& reason) {
    ++tests;
    failures += level == "critical" ? 1 : 0;
    errors += level == "inconclusive" ? 1 : 0;
    write_case(cases, suite, name, level, reason);
  };
  const std::string verdict = word(document, "verdict");
  const std::string all = fmt::format("{}", fmt::join(words(document, "reasons"), "; "));
  add("gate", "verdict", verdict == "rollback" ? "critical" : verdict, all);
  for (const Json& check : document.at("checks")) {
    add("latency", word(check, "name"), word(check, "level"), word(check, "reason"));
  }
  for (const Json& service : document.at("services")) {
    for (const auto& [name, key] : {std::pair("errors", "error_level"), std::pair("5xx", "server_error_level"),
                                    std::pair("health", "health_level")}) {
      add(word(service, "name"), name, word(service, key), all);
    }
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"nines gate\">\n  <testsuite name=\"{}\" "
      "tests=\"{}\" failures=\"{}\" errors=\"{}\">\n{}  </testsuite>\n</testsuites>\n",
      escape_html(word(document, "deployment").empty() ? "compare" : word(document, "deployment")), tests, failures,
      errors, cases);
}

}  // namespace

Expected<std::string> gate_text(const Json& document, GateFormat format) {
  try {
    switch (format) {
      case GateFormat::json:
        return gate_json_text(document);
      case GateFormat::junit:
        return as_junit(document);
      case GateFormat::markdown:
        return as_markdown(document);
      case GateFormat::text:
        return as_text(document);
    }
    return fail("no such format");
  } catch (const Json::exception& wrong) {
    return fail(std::string("this is no document of a gate: ") + wrong.what());
  }
}

}  // namespace nines::reports
