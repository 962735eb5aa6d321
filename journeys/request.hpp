#pragma once

#include <string>

#include "journeys/context.hpp"
#include "probes/http/exchange.hpp"

namespace nines::journeys {

// What a step sends, every template expanded; redirects are not followed. The error says what could not be: a name
// without a value, or a control character in a place where it would change the request.
Expected<probes::HttpRequest> make_request(const Context& run, const config::Step& step);

// `url` itself when it is absolute, else appended to `base` with one slash between them.
std::string joined_url(const std::string& base, const std::string& url);

}  // namespace nines::journeys
