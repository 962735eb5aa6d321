#include "probes/dns/rules.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "probes/dns/names.hpp"
#include "probes/regex.hpp"

namespace nines::probes {

namespace {

constexpr std::size_t kMaxShown = 200;  // of a record, in a sentence

std::string shown(const DnsRecord& record) {
  std::string out = record.text.substr(0, kMaxShown);
  std::ranges::replace_if(out, [](char c) { return c == '\t' || c == '\n'; }, ' ');
  return out.size() < record.text.size() ? out + "…" : out;
}

Outcome judge_rcode(int rcode, const std::vector<std::string>& valid, std::string_view subject) {
  if (valid.empty()) {
    if (rcode == 0) return {};
    return {Reason::dns_rcode, fmt::format("{}: answered {}; expected NOERROR", subject, rcode_name(rcode))};
  }
  for (const std::string& name : valid) {
    const auto number = parse_rcode(name);
    if (!number) {
      return {Reason::dns_rcode,
              fmt::format("{}: answered {}, but `valid_rcodes` has {}, which is the name of no response code; expected "
                          "names such as NOERROR",
                          subject, rcode_name(rcode), name)};
    }
    if (*number == rcode) return {};
  }
  return {Reason::dns_rcode,
          fmt::format("{}: answered {}; expected {}", subject, rcode_name(rcode), fmt::join(valid, ", "))};
}

// One section of an answer and what is asked of it.
class Section {
 public:
  Section(std::string_view name, const std::vector<DnsRecord>& records, const config::RecordRules& rules)
      : name_(name), records_(records), rules_(rules) {}

  // What is wrong and what was expected; empty: nothing.
  std::string fault() const {
    const bool wanted = !rules_.fail_if_not_matches_regexp.empty() || !rules_.fail_if_none_matches_regexp.empty();
    if (records_.empty() && wanted) return fmt::format("no {} record; expected some that match", name_);
    for (const DnsRecord& record : records_) {
      if (std::string found = fault_of(record); !found.empty()) return found;
    }
    for (const config::Regex& regex : rules_.fail_if_all_match_regexp) {
      for (const DnsRecord& record : records_) {
        if (!matches(regex, record.text)) return missing(record, regex);
      }
    }
    const auto& some = rules_.fail_if_none_matches_regexp;
    const bool one_matches = std::ranges::any_of(records_, [&](const DnsRecord& record) {
      return std::ranges::any_of(some, [&](const config::Regex& regex) { return matches(regex, record.text); });
    });
    if (!some.empty() && !one_matches) {
      return fmt::format("no {} record matches `{}`; expected one to", name_, some.front().pattern);
    }
    return {};
  }

 private:
  std::string fault_of(const DnsRecord& record) const {
    for (const config::Regex& regex : rules_.fail_if_matches_regexp) {
      if (matches(regex, record.text)) {
        return fmt::format("{} record {} matches `{}`; expected it not to", name_, shown(record), regex.pattern);
      }
    }
    for (const config::Regex& regex : rules_.fail_if_not_matches_regexp) {
      if (!matches(regex, record.text)) return missing(record, regex);
    }
    return {};
  }

  std::string missing(const DnsRecord& record, const config::Regex& regex) const {
    return fmt::format("{} record {} does not match `{}`; expected it to", name_, shown(record), regex.pattern);
  }

  std::string_view name_;
  const std::vector<DnsRecord>& records_;
  const config::RecordRules& rules_;
};

}  // namespace

Outcome judge_answer(const DnsMessage& answer, const config::DnsModule& module, std::string_view subject) {
  Outcome outcome = judge_rcode(answer.rcode, module.valid_rcodes, subject);
  if (!outcome.ok()) return outcome;
  for (const Section& section :
       {Section("answer", answer.answers, module.answer), Section("authority", answer.authorities, module.authority),
        Section("additional", answer.additionals, module.additional)}) {
    if (const std::string fault = section.fault(); !fault.empty()) {
      return {Reason::dns_records, fmt::format("{}: {}", subject, fault)};
    }
  }
  return outcome;
}

}  // namespace nines::probes
