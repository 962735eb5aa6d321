#pragma once

// Writing about incidents: what `nines incident note|cause` and POST /api/v1/incidents/notes share.

#include <string>
#include <string_view>
#include <vector>

#include "agent/entry.hpp"
#include "base/error.hpp"
#include "base/json.hpp"
#include "config/config.hpp"

namespace nines::agent {

// As somebody asks for it; texts as they came.
struct NoteRequest {
  std::string incident;  // its id
  bool cause = false;
  std::string text;
  std::string author;
};

// {"incident", "kind": "note|cause", "text", "author"}; unknown members, and ones of another kind, are faults.
Expected<NoteRequest> read_note_request(std::string_view json);
Json to_json(const NoteRequest& request);

// Enters it into the first store, where the incident is one of all of them. Secrets and personal data are taken out of
// its text, secrets of its author. {"id", "incident", "kind", "text", "author", "time"}: as it was stored, with the
// incident's present id. Any thread but a loop's.
Answered<Json> add_note(const std::vector<std::string>& data_dirs, const config::Config& config,
                        const NoteRequest& request, Time now);

}  // namespace nines::agent
