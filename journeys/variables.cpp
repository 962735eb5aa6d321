#include "journeys/variables.hpp"

#include <algorithm>
#include <array>
#include <ctime>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "config/template.hpp"

namespace nines::journeys {
namespace {

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

bool is_dot_segment(std::string_view value) {
  return value == "." || value == "..";
}

}  // namespace

// What a template's pieces stand for.
class Expansion {
 public:
  explicit Expansion(const Variables& variables) : variables_(variables) {}

  Expected<Json> one(const TemplatePiece& piece) const {
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

 private:
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
    const auto value = Expansion(*this).one(piece);
    if (!value) return std::unexpected(value.error());
    const std::string plain = pasted(*value);
    if (piece.kind == Kind::text || &piece == pieces->data()) {
      out += plain;
    } else if (is_dot_segment(plain)) {
      return fail("`" + piece.text + "` is \"" + plain + "\", which would change the path");
    } else {
      out += percent_encode(plain);
    }
  }
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
