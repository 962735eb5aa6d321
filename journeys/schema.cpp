#include "journeys/schema.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <re2/re2.h>

#include "base/text.hpp"

namespace nines::journeys {
namespace {

using config::JsonSchema;

constexpr std::size_t kMostSteps = 2'000'000;
constexpr int kDeepest = 2000;  // calls one within the other

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

bool is_whole(const Json& value) {
  if (value.is_number_integer()) return true;
  return value.is_number_float() && std::floor(value.get<double>()) == value.get<double>();
}

bool is_of(unsigned types, const Json& value) {
  switch (value.type()) {
    case Json::value_t::null:
      return (types & JsonSchema::null) != 0;
    case Json::value_t::boolean:
      return (types & JsonSchema::boolean) != 0;
    case Json::value_t::string:
      return (types & JsonSchema::text) != 0;
    case Json::value_t::array:
      return (types & JsonSchema::array) != 0;
    case Json::value_t::object:
      return (types & JsonSchema::object) != 0;
    default:
      return (types & JsonSchema::number) != 0 || ((types & JsonSchema::integer) != 0 && is_whole(value));
  }
}

std::string type_words(unsigned types) {
  static constexpr std::pair<JsonSchema::Type, std::string_view> kWords[] = {
      {JsonSchema::null, "null"},       {JsonSchema::boolean, "true or false"}, {JsonSchema::integer, "an integer"},
      {JsonSchema::number, "a number"}, {JsonSchema::text, "a string"},         {JsonSchema::array, "an array"},
      {JsonSchema::object, "an object"}};
  std::string out;
  for (const auto& [type, word] : kWords) {
    if ((types & type) != 0) out += fmt::format("{}{}", out.empty() ? "" : " or ", word);
  }
  return out;
}

// JSON's own equality: the order of members says nothing, and 1 is 1.0.
bool same(const Json& a, const Json& b) {
  if (a.is_object() && b.is_object()) {
    return a.size() == b.size() && std::ranges::all_of(a.items(), [&](const auto& member) {
             const auto found = b.find(member.key());
             return found != b.end() && same(member.value(), *found);
           });
  }
  if (a.is_array() && b.is_array()) return std::ranges::equal(a, b, same);
  return a == b;
}

// A total order in which what is same() is equal, so that neighbours tell whether two items are.
int compare(const Json& a, const Json& b) {
  const auto rank = [](const Json& value) { return value.is_number() ? 2 : static_cast<int>(value.type()) * 16; };
  if (rank(a) != rank(b)) return rank(a) < rank(b) ? -1 : 1;
  if (a.is_object()) {
    const auto sorted = [](const Json& object) {
      std::vector<std::pair<std::string_view, const Json*>> members;
      for (const auto& [key, value] : object.get_ref<const Json::object_t&>()) members.emplace_back(key, &value);
      std::ranges::sort(members, {}, &std::pair<std::string_view, const Json*>::first);
      return members;
    };
    if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
    const auto left = sorted(a);
    const auto right = sorted(b);
    for (std::size_t i = 0; i < left.size(); ++i) {
      if (left[i].first != right[i].first) return left[i].first < right[i].first ? -1 : 1;
      if (const int order = compare(*left[i].second, *right[i].second); order != 0) return order;
    }
    return 0;
  }
  if (a.is_array()) {
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
      if (const int order = compare(a[i], b[i]); order != 0) return order;
    }
    return a.size() == b.size() ? 0 : a.size() < b.size() ? -1 : 1;
  }
  return a == b ? 0 : a < b ? -1 : 1;
}

bool is_multiple(const Json& value, double of) {
  if (value.is_number_integer() && of == std::floor(of) && of < 9e15) {
    const auto divisor = static_cast<std::int64_t>(of);
    return value.is_number_unsigned() ? value.get<std::uint64_t>() % static_cast<std::uint64_t>(divisor) == 0
                                      : value.get<std::int64_t>() % divisor == 0;
  }
  const double times = value.get<double>() / of;
  // 0.0075 is no multiple of 0.0001 in binary; to 15 digits it is.
  return std::isfinite(times) && std::abs(times - std::round(times)) <= 1e-12 * std::max(1.0, std::abs(times));
}

bool matches(const config::Regex& regex, std::string_view text) {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *regex.compiled);
}

// "/items" and "a/b" are "/items/a~1b".
std::string under(const std::string& path, std::string_view name) {
  std::string out = path + "/";
  for (const char c : name) out += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return out;
}

