#include "probes/http/judge.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "probes/regex.hpp"

namespace nines::probes {

namespace {

std::string shown(const config::Regex& regex) {
  return printable(ellipsize(regex.pattern, 100));
}

std::string statuses(const std::vector<int>& codes) {
  if (codes.empty()) return "2xx";
  return fmt::format("{}", fmt::join(codes, ", "));
}

bool has_match(const HttpExchange& answer, const config::HeaderMatch& match) {
  return std::ranges::any_of(answer.headers, [&](const auto& header) {
    return same_name(header.first, match.header) && matches(match.regexp, header.second);
  });
}

// Empty: nothing wrong.
std::string header_fault(const HttpExchange& answer, const config::HttpModule& module, ProbeLog* log) {
  const auto missing = [&](const config::HeaderMatch& match) {
    if (!match.allow_missing) note_error(log, "Missing required header", {{"header", match.header}});
    return !match.allow_missing;
  };
  const auto told = [&](std::string_view what, const config::HeaderMatch& match) {
    note_error(log, what, {{"header", match.header}, {"regexp", match.regexp.pattern}});
  };
  for (const auto& match : module.fail_if_header_matches) {
    if (answer.header(match.header) == nullptr) {
      if (!missing(match)) continue;
      return fmt::format("no header {}; expected one that does not match `{}`", match.header, shown(match.regexp));
    }
    if (has_match(answer, match)) {
      told("Header matched regular expression", match);
      return fmt::format("header {} matches `{}`; expected it not to", match.header, shown(match.regexp));
    }
  }
  for (const auto& match : module.fail_if_header_not_matches) {
    if (answer.header(match.header) == nullptr) {
      if (!missing(match)) continue;
      return fmt::format("no header {}; expected one that matches `{}`", match.header, shown(match.regexp));
    }
    if (!has_match(answer, match)) {
      told("Header did not match regular expression", match);
      return fmt::format("header {} does not match `{}`; expected it to", match.header, shown(match.regexp));
    }
  }
  return {};
}

std::string body_fault(const HttpExchange& answer, const config::HttpModule& module, ProbeLog* log) {
  if (module.fail_if_body_matches_regexp.empty() && module.fail_if_body_not_matches_regexp.empty()) return {};
  const Utf8Text body(answer.body);
  for (const auto& regex : module.fail_if_body_matches_regexp) {
    if (!matches(regex, body)) continue;
    note_error(log, "Body matched regular expression", {{"regexp", regex.pattern}});
    return fmt::format("the body matches `{}`; expected it not to", shown(regex));
  }
  for (const auto& regex : module.fail_if_body_not_matches_regexp) {
    if (matches(regex, body)) continue;
    note_error(log, "Body did not match regular expression", {{"regexp", regex.pattern}});
    return fmt::format("the body does not match `{}`; expected it to", shown(regex));
  }
  return {};
}

bool status_wanted(int status, const std::vector<int>& wanted) {
  return wanted.empty() ? status >= 200 && status < 300 : std::ranges::find(wanted, status) != wanted.end();
}

// blackbox_exporter writes "HTTP/1.1" and "HTTP/2.0".
std::string version_name(const std::string& version) {
  return "HTTP/" + (version.find('.') == std::string::npos ? version + ".0" : version);
}

}  // namespace

Outcome answer_fault(const HttpExchange& answer, const config::HttpModule& module, Reason reason,
                     const std::string& what) {
  const std::string_view url = std::string_view(answer.final_url).substr(0, answer.final_url.find('?'));
  return {reason, fmt::format("{} {} from {}: {}", module.method, url, answer.address, what)};
}

Verdict judge_answer(const HttpExchange& answer, const config::HttpModule& module, ProbeLog* log) {
  if (!status_wanted(answer.status, module.valid_status_codes)) {
    const std::string status = std::to_string(answer.status);
    if (module.valid_status_codes.empty()) {
      note(log, "Invalid HTTP response status code, wanted 2xx", {{"status_code", status}});
    } else {
      note(log, "Invalid HTTP response status code",
           {{"status_code", status}, {"valid_status_codes", statuses(module.valid_status_codes)}});
    }
    return {answer_fault(answer, module, Reason::http_status,
                         fmt::format("answered {}; expected {}", status, statuses(module.valid_status_codes)))};
  }
  if (const std::string fault = header_fault(answer, module, log); !fault.empty()) {
    return {answer_fault(answer, module, Reason::http_header, fault), true};
  }
  if (const std::string fault = body_fault(answer, module, log); !fault.empty()) {
    return {answer_fault(answer, module, Reason::body_mismatch, fault), true};
  }
  return {};
}

Verdict judge_connection(const HttpExchange& answer, const config::HttpModule& module, ProbeLog* log) {
  const auto& versions = module.valid_http_versions;
  const std::string version = version_name(answer.version);
  if (!versions.empty() && std::ranges::find(versions, version) == versions.end()) {
    note_error(log, "Invalid HTTP version number", {{"version", version}});
    return {answer_fault(answer, module, Reason::http_version,
                         fmt::format("answered in {}; expected {}", version, fmt::join(versions, " or ")))};
  }
  if (answer.tls && module.fail_if_ssl) {
    note_error(log, "Final request was over SSL");
    return {answer_fault(answer, module, Reason::tls_unexpected, "over TLS; expected no TLS")};
  }
  if (!answer.tls && module.fail_if_not_ssl) {
    note_error(log, "Final request was not over SSL");
    return {answer_fault(answer, module, Reason::tls_unexpected, "without TLS; expected TLS")};
  }
  return {};
}

bool failed_by_regex(const HttpExchange& answer, const config::HttpModule& module) {
  if (!answer.complete_headers || !status_wanted(answer.status, module.valid_status_codes)) return false;
  return !header_fault(answer, module, nullptr).empty() || !module.fail_if_body_matches_regexp.empty() ||
         !module.fail_if_body_not_matches_regexp.empty();
}

}  // namespace nines::probes
