#include "journeys/capture.hpp"

#include <algorithm>
#include <ranges>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "journeys/matches.hpp"

namespace nines::journeys {
namespace {

using config::CaptureKind;
using probes::Stop;
using probes::Task;

using Values = std::vector<Json>;
using Found = std::expected<Values, Outcome>;

std::string where(const config::Capture& what) {
  switch (what.kind) {
    case CaptureKind::jq:
      return fmt::format("jq `{}`", what.argument);
    case CaptureKind::header:
      return "a header " + what.argument;
    case CaptureKind::cookie:
      return "a cookie " + what.argument;
    case CaptureKind::regex:
      return fmt::format("a match of `{}` in the body", what.regex->pattern);
    case CaptureKind::xpath:
      return fmt::format("XPath `{}`", what.argument);
    case CaptureKind::certificate:
      return fmt::format("the certificate's {}", what.argument);
    case CaptureKind::status:
    case CaptureKind::url:
    case CaptureKind::body:
      break;
  }
  return "the answer";
}

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : dump_json(value);
}

// The value this answer gave the cookie, else the one the run has: that of the longest path, which a server sees first.
Values cookies(const Context& run, const Answer& answer, const std::string& name) {
  for (const std::string& line : answer.headers("set-cookie") | std::views::reverse) {
    const std::string_view pair = trim(std::string_view(line).substr(0, line.find(';')));
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && trim(pair.substr(0, equals)) == name) {
      return {std::string(trim(pair.substr(equals + 1)))};
    }
  }
  std::size_t longest = 0;
  Values out;
  for (const std::string& line : run.cookies) {
    const auto fields = split(line, '\t');
    if (fields.size() != 7 || fields[5] != name || fields[2].size() < longest) continue;
    longest = fields[2].size();
    out = {std::string(fields[6])};
  }
  return out;
}

Values certificate(const Answer& answer, const std::string& field) {
  const auto& tls = answer.exchange().tls_facts;
  if (!tls) return {};
  if (field == "expiry") {
    if (!tls->earliest_expiry) return {};
    return {format_time(std::chrono::floor<std::chrono::seconds>(*tls->earliest_expiry), 0)};
  }
  if (!tls->leaf) return {};
  if (field == "subject") return {tls->leaf->subject};
  if (field == "issuer") return {tls->leaf->issuer};
  if (field == "serial") return {tls->leaf->serial};
  if (field == "fingerprint_sha256") return {tls->leaf->fingerprint_sha256};
  return {};
}

Task<Found> from_jq(Context* run, const config::Capture* what, const Answer* answer, Stop stop) {
  auto values = co_await answer->evaluate(run, &what->argument, stop);
  if (!values) {
    const Reason reason = values.error().agent ? Reason::agent_jq : Reason::capture;
    co_return std::unexpected(
        Outcome{reason, fmt::format("expected jq `{}` to capture `{}`, got an error: {}", what->argument, what->name,
                                    shown(*run, values.error().message))});
  }
  co_return std::move(*values);
}

Task<Found> from_xpath(Context* run, const config::Capture* what, const Answer* answer) {
  auto found = co_await answer->find(run, &what->argument);
  if (!found) {
    co_return std::unexpected(
        Outcome{Reason::capture, fmt::format("expected XPath `{}` to capture `{}`, got an error: {}", what->argument,
                                             what->name, shown(*run, found.error().message))});
  }
  co_return std::move(found->values);
}

Task<Found> found(Context* run, const config::Capture* what, const Answer* answer, Stop stop) {
  const probes::HttpExchange& exchange = answer->exchange();
  Values values;
  switch (what->kind) {
    case CaptureKind::jq:
      co_return co_await from_jq(run, what, answer, stop);
    case CaptureKind::xpath:
      co_return co_await from_xpath(run, what, answer);
    case CaptureKind::header:
      for (std::string& value : answer->headers(what->argument)) values.emplace_back(std::move(value));
      break;
    case CaptureKind::cookie:
      values = cookies(*run, *answer, what->argument);
      break;
    case CaptureKind::status:
      values.emplace_back(exchange.status);
      break;
    case CaptureKind::url:
      values.emplace_back(exchange.final_url);
      break;
    case CaptureKind::body:
    case CaptureKind::regex:
      values.emplace_back(exchange.body);
      break;
    case CaptureKind::certificate:
      values = certificate(*answer, what->argument);
      break;
  }
  co_return values;
}

// The value of the capture, or nothing when there is none.
std::optional<Json> chosen(const config::Capture& what, Values values) {
  if (what.regex) {
    Values matches;
    for (const Json& value : values) {
      if (value.is_null() || matches.size() >= kMaxMatches) continue;
      for (std::string& match : matches_of(*what.regex, what.group, what.all, text_of(value))) {
        matches.emplace_back(std::move(match));
      }
    }
    values = std::move(matches);
  }
  if (!what.all) {
    if (values.empty() || values.front().is_null()) return std::nullopt;
    return std::move(values.front());
  }
  std::erase_if(values, [](const Json& value) { return value.is_null(); });
  if (values.empty()) return std::nullopt;
  Json list = Json::array();
  for (Json& value : values) list.push_back(std::move(value));
  return list;
}

void keep(Context& run, const config::Capture& what, Json value) {
  for (const Json& one : value.is_array() ? value : Json::array({value})) {
    if (what.kind == CaptureKind::cookie) run.masks.credential(text_of(one));
    run.masks.captured(what.name, text_of(one));
  }
  run.variables.set(what.name, std::move(value));
}

void add(Outcome& to, Outcome fault) {
  if (to.ok()) {
    to = std::move(fault);
  } else {
    to.message += "; " + fault.message;
  }
}

}  // namespace

Task<Outcome> capture(Context* run, const config::Step* step, const Answer* answer, Stop stop) {
  Outcome faults;
  for (const config::Capture& what : step->captures) {
    Found values = co_await found(run, &what, answer, stop);
    if (!values) {
      add(faults, std::move(values.error()));
      continue;
    }
    std::optional<Json> value = chosen(what, std::move(*values));
    if (!value && what.fallback != nullptr) {
      auto fallback = run->variables.json(*what.fallback);
      if (!fallback) {
        add(faults, {Reason::capture, fmt::format("the default of `{}`: {}", what.name, fallback.error().message)});
        continue;
      }
      value = std::move(*fallback);
    }
    if (!value) {
      add(faults, {Reason::capture, fmt::format("expected {} to capture `{}`, got nothing", where(what), what.name)});
      continue;
    }
    keep(*run, what, std::move(*value));
  }
  co_return faults;
}

}  // namespace nines::journeys
