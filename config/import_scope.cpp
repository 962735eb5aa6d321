#include <fmt/format.h>

#include "base/text.hpp"
#include "config/import_draft.hpp"
#include "config/import_yaml.hpp"
#include "config/reader.hpp"
#include "config/target.hpp"
#include "config/yaml_text.hpp"

namespace nines::config {
namespace {

constexpr int kMaxDepth = 8;

std::string with_blanks_encoded(std::string_view text) {
  std::string out;
  bool in_template = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text.substr(at).starts_with("{{")) in_template = true;
    if (text.substr(at).starts_with("}}")) in_template = false;
    out += text[at] == ' ' && !in_template ? "%20" : std::string(1, text[at]);
  }
  return out;
}

}  // namespace

void DraftScope::define(const std::string& name, const std::string& value, bool secret) {
  definitions_[name] = {value, secret};
}

std::string DraftScope::identifier(const std::string& name) {
  const auto known = identifiers_.find(name);
  if (known != identifiers_.end()) return known->second;
  const std::string wanted = import_identifier(name);
  std::string own = wanted;
  for (int number = 2; draft_.secrets().is_taken(own); ++number) own = wanted + "_" + std::to_string(number);
  draft_.secrets().reserve(own);
  return identifiers_[name] = own;
}

std::string DraftScope::capture(const std::string& name) {
  std::string own = identifier(name);
  journey_->captured.insert(own);
  return own;
}

std::string DraftScope::text(std::string_view text) {
  std::string out;
  for (std::size_t at = text.find("{{"); at != std::string_view::npos; at = text.find("{{")) {
    const std::size_t end = text.find("}}", at);
    const std::string name(end == std::string_view::npos ? "" : trim(text.substr(at + 2, end - at - 2)));
    out.append(text.substr(0, at));
    if (name.empty() || name.contains('{') || name.contains('\n')) {
      out += "{{ '{{' }}";
      text.remove_prefix(at + 2);
    } else {
      out += resolve(name);
      text.remove_prefix(end + 2);
    }
  }
  return out.append(text);
}

std::string DraftScope::resolve(const std::string& name) {
  if (auto value = builtin_(name)) return *value;
  const std::string own = identifier(name);
  if (secret_.contains(own)) return "{{ " + own + " }}";
  if (!journey_->captured.contains(own) && !journey_->variables.contains(own)) declare(name, own);
  return "{{ " + own + " }}";
}

// Before its first use in a journey, and after what its value needs.
void DraftScope::declare(const std::string& name, const std::string& own) {
  const auto found = definitions_.find(name);
  const bool captured = captured_somewhere_.contains(own);
  const bool credential = names_a_credential(name) || (found != definitions_.end() && found->second.secret);
  if (credential && !captured) {
    draft_.secrets().keep(own, found == definitions_.end() ? "" : found->second.value);
    secret_.insert(own);
    return;
  }
  if (found != definitions_.end() && !found->second.open && !(credential && captured)) {
    found->second.open = true;
    std::string value = text(found->second.value);
    found->second.open = false;
    journey_->variables[own] = std::move(value);
    return;
  }
  const std::string variable = draft_.environment(own);
  journey_->variables[own] = raw_text("${" + variable + (captured ? ":-}" : "}"));
  draft_.leave(0, fmt::format("the variable `{}` has no value here{}: expected in the environment variable {}", name,
                              captured ? " before a step sets it" : "", variable));
}

std::string DraftScope::guarded(std::string_view name, const std::string& value) {
  std::string hidden = draft_.guarded(name, value);
  return hidden == value ? text(value) : hidden;
}

Json DraftScope::json(const Json& value, std::string_view name) {
  if (value.is_string()) return guarded(name, value.get<std::string>());
  if (!value.is_structured()) return value;
  Json out = value.is_array() ? Json::array() : Json::object();
  for (const auto& [key, item] : value.items()) {
    value.is_array() ? out.push_back(json(item, name)) : void(out[key] = json(item, key));
  }
  return out;
}