class Validation {
 public:
  // Whether the value holds; with `tell` what does not is noted.
  bool holds(const JsonSchema& schema, const Json& value, const std::string& path, bool tell) {
    if (stopped_) return false;
    if (++steps_ > kMostSteps || depth_ >= kDeepest) {
      stopped_ = true;
      found_ = {{path, "to be judged within 2,000,000 steps", nullptr}};
      return false;
    }
    ++depth_;
    const bool before = std::exchange(tell_, tell);
    const bool good = whole(schema, value, path);
    tell_ = before;
    --depth_;
    return good;
  }

  std::vector<SchemaViolation> found() && { return std::move(found_); }

 private:
  bool wrong(const std::string& path, std::string expected, const Json* got) {
    if (tell_ && !stopped_ && found_.size() < kMostViolations) found_.push_back({path, std::move(expected), got});
    return false;
  }

  // Goes on after the first fault only while faults are told.
  bool whole(const JsonSchema& schema, const Json& value, const std::string& path) {
    if (schema.nothing) return wrong(path, "not to be there", &value);
    bool good = scalar(schema, value, path);
    const auto also = [&](auto&& part) {
      if (good || tell_) good = part() && good;
    };
    if (value.is_number()) also([&] { return number(schema, value, path); });
    if (value.is_string()) also([&] { return text(schema, value, path); });
    if (value.is_array()) also([&] { return array(schema, value, path); });
    if (value.is_object()) also([&] { return object(schema, value, path); });
    also([&] { return combined(schema, value, path); });
    return good;
  }

  bool scalar(const JsonSchema& schema, const Json& value, const std::string& path) {
    if (schema.types != 0 && !is_of(schema.types, value)) {
      return wrong(path, "to be " + type_words(schema.types), &value);
    }
    if (schema.constant != nullptr && !same(*schema.constant, value)) {
      return wrong(path, "to be " + ellipsize(dump_json(*schema.constant), 100), &value);
    }
    if (schema.choices == nullptr) return true;
    if (std::ranges::any_of(*schema.choices, [&](const Json& one) { return same(one, value); })) return true;
    return wrong(path, "to be one of " + ellipsize(dump_json(*schema.choices), 200), &value);
  }

  bool number(const JsonSchema& schema, const Json& value, const std::string& path) {
    const auto given = value.get<double>();
    const auto limit = [&](const std::optional<double>& bound, auto fits, const char* words) {
      return !bound || fits(given, *bound) || wrong(path, fmt::format("to be {} {}", words, *bound), &value);
    };
    bool good = limit(schema.minimum, std::greater_equal<>(), "at least");
    good = limit(schema.maximum, std::less_equal<>(), "at most") && good;
    good = limit(schema.above, std::greater<>(), "above") && good;
    good = limit(schema.below, std::less<>(), "below") && good;
    if (schema.multiple_of && !is_multiple(value, *schema.multiple_of)) {
      return wrong(path, fmt::format("to be a multiple of {}", *schema.multiple_of), &value);
    }
    return good;
  }

  bool counted(std::size_t given, const std::optional<std::uint64_t>& least, const std::optional<std::uint64_t>& most,
               const char* what, const std::string& path) {
    if (least && given < *least)
      return wrong(path, fmt::format("to have at least {} {}, has {}", *least, what, given), nullptr);
    if (most && given > *most)
      return wrong(path, fmt::format("to have at most {} {}, has {}", *most, what, given), nullptr);
    return true;
  }

  bool text(const JsonSchema& schema, const Json& value, const std::string& path) {
    const auto& given = value.get_ref<const std::string&>();
    bool good = true;
    if (schema.min_length || schema.max_length) {
      good = counted(code_points(given), schema.min_length, schema.max_length, "characters", path);
    }
    if (schema.pattern && !matches(*schema.pattern, given)) {
      good = wrong(path, fmt::format("to match `{}`", schema.pattern->pattern), &value);
    }
    return good;
  }

  bool array(const JsonSchema& schema, const Json& value, const std::string& path) {
    bool good = counted(value.size(), schema.min_items, schema.max_items, "items", path);
    for (std::size_t i = 0; i < value.size() && (good || tell_) && !stopped_; ++i) {
      const JsonSchema* const item = i < schema.prefix.size() ? schema.prefix[i] : schema.items;
      if (item == nullptr) break;
      good = holds(*item, value[i], fmt::format("{}/{}", path, i), tell_) && good;
    }
    if (schema.unique) good = unique(value, path) && good;
    if (schema.contains == nullptr) return good;
    std::size_t count = 0;
    for (const Json& item : value) count += holds(*schema.contains, item, path, false) ? 1 : 0;
    const std::uint64_t least = schema.min_contains.value_or(1);
    return counted(count, least, schema.max_contains, "items as `contains` says", path) && good;
  }

