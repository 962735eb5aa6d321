// Names: what a template, a condition, a loop or a jq program may use grows from step to step.

#include <algorithm>
#include <array>
#include <optional>

#include "config/journey.hpp"
#include "config/jq_words.hpp"
#include "config/step.hpp"
#include "config/template.hpp"
#include "config/variables.hpp"

namespace nines::config {
namespace {

// What is sent; all texts below are templates.
constexpr std::array<std::string_view, 16> kSent = {"get",        "post",   "put",    "patch",    "delete", "head",
                                                    "options",    "url",    "query",  "headers",  "json",   "body",
                                                    "basic_auth", "bearer", "oauth2", "aws_sigv4"};

class Scope {
 public:
  explicit Scope(Context& context) : context_(context) {}

  bool knows(std::string_view name) const { return std::ranges::find(names_, name) != names_.end(); }
  void add(const std::string& name) { names_.push_back(name); }

  // A name that a step gives a value; one that is only lent would be lost with it.
  void add(const Node& key) {
    if (std::ranges::find(lent_, key.text) != lent_.end()) {
      context_.fault(key, in_ticks(key.text) + " is a parameter or the item of `repeat` here: expected another name");
    }
    add(key.text);
  }

  // Names that are known only for a while; end() forgets the last `count` of them.
  void lend(const std::string& name) { lent_.push_back(name); }
  std::size_t lent() const { return lent_.size(); }
  void end(std::size_t count) { lent_.resize(lent_.size() - count); }

  // Where a step list is included, for sentences; empty: nowhere.
  void say(std::string where) { where_ = std::move(where); }
  const std::string& where() const { return where_; }

  void check_name(const Node& node, const std::string& name) {
    if (knows(name) || std::ranges::find(lent_, name) != lent_.end()) return;
    std::vector<std::string_view> known(names_.begin(), names_.end());
    known.insert(known.end(), lent_.begin(), lent_.end());
    const std::string near = nearest(name, known);
    context_.fault(node, "unknown variable " + in_ticks(name) + where_ +
                             (near.empty() ? ": expected a variable, a secret or a capture of an earlier step"
                                           : ": did you mean " + in_ticks(near) + "?"));
  }

  // The same, of a scalar that is a name.
  void check_name(const Node* node) {
    if (node == nullptr || !node->is(Node::Kind::scalar)) return;
    if (const auto name = value(*node)) check_name(*node, *name);
  }

  // A scalar's text; nothing when it cannot be expanded, which was told where it was read.
  std::optional<std::string> value(const Node& node) const {
    auto text = expand_variables(node.text, context_.environment);
    return text ? std::optional(std::move(*text)) : std::nullopt;
  }

  // Every scalar below `node`.
  void check(const Node& node) {
    for (const Node* item : node.items) check(*item);
    for (const Member& member : node.members) check(*member.value);
    if (node.is(Node::Kind::scalar) && node.text.find("{{") != std::string::npos) check_text(node);
  }
  void check(const Node* node) {
    if (node != nullptr) check(*node);
  }

  // Every scalar below `node` is a jq program.
  void check_programs(const Node* node) {
    if (node == nullptr) return;
    for (const Node* item : node->items) check_programs(item);
    if (!node->is(Node::Kind::scalar)) return;
    const auto text = value(*node);
    if (!text) return;
    for (const std::string& name : jq_variables(*text)) {
      if (name != "ENV") check_name(*node, name);  // that one is refused where the program was read
    }
  }

  void check_condition(const Node* node) {
    if (node == nullptr || !node->is(Node::Kind::scalar)) return;
    const auto text = value(*node);
    if (!text) return;
    const Condition condition = parse_condition(*text);
    if (condition.name.empty()) {
      check_programs(node);
    } else {
      check_name(*node, condition.name);
    }
  }

 private:
  void check_text(const Node& node) {
    const auto text = value(node);
    if (!text) return;
    auto pieces = parse_template(*text);
    if (!pieces) {
      context_.fault(node, std::move(pieces.error().message));
      return;
    }
    for (const TemplatePiece& piece : *pieces) {
      if (piece.kind == TemplatePiece::Kind::variable) check_name(node, piece.text);
      for (const TemplateFilter& filter : piece.filters) {
        if (!filter.key.empty() && !filter.key_is_text) check_name(node, filter.key);
      }
    }
  }

