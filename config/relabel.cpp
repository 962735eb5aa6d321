#include "config/relabel.hpp"

#include <algorithm>
#include <optional>

#include <re2/re2.h>

#include "config/module.hpp"
#include "config/names.hpp"

namespace nines::config {
namespace {

struct Rule {
  std::vector<std::string> sources;
  std::string separator = ";";
  Regex regex;
  std::string target;
  std::string replacement = "$1";
};

std::string joined(const Rule& rule, const Labels& labels) {
  std::string text;
  for (std::size_t i = 0; i < rule.sources.size(); ++i) {
    if (i > 0) text += rule.separator;
    if (const auto found = labels.find(rule.sources[i]); found != labels.end()) text += found->second;
  }
  return text;
}

// The groups of a whole match, the match itself first.
std::optional<std::vector<std::string>> match(const Regex& regex, const std::string& text) {
  std::vector<re2::StringPiece> groups(static_cast<std::size_t>(regex.compiled->NumberOfCapturingGroups()) + 1);
  if (!regex.compiled->Match(text, 0, text.size(), RE2::ANCHOR_BOTH, groups.data(), static_cast<int>(groups.size()))) {
    return std::nullopt;
  }
  std::vector<std::string> texts;
  for (const re2::StringPiece& group : groups) texts.emplace_back(group);
  return texts;
}

// $1, ${1}, $name and $$, as Go's regexp.Expand has them.
std::string expand(std::string_view pattern, const Regex& regex, const std::vector<std::string>& groups) {
  const auto in_name = [](char c) { return is_identifier({&c, 1}) || (c >= '0' && c <= '9'); };
  std::string out;
  while (!pattern.empty()) {
    if (pattern[0] != '$') {
      out += pattern[0];
      pattern.remove_prefix(1);
      continue;
    }
    pattern.remove_prefix(1);
    if (pattern.starts_with('$')) {
      out += '$';
      pattern.remove_prefix(1);
      continue;
    }
    const bool braces = pattern.starts_with('{');
    if (braces) pattern.remove_prefix(1);
    const auto end = static_cast<std::size_t>(std::ranges::find_if_not(pattern, in_name) - pattern.begin());
    const std::string name(pattern.substr(0, end));
    pattern.remove_prefix(end);
    if (braces && pattern.starts_with('}')) pattern.remove_prefix(1);
    const bool numeric = !name.empty() && name.size() < 4 && name.find_first_not_of("0123456789") == name.npos;
    const auto& named = regex.compiled->NamedCapturingGroups();
    const auto found = named.find(name);
    const std::size_t group = numeric                ? std::stoul(name)
                              : found != named.end() ? static_cast<std::size_t>(found->second)
                                                     : groups.size();
    if (group < groups.size()) out += groups[group];
  }
  return out;
}

void set(Labels& labels, const std::string& name, std::string value) {
  if (value.empty()) {
    labels.erase(name);
  } else {
    labels[name] = std::move(value);
  }
}

bool replace(const Rule& rule, Labels& labels) {
  if (const auto groups = match(rule.regex, joined(rule, labels))) {
    set(labels, expand(rule.target, rule.regex, *groups), expand(rule.replacement, rule.regex, *groups));
  }
  return true;
}

std::string cased(std::string text, char first, char last, int by) {
  std::ranges::transform(text, text.begin(),
                         [=](char c) { return c >= first && c <= last ? static_cast<char>(c + by) : c; });
  return text;
}

RelabelRule make_rule(const std::string& action, const Rule& rule) {
  if (action == "replace") return [rule](Labels& labels) { return replace(rule, labels); };
  if (action == "keep") return [rule](Labels& labels) { return match(rule.regex, joined(rule, labels)).has_value(); };
  if (action == "drop") return [rule](Labels& labels) { return !match(rule.regex, joined(rule, labels)); };
  if (action == "lowercase" || action == "uppercase") {
    const bool down = action == "lowercase";
    return [rule, down](Labels& labels) {
      const std::string text = joined(rule, labels);
      set(labels, rule.target, down ? cased(text, 'A', 'Z', 32) : cased(text, 'a', 'z', -32));
      return true;
    };
  }
  return nullptr;
}

}  // namespace

std::vector<RelabelRule> read_relabel_rules(Context& context, Mapping& job, std::string_view key, Faults& left) {
  std::vector<RelabelRule> rules;
  job.each(key, [&](const Node& item) {
    Mapping map(context, item, "an item of " + in_ticks(key));
    Rule rule;
    std::string action = "replace", pattern = "(.*)";
    map.texts("source_labels", rule.sources);
    map.text("separator", rule.separator);
    map.text("target_label", rule.target);
    map.text("regex", pattern);
    map.text("replacement", rule.replacement);
    map.text("action", action);
    action = cased(action, 'A', 'Z', 32);
    auto regex = compile_regex("(?s)" + pattern);
    if (!regex) return context.fault(item, std::move(regex.error().message));
    rule.regex = std::move(*regex);
    if (auto made = make_rule(action, rule)) {
      rules.push_back(std::move(made));
    } else {
      left.add(item.at(), "the relabelling " + in_ticks(action) + " is not carried over");
    }
  });
  return rules;
}

}  // namespace nines::config
