#include "config/import_hurl.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <re2/re2.h>

#include "base/text.hpp"
#include "config/import_draft.hpp"
#include "config/import_hurl_rules.hpp"
#include "config/names.hpp"
#include "config/reader.hpp"
#include "config/schedule.hpp"
#include "config/utf8.hpp"

namespace nines::config {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxAttempts = 10;
constexpr int kMaxTimes = 1000;

// {{newUuid}} and its like.
std::optional<std::string> builtin(std::string_view name) {
  if (name == "newUuid") return "{{ uuid }}";
  if (name == "newDate") return "{{ now }}";
  return std::nullopt;
}

// "500" (milliseconds), "2s", "500ms", "1m" as ours.
std::optional<std::string> duration_of(std::string_view text) {
  const bool bare = !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  const std::string written = std::string(text) + (bare ? "ms" : "");
  const auto duration = parse_duration(written);
  if (!duration || *duration <= Micros::zero() || *duration > std::chrono::minutes(1)) return std::nullopt;
  return written;
}

class Importer {
 public:
  explicit Importer(const ImportSource& source) : draft_(source), scope_(draft_, builtin) {}

  Imported import(const std::vector<HurlEntry>& entries) {
    journey_.name = import_name(fs::path(draft_.source().name).stem().string(), "hurl");
    scope_.begin(journey_);
    for (const HurlEntry& entry : entries) {
      for (const HurlLine& line : lines(entry.response_sections, "Captures")) scope_.will_capture(line.key);
      for (const HurlLine& line : lines(entry.sections, "Options")) define(line);
    }
    for (const HurlEntry& entry : entries) add_step(entry);
    std::vector<DraftJourney> journeys;
    journeys.push_back(std::move(journey_));
    return draft_.finish("the Hurl file " + fs::path(draft_.source().name).filename().string(), std::move(journeys));
  }

 private:
  static std::vector<HurlLine> lines(const std::vector<HurlSection>& sections, std::string_view name) {
    std::vector<HurlLine> out;
    for (const HurlSection& section : sections) {
      if (section.name == name) out.insert(out.end(), section.lines.begin(), section.lines.end());
    }
    return out;
  }

  void leave(const HurlLine& line, std::string_view why = {}) {
    draft_.leave(line.number, fmt::format("{} is not carried over{}{}", in_ticks(ellipsize(line.text, 100)),
                                          why.empty() ? "" : ": ", why));
  }

  void define(const HurlLine& line) {
    if (line.key != "variable") return;
    const std::size_t equals = line.value.find('=');
    if (equals == std::string::npos) return leave(line);
    std::string_view value = trim(std::string_view(line.value).substr(equals + 1));
    if (value.size() > 1 && value.starts_with('"') && value.ends_with('"')) value = value.substr(1, value.size() - 2);
    scope_.define(std::string(trim(line.value.substr(0, equals))), std::string(value), false);
  }

  void add_step(const HurlEntry& entry) {
    for (const HurlLine& line : lines(entry.sections, "Options")) {
      if (line.key == "skip" && line.value == "true")
        return leave({entry.line, "", "", entry.method + " " + entry.url});
    }
    const ImportUrl url = split_import_url(entry.url);
    Json step = Json::object();
    step["name"] = unique_name(journey_.step_names, step_name(entry, url));
    if (!scope_.set_url(step, entry.method, url)) return;
    for (const HurlLine& line : entry.headers) add_header(step, line);
    for (const HurlSection& section : entry.sections) {
      for (const HurlLine& line : section.lines) add_line(step, section.name, line);
    }
    if (step.contains("form") && is_multipart_ && !has_file_) {
      draft_.leave(entry.line, "the form has no file, and is sent as application/x-www-form-urlencoded");
    }
    is_multipart_ = has_file_ = false;
    if (!step.contains("form")) {
      add_body(step, entry.body);
    } else if (entry.body.kind != HurlBody::Kind::none) {
      draft_.leave(entry.body.line, "the body beside a form is not carried over");
    }
    drop_type(step);
    add_answer(step, entry);
    journey_.steps.push_back(std::move(step));
  }

  static std::string step_name(const HurlEntry& entry, const ImportUrl& url) {
    std::string path = url.path.substr(0, url.path.find('?'));
    for (const std::string_view mark : {"{{", "}}"}) {
      for (std::size_t at = path.find(mark); at != std::string::npos; at = path.find(mark)) path.erase(at, 1);
    }
    return import_name(ellipsize(entry.method + " " + path, 70), "request");
  }

  void add_header(Json& step, const HurlLine& line) {
    const std::string lower = lower_case(line.key);
    if (!is_http_token(line.key)) return leave(line, "it is no header name");
    if (lower == "host" || lower == "content-length") return leave(line);
    if (step.contains("headers") && step["headers"].contains(line.key)) return leave(line, "a second one of its name");
    if (lower == "authorization" && lower_case(line.value).starts_with("bearer ")) {
      const std::string token(trim(std::string_view(line.value).substr(7)));
      step["bearer"] = scope_.guarded("access_token", token);
      return;
    }
    step["headers"][line.key] = scope_.guarded(line.key, line.value);
  }

