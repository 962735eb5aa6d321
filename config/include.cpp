#include "config/include.hpp"

#include <algorithm>

#include "config/names.hpp"
#include "config/step.hpp"

namespace nines::config {
namespace {

class Writer {
 public:
  Writer(Context& context, const StepLists& lists) : context_(context), lists_(lists) {}

  void write(const Node* steps, const std::string& prefix) {
    if (steps == nullptr || !steps->is(Node::Kind::list)) return;
    for (const Node* step : steps->items) {
      if (step->value("include") != nullptr) {
        include(*step, prefix);
      } else if (has_room(*step)) {
        items_.push_back({StepItem::Kind::step, step, prefix, {}});
      }
    }
  }

  std::vector<StepItem> take() { return std::move(items_); }

 private:
  bool has_room(const Node& node) {
    if (++written_ <= kMaxIncluded) return true;
    if (written_ == kMaxIncluded + 1) {
      context_.fault(node, "a journey has more than " + std::to_string(kMaxIncluded) +
                               " steps with those of its step lists: expected fewer");
    }
    return false;
  }

  void include(const Node& node, const std::string& prefix) {
    if (!has_room(node)) return;
    Mapping map(context_, node, "an include");
    StepItem enter{StepItem::Kind::enter, &node, {}, {}};
    const bool named = map.text("include", enter.list);
    enter.name = enter.list;
    if (map.find("name") != nullptr) map.name("name", enter.name);
    map.find("with");
    map.finish();
    enter.name = prefix + enter.name;
    if (!named || !may_enter(*map.find("include"), enter)) return;
    const StepList& list = lists_.find(enter.list)->second;
    enter.arguments = read_arguments(map, enter.list, list);
    const std::string inner = enter.name + "/";
    open_.push_back(enter.list);
    items_.push_back(std::move(enter));
    write(list.steps, inner);
    items_.push_back({StepItem::Kind::leave, &node, {}, {}});
    open_.pop_back();
  }

  bool may_enter(const Node& at, const StepItem& enter) {
    if (!lists_.contains(enter.list)) {
      std::vector<std::string_view> known;
      for (const auto& [name, list] : lists_) known.push_back(name);
      context_.fault(at, "unknown step list " + in_ticks(enter.list) + suggestion(enter.list, known));
      return false;
    }
    if (std::ranges::find(open_, enter.list) != open_.end()) {
      context_.fault(at, "the step list " + in_ticks(enter.list) +
                             " includes itself, by this or by way of others: expected no cycle");
      return false;
    }
    if (open_.size() == kMaxIncludeDepth) {
      context_.fault(
          at, "step lists include each other more than " + std::to_string(kMaxIncludeDepth) + " deep: expected fewer");
      return false;
    }
    return true;
  }

  std::vector<Argument> read_arguments(Mapping& map, const std::string& name, const StepList& list) {
    std::vector<Argument> given;
    map.members("with", [&](const std::string& parameter, const Node& key, const Node& node) {
      if (std::ranges::find(list.parameters, parameter) == list.parameters.end()) {
        context_.fault(key, "the step list " + in_ticks(name) + " has no parameter " + in_ticks(parameter) +
                                suggestion(parameter, list.parameters));
      }
      auto text = read_text(context_, node, "the parameter " + in_ticks(parameter));
      if (text) guard_named(context_, node, parameter, *text);
      given.push_back({parameter, text.value_or(""), &node});
    });
    std::vector<Argument> arguments;
    for (const std::string& parameter : list.parameters) {
      const auto found = std::ranges::find(given, parameter, &Argument::name);
      if (found != given.end()) {
        arguments.push_back(*found);
      } else {
        context_.fault(map.node(), "the step list " + in_ticks(name) + " needs the parameter " + in_ticks(parameter) +
                                       ": expected it in `with`");
      }
    }
    return arguments;
  }

  Context& context_;
  const StepLists& lists_;
  std::vector<StepItem> items_;
  std::vector<std::string> open_;
  std::size_t written_ = 0;
};

StepList read_step_list(Context& context, const Node& node) {
  Mapping map(context, node, "a step list");
  StepList list;
  map.each("parameters", [&](const Node& item) {
    const auto name = read_text(context, item, "an item of `parameters`");
    if (!name) return;
    check_new_name(context, item, *name, "parameter");
    if (std::ranges::find(list.parameters, *name) != list.parameters.end()) {
      context.fault(item, "the parameter " + in_ticks(*name) + " is there twice: expected it once");
    } else {
      list.parameters.push_back(*name);
    }
  });
  map.each("steps", [](const Node&) {});
  list.steps = map.find("steps");
  if (node.is(Node::Kind::mapping) && (list.steps == nullptr || list.steps->items.empty())) {
    context.fault(node, "a step list has no steps: expected at least one in `steps`");
  }
  map.finish();
  return list;
}

}  // namespace

StepLists read_step_lists(Context& context, Mapping& root) {
  StepLists lists;
  root.members("step_lists", [&](const std::string& name, const Node& key, const Node& node) {
    if (const std::string wrong = name_fault(name); !wrong.empty()) context.fault(key, "a step list's name " + wrong);
    lists.emplace(name, read_step_list(context, node));
  });
  return lists;
}

std::vector<StepItem> written_out(Context& context, const StepLists& lists, const Node* steps) {
  Writer writer(context, lists);
  writer.write(steps, {});
  return writer.take();
}

Step parameter_step(const StepItem& enter) {
  Step step;
  step.name = enter.name;
  step.at = enter.node->at();
  for (const Argument& argument : enter.arguments) {
    if (lone_name(argument.value) != argument.name) step.set.emplace_back(argument.name, argument.value);
  }
  return step;
}

}  // namespace nines::config
