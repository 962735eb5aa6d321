#pragma once

// Entering and removing maintenance windows by hand: what `nines maintenance` and /api/v1/maintenance share.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/entry.hpp"
#include "base/error.hpp"
#include "base/json.hpp"
#include "config/config.hpp"
#include "store/book.hpp"
#include "store/store.hpp"

namespace nines::agent {

// A window as somebody asks for it; texts as they came.
struct WindowRequest {
  std::string service;  // empty: all
  std::string from;     // RFC 3339; empty: now
  std::string to;       // one of these two
  std::string length;   // "2h"
  std::string reason;
  std::string author;
  bool excluded = true;
};

struct RemovalRequest {
  std::int64_t id = 0;
  std::string reason;
  std::string author;
  bool entirely = false;
};

// The members of a JSON object; unknown ones, and ones of another kind, are faults.
Expected<WindowRequest> read_window_request(std::string_view json);
Expected<RemovalRequest> read_removal_request(std::string_view json);
Json to_json(const WindowRequest& request);
Json to_json(const RemovalRequest& request);

// Enters it into the store of `data_dir`. The window, as window_json() has it, with "effect": a sentence that says what
// it does to figures. Any thread but a loop's.
Answered<Json> add_window(const std::string& data_dir, const config::Config& config, const WindowRequest& request,
                          Time now);
// Notes in the store that it is removed. What was configured goes when it is taken out of nines.yml, unless `entirely`.
Answered<Json> remove_window(const std::string& data_dir, const RemovalRequest& request, Time now);

// {"id", "service", "from", "to" | "schedule", "time_zone", "reason", "author", "excluded", "source", "entered",
//  "entered_late", "state": "ahead|running|over|removed", "removed": null | {"at", "author", "reason", "entirely"}}
Json window_json(const store::WindowEntry& window, Time now);

}  // namespace nines::agent