  Context& context_;
  std::vector<std::string> names_;
  std::vector<std::string> lent_;
  std::string where_;
};

// `form`: values, not the names of files and types.
void check_form(Scope& scope, const Node* form) {
  if (form == nullptr) return;
  const auto check_value = [&](const Node& node) {
    node.is(Node::Kind::mapping) ? scope.check(node.value("value")) : scope.check(node);
  };
  for (const Node* field : form->items) check_value(*field);
  for (const Member& member : form->members) {
    if (!member.value->is(Node::Kind::list)) check_value(*member.value);
    for (const Node* item : member.value->items) check_value(*item);
  }
}

// `expect` or `until`: patterns are no templates.
void check_rules(Scope& scope, const Node* rules) {
  if (rules == nullptr) return;
  scope.check_programs(rules->value("jq"));
  const auto check_equal = [&](const Node* node) {
    if (node != nullptr && node->is(Node::Kind::scalar)) scope.check(*node);
  };
  check_equal(rules->value("url"));
  if (const Node* headers = rules->value("headers")) {
    for (const Member& member : headers->members) check_equal(member.value);
  }
  if (const Node* xpath = rules->value("xpath")) {
    check_equal(xpath->value("text"));
    for (const Node* item : xpath->items) check_equal(item->value("text"));
  }
}

void check_captures(Scope& scope, const Node* captures) {
  if (captures == nullptr) return;
  for (const Member& member : captures->members) {
    scope.check_programs(member.value->value("jq"));
    scope.check(member.value->value("default"));
    scope.add(*member.key);
  }
}

void check_creates(Scope& scope, const Node* creates) {
  if (creates == nullptr) return;
  scope.check_name(creates->value("id"));
  scope.check(creates->value("delete"));
  scope.check(creates->value("headers"));
}

// In the order in which a step uses them.
void check_step(Context& context, Scope& scope, const Node& step) {
  const std::size_t before = scope.lent();
  if (const Node* repeat = step.value("repeat"); repeat != nullptr && repeat->is(Node::Kind::mapping)) {
    scope.check_name(repeat->value("for_each"));
    const Node* as = repeat->value("as");
    const std::string item = as != nullptr ? scope.value(*as).value_or("") : Repeat().as;
    if (scope.knows(item)) {
      context.fault(as != nullptr ? *as : *repeat,
                    in_ticks(item) + " has a value already: expected another name in `as`");
    }
    scope.lend(item);
  }
  scope.check_condition(step.value("when"));  // of each round
  if (const Node* set = step.value("set")) {
    for (const Member& member : set->members) {
      scope.check(*member.value);
      scope.add(*member.key);
    }
  }
  for (const std::string_view key : kSent) scope.check(step.value(key));
  if (const Node* request = step.value("request")) scope.check(request->value("url"));
  check_form(scope, step.value("form"));
  check_rules(scope, step.value("until"));
  check_captures(scope, step.value("capture"));
  check_rules(scope, step.value("expect"));
  check_creates(scope, step.value("creates"));
  scope.end(scope.lent() - before);
}

// A parameter would overwrite what has its name, unless it is just that.
void enter(Context& context, Scope& scope, const StepItem& item) {
  for (const Argument& argument : item.arguments) scope.check(*argument.at);
  for (const Argument& argument : item.arguments) {
    if (lone_name(argument.value) == argument.name) continue;
    if (scope.knows(argument.name)) {
      context.fault(*argument.at, "the parameter " + in_ticks(argument.name) + " of " + in_ticks(item.list) +
                                      " has a value of that name here already: expected '{{ " + argument.name +
                                      " }}', or another name for one of them");
    }
    scope.lend(argument.name);
  }
  scope.say(" in " + in_ticks(item.list) + ", included at " + place(item.node->at()));
}

void check_items(Context& context, Scope& scope, const std::vector<StepItem>& items) {
  struct Open {
    std::size_t lent;
    std::string where;
  };
  std::vector<Open> open;
  for (const StepItem& item : items) {
    switch (item.kind) {
      case StepItem::Kind::step:
        check_step(context, scope, *item.node);
        break;
      case StepItem::Kind::enter:
        open.push_back({scope.lent(), scope.where()});
        enter(context, scope, item);
        break;
      case StepItem::Kind::leave:
        scope.end(scope.lent() - open.back().lent);
        scope.say(std::move(open.back().where));
        open.pop_back();
        break;
    }
  }
}

}  // namespace

void check_names(Context& context, const Node& node, const Journey& journey, const std::vector<StepItem>& steps,
                 const std::vector<StepItem>& finally) {
  Scope scope(context);
  for (const auto& [name, secret] : journey.secrets) scope.add(name);
  if (const Node* variables = node.value("variables")) {
    for (const Member& member : variables->members) {
      scope.check(*member.value);
      scope.add(member.key->text);
    }
  }
  scope.check(node.value("headers"));
  check_items(context, scope, steps);
  check_items(context, scope, finally);
}

}  // namespace nines::config
