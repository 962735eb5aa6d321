#include "probes/http/judge.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <re2/re2.h>

#include "base/text.hpp"

namespace nines::probes {

namespace {

bool matches(const config::Regex& regex, std::string_view text) {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *regex.compiled);
}

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
std::string header_fault(const HttpExchange& answer, const config::HttpModule& module) {
  for (const auto& match : module.fail_if_header_matches) {
    if (answer.header(match.header) == nullptr) {
      if (match.allow_missing) continue;
      return fmt::format("no header {}; expected one that does not match `{}`", match.header, shown(match.regexp));
    }
    if (has_match(answer, match)) {
      return fmt::format("header {} matches `{}`; expected it not to", match.header, shown(match.regexp));
    }
  }
  for (const auto& match : module.fail_if_header_not_matches) {
    if (answer.header(match.header) == nullptr) {
      if (match.allow_missing) continue;
      return fmt::format("no header {}; expected one that matches `{}`", match.header, shown(match.regexp));
    }
    if (!has_match(answer, match)) {
      return fmt::format("header {} does not match `{}`; expected it to", match.header, shown(match.regexp));
    }
  }
  return {};
}

std::string body_fault(const HttpExchange& answer, const config::HttpModule& module) {
  for (const auto& regex : module.fail_if_body_matches_regexp) {
    if (matches(regex, answer.body)) return fmt::format("the body matches `{}`; expected it not to", shown(regex));
  }
  for (const auto& regex : module.fail_if_body_not_matches_regexp) {
    if (!matches(regex, answer.body)) return fmt::format("the body does not match `{}`; expected it to", shown(regex));
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

Verdict judge(const HttpExchange& answer, const config::HttpModule& module) {
  const auto verdict = [&](Reason reason, const std::string& what, bool by_regex = false) {
    const std::string_view url = std::string_view(answer.final_url).substr(0, answer.final_url.find('?'));
    return Verdict{{reason, fmt::format("{} {} from {}: {}", module.method, url, answer.address, what)}, by_regex};
  };
  if (!status_wanted(answer.status, module.valid_status_codes)) {
    return verdict(Reason::http_status,
                   fmt::format("answered {}; expected {}", answer.status, statuses(module.valid_status_codes)));
  }
  if (const std::string fault = header_fault(answer, module); !fault.empty()) {
    return verdict(Reason::http_header, fault, true);
  }
  if (const std::string fault = body_fault(answer, module); !fault.empty()) {
    return verdict(Reason::body_mismatch, fault, true);
  }
  const auto& versions = module.valid_http_versions;
  if (!versions.empty() && std::ranges::find(versions, version_name(answer.version)) == versions.end()) {
    return verdict(Reason::http_version, fmt::format("answered in {}; expected {}", version_name(answer.version),
                                                     fmt::join(versions, " or ")));
  }
  if (answer.tls && module.fail_if_ssl) return verdict(Reason::tls_unexpected, "over TLS; expected no TLS");
  if (!answer.tls && module.fail_if_not_ssl) return verdict(Reason::tls_unexpected, "without TLS; expected TLS");
  return {};
}

}  // namespace nines::probes
