#include "config/json_schema.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "config/checks.hpp"
#include "config/module.hpp"

namespace nines::config {
namespace {

constexpr std::size_t kMostSchemas = 10'000;
constexpr int kDeepestInPlace = 64;  // schemas that apply to the same value, one within the other

constexpr std::pair<std::string_view, JsonSchema::Type> kTypes[] = {
    {"null", JsonSchema::null},     {"boolean", JsonSchema::boolean}, {"integer", JsonSchema::integer},
    {"number", JsonSchema::number}, {"string", JsonSchema::text},     {"array", JsonSchema::array},
    {"object", JsonSchema::object}};

// They say nothing of the value.
constexpr std::string_view kAnnotations[] = {
    "$schema",       "$id",     "$comment", "$defs",    "$anchor",    "$vocabulary",     "definitions",
    "title",         "default", "examples", "readOnly", "writeOnly",  "contentEncoding", "contentMediaType",
    "contentSchema", "format",  "id",       "example",  "deprecated", "description"};

struct Fault {
  std::string message;
};

[[noreturn]] void refuse(const std::string& path, const std::string& what) {
  throw Fault{fmt::format("at {}: {}", path.empty() ? "its root" : printable(ellipsize(path, 200)), what)};
}

std::string shown(const Json& value) {
  return printable(ellipsize(dump_json(value), 80));
}

// A member's name within a JSON Pointer.
std::string escaped(std::string_view name) {
  std::string out;
  for (const char c : name) out += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return out;
}

struct Document {
  std::deque<JsonSchema> schemas;
};

// In two passes: every schema is read, then references are made to point to what they name.
class Reader {
 public:
  explicit Reader(const Json& root) : root_(root) {}

  std::shared_ptr<const JsonSchema> read() {
    note_draft();
    const JsonSchema* const first = schema(root_, "");
    for (std::size_t i = 0; i < references_.size(); ++i) resolve(references_[i]);  // which may read more
    refuse_circles();
    return {document_, first};
  }

 private:
  struct Reference {
    JsonSchema* from;
    std::string target;
    std::string path;
  };

  void note_draft() {
    if (!root_.is_object() || !root_.contains("$schema")) return;
    if (!root_["$schema"].is_string()) refuse("/$schema", "expected a text");
    const auto draft = root_["$schema"].get<std::string>();
    if (draft.contains("draft-03") || draft.contains("draft-04")) {
      refuse("/$schema", fmt::format("`{}` is too old: expected draft 6 or later", printable(ellipsize(draft, 80))));
    }
    // Up to draft 7 nothing counts beside a reference.
    only_ref_ = draft.contains("draft-06") || draft.contains("draft-07");
  }

  const JsonSchema* schema(const Json& json, const std::string& path) {
    const auto known = read_.find(&json);
    if (known != read_.end()) return known->second;
    if (document_->schemas.size() >= kMostSchemas) {
      refuse(path, fmt::format("too many schemas: expected at most {}", kMostSchemas));
    }
    JsonSchema& out = document_->schemas.emplace_back();
    read_.emplace(&json, &out);
    if (json.is_boolean()) {
      out.nothing = !json.get<bool>();
    } else if (json.is_object()) {
      for (const auto& [key, value] : json.items()) {
        if (only_ref_ && key != "$ref" && json.contains("$ref")) continue;
        keyword(json, key, value, path + "/" + escaped(key), path, out);
      }
    } else {
      refuse(path, fmt::format("expected a schema (an object, true or false), got {}", shown(json)));
    }
    return &out;
  }

