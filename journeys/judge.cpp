#include "journeys/judge.hpp"

#include <algorithm>
#include <optional>
#include <ranges>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <re2/re2.h>

#include "base/text.hpp"
#include "journeys/json_path.hpp"
#include "journeys/schema.hpp"
#include "probes/async/off_loop.hpp"

namespace nines::journeys {
namespace {

constexpr std::size_t kSmallBody = 16 * 1024;

using probes::Jq;
using probes::Stop;
using probes::Task;

// Gathers failures; the weightiest reason wins.
class Findings {
 public:
  void add(Reason reason, const std::string& message) {
    const auto weight = [](Reason one) { return std::ranges::find(kOrder, one) - std::begin(kOrder); };
    if (reason_ == Reason::none || weight(reason) < weight(reason_)) reason_ = reason;
    if (message_.contains(message)) return;  // such as "the body is not JSON", once for each rule
    if (!message_.empty()) message_ += "; ";
    message_ += message;
  }
  void add(const std::string& message) { add(Reason::assertion, message); }
  Outcome outcome() && { return {reason_, std::move(message_)}; }

 private:
  static constexpr Reason kOrder[] = {Reason::http_status, Reason::assertion, Reason::too_slow, Reason::agent_jq};
  Reason reason_ = Reason::none;
  std::string message_;
};

// What all rules of one judgement look at. In judge()'s frame.
struct Case {
  Context* run;
  const Answer* answer;
  Findings findings;
};

std::string listed(const std::vector<int>& status) {
  if (status.empty()) return "2xx or 3xx";
  std::string out;
  for (std::size_t i = 0; i < status.size(); ++i) {
    if (i > 0) out += i + 1 == status.size() ? " or " : ", ";
    out += std::to_string(status[i]);
  }
  return out;
}

bool status_holds(const config::Expect& expect, StatusDefault otherwise, int status) {
  if (!expect.status.empty()) return std::ranges::find(expect.status, status) != expect.status.end();
  return otherwise == StatusDefault::any || (status >= 200 && status < 400);
}

bool matches(const config::Regex& regex, std::string_view text) {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *regex.compiled);
}

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : dump_json(value);
}

// Texts of which at least one must be as a rule says. Adds "expected WHAT to be "a", got "b"".
// `name` of what it is about: texts of credentials are not shown.
void hold(Case& on, const std::string& what, std::string_view name, const config::TextRule& rule,
          const std::vector<std::string>& texts) {
  const Context& run = *on.run;
  std::string wanted;
  bool held = false;
  if (rule.equals) {
    const auto text = run.variables.text(*rule.equals);
    if (!text) return on.findings.add(fmt::format("expected {}: {}", what, text.error().message));
    held = std::ranges::find(texts, *text) != texts.end();
    wanted = fmt::format(" to be \"{}\"", shown(run, *text));
  } else if (rule.matches) {
    held = std::ranges::any_of(texts, [&](const std::string& text) { return matches(*rule.matches, text); });
    wanted = fmt::format(" to match `{}`", rule.matches->pattern);
  } else {
    held = !texts.empty();
  }
  if (held) return;
  constexpr std::size_t kMostShown = 3;
  std::string got;
  for (const std::string& text : texts | std::views::take(kMostShown)) {
    got += fmt::format("{}\"{}\"", got.empty() ? "" : ", ", shown(run, run.masks.named(name, text)));
  }
  if (texts.size() > kMostShown) got += fmt::format(" and {} more", texts.size() - kMostShown);
  on.findings.add(fmt::format("expected {}{}, got {}", what, wanted, got.empty() ? "none" : got));
}

void judge_header(Case& on, const config::HeaderRule& rule) {
  const std::vector<std::string> values = on.answer->headers(rule.header);
  if (!rule.absent) return hold(on, "a header " + rule.header, rule.header, rule.rule, values);
  if (values.empty()) return;
  on.findings.add(fmt::format("expected no header {}, got \"{}\"", rule.header,
                              shown(*on.run, on.run->masks.named(rule.header, values.front()))));
}

void judge_body(Case& on, const config::Expect& expect) {
  const probes::HttpExchange& exchange = on.answer->exchange();
  for (const config::Regex& regex : expect.regex) {
    if (matches(regex, exchange.body)) continue;
    on.findings.add(fmt::format("expected the body to match `{}`, got {}", regex.pattern,
                                exchange.body.empty() ? "nothing" : "\"" + shown(*on.run, exchange.body) + "\""));
  }
  for (const config::Regex& regex : expect.not_regex) {
    re2::StringPiece match;
    const re2::StringPiece body(exchange.body);
    if (!regex.compiled->Match(body, 0, body.size(), re2::RE2::UNANCHORED, &match, 1)) continue;
    on.findings.add(fmt::format("expected the body not to match `{}`, got \"{}\"", regex.pattern,
                                shown(*on.run, {match.data(), match.size()})));
  }
  if (expect.size && !expect.size->holds(exchange.body_bytes)) {
    on.findings.add(fmt::format("expected a body of {}, got {} bytes", expect.size->text, exchange.body_bytes));
  }
}

