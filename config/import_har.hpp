#pragma once

// What a browser's recording (HAR 1.2) says beside its requests: which are of the page's furniture, and where a value
// that is sent was seen before. http://www.softwareishard.com/blog/har-12-spec/

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/json.hpp"

namespace nines::config {

// A style, script, image, font and their like, by what the browser says, the type of the answer or the name.
bool is_static_asset(const Json& entry, std::string_view path);

// "shop.example" of "www.shop.example:8080": hosts with the same are of one owner, mostly. Addresses are themselves.
std::string site_of(std::string_view host);

// Whether a value is worth to be taken from an answer: a token or an id, no word, date, address or time.
bool is_worth_capturing(std::string_view value);

// A value in an answer, how a capture finds it, and what it may be called.
struct SeenValue {
  std::string value;
  std::string name;
  Json source;  // {jq: .id}
};

// Calls `seen` for every value of the answer of `entry` that is worth it, in the order of the answer. `path` of the
// request names what `.id` is of. Linear.
void each_seen_value(const Json& entry, std::string_view path, const std::function<void(SeenValue)>& seen);

// RFC 4648, section 4, with or without padding; nothing when it is none.
std::optional<std::string> base64_decoded(std::string_view text);

}  // namespace nines::config
