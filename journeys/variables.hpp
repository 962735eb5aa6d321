#pragma once

// What {{ … }} means in one run of a journey, and how it is written into texts, URLs and JSON.

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/json.hpp"
#include "config/checks.hpp"

namespace nines::journeys {

// Names and their values: variables, secrets and what was captured so far. One run's own; its loop's thread only. A
// value is never expanded again: `{{ x }}` inside a value stays as it is.
class Variables {
 public:
  Variables(const Clock& clock, Random& random);
  ~Variables();
  Variables(Variables&&) noexcept;
  Variables(const Variables&) = delete;
  Variables& operator=(const Variables&) = delete;

  // Nullptr when there is no such name (yet).
  const Json* find(std::string_view name) const;
  // Replaces an older value of that name.
  void set(const std::string& name, Json value);
  // Set, and neither null nor an empty text.
  bool holds(std::string_view name) const;
  const std::vector<std::pair<std::string, Json>>& all() const { return values_; }
  // Told of every filter that is applied: what went in (of hmac_sha256 also its key, first) and what came out. For
  // masks, which hide what is made of a secret.
  using OnFiltered = std::function<void(const std::string& in, const std::string& out)>;
  void on_filtered(OnFiltered told) { on_filtered_ = std::move(told); }

  // Errors: a name without a value; a template that does not parse (load() has seen it first).

  // One `{{ x }}` alone keeps the value's type ({{ random 1 9 }} and {{ unix_ms }} are numbers); all else is text.
  Expected<Json> value(const config::Template& text) const;
  // Texts are pasted as they are, other values as JSON.
  Expected<std::string> text(const config::Template& text) const;
  // As text(), but what is expanded is percent-encoded, except at the very start, where a whole URL or a path may
  // stand, and after the filter urlencode. A value that would be a path segment `.` or `..` is refused: it would name
  // another resource.
  Expected<std::string> url(const config::Template& text) const;
  // The same, but variables of these names stay as they are written: a template of a URL, for where their values may
  // not stand. An error, too, where one of them begins the URL, or stands behind a {.
  Expected<std::string> url_without(const std::vector<std::string>& names, const config::Template& text) const;
  // The body of a step, its texts expanded by value().
  Expected<Json> json(const config::JsonTemplate& body) const;

 private:
  const Clock& clock_;
  Random& random_;
  std::string run_id_;
  std::vector<std::pair<std::string, Json>> values_;
  OnFiltered on_filtered_;

  friend class Expansion;
};

}  // namespace nines::journeys
