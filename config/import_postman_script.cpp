#include <algorithm>
#include <array>
#include <map>

#include <re2/re2.h>

#include "base/text.hpp"
#include "config/import_draft.hpp"
#include "config/import_postman.hpp"

namespace nines::config {
namespace {

constexpr std::size_t kMaxStatement = 4000;

constexpr char kPath[] = R"((?:\.[A-Za-z_]\w*|\[\d+\]|\["[^"\\]+"\]|\['[^'\\]+'\])*)";

// The body of the answer in the words of a script: pm.response.json() or a variable that holds it.
class Reader {
 public:
  PostmanScript read(std::string_view script) {
    int number = 0;
    for (const std::string_view line : split(script, '\n')) {
      ++number;
      for (const std::string& statement : statements(line)) {
        if (!take(statement)) out_.left.emplace_back(number, ellipsize(statement, 100));
      }
    }
    return std::move(out_);
  }

 private:
  // Without what only holds them together: pm.test("…", function () { and }).
  static std::vector<std::string> statements(std::string_view line) {
    static const re2::RE2 kOpening(
        R"(^(?:pm\.test\s*\(\s*(?:"[^"]*"|'[^']*'|`[^`]*`)\s*,\s*)?(?:async\s+)?(?:function\s*\w*\s*\(\w*\)\s*\{|\(?\w*\)?\s*=>\s*\{?))");
    static const re2::RE2 kUnfinished(R"(^pm\.test\s*\(\s*(?:"[^"]*"|'[^']*'|`[^`]*`)\s*,?\s*$)");
    std::string text(trim(line));
    if (text.size() > kMaxStatement) return {text};
    re2::RE2::Replace(&text, kOpening, "");
    re2::RE2::Replace(&text, kUnfinished, "");
    std::vector<std::string> out;
    std::string current;
    char quote = 0;
    const auto end = [&] {
      std::string_view one = trim(current);
      while (one.starts_with('}') || one.starts_with(')')) one = trim(one.substr(1));
      if (!one.empty()) out.emplace_back(one);
      current.clear();
    };
    for (std::size_t at = 0; at < text.size(); ++at) {
      const char c = text[at];
      if (quote == 0 && c == '/' && at + 1 < text.size() && (text[at + 1] == '/' || text[at + 1] == '*')) break;
      if (quote != 0 && c == '\\' && at + 1 < text.size()) {
        current += c;
        current += text[++at];
        continue;
      }
      if (quote == 0 && (c == '"' || c == '\'' || c == '`')) {
        quote = c;
      } else if (c == quote) {
        quote = 0;
      }
      if (quote == 0 && (c == ';' || c == '}')) {
        end();
      } else {
        current += c;
      }
    }
    end();
    return out;
  }

  // A closing bracket of pm.test( may be left where the statement was on one line with it.
  bool take(const std::string& statement) {
    std::string text = statement;
    for (int extra = 0; extra < 3; ++extra) {
      if (take_variable(text) || take_status(text) || take_capture(text) || take_answer(text) || take_body(text)) {
        return true;
      }
      if (!text.ends_with(')')) return false;
      text.pop_back();
      text = trim(text);
    }
    return false;
  }

  // The jq path of `expression`; nothing when it is not about the body.
  std::optional<std::string> path_of(std::string_view expression) const {
    static const re2::RE2 kExpression(std::string(R"((pm\.response\.json\(\)|JSON\.parse\(responseBody\)|\w+)()") +
                                      kPath + ")");
    std::string root, path;
    if (!re2::RE2::FullMatch(trim(expression), kExpression, &root, &path)) return std::nullopt;
    const bool whole = root.starts_with("pm.") || root.starts_with("JSON.");
    const auto known = roots_.find(root);
    if (!whole && known == roots_.end()) return std::nullopt;
    static const re2::RE2 kQuoted(R"(\['([^']*)'\])");
    re2::RE2::GlobalReplace(&path, kQuoted, "[\"\\1\"]");
    std::string out = (whole ? "" : known->second) + path;
    if (out.starts_with('[')) out.insert(0, ".");
    return out.empty() ? "." : out;
  }

  bool take_variable(const std::string& text) {
    static const re2::RE2 kVariable(R"((?:var|let|const)?\s*(\w+)\s*=\s*([^=].*))");
    std::string name, value;
    if (!re2::RE2::FullMatch(text, kVariable, &name, &value)) return false;
    const auto path = path_of(value);
    if (!path) return false;
    roots_[name] = *path == "." ? "" : *path;
    return true;
  }

  bool take_status(const std::string& text) {
    static const re2::RE2 kHave(R"(pm\.response\.to\.have\.status\((\d{3})\))");
    static const re2::RE2 kEqual(
        R"(pm\.expect\(pm\.response\.(?:code|status)\)\.to\.(?:be\.)?(?:eql|equals?|eq)\((\d{3})\))");
    static const re2::RE2 kOld(R"(tests\[[^\]]*\]\s*=\s*responseCode\.code\s*={2,3}\s*(\d{3}))");
    static const re2::RE2 kOneOf(R"(pm\.expect\(pm\.response\.code\)\.to\.be\.oneOf\(\[([\d,\s]+)\]\))");
    int status = 0;
    if (re2::RE2::FullMatch(text, kHave, &status) || re2::RE2::FullMatch(text, kEqual, &status) ||
        re2::RE2::FullMatch(text, kOld, &status)) {
      return add_status(status);
    }
    std::string list;
    if (!re2::RE2::FullMatch(text, kOneOf, &list)) return false;
    bool good = true;
    for (const std::string_view one : split(list, ',')) {
      good = re2::RE2::FullMatch(trim(one), R"((\d{3}))", &status) && add_status(status) && good;
    }
    return good;
  }

  bool add_status(int status) {
    if (status < 100 || status > 599) return false;
    const Json value = status;
    const auto found = out_.expect.find("status");
    if (found != out_.expect.end() && (*found == value || found->is_array())) return true;
    add_to(out_.expect, "status", value);
    return true;
  }

  bool take_capture(const std::string& text) {
    static const re2::RE2 kSet(
        R"((?:pm\.(?:environment|collectionVariables|globals|variables)\.set|postman\.set(?:Environment|Global)Variable)\(\s*["']([^"'\\]+)["']\s*,\s*(.+)\))");
    static const re2::RE2 kHeader(R"(pm\.response\.headers\.get\(["']([\w-]+)["']\))");
    static const re2::RE2 kCookie(R"(pm\.cookies\.get\(["']([\w.-]+)["']\))");
    std::string name, value, argument;
    if (!re2::RE2::FullMatch(text, kSet, &name, &value)) return false;
    if (const auto path = path_of(value)) {
      out_.captures.push_back({name, {{"jq", *path}}});
    } else if (re2::RE2::FullMatch(value, kHeader, &argument)) {
      out_.captures.push_back({name, {{"header", argument}}});
    } else if (re2::RE2::FullMatch(value, kCookie, &argument)) {
      out_.captures.push_back({name, {{"cookie", argument}}});
    } else if (value == "pm.response.text()" || value == "responseBody") {
      out_.captures.push_back({name, {{"body", true}}});
    } else {
      return false;
    }
    return true;
  }

  // Headers, time, and the body as text.
  bool take_answer(const std::string& text) {
    static const re2::RE2 kHeader(
        R"(pm\.response\.to\.have\.header\(\s*["']([\w-]+)["'](?:\s*,\s*["']([^"'\\]*)["'])?\s*\))");
    static const re2::RE2 kHeaderIs(
        R"(pm\.expect\(pm\.response\.headers\.get\(["']([\w-]+)["']\)\)\.to\.(include|eql|equals?|eq|contain)\(["']([^"'\\]*)["']\))");
    static const re2::RE2 kTime(R"(pm\.expect\(pm\.response\.responseTime\)\.to\.be\.(?:below|lessThan)\((\d{1,8})\))");
    static const re2::RE2 kText(R"(pm\.expect\(pm\.response\.text\(\)\)\.to\.(not\.)?(?:include|contain)\((.+)\))");
    std::string name, value, how;
    int milliseconds = 0;
    if (re2::RE2::FullMatch(text, kHeader, &name, &value)) {
      out_.expect["headers"][name] = value.empty() ? Json{{"matches", ".*"}} : Json(literal_text(value));
    } else if (re2::RE2::FullMatch(text, kHeaderIs, &name, &how, &value)) {
      const bool part = how == "include" || how == "contain";
      out_.expect["headers"][name] = part ? Json{{"matches", literal_pattern(value)}} : Json(literal_text(value));
    } else if (re2::RE2::FullMatch(text, kTime, &milliseconds) && milliseconds > 0) {
      out_.expect["duration"] = "< " + std::to_string(milliseconds) + "ms";
    } else if (re2::RE2::FullMatch(text, kText, &how, &value)) {
      const auto literal = value_of(value);
      if (!literal || !literal->is_string()) return false;
      add_to(out_.expect, how.empty() ? "regex" : "not_regex", literal_pattern(literal->get<std::string>()));
    } else if (text == "pm.response.to.be.json") {
      out_.expect["headers"]["Content-Type"] = {{"matches", "json"}};
    } else {
      return false;
    }
    return true;
  }

  static std::optional<Json> value_of(std::string_view text) {
    std::string literal(trim(text));
    if (literal.size() >= 2 && literal[0] == '\'' && literal.back() == '\'') {
      literal = literal.substr(1, literal.size() - 2);
      if (literal.find_first_of("\\\"") != std::string::npos) return std::nullopt;
      literal = "\"" + literal + "\"";
    }
    auto value = parse_json(literal);
    if (!value || value->is_object()) return std::nullopt;
    return std::move(*value);
  }

  void add_program(const std::string& program) {
    auto& programs = out_.expect["jq"];
    if (programs.is_null()) programs = Json::array();
    if (std::ranges::find(programs, Json(program)) == programs.end()) programs.push_back(program);
  }

  bool take_body(const std::string& text) {
    static const re2::RE2 kExpect(R"(pm\.expect\((.+?)\)\.to\.(.+))");
    static const re2::RE2 kOld(R"(tests\[[^\]]*\]\s*=\s*([^=]+)={2,3}\s*(.+))");
    static const re2::RE2 kJsonBody(R"(pm\.response\.to\.have\.jsonBody\(["']([\w.]+)["']\))");
    std::string expression, rest;
    if (re2::RE2::FullMatch(text, kJsonBody, &expression)) {
      add_program("." + expression + " != null");
      return true;
    }
    if (re2::RE2::FullMatch(text, kOld, &expression, &rest)) {
      const auto path = path_of(expression);
      const auto value = value_of(rest);
      if (!path || !value) return false;
      add_program(*path + " == " + dump_json(*value));
      return true;
    }
    if (!re2::RE2::FullMatch(text, kExpect, &expression, &rest)) return false;
    const auto path = path_of(expression);
    if (!path) return false;
    const auto program = predicate(*path, rest);
    if (program) add_program(*program);
    return program.has_value();
  }

  // `.title == "x"` of a path and what follows ".to." of Chai.
  static std::optional<std::string> predicate(const std::string& path, std::string rest) {
    bool negated = false;
    if (rest.starts_with("not.")) {
      negated = true;
      rest.erase(0, 4);
    }
    auto program = positive(path, rest);
    if (program && negated) *program += " | not";
    return program;
  }

  static std::optional<std::string> positive(const std::string& path, const std::string& rest) {
    static const re2::RE2 kEqual(R"((?:be\.|deep\.)?(?:eql|equals?|eq)\((.+)\))");
    static const re2::RE2 kType(R"(be\.an?\(["'](\w+)["']\))");
    static const re2::RE2 kProperty(R"(have\.property\(["']([^"'\\]+)["']\))");
    static const re2::RE2 kLength(R"(have\.length(?:Of)?\((\d{1,9})\))");
    static const re2::RE2 kCompare(R"(be\.(above|greaterThan|below|lessThan|at\.least|at\.most)\((-?\d{1,9})\))");
    static const re2::RE2 kInclude(R"((?:include|contain)\((.+)\))");
    static const re2::RE2 kWord(R"(be\.(true|false|null))");
    static const std::map<std::string, std::string> kOperators = {
        {"above", ">"}, {"greaterThan", ">"}, {"below", "<"}, {"lessThan", "<"}, {"at.least", ">="}, {"at.most", "<="}};
    std::string argument, how;
    if (re2::RE2::FullMatch(rest, kEqual, &argument)) {
      const auto value = value_of(argument);
      return value ? std::optional(path + " == " + dump_json(*value)) : std::nullopt;
    }
    if (re2::RE2::FullMatch(rest, kInclude, &argument)) {
      const auto value = value_of(argument);
      if (!value || !value->is_string()) return std::nullopt;
      const std::string text = dump_json(*value);
      return path + " | if type == \"array\" then index(" + text + ") != null else contains(" + text + ") end";
    }
    if (re2::RE2::FullMatch(rest, kWord, &how)) return path + " == " + how;
    if (rest == "exist" || rest == "be.ok" || rest == "be.exist") return path + " != null";
    if (rest == "be.undefined") return path + " == null";
    if (rest == "be.empty") return path + " | length == 0";
    if (re2::RE2::FullMatch(rest, kType, &how)) return path + " | type == " + jq_text(how);
    if (re2::RE2::FullMatch(rest, kProperty, &how)) return path + " | has(" + jq_text(how) + ")";
    if (re2::RE2::FullMatch(rest, kLength, &how)) return path + " | length == " + how;
    if (re2::RE2::FullMatch(rest, kCompare, &how, &argument)) return path + " " + kOperators.at(how) + " " + argument;
    return std::nullopt;
  }

  PostmanScript out_;
  std::map<std::string, std::string> roots_;  // variables of the script that hold the body, or part of it
};

}  // namespace

PostmanScript read_postman_script(std::string_view script) {
  return Reader().read(script);
}

std::string postman_dynamic(std::string_view name, bool& exact) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kExact = {{
      {"$guid", "{{ uuid }}"},
      {"$randomUUID", "{{ uuid }}"},
      {"$timestamp", "{{ now '%s' }}"},
      {"$isoTimestamp", "{{ now }}"},
      {"$randomInt", "{{ random 0 1000 }}"},
      {"$randomBoolean", "true"},
  }};
  exact = name != "$randomBoolean";
  for (const auto& [theirs, ours] : kExact) {
    if (name == theirs) return std::string(ours);
  }
  if (!name.starts_with('$')) return {};
  exact = false;
  return name.contains("Email") ? "{{ uuid }}@example.com" : "{{ uuid }}";
}

}  // namespace nines::config
