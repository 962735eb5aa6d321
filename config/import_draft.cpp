#include "config/import_draft.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <re2/re2.h>

#include "base/credentials.hpp"
#include "base/text.hpp"
#include "config/import_yaml.hpp"
#include "config/jq_words.hpp"
#include "config/names.hpp"
#include "config/reader.hpp"
#include "config/template.hpp"
#include "config/utf8.hpp"

namespace nines::config {
namespace {

constexpr std::size_t kNameBytes = 100;
constexpr std::size_t kMinHiddenBytes = 6;
constexpr std::string_view kBrace = "{{ '{' }}";

constexpr std::array<std::string_view, 24> kOrder = {
    "name",    "get",       "post", "put",   "patch",   "delete",     "head",
    "options", "method",    "url",  "query", "headers", "basic_auth", "bearer",
    "oauth2",  "aws_sigv4", "json", "form",  "body",    "body_file",  "follow_redirects",
    "expect",  "capture",   "retry"};

// Keys of a step whose texts are sent, and may be templates.
constexpr std::array<std::string_view, 17> kSent = {"get",     "post",       "put",    "patch",   "delete",   "head",
                                                    "options", "url",        "query",  "headers", "json",     "form",
                                                    "body",    "basic_auth", "bearer", "oauth2",  "aws_sigv4"};

bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

Json ordered(const Json& step) {
  Json out = Json::object();
  for (const std::string_view key : kOrder) {
    if (const auto found = step.find(key); found != step.end()) out[std::string(key)] = *found;
  }
  for (const auto& [key, value] : step.items()) {
    if (!out.contains(key)) out[key] = value;
  }
  return out;
}

void hide_values(Json& value, const DraftSecrets& secrets) {
  if (value.is_string()) {
    value = secrets.without_values(value.get<std::string>());
  } else if (value.is_structured()) {
    for (Json& item : value) hide_values(item, secrets);
  }
}

bool mentions(const Json& value, std::string_view name) {
  if (value.is_string()) return value.get_ref<const std::string&>().contains(fmt::format("{{{{ {} }}}}", name));
  return value.is_structured() && std::ranges::any_of(value, [&](const Json& item) { return mentions(item, name); });
}

std::string upper_case(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return out;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

}  // namespace

std::string import_identifier(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, kNameBytes)) {
    if (is_alnum(c)) {
      out += c;
    } else if (!out.empty() && out.back() != '_') {
      out += '_';
    }
  }
  while (out.ends_with('_')) out.pop_back();
  if (out.empty()) return "value";
  if (out[0] >= '0' && out[0] <= '9') out.insert(0, "v");
  if (is_template_builtin(out) || is_reserved_jq_name(out) || out == "ENV" || out == "not") out += "_value";
  return out;
}

std::string import_name(std::string_view text, std::string_view fallback) {
  std::string name(trim(ellipsize(printable(trim(text)), kNameBytes)));
  return name_fault(name).empty() ? name : std::string(fallback);
}

std::string unique_name(std::set<std::string>& taken, const std::string& name) {
  std::string out = name;
  for (int number = 2; !taken.insert(out).second; ++number) out = name + " " + std::to_string(number);
  return out;
}

bool names_a_credential(std::string_view name) {
  constexpr std::array<std::string_view, 12> kNames = {"pwd",       "pass",       "pin",  "otp",
                                                       "x_api_key", "passphrase", "jwt",  "credential",
                                                       "session",   "sessionid",  "totp", "access_key"};
  std::string lower = lower_case(name);
  std::ranges::replace(lower, '-', '_');
  return names_credentials(lower) || std::ranges::find(kNames, lower) != kNames.end() || lower.ends_with("_pwd");
}

std::string literal_text(std::string_view text) {
  std::string out;
  for (std::size_t at = text.find("{{"); at != std::string_view::npos; at = text.find("{{")) {
    out.append(text.substr(0, at)).append("{{ '{{' }}");
    text.remove_prefix(at + 2);
  }
  return out.append(text);
}