  // NOLINTNEXTLINE(*-cognitive-complexity): a table
  void keyword(const Json& all, const std::string& key, const Json& value, const std::string& at,
               const std::string& path, JsonSchema& out) {
    if (key == "type") return types(value, at, out);
    if (key == "const") return void(out.constant = std::make_shared<const Json>(value));
    if (key == "enum") {
      if (!value.is_array()) refuse(at, "expected a list of values");
      return void(out.choices = std::make_shared<const Json>(value));
    }
    if (key == "minimum") return void(out.minimum = number(value, at));
    if (key == "maximum") return void(out.maximum = number(value, at));
    if (key == "exclusiveMinimum") return void(out.above = number(value, at));
    if (key == "exclusiveMaximum") return void(out.below = number(value, at));
    if (key == "multipleOf") {
      out.multiple_of = number(value, at);
      if (*out.multiple_of <= 0) refuse(at, "expected a number above 0");
      return;
    }
    if (key == "minLength") return void(out.min_length = count(value, at));
    if (key == "maxLength") return void(out.max_length = count(value, at));
    if (key == "minItems") return void(out.min_items = count(value, at));
    if (key == "maxItems") return void(out.max_items = count(value, at));
    if (key == "minContains") return void(out.min_contains = count(value, at));
    if (key == "maxContains") return void(out.max_contains = count(value, at));
    if (key == "minProperties") return void(out.min_properties = count(value, at));
    if (key == "maxProperties") return void(out.max_properties = count(value, at));
    if (key == "uniqueItems") {
      if (!value.is_boolean()) refuse(at, "expected true or false");
      return void(out.unique = value.get<bool>());
    }
    if (key == "pattern") return void(out.pattern = pattern(text(value, at), at));
    if (key == "prefixItems") return void(out.prefix = list(value, at));
    if (key == "items") {
      if (value.is_array()) return void(out.prefix = list(value, at));  // up to 2019-09
      return void(out.items = schema(value, at));
    }
    if (key == "additionalItems") {
      const JsonSchema* const rest = schema(value, at);
      if (all.contains("items") && all["items"].is_array()) out.items = rest;
      return;
    }
    if (key == "contains") return void(out.contains = schema(value, at));
    if (key == "properties") {
      return each(value, at, [&](const std::string& name, const Json& one, const std::string& place) {
        out.properties.emplace_back(name, schema(one, place));
      });
    }
    if (key == "patternProperties") {
      return each(value, at, [&](const std::string& name, const Json& one, const std::string& place) {
        out.patterns.push_back({pattern(name, place), schema(one, place)});
      });
    }
    if (key == "additionalProperties") return void(out.additional = schema(value, at));
    if (key == "propertyNames") return void(out.names = schema(value, at));
    if (key == "required") return void(out.required = texts(value, at));
    if (key == "dependencies" || key == "dependentRequired" || key == "dependentSchemas") {
      return each(value, at, [&](const std::string& name, const Json& one, const std::string& place) {
        JsonSchema::Dependency dependency{.property = name, .required = {}};
        const bool names = key == "dependentRequired" || (key == "dependencies" && one.is_array());
        if (names) dependency.required = texts(one, place);
        if (!names) dependency.schema = schema(one, place);
        out.dependencies.push_back(std::move(dependency));
      });
    }
    if (key == "allOf") return void(out.all_of = some(value, at));
    if (key == "anyOf") return void(out.any_of = some(value, at));
    if (key == "oneOf") return void(out.one_of = some(value, at));
    if (key == "not") return void(out.no = schema(value, at));
    if (key == "if") return void(out.condition = schema(value, at));
    if (key == "then") return void(out.then = schema(value, at));
    if (key == "else") return void(out.otherwise = schema(value, at));
    if (key == "$ref") return references_.push_back({&out, text(value, at), at});
    if (key == "$defs" || key == "definitions") {
      // What no reference leads to is checked all the same.
      return each(value, at,
                  [&](const std::string&, const Json& one, const std::string& place) { schema(one, place); });
    }
    if (key == "$id" && !path.empty() && value.is_string() && !value.get<std::string>().starts_with('#')) {
      refuse(at, "a document within the document is not available here: expected `$id` at the root only");
    }
    if (std::ranges::find(kAnnotations, key) != std::end(kAnnotations) || key.starts_with("x-")) return;
    refuse(at, fmt::format("the keyword `{}` is not available here", printable(ellipsize(key, 80))));
  }

