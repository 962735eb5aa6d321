#pragma once

// What the importers share: journeys while they are being made, their names, variables and secrets.

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "config/import.hpp"

namespace nines::config {

// Letters, digits and _ of `text`, not a word of templates or jq; never empty.
std::string import_identifier(std::string_view text);
// `text` fit to be the name of a journey or a step, or `fallback`.
std::string import_name(std::string_view text, std::string_view fallback);
// The same, or with " 2" behind it and so on; what it returns is taken then.
std::string unique_name(std::set<std::string>& taken, const std::string& name);
// Whether what goes by that name must not be written down: names_credentials(), and pin, otp, pwd and the like.
bool names_a_credential(std::string_view name);
// A text that means itself in a template.
std::string literal_text(std::string_view text);
// A text as a pattern that matches just it.
std::string literal_pattern(std::string_view text);
// A text as a jq string.
std::string jq_text(std::string_view text);
// %XX decoded, + too when it is a query's; nothing when the result is no UTF-8 or has control characters.
std::optional<std::string> percent_decoded(std::string_view text, bool plus);

using ImportPairs = std::vector<std::pair<std::string, std::string>>;

// Names and values in the order of their first use; what repeats becomes a list.
Json import_mapping(const ImportPairs& pairs);

struct ImportUrl {
  std::string origin;  // "https://host:8080", "{{host}}"; empty: a path alone
  std::string user;
  std::string password;
  std::string path;  // never empty
  ImportPairs query;
};
// Templates in it stay together. Without a scheme it is http://. A query that cannot be taken apart stays in the path.
ImportUrl split_import_url(std::string_view url);

struct DraftJourney {
  std::string name;
  Json base_url = nullptr;
  Json variables = Json::object();
  std::vector<Json> steps;
  std::set<std::string> step_names;
  std::set<std::string> captured;  // by its steps so far
};

// Values that are not written down, over all journeys of a file.
class DraftSecrets {
 public:
  // "{{ name }}" for a value; the same value has the same name.
  std::string text_for(std::string_view hint, const std::string& value);
  // A secret of that very name, whose value is known or empty.
  void keep(const std::string& name, const std::string& value);
  // `text` with the values of at least 6 bytes replaced.
  std::string without_values(std::string text) const;
  const std::map<std::string, std::string>& names() const { return names_; }  // to environment variables
  // Not to be used by a secret.
  void reserve(const std::string& name) { taken_.insert(name); }
  bool is_taken(const std::string& name) const { return taken_.contains(name); }

 private:
  std::map<std::string, std::string> by_value_;
  std::map<std::string, std::string> names_;
  std::set<std::string> taken_;
};

class Draft {
 public:
  explicit Draft(const ImportSource& source) : source_(source) {}

  const ImportSource& source() const { return source_; }
  DraftSecrets& secrets() { return secrets_; }

  // Tells, once, that something is not carried over or has to be given by hand. Line 0: the message names the place.
  void leave(int line, const std::string& message);
  // A variable of the environment that the file will need; its name.
  std::string environment(std::string_view name);
  // `value`, or a secret in its place when `name` tells so and it is no template.
  std::string guarded(std::string_view name, const std::string& value);

  // `what` for the comment on top: `the Postman collection "tasks"`.
  Imported finish(const std::string& what, std::vector<DraftJourney> journeys);

 private:
  Json journey_tree(DraftJourney& journey);
  void keep_one_login(Json& step);
  void keep_printable_headers(Json& step);

  const ImportSource& source_;
  DraftSecrets secrets_;
  std::set<std::string> environment_;
  std::set<std::string> told_;
  std::vector<Error> left_;
};

// Sets the request of a step: `get: url`, or `method` and `url`.
void set_request(Json& step, std::string_view method, const std::string& url);

// Adds a value to what is under `key`, which becomes a list when there are several.
void add_to(Json& mapping, const std::string& key, Json value);

// {{name}} of Postman and Hurl in the texts of a journey.
class DraftScope {
 public:
  // What a name that is not a variable stands for ({{$guid}}, {{newUuid}}); nothing: it is a variable.
  using Builtin = std::function<std::optional<std::string>(std::string_view name)>;

  DraftScope(Draft& draft, Builtin builtin) : draft_(draft), builtin_(std::move(builtin)) {}

  void define(const std::string& name, const std::string& value, bool secret);
  // Names that some step captures, in any journey: they are no secrets.
  void will_capture(const std::string& name) { captured_somewhere_.insert(identifier(name)); }
  void begin(DraftJourney& journey) { journey_ = &journey; }
  // From here on the current journey has captured it. Its name as ours.
  std::string capture(const std::string& name);

  // A text with our templates; the journey gets the variables it needs.
  std::string text(std::string_view text);
  // The same of a value that goes by a name: a secret when that tells so.
  std::string guarded(std::string_view name, const std::string& value);
  // A JSON body; texts under names that tell become secrets.
  Json json(const Json& value, std::string_view name = {});
  // The same of its text; nothing when that is no JSON.
  std::optional<Json> json_text(std::string_view text);
  // The request of a step; the first origin is the journey's base_url. `query` is set in the step.
  // False, which has been told, when no journey can ask for it.
  bool set_url(Json& step, std::string_view method, const ImportUrl& url);
  // "x" of "{{x}}", as ours, after the journey got it; for jq programs.
  std::optional<std::string> lone(std::string_view text);

 private:
  struct Definition {
    std::string value;
    bool secret = false;
    bool open = false;  // its value is being looked at
  };

  std::string identifier(const std::string& name);
  std::string resolve(const std::string& name);
  void declare(const std::string& name, const std::string& own);
  std::optional<std::string> base_url(std::string_view origin, int depth);
  Json origin(const std::string& origin, bool& base);

  Draft& draft_;
  Builtin builtin_;
  DraftJourney* journey_ = nullptr;
  std::map<std::string, Definition> definitions_;  // by their own names
  std::map<std::string, std::string> identifiers_;
  std::set<std::string> captured_somewhere_;
  std::set<std::string> secret_;  // our names
};

// The whole file. Errors have a line and column.
Expected<Json> parse_import_json(const ImportSource& source);

// JSON with {{x}} outside of strings, which becomes "{{x}}"; nothing when it is no JSON then. `bare`, when given,
// receives these names.
std::optional<Json> lenient_json(std::string_view text, std::vector<std::string>* bare = nullptr);

}  // namespace nines::config
