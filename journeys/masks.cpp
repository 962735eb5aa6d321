#include "journeys/masks.hpp"

#include <algorithm>

#include "base/credentials.hpp"
#include "base/evidence.hpp"
#include "config/template.hpp"

namespace nines::journeys {

Masks::Masks(const config::Journey& journey) {
  for (const auto& [name, secret] : journey.secrets) secrets_.push_back(secret);
  const auto note = [this](const config::Step& step) {
    for (const auto& [header, text] : step.headers) {
      const auto pieces = config::parse_template(text);
      if (!names_credentials(header) || !pieces) continue;
      for (const config::TemplatePiece& piece : *pieces) {
        if (piece.kind == config::TemplatePiece::Kind::variable) credential_names_.push_back(piece.text);
      }
    }
  };
  std::ranges::for_each(journey.steps, note);
  std::ranges::for_each(journey.finally, note);
}

void Masks::captured(const std::string& name, const std::string& value) {
  if (std::ranges::find(credential_names_, name) != credential_names_.end()) secrets_.emplace_back(value);
}

std::string Masks::text(std::string_view text) const {
  return redactor()->all(Redactor(secrets_).secrets(hide_credentials_in_body(text)));
}

std::string Masks::named(std::string_view name, std::string_view value) const {
  return names_credentials(name) ? "<secret>" : text(value);
}

std::string Masks::evidence(std::string_view text, std::size_t limit) const {
  const Redactor own(secrets_);
  return evidence_text(text, limit, &own);
}

}  // namespace nines::journeys