  bool unique(const Json& value, const std::string& path) {
    std::vector<const Json*> items;
    for (const Json& item : value) items.push_back(&item);
    std::ranges::sort(items, [](const Json* a, const Json* b) { return compare(*a, *b) < 0; });
    const auto twice =
        std::ranges::adjacent_find(items, [](const Json* a, const Json* b) { return compare(*a, *b) == 0; });
    return twice == items.end() || wrong(path, "to have no item twice", *twice);
  }

  bool object(const JsonSchema& schema, const Json& value, const std::string& path) {
    bool good = counted(value.size(), schema.min_properties, schema.max_properties, "properties", path);
    steps_ += value.size() * schema.required.size() / 64;
    const auto needs = [&](const std::string& name) {
      if (!value.contains(name))
        good = wrong(path, fmt::format("to have `{}`", printable(ellipsize(name, 100))), nullptr);
    };
    for (const std::string& name : schema.required) needs(name);
    for (const auto& dependency : schema.dependencies) {
      if (!value.contains(dependency.property)) continue;
      for (const std::string& name : dependency.required) needs(name);
      if (dependency.schema != nullptr) good = holds(*dependency.schema, value, path, tell_) && good;
    }
    const bool members = !schema.properties.empty() || !schema.patterns.empty() || schema.additional != nullptr ||
                         schema.names != nullptr;
    if (!members) return good;
    // Names are looked up one after the other.
    steps_ += value.size() * (schema.properties.size() + schema.patterns.size()) / 16;
    for (const auto& [name, member] : value.get_ref<const Json::object_t&>()) {
      if ((!good && !tell_) || stopped_) break;
      good = property(schema, name, member, under(path, name)) && good;
    }
    return good;
  }

  bool property(const JsonSchema& schema, const std::string& name, const Json& member, const std::string& path) {
    bool good = true;
    bool named = false;
    const auto own = std::ranges::find(schema.properties, name, [](const auto& one) { return one.first; });
    if (own != schema.properties.end()) {
      named = true;
      good = holds(*own->second, member, path, tell_);
    }
    for (const auto& pattern : schema.patterns) {
      if (!matches(pattern.regex, name)) continue;
      named = true;
      good = holds(*pattern.schema, member, path, tell_) && good;
    }
    if (!named && schema.additional != nullptr) good = holds(*schema.additional, member, path, tell_) && good;
    if (schema.names != nullptr && !holds(*schema.names, Json(name), path, false)) {
      good = wrong(path, "to have a name as `propertyNames` says", nullptr);
    }
    return good;
  }

  bool combined(const JsonSchema& schema, const Json& value, const std::string& path) {
    bool good = schema.ref == nullptr || holds(*schema.ref, value, path, tell_);
    for (const JsonSchema* one : schema.all_of) good = holds(*one, value, path, tell_) && good;
    const auto count = [&](const JsonSchema::Nodes& of) {
      return std::ranges::count_if(of, [&](const JsonSchema* one) { return holds(*one, value, path, false); });
    };
    if (!schema.any_of.empty() && count(schema.any_of) == 0) {
      good = wrong(path, fmt::format("to be as one of the {} schemas of `anyOf` says", schema.any_of.size()), &value);
    }
    if (!schema.one_of.empty()) {
      const auto held = count(schema.one_of);
      if (held != 1) {
        good = wrong(path,
                     fmt::format("to be as exactly one of the {} schemas of `oneOf` says, is as {} of them say",
                                 schema.one_of.size(), held),
                     &value);
      }
    }
    if (schema.no != nullptr && holds(*schema.no, value, path, false)) {
      good = wrong(path, "not to be as `not` says", &value);
    }
    if (schema.condition == nullptr) return good;
    const JsonSchema* const then = holds(*schema.condition, value, path, false) ? schema.then : schema.otherwise;
    return (then == nullptr || holds(*then, value, path, tell_)) && good;
  }

  std::vector<SchemaViolation> found_;
  std::size_t steps_ = 0;
  int depth_ = 0;
  bool tell_ = true;
  bool stopped_ = false;
};

}  // namespace

std::vector<SchemaViolation> violations(const config::JsonSchema& schema, const Json& document) {
  Validation validation;
  validation.holds(schema, document, "", true);
  return std::move(validation).found();
}

}  // namespace nines::journeys
