// What a step sends beside its headers: `query`, and one of `json`, `form`, `body` and `body_file`.

#include <algorithm>
#include <fstream>

#include "config/journey.hpp"
#include "config/step.hpp"
#include "config/utf8.hpp"

namespace nines::config {
namespace {

// Calls `read` for a value, or for each of a list of them.
void each_value(const Node& node, const std::function<void(const Node&)>& read) {
  if (!node.is(Node::Kind::list)) return read(node);
  for (const Node* item : node.items) read(*item);
}

// The absolute path of a file that can be read now; what it holds is read when it is sent.
std::string read_path(Context& context, const Node& node, std::string_view what) {
  const auto text = read_text(context, node, what);
  if (!text) return {};
  std::error_code error;
  std::string path = std::filesystem::absolute(resolve_path(node, *text), error).string();
  if (text->empty()) {
    context.fault(node, std::string(what) + " is empty: expected the name of a file");
  } else if (std::filesystem::is_directory(path, error)) {
    context.fault(node, "cannot read " + printable(path) + ": it is a directory");
  } else if (!std::ifstream(path)) {
    context.fault(node, "cannot read " + printable(path) + ": expected a file");
  }
  return path;
}

Template read_value(Context& context, const Node& node, const std::string& name, const std::string& what) {
  auto text = read_text(context, node, what);
  if (!text) return {};
  guard_named(context, node, name, *text);
  return std::move(*text);
}

void read_field_keys(Context& context, Mapping& map, FormField& field) {
  const Node* value = map.find("value");
  const Node* file = map.find("file");
  if (value != nullptr) field.value = read_value(context, *value, field.name, "`value`");
  if (file != nullptr) field.file = read_path(context, *file, "`file`");
  if (map.text("content_type", field.content_type) &&
      (!is_printable(field.content_type) || field.content_type.find('/') == std::string::npos)) {
    context.fault(*map.find("content_type"),
                  in_ticks(field.content_type) + " is no content type: expected one such as image/png");
  }
  map.finish();
  if ((value == nullptr) == (file == nullptr) && map.node().is(Node::Kind::mapping)) {
    context.fault(map.node(), "a field of `form`: expected either `value` or `file`");
  }
}

FormField read_field(Context& context, const std::string& name, const Node& node) {
  FormField field;
  field.name = name;
  if (node.is(Node::Kind::mapping)) {
    Mapping map(context, node, "a field of `form`");
    read_field_keys(context, map, field);
  } else {
    field.value = read_value(context, node, name, "the field " + in_ticks(name));
  }
  return field;
}

FormField read_named_field(Context& context, const Node& node) {
  FormField field;
  Mapping map(context, node, "a field of `form`");
  map.required_text("name", field.name);
  read_field_keys(context, map, field);
  return field;
}

void read_form(Context& context, Mapping& map, Step& step) {
  const Node* form = map.find("form");
  if (form == nullptr) return;
  if (form->is(Node::Kind::list)) {
    map.each("form", [&](const Node& item) { step.form.push_back(read_named_field(context, item)); });
  } else {
    map.members("form", [&](const std::string& name, const Node&, const Node& value) {
      each_value(value, [&](const Node& item) { step.form.push_back(read_field(context, name, item)); });
    });
  }
  if (form->items.empty() && form->members.empty() && !form->is(Node::Kind::scalar)) {
    context.fault(*form, "`form` is empty: expected a field such as {name: value}");
  }
  const bool typed = std::ranges::any_of(step.form, [](const FormField& field) { return !field.content_type.empty(); });
  if (typed && std::ranges::all_of(step.form, [](const FormField& field) { return field.file.empty(); })) {
    context.fault(*form, "`content_type` in a form without a file: expected a `file` that makes it a multipart form");
  }
}

}  // namespace

void read_query(Context& context, Mapping& map, Step& step) {
  map.members("query", [&](const std::string& name, const Node&, const Node& node) {
    each_value(node, [&](const Node& item) {
      step.query.emplace_back(name, read_value(context, item, name, "the parameter " + in_ticks(name)));
    });
  });
}

void read_content(Context& context, Mapping& map, Step& step) {
  std::string_view first;
  for (const std::string_view key : {"json", "form", "body", "body_file"}) {
    const Node* node = map.find(key);
    if (node == nullptr) continue;
    if (!first.empty()) {
      context.fault(*node, in_ticks(key) + " beside " + in_ticks(first) + ": expected one of them");
    } else {
      first = key;
    }
  }
  if (const Node* json = map.find("json")) step.json = std::make_shared<const JsonTemplate>(read_json(context, *json));
  read_form(context, map, step);
  std::string body;
  if (map.text("body", body)) step.body = std::move(body);
  if (const Node* file = map.find("body_file")) step.body_file = read_path(context, *file, "`body_file`");
}

}  // namespace nines::config
