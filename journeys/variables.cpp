#include "journeys/variables.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "config/template.hpp"

namespace nines::journeys {
namespace {

using config::TemplateFilter;
using config::TemplatePiece;
using Kind = TemplatePiece::Kind;

std::string formatted(Time time, const std::string& format) {
  if (format.empty()) return format_time(std::chrono::floor<std::chrono::seconds>(time), 0);
  const std::time_t whole = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm utc{};
  ::gmtime_r(&whole, &utc);
  std::array<char, 256> out{};
  return {out.data(), std::strftime(out.data(), out.size(), format.c_str(), &utc)};
}

std::int64_t between(std::int64_t low, std::int64_t high, Random& random) {
  const std::uint64_t span = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) + 1;
  const std::uint64_t drawn = span == 0 ? random.next() : random.next() % span;
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + drawn);
}

std::string pasted(const Json& value) {
  return value.is_string() ? value.get<std::string>() : dump_json(value);
}

// ASCII letters from `first` to `last` in the other case.
std::string cased(std::string text, char first, char last) {
  for (char& c : text) {
    if (c >= first && c <= last) c = static_cast<char>(c ^ 0x20);
  }
  return text;
}

bool is_encoded(const TemplatePiece& piece) {
  return !piece.filters.empty() && piece.filters.back().kind == TemplateFilter::Kind::urlencode;
}

bool is_dot_segment(std::string_view value) {
  return value == "." || value == "..";
}

}  // namespace

// What a template's pieces stand for.
class Expansion {
 public:
  explicit Expansion(const Variables& variables) : variables_(variables) {}

  Expected<Json> one(const TemplatePiece& piece) const {
    auto value = source(piece);
    for (const TemplateFilter& filter : piece.filters) {
      if (!value) break;
      value = filtered(filter, *value);
    }
    return value;
  }

  // `first`: nothing stands before it in the URL.
  Expected<std::string> url_part(const TemplatePiece& piece, bool first) const {
    const auto value = one(piece);
    if (!value) return std::unexpected(value.error());
    std::string plain = pasted(*value);
    const bool literal = piece.kind == Kind::text && piece.filters.empty();
    if (literal || first || (is_encoded(piece) && !is_dot_segment(plain))) return plain;
    if (is_dot_segment(plain)) return fail("`" + piece.text + "` is \"" + plain + "\", which would change the path");
    return percent_encode(plain);
  }

 private:
  Expected<Json> source(const TemplatePiece& piece) const {
    const Time now = variables_.clock_.now();
    switch (piece.kind) {
      case Kind::text:
        return Json(piece.text);
      case Kind::uuid:
        return Json(make_uuid(variables_.random_));
      case Kind::now:
        return Json(formatted(now + piece.offset, piece.text));
      case Kind::unix_ms:
        return Json(std::chrono::floor<std::chrono::milliseconds>(now).time_since_epoch().count());
      case Kind::random:
        return Json(between(piece.low, piece.high, variables_.random_));
      case Kind::run_id:
        return Json(variables_.run_id_);
      case Kind::variable:
        break;
    }
    const Json* value = variables_.find(piece.text);
    if (value == nullptr) return fail("`" + piece.text + "` has no value");
    return *value;
  }

  Expected<Json> filtered(const TemplateFilter& filter, const Json& value) const {
    using Filter = TemplateFilter::Kind;
    const std::string text = pasted(value);
    std::string out;
    switch (filter.kind) {
      case Filter::json:
        out = dump_json(value);
        break;
      case Filter::urlencode:
        out = percent_encode(text);
        break;
      case Filter::base64:
        out = base64_encode(text);
        break;
      case Filter::upper:
        out = cased(text, 'a', 'z');
        break;
      case Filter::lower:
        out = cased(text, 'A', 'Z');
        break;
      case Filter::sha256:
        out = hex(sha256(text));
        break;
      case Filter::hmac_sha256: {
        const auto key = key_of(filter);
        if (!key) return std::unexpected(key.error());
        out = hex(hmac_sha256(*key, text));
        if (variables_.on_filtered_) variables_.on_filtered_(*key, out);
        break;
      }
    }
    if (variables_.on_filtered_) variables_.on_filtered_(text, out);
    return Json(std::move(out));
  }

