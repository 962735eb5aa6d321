#pragma once

#include <string>
#include <string_view>

#include "journeys/context.hpp"
#include "probes/http/exchange.hpp"

namespace nines::journeys {

struct Prepared {
  probes::HttpRequest request;
  std::string shown_body;  // for evidence (journeys/body.hpp)
};

// What a step sends, every template expanded, with the run's cookies; without its login. The error says what could not
// be: a name without a value, a file that cannot be read, or a control character in a place where it would change the
// request. Pointers outlive the task.
probes::Task<Expected<Prepared>> make_request(const Context* run, const config::Step* step);

// `url` itself when it is absolute, else appended to `base` with one slash between them.
std::string joined_url(const std::string& base, const std::string& url);

bool has_control(std::string_view text);  // below 0x20, or 0x7f

}  // namespace nines::journeys