std::string literal_pattern(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("\\.+*?()|[]{}^$").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string jq_text(std::string_view text) {
  return dump_json(Json(text));
}

std::optional<std::string> percent_decoded(std::string_view text, bool plus) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '%' && at + 2 < text.size() && hex_digit(text[at + 1]) >= 0 && hex_digit(text[at + 2]) >= 0) {
      out += static_cast<char>((hex_digit(text[at + 1]) << 4) | hex_digit(text[at + 2]));
      at += 2;
    } else {
      out += plus && text[at] == '+' ? ' ' : text[at];
    }
  }
  if (find_bad_byte(out) || !is_printable(out)) return std::nullopt;
  return out;
}

Json import_mapping(const ImportPairs& pairs) {
  Json out = Json::object();
  for (const auto& [name, value] : pairs) add_to(out, name, value);
  return out;
}

void add_to(Json& mapping, const std::string& key, Json value) {
  const auto found = mapping.find(key);
  if (found == mapping.end()) {
    mapping[key] = std::move(value);
  } else if (found->is_array()) {
    found->push_back(std::move(value));
  } else {
    *found = Json::array({*found, std::move(value)});
  }
}

ImportUrl split_import_url(std::string_view url) {
  ImportUrl out;
  url = trim(url);
  std::size_t host = 0;
  if (url.starts_with("{{")) {
    host = url.find("}}");
    host = host == std::string_view::npos ? 0 : host + 2;
  } else if (const std::size_t mark = url.find("://");
             mark != std::string_view::npos && mark < url.find_first_of("/?#")) {
    host = mark + 3;
  } else if (!url.starts_with('/')) {
    out.origin = "http://";
  }
  const std::size_t end = std::min(url.find_first_of("/?#", host), url.size());
  std::string_view authority = url.substr(host, end - host);
  const std::string_view before = url.substr(0, host);
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos && !before.starts_with("{{")) {
    const std::string_view info = authority.substr(0, at);
    out.user = percent_decoded(info.substr(0, info.find(':')), false).value_or("");
    if (info.contains(':')) out.password = percent_decoded(info.substr(info.find(':') + 1), false).value_or("");
    authority.remove_prefix(at + 1);
  }
  out.origin.append(before).append(authority);
  std::string_view rest = url.substr(end);
  rest = rest.substr(0, rest.find('#'));
  const std::size_t question = rest.find('?');
  out.path = rest.substr(0, question);
  if (!out.path.starts_with('/')) out.path.insert(0, "/");
  if (question == std::string_view::npos || question + 1 == rest.size()) return out;
  for (const std::string_view pair : split(rest.substr(question + 1), '&')) {
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    const auto name = percent_decoded(pair.substr(0, equals), true);
    const auto value = equals == std::string_view::npos ? std::optional<std::string>("")
                                                        : percent_decoded(pair.substr(equals + 1), true);
    if (!name || !value || name->empty() || name->contains("{{")) {
      out.query.clear();
      out.path += rest.substr(question);
      return out;
    }
    out.query.emplace_back(*name, *value);
  }
  return out;
}

namespace {

// Where the {{ … }} ends that holds text[at], if nothing but names are in it: a secret's value may be part of a name.
std::size_t end_of_names(std::string_view text, std::size_t from, std::size_t at) {
  for (std::size_t open = text.find("{{", from); open < at; open = text.find("{{", open + 2)) {
    const std::size_t end = text.find("}}", open);
    if (end == std::string_view::npos) break;
    if (end < at) continue;
    const std::string_view inside = text.substr(open, end + 2 - open);
    const bool names = inside.find_first_of("'\"") == std::string_view::npos && parse_template(inside).has_value();
    if (names) return end + 2;
  }
  return std::string_view::npos;
}

}  // namespace