  static void types(const Json& value, const std::string& at, JsonSchema& out) {
    const auto one = [&](const Json& name) {
      const auto found = std::ranges::find_if(kTypes, [&](const auto& known) { return name == known.first; });
      if (found == std::end(kTypes)) {
        refuse(at, fmt::format("{} is no type: expected null, boolean, integer, number, string, array or object",
                               shown(name)));
      }
      out.types |= found->second;
    };
    if (!value.is_array()) return one(value);
    if (value.empty()) refuse(at, "the list is empty: expected a type");
    for (const Json& name : value) one(name);
  }

  static double number(const Json& value, const std::string& at) {
    if (!value.is_number()) refuse(at, fmt::format("expected a number, got {}", shown(value)));
    return value.get<double>();
  }

  static std::uint64_t count(const Json& value, const std::string& at) {
    const double given = value.is_number() ? value.get<double>() : -1;
    if (given < 0 || given > 9e15 || given != std::floor(given)) {
      refuse(at, fmt::format("expected a whole number from 0 on, got {}", shown(value)));
    }
    return static_cast<std::uint64_t>(given);
  }

  static std::string text(const Json& value, const std::string& at) {
    if (!value.is_string()) refuse(at, fmt::format("expected a text, got {}", shown(value)));
    return value.get<std::string>();
  }

  static std::vector<std::string> texts(const Json& value, const std::string& at) {
    if (!value.is_array()) refuse(at, fmt::format("expected a list of names, got {}", shown(value)));
    std::vector<std::string> out;
    for (const Json& one : value) out.push_back(text(one, at));
    return out;
  }

  static Regex pattern(const std::string& text, const std::string& at) {
    auto regex = compile_regex(text);
    if (!regex) refuse(at, regex.error().message);
    return std::move(*regex);
  }

  JsonSchema::Nodes list(const Json& value, const std::string& at) {
    if (!value.is_array()) refuse(at, fmt::format("expected a list of schemas, got {}", shown(value)));
    JsonSchema::Nodes out;
    for (std::size_t i = 0; i < value.size(); ++i) out.push_back(schema(value[i], fmt::format("{}/{}", at, i)));
    return out;
  }

  JsonSchema::Nodes some(const Json& value, const std::string& at) {
    auto out = list(value, at);
    if (out.empty()) refuse(at, "the list is empty: expected a schema");
    return out;
  }

  static void each(const Json& value, const std::string& at,
                   const std::function<void(const std::string&, const Json&, const std::string&)>& read) {
    if (!value.is_object()) refuse(at, fmt::format("expected an object of schemas, got {}", shown(value)));
    for (const auto& [name, one] : value.items()) read(name, one, at + "/" + escaped(name));
  }

  // "#", "#/$defs/task", "#name", and these behind the document's own name.
  void resolve(const Reference& reference) {
    std::string target = reference.target;
    const auto own = root_.is_object() ? root_.find("$id") : root_.end();
    if (root_.is_object() && own != root_.end() && own->is_string()) {
      std::string id = own->get<std::string>();
      if (id.ends_with('#')) id.pop_back();
      if (!id.empty() && target.starts_with(id) && (target.size() == id.size() || target[id.size()] == '#')) {
        target.erase(0, id.size());
      }
    }
    if (!target.empty() && !target.starts_with('#')) {
      refuse(
          reference.path,
          fmt::format("`{}` leads to another document: expected a place in this one such as #/$defs/task; nothing is "
                      "fetched",
                      printable(ellipsize(reference.target, 200))));
    }
    const std::string fragment = unescaped(target.empty() ? target : target.substr(1));
    const Json* found = &root_;
    if (!fragment.empty() && !fragment.starts_with('/')) {
      found = anchor(root_, fragment);
    } else if (!fragment.empty()) {
      try {
        found = &root_.at(Json::json_pointer(fragment));
      } catch (const Json::exception&) {
        found = nullptr;
      }
    }
    if (found == nullptr) {
      refuse(reference.path, fmt::format("`{}` leads nowhere: expected a place in the document such as #/$defs/task",
                                         printable(ellipsize(reference.target, 200))));
    }
    reference.from->ref = schema(*found, fragment);
  }

