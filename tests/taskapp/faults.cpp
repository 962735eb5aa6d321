#include "tests/taskapp/faults.hpp"

#include <cmath>
#include <stdexcept>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace taskapp {
namespace {

using nlohmann::json;

/// A mistake in the text of a fault; caught in Faults::set.
struct Mistake : std::runtime_error {
  using std::runtime_error::runtime_error;
};

int number(const std::string& key, const json& value, int low, int high) {
  if (!value.is_number_integer() || value.get<std::int64_t>() < low || value.get<std::int64_t>() > high) {
    throw Mistake(fmt::format("{}: expected a whole number from {} to {}, got {}", key, low, high, value.dump()));
  }
  return value.get<int>();
}

double share(const std::string& key, const json& value) {
  if (!value.is_number() || value.get<double>() < 0 || value.get<double>() > 1) {
    throw Mistake(fmt::format("{}: expected a number from 0 to 1, got {}", key, value.dump()));
  }
  return value.get<double>();
}

std::string text(const std::string& key, const json& value) {
  if (!value.is_string()) throw Mistake(fmt::format("{}: expected a text, got {}", key, value.dump()));
  return value.get<std::string>();
}

bool truth(const std::string& key, const json& value) {
  if (!value.is_boolean()) throw Mistake(fmt::format("{}: expected true or false, got {}", key, value.dump()));
  return value.get<bool>();
}

void act(Fault& fault, Action action, const std::string& key) {
  if (fault.action != Action::kNone) {
    throw Mistake(fmt::format("{}: one fault has one of status, error_rate, hang, cut, cut_body, wrong_body", key));
  }
  fault.action = action;
}

void read_action(Fault& fault, const std::string& key, const json& value) {
  if (key == "status") {
    act(fault, Action::kStatus, key);
    fault.status = number(key, value, 200, 599);
  } else if (key == "error_rate") {
    fault.error_rate = share(key, value);
    act(fault, Action::kErrorRate, key);
  } else if (key == "wrong_body" && value.is_string()) {
    act(fault, Action::kWrongBody, key);
    fault.wrong_body = value.get<std::string>();
  } else if (truth(key, value)) {
    act(fault,
        key == "hang"       ? Action::kHang
        : key == "cut"      ? Action::kCut
        : key == "cut_body" ? Action::kCutBody
                            : Action::kWrongBody,
        key);
    fault.wrong_body = R"({"unexpected":true})";
  }
}

void read_components(Fault& fault, const json& value) {
  if (!value.is_object()) throw Mistake("component: expected an object such as {\"mongodb\": false}");
  for (const auto& [name, available] : value.items()) {
    if (name != "mongodb" && name != "redis") {
      throw Mistake(fmt::format("component: {} is unknown, expected mongodb or redis", name));
    }
    fault.components[name] = truth(name, available);
  }
}

Fault read_fault(const json& object) {
  if (!object.is_object()) throw Mistake(fmt::format("expected an object, got {}", object.dump()));
  Fault fault;
  std::optional<int> error_status;
  for (const auto& [key, value] : object.items()) {
    if (key == "path") {
      fault.path = text(key, value);
    } else if (key == "method") {
      fault.method = text(key, value);
    } else if (key == "count") {
      fault.remaining = number(key, value, 0, 1'000'000'000);
    } else if (key == "latency_ms") {
      fault.latency_ms = number(key, value, 0, 600'000);
    } else if (key == "latency_rate") {
      fault.latency_rate = share(key, value);
    } else if (key == "error_status") {
      error_status = number(key, value, 200, 599);
    } else if (key == "invisible") {
      fault.invisible = truth(key, value);
    } else if (key == "version") {
      fault.version = text(key, value);
    } else if (key == "component") {
      read_components(fault, value);
    } else if (key == "status" || key == "error_rate" || key == "hang" || key == "cut" || key == "cut_body" ||
               key == "wrong_body") {
      read_action(fault, key, value);
    } else {
      throw Mistake(fmt::format("{}: no such key in a fault", key));
    }
  }
  if (fault.latency_rate && (fault.latency_ms == 0 || fault.action != Action::kNone)) {
    throw Mistake("latency_rate: needs latency_ms beside it, and nothing that is done instead of an answer");
  }
  if (error_status) {
    if (fault.action != Action::kErrorRate) throw Mistake("error_status: needs error_rate beside it");
    fault.status = *error_status;
  }
  return fault;
}

json write_fault(const Fault& fault) {
  json out = json::object();
  if (!fault.path.empty()) out["path"] = fault.path;
  if (!fault.method.empty()) out["method"] = fault.method;
  if (fault.remaining) out["count"] = *fault.remaining;
  if (fault.latency_ms > 0) out["latency_ms"] = fault.latency_ms;
  if (fault.latency_rate) out["latency_rate"] = *fault.latency_rate;
  if (fault.invisible) out["invisible"] = true;
  if (!fault.components.empty()) out["component"] = fault.components;
  if (!fault.version.empty()) out["version"] = fault.version;
  switch (fault.action) {
    case Action::kNone:
      break;
    case Action::kStatus:
      out["status"] = fault.status;
      break;
    case Action::kErrorRate:
      out["error_rate"] = fault.error_rate;
      out["error_status"] = fault.status;
      break;
    case Action::kHang:
      out["hang"] = true;
      break;
    case Action::kCut:
      out["cut"] = true;
      break;
    case Action::kCutBody:
      out["cut_body"] = true;
      break;
    case Action::kWrongBody:
      out["wrong_body"] = fault.wrong_body;
      break;
  }
  return out;
}

/// Whether the next request that a rate decides about is one of those it is for. The small term keeps 0.1 * 10 from
/// being 0.999.
bool is_next(double rate, std::uint64_t& asked) {
  const auto chosen = [&](std::uint64_t n) { return std::floor(static_cast<double>(n) * rate + 1e-9); };
  ++asked;
  return chosen(asked) > chosen(asked - 1);
}

void take_action(Plan& plan, Fault& fault) {
  plan.latency_ms = fault.latency_ms;
  plan.action = fault.action;
  plan.status = fault.status;
  plan.wrong_body = fault.wrong_body;
  if (fault.action == Action::kErrorRate) {
    plan.action = is_next(fault.error_rate, fault.asked) ? Action::kStatus : Action::kNone;
  }
}

}  // namespace

std::expected<void, std::string> Faults::set(const std::string& body) {
  const json document = json::parse(body, nullptr, false);
  if (document.is_discarded()) return std::unexpected("the faults are not JSON");
  std::vector<Fault> faults;
  try {
    if (document.is_array()) {
      for (const auto& object : document) faults.push_back(read_fault(object));
    } else {
      faults.push_back(read_fault(document));
    }
  } catch (const Mistake& mistake) {
    return std::unexpected(mistake.what());
  }
  replace(std::move(faults));
  return {};
}

void Faults::clear() {
  replace({});
}

void Faults::replace(std::vector<Fault> faults) {
  const std::scoped_lock lock(mutex_);
  faults_ = std::move(faults);
  ++generation_;
}

std::string Faults::as_json() const {
  const std::scoped_lock lock(mutex_);
  json out = json::array();
  for (const Fault& fault : faults_) out.push_back(write_fault(fault));
  return out.dump();
}

Plan Faults::plan(std::string_view method, std::string_view path) {
  const std::scoped_lock lock(mutex_);
  Plan plan;
  plan.generation = generation_;
  bool acted = false;
  for (Fault& fault : faults_) {
    if (!path.starts_with(fault.path) || (!fault.method.empty() && fault.method != method)) continue;
    if (fault.remaining == 0) continue;
    if (fault.latency_rate && !is_next(*fault.latency_rate, fault.timed)) continue;
    const bool acts = fault.latency_ms > 0 || fault.action != Action::kNone;
    if (acts && acted) continue;
    if (acts) take_action(plan, fault);
    acted = acted || acts;
    plan.invisible = plan.invisible || fault.invisible;
    plan.components.insert(fault.components.begin(), fault.components.end());
    if (plan.version.empty()) plan.version = fault.version;
    if (fault.remaining) --*fault.remaining;
  }
  return plan;
}

std::uint64_t Faults::generation() const {
  const std::scoped_lock lock(mutex_);
  return generation_;
}

}  // namespace taskapp
