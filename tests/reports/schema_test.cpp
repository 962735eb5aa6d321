#include <algorithm>
#include <fstream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "reports/report.hpp"
#include "tests/reports/detailed.hpp"
#include "tests/reports/samples.hpp"

using namespace nines;

namespace {

// As much of JSON Schema as docs/report.schema.json uses. An empty answer: valid.
class Validator {
 public:
  explicit Validator(const Json& root) : root_(root) {}

  std::string fault(const Json& schema, const Json& value, const std::string& path = "$") const {
    if (schema.contains("$ref")) {
      return fault(root_[Json::json_pointer(schema["$ref"].get<std::string>().substr(1))], value, path);
    }
    if (schema.contains("oneOf")) return fault_of_one(schema["oneOf"], value, path);
    if (schema.contains("const") && schema["const"] != value) return path + " is not the constant";
    if (schema.contains("enum") && std::ranges::find(schema["enum"], value) == schema["enum"].end()) {
      return path + " is none of the enum";
    }
    if (schema.contains("type") && !has_type(schema["type"], value)) return path + " has the wrong type";
    if (value.is_object()) return fault_of_object(schema, value, path);
    if (value.is_array()) return fault_of_array(schema, value, path);
    return {};
  }

 private:
  static bool has_type(const Json& type, const Json& value) {
    if (type.is_array()) return std::ranges::any_of(type, [&](const Json& one) { return has_type(one, value); });
    return (type == "null" && value.is_null()) || (type == "string" && value.is_string()) ||
           (type == "boolean" && value.is_boolean()) || (type == "integer" && value.is_number_integer()) ||
           (type == "number" && value.is_number()) || (type == "array" && value.is_array()) ||
           (type == "object" && value.is_object());
  }

  std::string fault_of_one(const Json& schemas, const Json& value, const std::string& path) const {
    std::string faults;
    int valid = 0;
    for (const Json& schema : schemas) {
      const std::string found = fault(schema, value, path);
      valid += found.empty() ? 1 : 0;
      faults += found + "; ";
    }
    return valid == 1 ? "" : path + " matches " + std::to_string(valid) + ": " + faults;
  }

  std::string fault_of_object(const Json& schema, const Json& value, const std::string& path) const {
    for (const Json& key : schema["required"]) {
      if (!value.contains(key.get<std::string>())) return path + " lacks " + key.get<std::string>();
    }
    for (const auto& [key, item] : value.items()) {
      if (!schema["properties"].contains(key)) return path + " may not hold " + key;
      const std::string found = fault(schema["properties"][key], item, path + "." + key);
      if (!found.empty()) return found;
    }
    return {};
  }

  std::string fault_of_array(const Json& schema, const Json& value, const std::string& path) const {
    for (const Json& item : value) {
      const std::string found = fault(schema["items"], item, path + "[]");
      if (!found.empty()) return found;
    }
    return {};
  }

  const Json& root_;
};

}  // namespace

TEST_CASE("reports are valid by the published schema") {
  const Json schema = Json::parse(std::ifstream(std::string(NINES_SOURCE_DIR) + "/docs/report.schema.json"));
  const Validator validator(schema);
  for (const reports::Report& report :
       {test::month_report(), test::odd_report(), test::detailed_report(), reports::Report{}}) {
    Json document = parse_json(reports::to_json(report)).value();
    CHECK(validator.fault(schema, document) == "");
    document["unexpected"] = 1;
    CHECK(validator.fault(schema, document) == "$ may not hold unexpected");
  }
  Json document = parse_json(reports::to_json(test::month_report())).value();
  document["objectives"][0]["outages"][0].erase("reason");
  CHECK(validator.fault(schema, document) != "");
}