std::string DraftSecrets::text_for(std::string_view hint, const std::string& value) {
  const auto known = by_value_.find(value);
  if (known != by_value_.end()) return "{{ " + known->second + " }}";
  const std::string wanted = import_identifier(hint);
  std::string name = wanted;
  for (int number = 2; !taken_.insert(name).second; ++number) name = wanted + "_" + std::to_string(number);
  by_value_.emplace(value, name);
  names_.emplace(name, upper_case(name));
  return "{{ " + name + " }}";
}

void DraftSecrets::keep(const std::string& name, const std::string& value) {
  taken_.insert(name);
  names_.emplace(name, upper_case(name));
  if (!value.empty() && !value.contains("{{")) by_value_.emplace(value, name);
}

std::string DraftSecrets::without_values(std::string text) const {
  for (const auto& [value, name] : by_value_) {
    if (value.size() < kMinHiddenBytes) continue;
    const std::string replacement = "{{ " + name + " }}";
    std::size_t from = 0;
    for (std::size_t at = text.find(value); at != std::string::npos; at = text.find(value, from)) {
      from = end_of_names(text, from, at);
      if (from != std::string::npos) continue;
      text.replace(at, value.size(), replacement);
      from = at + replacement.size();
      // {{{ would begin another template.
      if (at == 0 || text[at - 1] != '{') continue;
      text.replace(at - 1, 1, kBrace);
      from += kBrace.size() - 1;
    }
  }
  return text;
}

void Draft::leave(int line, const std::string& message) {
  if (!told_.insert(std::to_string(line) + message).second) return;
  left_.push_back(Error{printable(message), Position{source_.name, line, 0}});
}

std::string Draft::environment(std::string_view name) {
  std::string variable = upper_case(import_identifier(name));
  environment_.insert(variable);
  return variable;
}

std::string Draft::guarded(std::string_view name, const std::string& value) {
  if (value.empty() || value.contains("{{") || !names_a_credential(name)) return value;
  return secrets_.text_for(name, value);
}

// A header Authorization, or the first.
void Draft::keep_one_login(Json& step) {
  bool has = false;
  if (const auto headers = step.find("headers"); headers != step.end()) {
    for (const auto& [name, value] : headers->items()) has = has || lower_case(name) == "authorization";
  }
  for (const std::string_view key : {"basic_auth", "bearer", "oauth2", "aws_sigv4"}) {
    if (!step.contains(key) || !std::exchange(has, true)) continue;
    step.erase(std::string(key));
    leave(0, fmt::format("the step `{}` has a second login, and its `{}` is not carried over",
                         step["name"].get<std::string>(), key));
  }
}

// What a browser or another tool sends with a tab in it is no value here.
void Draft::keep_printable_headers(Json& step) {
  const auto headers = step.find("headers");
  if (headers == step.end()) return;
  Json kept = Json::object();
  for (const auto& [name, value] : headers->items()) {
    if (is_printable(value.get<std::string>())) {
      kept[name] = value;
    } else {
      leave(0, fmt::format("the step `{}` has a control character in its header `{}`, which is not carried over",
                           step["name"].get<std::string>(), name));
    }
  }
  if (kept.empty()) {
    step.erase(headers);
  } else {
    *headers = std::move(kept);
  }
}