std::optional<Json> DraftScope::json_text(std::string_view text) {
  std::vector<std::string> bare;
  const auto value = lenient_json(text, &bare);
  if (!value || !value->is_structured()) return std::nullopt;
  Json out = json(*value);
  for (const std::string& name : bare) {
    if (name.empty() || builtin_(name) || journey_->captured.contains(identifier(name))) continue;
    draft_.leave(0, fmt::format("the variable `{}` stands without quotes in JSON: it is sent as a text", name));
  }
  return out;
}

std::optional<std::string> DraftScope::lone(std::string_view text) {
  text = trim(text);
  if (!text.starts_with("{{") || !text.ends_with("}}") || text.size() < 5 || text.find("}}") != text.size() - 2) {
    return std::nullopt;
  }
  const std::string name(trim(text.substr(2, text.size() - 4)));
  if (name.empty() || name.contains('{') || builtin_(name)) return std::nullopt;
  resolve(name);
  return identifier(name);
}

// The raw text of a base_url, with ${NAME} for what the file does not say; nothing when a step sets part of it.
std::optional<std::string> DraftScope::base_url(std::string_view origin, int depth) {
  std::string out;
  for (std::size_t at = origin.find("{{"); at != std::string_view::npos; at = origin.find("{{")) {
    const std::size_t end = origin.find("}}", at);
    if (end == std::string_view::npos || depth > kMaxDepth) return std::nullopt;
    const std::string name(trim(origin.substr(at + 2, end - at - 2)));
    out += escape_dollars(origin.substr(0, at));
    origin.remove_prefix(end + 2);
    if (name.empty() || builtin_(name) || captured_somewhere_.contains(identifier(name))) return std::nullopt;
    const auto found = definitions_.find(name);
    if (found != definitions_.end() && !found->second.value.empty()) {
      const auto value = base_url(found->second.value, depth + 1);
      if (!value) return std::nullopt;
      out += *value;
    } else {
      const std::string variable = draft_.environment(identifier(name));
      out += "${" + variable + "}";
      draft_.leave(0, fmt::format("the variable `{}` has no value here: expected in the environment variable {}", name,
                                  variable));
    }
  }
  return out + escape_dollars(origin);
}

Json DraftScope::origin(const std::string& origin, bool& base) {
  base = false;
  auto text = base_url(origin, 0);
  if (!text) return nullptr;
  while (text->ends_with('/')) text->pop_back();
  if (!text->starts_with("${") && !text->contains("://")) text->insert(0, "http://");
  if (!text->contains("${")) {
    const auto target = parse_target(*text);
    if (!target || text->find_first_of("?#") != std::string::npos || !text->starts_with("http")) return nullptr;
  }
  base = true;
  return raw_text(*text);
}

bool DraftScope::set_url(Json& step, std::string_view method, const ImportUrl& url) {
  std::string path = text(with_blanks_encoded(url.path));
  bool base = false;
  const Json own = url.origin.empty() ? journey_->base_url : origin(url.origin, base);
  if (base && journey_->base_url.is_null()) journey_->base_url = own;
  const bool under = !own.is_null() && own == journey_->base_url;
  const bool varies = url.origin.contains("{{") && url.origin.contains("}}");
  const bool web = url.origin.starts_with("http://") || url.origin.starts_with("https://");
  const bool begins = web || (varies && url.origin.starts_with("{{"));
  if (!under && (!begins || (!varies && !parse_target(url.origin + path)))) {
    draft_.leave(0, fmt::format("a request is left out: {} is no URL: expected one such as https://host/path",
                                in_ticks(hide_user_info(url.origin + url.path))));
    return false;
  }
  set_request(step, method, under ? path : text(with_blanks_encoded(url.origin)) + path);
  ImportPairs query;
  for (const auto& [name, value] : url.query) query.emplace_back(name, guarded(name, value));
  if (!query.empty()) step["query"] = import_mapping(query);
  if (!url.user.empty() || !url.password.empty()) {
    step["basic_auth"] = {{"username", text(url.user)}, {"password", guarded("password", url.password)}};
  }
  return true;
}

}  // namespace nines::config
