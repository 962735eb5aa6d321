#include "agent/incidents/notes.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/incidents/incidents.hpp"
#include "base/redact.hpp"
#include "base/text.hpp"
#include "store/notes.hpp"

namespace nines::agent {
namespace {

constexpr std::size_t kMostText = 4000;   // bytes of a note
constexpr std::size_t kMostAuthor = 500;  // bytes
constexpr std::int64_t kMostNotes = 200;  // of one incident
constexpr std::size_t kShownOfId = 80;    // bytes of one that is none

const char* kind_of(bool cause) {
  return cause ? "cause" : "note";
}

}  // namespace

Expected<NoteRequest> read_note_request(std::string_view json) {
  NoteRequest request;
  const auto take = [&](const std::string& key, const Json& value) -> Expected<bool> {
    if (key == "incident") return keep_text(value, key, request.incident);
    if (key == "text") return keep_text(value, key, request.text);
    if (key == "author") return keep_text(value, key, request.author);
    if (key != "kind") return false;
    if (value != "note" && value != "cause") return fail("`kind` is no kind: expected \"note\" or \"cause\"");
    request.cause = value == "cause";
    return true;
  };
  if (auto read = read_members(json, take); !read) return std::unexpected(read.error());
  return request;
}

Json to_json(const NoteRequest& request) {
  return {{"incident", request.incident},
          {"kind", kind_of(request.cause)},
          {"text", request.text},
          {"author", request.author}};
}

Answered<Json> add_note(const std::vector<std::string>& data_dirs, const config::Config& config,
                        const NoteRequest& request, Time now) {
  for (const auto& fault : {text_fault("text", request.text, kMostText, "what is to be noted"),
                            text_fault("author", request.author, kMostAuthor, "who writes it")}) {
    if (!fault.empty()) return refuse(fault);
  }
  auto stores = IncidentStores::open(data_dirs);
  if (!stores) return store_failed(stores.error());
  const auto incident = name_incident(*stores, config, request.incident, now);
  if (!incident) return store_failed(incident.error());
  if (!*incident) {
    return refuse(fmt::format("there is no incident \"{}\"", ellipsize(printable(request.incident), kShownOfId)), 404);
  }
  store::OutageNote note;
  note.incident = (*incident)->id;
  note.subject = (*incident)->subject;
  note.journey = (*incident)->journey;
  note.extent = (*incident)->extent;
  note.cause = request.cause;
  note.text = redactor()->all(trim(request.text));
  note.author = redactor()->secrets(trim(request.author));
  note.at = now;
  auto book = store::NoteBook::open(data_dirs.front());
  if (!book) return store_failed(book.error());
  const auto id = book->add(note, kMostNotes);
  if (!id) return store_failed(id.error());
  if (!*id) {
    return refuse(fmt::format("the incident {} has {} notes already: no more are kept", note.incident, kMostNotes),
                  409);
  }
  return Json{{"id", **id},        {"incident", note.incident}, {"kind", kind_of(note.cause)},
              {"text", note.text}, {"author", note.author},     {"time", format_time(note.at)}};
}

}  // namespace nines::agent