  void add_line(Json& step, const std::string& section, const HurlLine& line) {
    if (section == "Query" || section == "Form") {
      add_to(step[section == "Query" ? "query" : "form"], line.key, scope_.guarded(line.key, line.value));
    } else if (section == "Multipart") {
      add_part(step, line);
    } else if (section == "BasicAuth") {
      if (step.contains("bearer")) return leave(line, "the header Authorization stays");
      step["basic_auth"] = {{"username", scope_.text(line.key)}, {"password", scope_.guarded("password", line.value)}};
    } else if (section == "Cookies") {
      std::string cookie = line.key + "=" + line.value;
      const bool literal = !line.value.contains("{{");
      if (literal) cookie = line.key + "=" + draft_.secrets().text_for(line.key, line.value);
      auto& header = step["headers"]["Cookie"];
      header = (header.is_null() ? "" : header.get<std::string>() + "; ") + scope_text(cookie, literal);
    } else if (section == "Options") {
      add_option(step, line);
    } else {
      leave(line);
    }
  }

  std::string scope_text(const std::string& text, bool ours) { return ours ? text : scope_.text(text); }

  void add_part(Json& step, const HurlLine& line) {
    static const re2::RE2 kFile(R"(file,\s*([^;]+);\s*(\S+/\S+)?)");
    is_multipart_ = true;
    std::string path, type;
    if (!re2::RE2::FullMatch(line.value, kFile, &path, &type)) {
      add_to(step["form"], line.key, scope_.guarded(line.key, line.value));
      return;
    }
    has_file_ = true;
    Json file = {{"file", file_path(path)}};
    if (!type.empty()) file["content_type"] = type;
    add_to(step["form"], line.key, std::move(file));
  }

  std::string file_path(std::string_view path) {
    path = trim(path);
    if (path.empty()) return "file";
    if (fs::path(path).is_absolute()) return std::string(path);
    return (fs::path(draft_.source().folder) / path).lexically_normal().string();
  }

  void add_option(Json& step, const HurlLine& line) {
    int number = 0;
    const bool whole = re2::RE2::FullMatch(line.value, "(\\d{1,6})", &number);
    if (line.key == "variable" || (line.key == "skip" && line.value == "false")) return;
    if (line.key == "location" || line.key == "location-trusted") {
      if (line.value == "true") step["follow_redirects"] = true;
    } else if (line.key == "retry" && (whole || line.value == "-1")) {
      const bool most = !whole || number + 1 > kMaxAttempts;
      if (most) leave(line, "10 attempts are the most there are");
      step["retry"]["attempts"] = most ? kMaxAttempts : number + 1;
      if (!step["retry"].contains("delay")) step["retry"]["delay"] = "1s";
      if (number == 0 && whole) step.erase("retry");
    } else if (line.key == "retry-interval" && duration_of(line.value)) {
      if (step.contains("retry")) {
        step["retry"]["delay"] = *duration_of(line.value);
      } else {
        step["retry"] = {{"attempts", 2}, {"delay", *duration_of(line.value)}};
      }
    } else if (line.key == "delay" && duration_of(line.value)) {
      step["think_time"] = *duration_of(line.value);
    } else if (line.key == "max-time" && duration_of(line.value.ends_with('s') ? line.value : line.value + "s")) {
      step["timeout"] = *duration_of(line.value.ends_with('s') ? line.value : line.value + "s");
    } else if (line.key == "repeat" && whole && number >= 1 && number <= kMaxTimes) {
      if (number > 1) step["repeat"] = number;
    } else if (line.key == "user" && line.value.contains(':') && !step.contains("bearer")) {
      const std::size_t colon = line.value.find(':');
      step["basic_auth"] = {{"username", scope_.text(line.value.substr(0, colon))},
                            {"password", scope_.guarded("password", line.value.substr(colon + 1))}};
    } else {
      leave(line);
    }
  }

  void add_body(Json& step, const HurlBody& body) {
    const auto typed = [&](const std::string& type) {
      const Json headers = step.contains("headers") ? step["headers"] : Json::object();
      const bool has =
          std::ranges::any_of(headers.items(), [](const auto& one) { return lower_case(one.key()) == "content-type"; });
      if (!has) step["headers"]["Content-Type"] = type;
    };
    if (body.kind == HurlBody::Kind::json || body.type == "json" || body.type == "graphql") {
      const auto query = body.type == "graphql" ? graphql(body.text) : std::nullopt;
      auto json = query ? std::optional(scope_.json(*query)) : scope_.json_text(body.text);
      if (json) {
        step["json"] = std::move(*json);
        return;
      }
      typed("application/json");
    }
    if (body.kind == HurlBody::Kind::file) {
      step["body_file"] = file_path(body.text);
    } else if (body.kind == HurlBody::Kind::other) {
      draft_.leave(body.line, "the body in " + in_ticks(body.text) + " is not carried over: expected text or a file");
    } else if (body.kind != HurlBody::Kind::none) {
      if (body.type == "xml") typed("application/xml");
      step["body"] = scope_.text(body.text);
    }
  }