Json Draft::journey_tree(DraftJourney& journey) {
  Json tree = Json::object();
  tree["name"] = journey.name;
  if (!journey.base_url.is_null()) tree["base_url"] = journey.base_url;
  tree["interval"] = "5m";
  tree["timeout"] = "1m";
  for (Json& step : journey.steps) {
    keep_one_login(step);
    keep_printable_headers(step);
    for (auto& [key, value] : step.items()) {
      if (std::ranges::find(kSent, key) != kSent.end()) hide_values(value, secrets_);
    }
  }
  Json secrets = Json::object();
  for (const auto& [name, variable] : secrets_.names()) {
    const auto uses = [&](const Json& value) { return mentions(value, name); };
    if (!uses(journey.variables) && std::ranges::none_of(journey.steps, uses)) continue;
    secrets[name] = {{"env", variable}};
    environment_.insert(variable);
    leave(0,
          fmt::format("the secret `{}` is not written down: expected in the environment variable {}", name, variable));
  }
  if (!journey.variables.empty()) tree["variables"] = journey.variables;
  if (!secrets.empty()) tree["secrets"] = std::move(secrets);
  tree["steps"] = Json::array();
  for (const Json& step : journey.steps) tree["steps"].push_back(ordered(step));
  return tree;
}

Imported Draft::finish(const std::string& what, std::vector<DraftJourney> journeys) {
  Imported out;
  Json root = Json::object();
  root["journeys"] = Json::array();
  for (DraftJourney& journey : journeys) {
    if (journey.steps.empty()) continue;
    ++out.journeys;
    out.steps += journey.steps.size();
    root["journeys"].push_back(journey_tree(journey));
  }
  out.text = fmt::format("# From {}, written by nines convert. nines validate tells whether it is right.\n",
                         ellipsize(printable(what), 200));
  if (!environment_.empty()) {
    std::string names;
    for (const std::string& name : environment_) names += (names.empty() ? "" : ", ") + name;
    out.text += "# From the environment: " + names + "\n";
  }
  out.text += "\n" + import_yaml(root);
  out.left = std::move(left_);
  return out;
}

void set_request(Json& step, std::string_view method, const std::string& url) {
  constexpr std::array<std::string_view, 7> kMethods = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"};
  const bool usual = std::ranges::find(kMethods, method) != kMethods.end();
  if (!usual) step["method"] = method;
  step[usual ? lower_case(method) : "url"] = url;
}

Expected<Json> parse_import_json(const ImportSource& source) {
  std::string_view text = source.text;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (text.size() > kMaxImportBytes) {
    return std::unexpected(
        Error{fmt::format("{} bytes: expected at most {}", text.size(), kMaxImportBytes), Position{source.name, 0, 0}});
  }
  auto json = parse_json(text);
  if (json) return json;
  static const re2::RE2 kPlace(R"((.*), at byte (\d+)(: .*))");
  Error fault{json.error().message, Position{source.name, 0, 0}};
  std::string before, after;
  std::size_t offset = 0;
  if (re2::RE2::FullMatch(fault.message, kPlace, &before, &offset, &after)) {
    const std::string_view read = text.substr(0, std::min(offset, text.size()));
    const std::size_t line = read.rfind('\n');
    fault.message = before + after;
    fault.at->line = static_cast<int>(std::ranges::count(read, '\n')) + 1;
    fault.at->column = static_cast<int>(line == std::string_view::npos ? read.size() : read.size() - line - 1) + 1;
  }
  fault.message = printable(fault.message);
  return std::unexpected(std::move(fault));
}

std::optional<Json> lenient_json(std::string_view text, std::vector<std::string>* bare) {
  std::string out;
  bool in_string = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (in_string && text[at] == '\\' && at + 1 < text.size()) out += text[at++];
    if (text[at] == '"') in_string = !in_string;
    const std::size_t end = !in_string && text.substr(at).starts_with("{{") ? text.find("}}", at) : text.npos;
    const std::string_view inside = end == text.npos ? std::string_view() : text.substr(at, end + 2 - at);
    if (inside.empty() || inside.find_first_of("\"\n:") != inside.npos) {
      out += text[at];
    } else {
      out.append("\"").append(inside).append("\"");
      if (bare != nullptr) bare->emplace_back(trim(inside.substr(2, inside.size() - 4)));
      at = end + 1;
    }
  }
  auto json = parse_json(out);
  if (!json) return std::nullopt;
  return std::move(*json);
}

}  // namespace nines::config
