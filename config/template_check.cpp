#include <algorithm>
#include <array>

#include "config/journey.hpp"
#include "config/template.hpp"
#include "config/variables.hpp"

namespace nines::config {
namespace {

constexpr std::array<std::string_view, 11> kTemplateKeys = {"get",     "post", "put",     "patch", "delete", "head",
                                                            "options", "url",  "headers", "json",  "body"};

// The names a template may use, growing from step to step.
class Scope {
 public:
  Scope(Context& context, const Journey& journey) : context_(context) {
    for (const auto& [name, secret] : journey.secrets) names_.push_back(name);
  }

  void add(const std::string& name) { names_.push_back(name); }

  // Every scalar below `node`.
  void check(const Node& node) {
    for (const Node* item : node.items) check(*item);
    for (const Member& member : node.members) check(*member.value);
    if (node.is(Node::Kind::scalar) && node.text.find("{{") != std::string::npos) check_text(node);
  }

  void check_name(const Node& node, const std::string& name) {
    if (std::ranges::find(names_, name) != names_.end()) return;
    const std::vector<std::string_view> known(names_.begin(), names_.end());
    const std::string near = nearest(name, known);
    context_.fault(node, "unknown variable " + in_ticks(name) +
                             (near.empty() ? ": expected a variable, a secret or a capture of an earlier step"
                                           : ": did you mean " + in_ticks(near) + "?"));
  }

 private:
  void check_text(const Node& node) {
    const auto text = expand_variables(node.text, context_.environment);
    if (!text) return;  // told where the value was read
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
};

void check_step(Scope& scope, const Node& step) {
  if (const Node* when = step.value("when"); when != nullptr && when->is(Node::Kind::scalar)) {
    scope.check_name(*when, when->text);
  }
  for (const std::string_view key : kTemplateKeys) {
    if (const Node* node = step.value(key)) scope.check(*node);
  }
  if (const Node* captures = step.value("capture")) {
    for (const Member& member : captures->members) scope.add(member.key->text);
  }
}

}  // namespace

void check_templates(Context& context, const Node& node, const Journey& journey) {
  Scope scope(context, journey);
  if (const Node* variables = node.value("variables")) {
    for (const Member& member : variables->members) {
      scope.check(*member.value);
      scope.add(member.key->text);
    }
  }
  for (const std::string_view part : {"steps", "finally"}) {
    const Node* steps = node.value(part);
    if (steps == nullptr) continue;
    for (const Node* step : steps->items) check_step(scope, *step);
  }
}

}  // namespace nines::config