  static std::optional<Json> graphql(const std::string& text) {
    static const re2::RE2 kVariables(R"((?s)(.*?)\n\s*variables\s*(\{.*\})\s*)");
    std::string query, variables;
    if (!re2::RE2::FullMatch(text, kVariables, &query, &variables)) return Json{{"query", std::string(trim(text))}};
    auto json = lenient_json(variables);
    if (!json) return std::nullopt;
    return Json{{"query", std::string(trim(query))}, {"variables", std::move(*json)}};
  }

  // What `json` and `form` say themselves.
  static void drop_type(Json& step) {
    if (!step.contains("headers") || (!step.contains("json") && !step.contains("form"))) return;
    Json kept = Json::object();
    for (const auto& [name, value] : step["headers"].items()) {
      const bool usual = value.is_string() && (value.get<std::string>().starts_with("application/json") ||
                                               value.get<std::string>().starts_with("application/x-www-form"));
      if (lower_case(name) != "content-type" || !usual) kept[name] = value;
    }
    step["headers"] = std::move(kept);
    if (step["headers"].empty()) step.erase("headers");
  }

  void add_answer(Json& step, const HurlEntry& entry) {
    Json expect = Json::object();
    if (entry.status == "*") {
      draft_.leave(entry.response_line, "`HTTP *` is not carried over: a status from 200 to 399 is expected");
    } else if (!entry.status.empty() && entry.status >= "100" && entry.status <= "599") {
      expect["status"] = std::stoi(entry.status);
    } else if (!entry.status.empty()) {
      draft_.leave(entry.response_line, "the status " + entry.status + " is not carried over");
    }
    HurlRules rules(scope_);
    for (const HurlLine& line : entry.response_headers) {
      if (is_http_token(line.key)) {
        expect["headers"][line.key] = scope_.text(line.value);
      } else {
        leave(line, "it is no header name");
      }
    }
    Json captures = Json::object();
    for (const HurlLine& line : lines(entry.response_sections, "Captures")) {
      auto capture = rules.capture(line.value);
      if (!capture) {
        leave(line);
        continue;
      }
      captures[scope_.capture(line.key)] = std::move(*capture);
    }
    for (const HurlLine& line : lines(entry.response_sections, "Asserts")) {
      if (!rules.assertion(line.text, expect)) leave(line);
    }
    add_expected_body(expect, entry.response_body);
    if (expect.contains("jq") && expect["jq"].size() == 1) expect["jq"] = Json(expect["jq"][0]);
    if (!captures.empty()) step["capture"] = std::move(captures);
    if (!expect.empty()) step["expect"] = std::move(expect);
  }

  void add_expected_body(Json& expect, const HurlBody& body) {
    if (body.kind == HurlBody::Kind::none) return;
    const bool fixed = !body.text.contains("{{");
    const auto json = body.kind == HurlBody::Kind::json || body.type == "json" ? lenient_json(body.text) : std::nullopt;
    if (json && fixed) {
      expect["jq"].push_back(". == " + dump_json(*json));
    } else if (body.kind == HurlBody::Kind::text && fixed && !body.text.empty()) {
      add_to(expect, "regex", "^" + literal_pattern(body.text) + "$");
    } else {
      draft_.leave(body.line, "the expected body is not carried over: it is a file or has variables in it");
    }
  }

  Draft draft_;
  DraftScope scope_;
  DraftJourney journey_;
  bool is_multipart_ = false;  // of the step at hand
  bool has_file_ = false;
};

}  // namespace

std::expected<Imported, std::vector<Error>> import_hurl(const ImportSource& source) {
  std::vector<Error> errors;
  const auto fault = [&](int line, const std::string& message) {
    errors.push_back(Error{printable(message), Position{source.name, line, 0}});
  };
  std::string_view text = source.text;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (text.size() > kMaxImportBytes) {
    fault(0, fmt::format("{} bytes: expected at most {}", text.size(), kMaxImportBytes));
    return std::unexpected(std::move(errors));
  }
  if (const auto bad = find_bad_byte(text)) {
    fault(bad->line, bad->what + ": expected a text");
    return std::unexpected(std::move(errors));
  }
  std::vector<HurlFault> faults;
  const std::vector<HurlEntry> entries = read_hurl(text, faults);
  for (const HurlFault& one : faults) fault(one.line, one.message);
  if (errors.empty() && entries.empty()) fault(0, "it has no request: expected METHOD URL");
  if (!errors.empty()) return std::unexpected(std::move(errors));
  Importer importer(source);
  Imported imported = importer.import(entries);
  if (imported.steps == 0) {
    fault(0, "no request is left: all are skipped");
    return std::unexpected(std::move(errors));
  }
  return imported;
}

}  // namespace nines::config