  Expected<std::string> key_of(const TemplateFilter& filter) const {
    if (filter.key_is_text) return filter.key;
    const Json* key = variables_.find(filter.key);
    if (key == nullptr) return fail("`" + filter.key + "` has no value");
    return pasted(*key);
  }

  const Variables& variables_;
};

Variables::Variables(const Clock& clock, Random& random) : clock_(clock), random_(random), run_id_(make_uuid(random)) {}
Variables::~Variables() = default;
Variables::Variables(Variables&&) noexcept = default;

const Json* Variables::find(std::string_view name) const {
  const auto found = std::ranges::find(values_, name, &std::pair<std::string, Json>::first);
  return found == values_.end() ? nullptr : &found->second;
}

void Variables::set(const std::string& name, Json value) {
  const auto found = std::ranges::find(values_, name, &std::pair<std::string, Json>::first);
  if (found == values_.end()) {
    values_.emplace_back(name, std::move(value));
  } else {
    found->second = std::move(value);
  }
}

bool Variables::holds(std::string_view name) const {
  const Json* value = find(name);
  return value != nullptr && !value->is_null() && !(value->is_string() && value->get_ref<const std::string&>().empty());
}

Expected<Json> Variables::value(const config::Template& text) const {
  const auto pieces = config::parse_template(text);
  if (!pieces) return std::unexpected(pieces.error());
  if (pieces->size() == 1) return Expansion(*this).one(pieces->front());
  auto whole = this->text(text);
  if (!whole) return std::unexpected(whole.error());
  return Json(std::move(*whole));
}

Expected<std::string> Variables::text(const config::Template& text) const {
  const auto pieces = config::parse_template(text);
  if (!pieces) return std::unexpected(pieces.error());
  std::string out;
  for (const TemplatePiece& piece : *pieces) {
    const auto value = Expansion(*this).one(piece);
    if (!value) return std::unexpected(value.error());
    out += pasted(*value);
  }
  return out;
}

Expected<std::string> Variables::url(const config::Template& text) const {
  const auto pieces = config::parse_template(text);
  if (!pieces) return std::unexpected(pieces.error());
  std::string out;
  for (const TemplatePiece& piece : *pieces) {
    const auto part = Expansion(*this).url_part(piece, &piece == pieces->data());
    if (!part) return part;
    out += *part;
  }
  return out;
}

Expected<std::string> Variables::url_without(const std::vector<std::string>& names,
                                             const config::Template& text) const {
  const auto pieces = config::parse_template(text);
  if (!pieces) return std::unexpected(pieces.error());
  std::string out;
  TemplatePiece plain;
  for (const TemplatePiece& piece : *pieces) {
    const bool first = &piece == pieces->data();
    const bool kept = piece.kind == Kind::variable && std::ranges::find(names, piece.text) != names.end();
    if (kept && first) return fail("`" + piece.text + "` is all that the URL begins with");
    if (kept) {
      out += config::write_template(std::exchange(plain, {})) + config::write_template(piece);
      continue;
    }
    const auto part = Expansion(*this).url_part(piece, first);
    if (!part) return part;
    plain.text += *part;
  }
  out += config::write_template(plain);
  if (const auto again = config::parse_template(out); !again) return std::unexpected(again.error());
  return out;
}

Expected<Json> Variables::json(const config::JsonTemplate& body) const {
  using config::JsonTemplate;
  switch (body.kind) {
    case JsonTemplate::Kind::null:
      return Json(nullptr);
    case JsonTemplate::Kind::boolean:
      return Json(body.boolean);
    case JsonTemplate::Kind::integer:
      return Json(body.integer);
    case JsonTemplate::Kind::number:
      return Json(body.number);
    case JsonTemplate::Kind::text:
      return value(body.text);
    case JsonTemplate::Kind::array:
    case JsonTemplate::Kind::object:
      break;
  }
  if (body.kind == JsonTemplate::Kind::array) {
    Json list = Json::array();
    for (const JsonTemplate& item : body.items) {
      auto value = json(item);
      if (!value) return value;
      list.push_back(std::move(*value));
    }
    return list;
  }
  Json object = Json::object();
  for (const auto& [name, item] : body.members) {
    auto value = json(item);
    if (!value) return value;
    object[name] = std::move(*value);
  }
  return object;
}

}  // namespace nines::journeys
