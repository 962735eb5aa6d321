#include "journeys/masks.hpp"

#include <algorithm>
#include <array>

#include "config/template.hpp"

namespace nines::journeys {
namespace {

constexpr std::string_view kMask = "<secret>";
constexpr std::array<std::string_view, 8> kTelling = {"token",   "password", "passwd", "secret",
                                                      "api_key", "apikey",   "cookie", "authorization"};

bool tells(std::string_view name) {
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  std::ranges::replace(lower, '-', '_');
  return std::ranges::any_of(kTelling, [&](std::string_view word) { return lower.contains(word); });
}

// The end of a JSON string whose text begins at `from`: the place of its closing quote, or the text's end.
std::size_t string_end(std::string_view text, std::size_t from) {
  while (from < text.size() && text[from] != '"') from += text[from] == '\\' ? 2 : 1;
  return std::min(from, text.size());
}

// Text values of members with a telling name, in JSON that may be cut or broken.
std::string without_telling_members(std::string_view text) {
  std::string out;
  std::size_t copied = 0;
  for (std::size_t at = text.find('"'); at != std::string_view::npos; at = text.find('"', at)) {
    const std::size_t name_end = string_end(text, at + 1);
    const std::size_t colon = text.find_first_not_of(" \t\r\n", std::min(name_end + 1, text.size()));
    const bool is_name = colon != std::string_view::npos && text[colon] == ':';
    const std::size_t value = is_name ? text.find_first_not_of(" \t\r\n", colon + 1) : std::string_view::npos;
    if (value == std::string_view::npos || text[value] != '"') {
      at = std::min(name_end + 1, text.size());
    } else if (const std::size_t value_end = string_end(text, value + 1); tells(text.substr(at, name_end - at))) {
      out.append(text.substr(copied, value + 1 - copied)).append(kMask);
      copied = value_end;
      at = std::min(value_end + 1, text.size());
    } else {
      at = std::min(value_end + 1, text.size());
    }
  }
  return out.append(text.substr(copied));
}

}  // namespace

Masks::Masks(const config::Journey& journey) {
  for (const auto& [name, secret] : journey.secrets) secrets_.push_back(secret);
  const auto note = [this](const config::Step& step) {
    for (const auto& [header, text] : step.headers) {
      const auto pieces = config::parse_template(text);
      if (!tells(header) || !pieces) continue;
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
  return redactor()->all(Redactor(secrets_).secrets(without_telling_members(text)));
}

std::string Masks::named(std::string_view name, std::string_view value) const {
  return tells(name) ? std::string(kMask) : text(value);
}

}  // namespace nines::journeys
