#include "journeys/answer.hpp"

#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "journeys/json_path.hpp"
#include "probes/async/off_loop.hpp"

namespace nines::journeys {
namespace {

using probes::Jq;
using probes::Stop;
using probes::Task;

constexpr std::size_t kMaxShown = 200;
constexpr std::size_t kMaxParsed = 256 * 1024;
constexpr std::size_t kSmallPage = 16 * 1024;

bool loses_digits(const Json& value) {
  constexpr std::int64_t kExact = std::int64_t{1} << 53U;
  if (value.is_number_unsigned()) return value.get<std::uint64_t>() > static_cast<std::uint64_t>(kExact);
  if (value.is_number_integer()) return value.get<std::int64_t>() > kExact || value.get<std::int64_t>() < -kExact;
  return value.is_structured() && std::ranges::any_of(value, loses_digits);
}

// The value at a path as jq's path() writes it: ["items", 0, "id"]. Nullptr where there is none.
const Json* at_path(const Json& document, const Json& path) {
  const Json* at = &document;
  for (const Json& key : path) {
    if (key.is_string() && at->is_object()) {
      const auto found = at->find(key.get_ref<const std::string&>());
      if (found == at->end()) return nullptr;
      at = &*found;
    } else if (key.is_number_integer() && at->is_array()) {
      const auto index = key.get<std::int64_t>();
      if (index < 0 || static_cast<std::size_t>(index) >= at->size()) return nullptr;
      at = &(*at)[static_cast<std::size_t>(index)];
    } else {
      return nullptr;
    }
  }
  return at;
}

std::optional<Jq::Values> at_paths(const Json& document, const Jq::Values& paths) {
  Jq::Values values;
  for (const Json& path : paths) {
    const Json* const value = path.is_array() ? at_path(document, path) : nullptr;
    if (value == nullptr) return std::nullopt;
    values.push_back(*value);
  }
  return values;
}

// "utf-8" of "text/html; charset=utf-8", RFC 9110, 8.3.2.
std::string charset_of(std::string_view content_type) {
  for (std::string_view parameter : split(content_type, ';')) {
    parameter = trim(parameter);
    constexpr std::string_view kName = "charset=";
    if (parameter.size() <= kName.size() || !probes::same_name(parameter.substr(0, kName.size()), kName)) continue;
    parameter.remove_prefix(kName.size());
    if (parameter.starts_with('"') && parameter.ends_with('"') && parameter.size() > 2) {
      parameter = parameter.substr(1, parameter.size() - 2);
    }
    return std::string(parameter);
  }
  return {};
}

}  // namespace

struct Answer::Read {
  std::optional<Expected<Page>> page;
};

Answer::Answer(probes::HttpExchange exchange) : exchange_(std::move(exchange)), page_(std::make_unique<Read>()) {
  if (exchange_.body.empty() || exchange_.body.size() > kMaxParsed) return;
  if (auto document = parse_json(exchange_.body)) {
    document_ = std::make_unique<Json>(std::move(*document));
    digits_at_risk_ = loses_digits(*document_);
  }
}
Answer::~Answer() = default;
Answer::Answer(Answer&&) noexcept = default;
Answer& Answer::operator=(Answer&&) noexcept = default;

std::vector<std::string> Answer::headers(const std::string& name) const {
  std::vector<std::string> values;
  for (const auto& [key, value] : exchange_.headers) {
    if (probes::same_name(key, name)) values.push_back(value);
  }
  return values;
}

Task<std::expected<Jq::Values, Jq::Failure>> Answer::evaluate(Context* run, const std::string* program,
                                                              Stop stop) const {
  if (document_ != nullptr) {
    if (auto value = take_path(*document_, *program)) co_return Jq::Values{std::move(*value)};
  }
  if (digits_at_risk_) {
    auto paths = co_await run->jq.run("path(\n" + *program + "\n)", exchange_.body, run->variables.all(), stop);
    if (paths) {
      if (auto values = at_paths(*document_, *paths)) co_return std::move(*values);
    }
  }
  co_return co_await run->jq.run(*program, exchange_.body, run->variables.all(), stop);
}

Expected<Page> Answer::parse() const {
  const std::string* const type = exchange_.header("content-type");
  const std::string_view named = type == nullptr ? std::string_view() : std::string_view(*type);
  return Page::parse(exchange_.body, Page::kind_of(named), charset_of(named));
}

Task<Expected<Page::Found>> Answer::find(Context* run, const std::string* expression) const {
  Expected<Page::Found> found;
  const auto work = [this, expression, &found] {
    std::optional<Expected<Page>>& page = page_->page;
    if (!page) page.emplace(parse());
    if (!*page) {
      found = std::unexpected(page->error());
    } else {
      found = (*page)->find(*expression);
    }
  };
  if (exchange_.body.size() <= kSmallPage) {
    work();
  } else {
    co_await probes::off_loop(run->engine.loop(), work);
  }
  co_return found;
}

std::string shown(const Context& run, std::string_view text) {
  return ellipsize(printable(run.masks.evidence(text, kMaxShown)), kMaxShown);
}

}  // namespace nines::journeys
