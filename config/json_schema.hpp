#pragma once

// A JSON Schema as `expect: {schema: …}` has it, read and checked once; journeys/schema.hpp holds documents against it.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "config/modules.hpp"

namespace nines::config {

// One schema of a document: what drafts 6 to 2020-12 have in common, by the newer names. Nodes point to each other
// within the document that owns them, in circles too.
struct JsonSchema {
  enum Type : unsigned { null = 1, boolean = 2, integer = 4, number = 8, text = 16, array = 32, object = 64 };
  struct Pattern {
    Regex regex;
    const JsonSchema* schema = nullptr;
  };
  struct Dependency {
    std::string property;
    std::vector<std::string> required;   // properties that go with it …
    const JsonSchema* schema = nullptr;  // … and what holds then; null: nothing
  };
  using Nodes = std::vector<const JsonSchema*>;

  bool nothing = false;  // the schema `false`
  unsigned types = 0;    // bits of Type; 0: any
  std::shared_ptr<const Json> constant;
  std::shared_ptr<const Json> choices;  // `enum`, an array

  std::optional<double> minimum, maximum, above, below, multiple_of;  // above, below: exclusiveMinimum, …Maximum
  std::optional<std::uint64_t> min_length, max_length;                // in code points
  std::optional<Regex> pattern;

  Nodes prefix;                       // of an array's first items
  const JsonSchema* items = nullptr;  // of those behind them
  const JsonSchema* contains = nullptr;
  std::optional<std::uint64_t> min_items, max_items, min_contains, max_contains;
  bool unique = false;

  std::vector<std::pair<std::string, const JsonSchema*>> properties;
  std::vector<Pattern> patterns;
  const JsonSchema* additional = nullptr;  // properties that neither names
  const JsonSchema* names = nullptr;
  std::vector<std::string> required;
  std::vector<Dependency> dependencies;
  std::optional<std::uint64_t> min_properties, max_properties;

  const JsonSchema* ref = nullptr;
  Nodes all_of, any_of, one_of;
  const JsonSchema* no = nullptr;  // `not`
  const JsonSchema* condition = nullptr;
  const JsonSchema* then = nullptr;
  const JsonSchema* otherwise = nullptr;
};

struct JsonTemplate;
// Its value, texts as they stand.
Json json_of(const JsonTemplate& value);

// Reads a schema document. Patterns are RE2's. What is wrong is told with its place in the document ("at
// /properties/id: …"): values of a wrong type, keywords that would change the verdict and are not known here
// (unevaluatedProperties, $dynamicRef, …), a `$ref` that leads out of the document (nothing is fetched), to nowhere, or
// round in a circle without going into the value. At most 10,000 schemas. `format` is an annotation: it is not judged.
Expected<std::shared_ptr<const JsonSchema>> read_schema(const Json& document);

}  // namespace nines::config
