#include "journeys/masks.hpp"

#include <algorithm>

#include "base/credentials.hpp"
#include "base/evidence.hpp"
#include "config/template.hpp"

namespace nines::journeys {
namespace {

using Named = std::vector<std::pair<std::string, config::Template>>;

// Gathers the names of values that are credentials, by where a step uses them.
class Names {
 public:
  explicit Names(std::vector<std::string>& names) : names_(names) {}

  void of(const config::Step& step) {
    keys_of(step.url);
    if (step.body) keys_of(*step.body);
    telling(step.query);
    telling(step.headers);
    for (const config::FormField& field : step.form) {
      if (names_credentials(field.name)) all(field.value);
      keys_of(field.value);
    }
    if (step.json != nullptr) members(*step.json, false);
    login(step.login);
    for (const auto& [name, text] : step.set) {
      if (names_credentials(name)) all(text);
      keys_of(text);
    }
    if (step.creates) telling(step.creates->headers);
    for (const config::Capture& capture : step.captures) {
      if (names_credentials(capture.name) || names_credentials(capture.argument)) names_.push_back(capture.name);
    }
  }

  void telling(const Named& values) {
    for (const auto& [name, text] : values) {
      if (names_credentials(name)) all(text);
      keys_of(text);
    }
  }

 private:
  void login(const config::Login& login) {
    if (const auto* basic = std::get_if<config::BasicLogin>(&login)) {
      all(basic->password);
    } else if (const auto* bearer = std::get_if<config::BearerLogin>(&login)) {
      all(bearer->token);
    } else if (const auto* oauth2 = std::get_if<config::OAuth2Login>(&login)) {
      all(oauth2->client_secret);
      all(oauth2->password);
    } else if (const auto* aws = std::get_if<config::AwsLogin>(&login)) {
      all(aws->secret_key);
      all(aws->session_token);
    }
  }

  void members(const config::JsonTemplate& json, bool tells) {
    if (tells) all(json.text);
    keys_of(json.text);
    for (const config::JsonTemplate& item : json.items) members(item, tells);
    for (const config::JsonMember& member : json.members) members(member.second, names_credentials(member.first));
  }

  void all(const config::Template& text) {
    const auto pieces = config::parse_template(text);
    if (!pieces) return;
    for (const config::TemplatePiece& piece : *pieces) {
      if (piece.kind == config::TemplatePiece::Kind::variable) names_.push_back(piece.text);
    }
  }

  void keys_of(const config::Template& text) {
    const auto pieces = config::parse_template(text);
    if (!pieces) return;
    for (const config::TemplatePiece& piece : *pieces) {
      for (const config::TemplateFilter& filter : piece.filters) {
        if (!filter.key.empty() && !filter.key_is_text) names_.push_back(filter.key);
      }
    }
  }

  std::vector<std::string>& names_;
};

}  // namespace

Masks::Masks(const config::Journey& journey) {
  for (const auto& [name, secret] : journey.secrets) secrets_.push_back(secret);
  Names names(credential_names_);
  names.telling(journey.headers);
  for (const config::Step& step : journey.steps) names.of(step);
  for (const config::Step& step : journey.finally) names.of(step);
  std::ranges::sort(credential_names_);
  const auto twice = std::ranges::unique(credential_names_);
  credential_names_.erase(twice.begin(), twice.end());
}

void Masks::captured(const std::string& name, const std::string& value) {
  if (std::ranges::binary_search(credential_names_, name)) credential(value);
}

void Masks::filtered(const std::string& in, const std::string& out) {
  if (own().secrets(in) != in) credential(out);
}

void Masks::credential(const std::string& value) {
  if (value.empty() || std::ranges::find(secrets_, value, &Secret::reveal) != secrets_.end()) return;
  secrets_.emplace_back(value);
  own_.reset();
}

const Redactor& Masks::own() const {
  if (own_ == nullptr) own_ = std::make_unique<const Redactor>(secrets_);
  return *own_;
}

std::string Masks::text(std::string_view text) const {
  return redactor()->all(own().secrets(hide_credentials_in_body(text)));
}

std::string Masks::named(std::string_view name, std::string_view value) const {
  return names_credentials(name) ? "<secret>" : text(value);
}

std::string Masks::evidence(std::string_view text, std::size_t limit) const {
  return evidence_text(text, limit, &own());
}

}  // namespace nines::journeys
