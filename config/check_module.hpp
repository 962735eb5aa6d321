#pragma once

// The module a check probes with: named, written in place, or what the target's scheme stands for; with the check's own
// max_duration, addresses and resolver.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>

#include "config/config.hpp"
#include "config/reader.hpp"
#include "config/target.hpp"

namespace nines::config {

// A target and what it is probed with.
struct Aim {
  Target target;
  std::shared_ptr<const Module> module;
};

// Of one check, for all of its targets. One thread.
class CheckModule {
 public:
  // Nothing is given: the target's scheme decides.
  CheckModule() = default;
  CheckModule(Context& context, Mapping& map, const Config& config);

  // Of the module that was given; 0: none was, or it has none.
  Micros timeout() const { return given_ ? given_->timeout : Micros(0); }
  // A target as written, or what is wrong with it.
  Expected<Aim> aim(std::string_view text);

 private:
  std::shared_ptr<const Module> named(Context& context, Mapping& map, const Config& config);
  std::shared_ptr<const Module> in_place(Context& context, Mapping& map);
  std::shared_ptr<const Module> fitted(const Module& base, const Target& target) const;

  std::shared_ptr<const Module> given_;  // null: the target's scheme decides
  Module own_;                           // what the check says of max_duration, addresses and resolver …
  bool has_max_duration_ = false;        // … where it does
  bool has_addresses_ = false;
  bool has_resolver_ = false;
  // Many targets of one check share what they are probed with.
  std::map<std::tuple<Prober, bool, std::string>, std::shared_ptr<const Module>> made_;
};

}  // namespace nines::config