// What a rule gave, for people: "false", or of a comparison also the side that came from the answer.
std::string told(const Case& on, const std::string& rule, const Jq::Values& values) {
  const Context& run = *on.run;
  std::string got = values.empty() ? "nothing" : shown(run, dump_json(values.front()));
  const std::string_view path = compared_path(rule);
  if (path.empty() || on.answer->document() == nullptr) return got;
  const auto actual = take_path(*on.answer->document(), path);
  if (!actual) return got;
  return fmt::format("{} ({} is {})", got, path, shown(run, run.masks.named(path, dump_json(*actual))));
}

Task<void> judge_jq(Case* on, const std::string* rule, Stop stop) {
  const auto values = co_await on->answer->evaluate(on->run, rule, stop);
  if (!values) {
    on->findings.add(values.error().agent ? Reason::agent_jq : Reason::assertion,
                     fmt::format("expected jq `{}`, got an error: {}", *rule, shown(*on->run, values.error().message)));
  } else if (values->empty() || !std::ranges::all_of(*values, [](const Json& value) { return value == true; })) {
    on->findings.add(fmt::format("expected jq `{}`, got {}", *rule, told(*on, *rule, *values)));
  }
}

// What was found, for people: of what is large, its shape.
std::string got_of(const Case& on, const SchemaViolation& violation) {
  const Json& got = *violation.got;
  if (got.is_object() && !got.empty()) return fmt::format("an object of {}", got.size());
  if (got.is_array() && !got.empty()) return fmt::format("an array of {}", got.size());
  return shown(*on.run, on.run->masks.named(violation.path, dump_json(got)));
}

// Off the loop unless the body is small.
Task<void> judge_schema(Case* on, const config::SchemaRule* rule) {
  const Answer& answer = *on->answer;
  const std::string& body = answer.exchange().body;
  std::optional<Json> own;
  Expected<std::vector<SchemaViolation>> found;
  const auto work = [&] {
    const Json* document = answer.document();
    if (document == nullptr) {
      auto parsed = parse_json(body);
      if (!parsed) {
        found = std::unexpected(parsed.error());
        return;
      }
      document = &own.emplace(std::move(*parsed));
    }
    found = violations(*rule->schema, *document);
  };
  if (body.size() <= kSmallBody) {
    work();
  } else {
    co_await probes::off_loop(on->run->engine.loop(), work);
  }
  const std::string schema = rule->name.empty() ? "schema" : "schema " + rule->name;
  if (!found) {
    on->findings.add(fmt::format("expected a body as the {} says, got no JSON: {}", schema, found.error().message));
    co_return;
  }
  for (const SchemaViolation& one : *found) {
    const std::string got = one.got == nullptr ? std::string() : ", got " + got_of(*on, one);
    on->findings.add(fmt::format("expected {} {}{} ({})", one.path.empty() ? "the body" : shown(*on->run, one.path),
                                 one.expected, got, schema));
  }
}

// XPath's boolean().
bool is_true(const Json& value) {
  if (value.is_string()) return !value.get_ref<const std::string&>().empty();
  return value != false && value != 0 && !value.is_null();
}

Task<void> judge_xpath(Case* on, const config::XPathRule* rule) {
  const auto found = co_await on->answer->find(on->run, &rule->expression);
  const std::string what = fmt::format("XPath `{}`", rule->expression);
  if (!found) {
    on->findings.add(fmt::format("expected {}, got an error: {}", what, shown(*on->run, found.error().message)));
    co_return;
  }
  const bool plain = !rule->text.equals && !rule->text.matches;
  if (rule->count && !rule->count->holds(static_cast<std::int64_t>(found->count))) {
    on->findings.add(fmt::format("expected {} to find {} nodes, got {}", what, rule->count->text, found->count));
  } else if (!rule->count && plain && found->nodes && found->count == 0) {
    on->findings.add(fmt::format("expected {} to find a node, got none", what));
  } else if (!rule->count && plain && !found->nodes && !is_true(found->values.front())) {
    on->findings.add(fmt::format("expected {}, got {}", what, shown(*on->run, dump_json(found->values.front()))));
  }
  if (plain) co_return;
  std::vector<std::string> texts;
  // Blanks around a text are the page's layout.
  for (const Json& value : found->values) texts.emplace_back(trim(text_of(value)));
  hold(*on, what, "", rule->text, texts);
}

}  // namespace

Task<Outcome> judge(Context* run, const config::Expect* expect, const Answer* answer, StatusDefault otherwise,
                    Micros duration, Stop stop) {
  Case on{run, answer, {}};
  const int status = answer->exchange().status;
  if (!status_holds(*expect, otherwise, status)) {
    on.findings.add(Reason::http_status, fmt::format("expected status {}, got {}", listed(expect->status), status));
  }
  if (expect->url) hold(on, "the final URL", "", *expect->url, {answer->exchange().final_url});
  for (const config::HeaderRule& rule : expect->headers) judge_header(on, rule);
  for (const config::JqProgram& rule : expect->jq) co_await judge_jq(&on, &rule.text, stop);
  if (expect->schema) co_await judge_schema(&on, &*expect->schema);
  for (const config::XPathRule& rule : expect->xpath) co_await judge_xpath(&on, &rule);
  judge_body(on, *expect);
  if (expect->duration && !expect->duration->holds(duration)) {
    on.findings.add(Reason::too_slow,
                    fmt::format("expected a duration {}, got {}", expect->duration->text, say_latency(duration)));
  }
  co_return std::move(on.findings).outcome();
}

}  // namespace nines::journeys