  static std::string unescaped(std::string_view text) {
    std::string out;
    const auto digit = [](char c) { return c >= 'a' ? c - 'a' + 10 : c >= 'A' ? c - 'A' + 10 : c - '0'; };
    for (std::size_t i = 0; i < text.size(); ++i) {
      const bool encoded = text[i] == '%' && i + 2 < text.size() &&
                           std::isxdigit(static_cast<unsigned char>(text[i + 1])) &&
                           std::isxdigit(static_cast<unsigned char>(text[i + 2]));
      out += encoded ? static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2])) : text[i];
      if (encoded) i += 2;
    }
    return out;
  }

  static const Json* anchor(const Json& within, const std::string& name) {
    if (within.is_object()) {
      const auto is = [&](const char* key, const std::string& wanted) {
        const auto found = within.find(key);
        return found != within.end() && *found == wanted;
      };
      if (is("$anchor", name) || is("$id", "#" + name)) return &within;
    }
    if (!within.is_structured()) return nullptr;
    for (const Json& part : within) {
      if (const Json* found = anchor(part, name)) return found;
    }
    return nullptr;
  }

  // Schemas that apply to the value that another applies to: a way from one back to it never ends.
  static std::vector<const JsonSchema*> in_place(const JsonSchema& schema) {
    std::vector<const JsonSchema*> out{schema.ref, schema.no, schema.condition, schema.then, schema.otherwise};
    for (const auto* several : {&schema.all_of, &schema.any_of, &schema.one_of}) {
      out.insert(out.end(), several->begin(), several->end());
    }
    for (const auto& dependency : schema.dependencies) out.push_back(dependency.schema);
    std::erase(out, nullptr);
    return out;
  }

  void refuse_circles() {
    std::unordered_map<const JsonSchema*, int> depth;  // 0: being looked at
    std::function<int(const JsonSchema&, int)> look = [&](const JsonSchema& schema, int above) {
      if (above > kDeepestInPlace) refuse("", fmt::format("schemas lead to each other more than {} deep", above - 1));
      const auto [place, fresh] = depth.try_emplace(&schema, 0);
      if (!fresh) {
        if (place->second == 0) refuse("", "a `$ref` leads back to itself without going into the value");
        return place->second;
      }
      int deepest = 1;
      for (const JsonSchema* next : in_place(schema)) deepest = std::max(deepest, 1 + look(*next, above + 1));
      if (deepest > kDeepestInPlace)
        refuse("", fmt::format("schemas lead to each other more than {} deep", kDeepestInPlace));
      depth[&schema] = deepest;
      return deepest;
    };
    for (const JsonSchema& schema : document_->schemas) look(schema, 0);
  }

  const Json& root_;
  bool only_ref_ = false;
  std::shared_ptr<Document> document_ = std::make_shared<Document>();
  std::unordered_map<const Json*, const JsonSchema*> read_;
  std::vector<Reference> references_;
};

}  // namespace

Expected<std::shared_ptr<const JsonSchema>> read_schema(const Json& document) {
  try {
    return Reader(document).read();
  } catch (const Fault& fault) {
    return fail(fault.message);
  }
}

Json json_of(const JsonTemplate& value) {
  switch (value.kind) {
    case JsonTemplate::Kind::null:
      return nullptr;
    case JsonTemplate::Kind::boolean:
      return value.boolean;
    case JsonTemplate::Kind::integer:
      return value.integer;
    case JsonTemplate::Kind::number:
      return value.number;
    case JsonTemplate::Kind::text:
      return value.text;
    case JsonTemplate::Kind::array: {
      Json out = Json::array();
      for (const JsonTemplate& item : value.items) out.push_back(json_of(item));
      return out;
    }
    case JsonTemplate::Kind::object: {
      Json out = Json::object();
      for (const JsonMember& member : value.members) out[member.first] = json_of(member.second);
      return out;
    }
  }
  std::unreachable();
}

}  // namespace nines::config
