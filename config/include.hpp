#pragma once

// Lists of steps that several journeys share: `step_lists`, and `include` in a journey's steps.
//
//   step_lists: {login: {parameters: [user, password], steps: [{name: form, get: /login}]}}
//   steps: [{include: login, with: {user: '{{ u }}', password: '{{ p }}'}}]

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "config/config.hpp"
#include "config/reader.hpp"

namespace nines::config {

struct StepList {
  const Node* steps = nullptr;  // a list, or null
  std::vector<std::string> parameters;
};
using StepLists = std::map<std::string, StepList, std::less<>>;

// Of a step's `with`, in the order of the parameters.
struct Argument {
  std::string name;
  Template value;
  const Node* at = nullptr;
};

// A journey's steps in the order they run, with what an `include` stands for in its place.
struct StepItem {
  enum class Kind { step, enter, leave };  // enter and leave: around the steps of a list

  Kind kind = Kind::step;
  const Node* node = nullptr;         // the step; of enter and leave, the one that includes
  std::string name;                   // of enter: the step that sets the parameters; of step: what goes before its name
  std::string list;                   // enter
  std::vector<Argument> arguments{};  // enter
};

inline constexpr std::size_t kMaxIncludeDepth = 8;
inline constexpr std::size_t kMaxIncluded = 1000;  // steps of a journey with those of its lists

// The mapping `step_lists`: parameters and shape, but for the steps.
StepLists read_step_lists(Context& context, Mapping& root);

// `steps` (a list, or null) written out. Told: lists that are unknown, that include each other or go deeper than
// kMaxIncludeDepth, parameters that are unknown or have no value.
std::vector<StepItem> written_out(Context& context, const StepLists& lists, const Node* steps);

// The step that sets the parameters of an `enter`; without those that are set already, as in {user: '{{ user }}'}.
Step parameter_step(const StepItem& enter);

}  // namespace nines::config
