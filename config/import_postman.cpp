#include "config/import_postman.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <re2/re2.h>

#include "base/text.hpp"
#include "config/import_draft.hpp"
#include "config/names.hpp"
#include "config/reader.hpp"

namespace nines::config {
namespace {

namespace fs = std::filesystem;

std::string text_of(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_null() || value.is_structured() ? std::string() : dump_json(value);
}

const Json& member(const Json& value, std::string_view key) {
  static const Json kNothing;
  if (!value.is_object()) return kNothing;
  const auto found = value.find(key);
  return found == value.end() ? kNothing : *found;
}

std::string text_of(const Json& value, std::string_view key) {
  return text_of(member(value, key));
}

// The items of a list; of anything else none.
const Json::array_t& items_of(const Json& value) {
  static const Json::array_t kNone;
  return value.is_array() ? value.get_ref<const Json::array_t&>() : kNone;
}

bool is_disabled(const Json& value) {
  return member(value, "disabled") == Json(true);
}

// Of a collection, a folder or a request: what `event` says is run at `listen`.
std::string script_of(const Json& item, std::string_view listen) {
  std::string out;
  for (const Json& event : items_of(member(item, "event"))) {
    if (text_of(event, "listen") != listen || is_disabled(event)) continue;
    const Json& lines = member(member(event, "script"), "exec");
    if (lines.is_string()) out += lines.get<std::string>() + "\n";
    for (const Json& line : items_of(lines)) out += text_of(line) + "\n";
  }
  return out;
}

// One request, with what it has from the folders around it.
struct Request {
  std::string name;    // in its journey: "Folder / Request"
  std::string folder;  // at the top, empty: none
  const Json* item = nullptr;
  const Json* auth = nullptr;
  std::vector<std::string> tests;  // of the collection, the folders and itself
};

struct Group {
  std::string name;
  std::vector<Request> requests;
};

// Of auth: v2.1 has a list of {key, value}, v2.0 an object.
std::string parameter(const Json& parameters, std::string_view key) {
  for (const Json& one : items_of(parameters)) {
    if (text_of(one, "key") == key) return text_of(one, "value");
  }
  return text_of(parameters, key);
}

class Importer {
 public:
  Importer(const ImportSource& source, const Json& collection)
      : collection_(collection),
        draft_(source),
        scope_(draft_, [this](std::string_view name) { return dynamic(name); }) {}

  std::expected<Imported, std::vector<Error>> import() {
    title_ = import_name(text_of(member(collection_, "info"), "name"), "collection");
    read_variables(collection_);
    tell_script(collection_, "the collection");
    Request around;
    inherit(collection_, around);
    for (const Json& item : items_of(member(collection_, "item"))) collect(item, around, true);
    if (requests_.empty()) {
      return std::unexpected(std::vector{Error{"the collection has no request: expected at least one in `item`",
                                               Position{draft_.source().name, 0, 0}}});
    }
    std::vector<DraftJourney> journeys;
    std::set<std::string> names;
    for (const Group& group : grouped()) {
      DraftJourney journey;
      journey.name = unique_name(names, group.name);
      scope_.begin(journey);
      for (const Request& request : group.requests) add_step(journey, request);
      journeys.push_back(std::move(journey));
    }
    return draft_.finish(fmt::format("the Postman collection \"{}\"", title_), std::move(journeys));
  }

 private:
  std::optional<std::string> dynamic(std::string_view name) {
    bool exact = true;
    std::string ours = postman_dynamic(name, exact);
    if (ours.empty()) return std::nullopt;
    if (!exact) draft_.leave(0, fmt::format("Postman's {} is not carried over: {} stands for it", name, ours));
    return ours;
  }

  void read_variables(const Json& owner) {
    for (const Json& variable : items_of(member(owner, "variable"))) {
      std::string name = text_of(variable, "key");
      if (name.empty()) name = text_of(variable, "id");
      if (name.empty() || is_disabled(variable)) continue;
      scope_.define(name, text_of(variable, "value"), text_of(variable, "type") == "secret");
    }
  }

  void tell_script(const Json& item, const std::string& who) {
    int number = 0;
    const std::string script = script_of(item, "prerequest");
    for (const std::string_view line : split(script, '\n')) {
      ++number;
      if (trim(line).empty() || trim(line).starts_with("//")) continue;
      draft_.leave(0, fmt::format("{}: line {} of its pre-request script is not carried over: {}", who, number,
                                  ellipsize(trim(line), 100)));
    }
  }

  static void inherit(const Json& item, Request& request) {
    if (member(item, "auth").is_object()) request.auth = &member(item, "auth");
    if (auto script = script_of(item, "test"); !script.empty()) request.tests.push_back(std::move(script));
  }

  void collect(const Json& item, const Request& around, bool top) {
    Request request = around;
    const std::string name = import_name(text_of(item, "name"), "request");
    const bool folder = member(item, "item").is_array();
    request.name = around.name.empty() ? name : around.name + " / " + name;
    request.item = &item;
    inherit(item, request);
    if (folder) {
      if (top) {
        request.folder = name;
        request.name.clear();
      }
      read_variables(item);
      tell_script(item, "the folder " + in_ticks(name));
      for (const Json& inner : member(item, "item").get_ref<const Json::array_t&>()) collect(inner, request, false);
    } else if (member(item, "request").is_null()) {
      draft_.leave(0, fmt::format("the item {} has no request", in_ticks(request.name)));
    } else {
      note_captures(request);
      requests_.push_back(std::move(request));
    }
  }

  void note_captures(const Request& request) {
    for (const std::string& test : request.tests) {
      for (const auto& capture : read_postman_script(test).captures) {
        scope_.will_capture(capture.name);
        captured_in_[capture.name].insert(request.folder);
      }
    }
  }

  // A journey for each folder at the top, and one for the requests beside them; but one for all when a folder needs
  // what another sets.
  std::vector<Group> grouped() {
    if (const std::string name = shared_name(); !name.empty()) {
      draft_.leave(0, fmt::format("the folders share the variable {}: all requests are one journey", in_ticks(name)));
      Group all{title_, requests_};
      for (Request& request : all.requests) {
        if (!request.folder.empty()) request.name = request.folder + " / " + request.name;
      }
      return {std::move(all)};
    }
    std::vector<Group> groups;
    for (const Request& request : requests_) {
      const std::string& name = request.folder.empty() ? title_ : request.folder;
      auto found = std::ranges::find(groups, name, &Group::name);
      if (found == groups.end()) found = groups.insert(groups.end(), Group{name, {}});
      found->requests.push_back(request);
    }
    return groups;
  }

  std::string shared_name() const {
    std::map<std::string, std::string> texts;  // of the requests of a folder
    for (const Request& request : requests_) {
      texts[request.folder] += dump_json(member(*request.item, "request"));
      if (request.auth != nullptr) texts[request.folder] += dump_json(*request.auth);
    }
    for (const auto& [name, folders] : captured_in_) {
      for (const auto& [folder, text] : texts) {
        if (!folders.contains(folder) && text.contains("{{" + name + "}}")) return name;
      }
    }
    return {};
  }

  void leave(const std::string& what) { draft_.leave(0, fmt::format("the request {}: {}", in_ticks(place_), what)); }

  void add_step(DraftJourney& journey, const Request& request) {
    place_ = request.folder.empty() || request.name.starts_with(request.folder + " / ")
                 ? request.name
                 : request.folder + " / " + request.name;
    tell_script(*request.item, "the request " + in_ticks(place_));
    const Json& asked = member(*request.item, "request");
    std::string method = asked.is_string() ? "GET" : text_of(asked, "method");
    if (method.empty()) method = "GET";
    const auto url = read_url(asked.is_string() ? asked : member(asked, "url"));
    if (!url || !is_http_token(method)) return leave("it has no URL or method, and is left out");
    Json step = Json::object();
    step["name"] = unique_name(journey.step_names, import_name(request.name, "request"));
    if (!scope_.set_url(step, method, *url)) return leave("it is left out");
    add_headers(step, asked);
    const Json& own = member(asked, "auth");
    add_auth(step, own.is_object() ? own : request.auth != nullptr ? *request.auth : own);
    add_body(step, member(asked, "body"));
    add_tests(step, request);
    journey.steps.push_back(std::move(step));
  }

  std::optional<ImportUrl> read_url(const Json& url) {
    if (url.is_string())
      return url == Json("") ? std::nullopt : std::optional(split_import_url(url.get<std::string>()));
    std::string raw = text_of(url, "raw");
    if (raw.empty()) {
      raw = text_of(url, "protocol").empty() ? "" : text_of(url, "protocol") + "://";
      const Json& host = member(url, "host");
      raw += text_of(host);
      for (const Json& part : items_of(host)) raw += (&part == &host.front() ? "" : ".") + text_of(part);
      if (!text_of(url, "port").empty()) raw += ":" + text_of(url, "port");
      for (const Json& part : items_of(member(url, "path"))) raw += "/" + text_of(part);
    }
    if (raw.empty()) return std::nullopt;
    ImportUrl out = split_import_url(raw);
    fill_path(out.path, member(url, "variable"));
    if (member(url, "query").is_array()) {
      if (const auto question = out.path.find('?'); question != std::string::npos) out.path.erase(question);
      out.query.clear();
      for (const Json& one : items_of(member(url, "query"))) {
        if (is_disabled(one) || text_of(one, "key").empty()) continue;
        out.query.emplace_back(text_of(one, "key"), text_of(one, "value"));
      }
    }
    return out;
  }

  // /users/:id
  void fill_path(std::string& path, const Json& variables) {
    std::string out;
    bool first = true;
    for (const std::string_view part : split(path, '/')) {
      if (!std::exchange(first, false)) out += "/";
      if (!part.starts_with(':') || part.size() < 2) {
        out += part;
        continue;
      }
      std::string value;
      for (const Json& one : items_of(variables)) {
        if (text_of(one, "key") == part.substr(1)) value = text_of(one, "value");
      }
      out += value.empty() ? "{{" + std::string(part.substr(1)) + "}}" : value;
    }
    path = out.empty() ? "/" : out;
  }

  void add_headers(Json& step, const Json& asked) {
    for (const Json& header : items_of(member(asked, "header"))) {
      const std::string name(trim(text_of(header, "key")));
      if (is_disabled(header) || name.empty()) continue;
      add_header(step, name, text_of(header, "value"));
    }
    if (member(asked, "header").is_string() && !text_of(asked, "header").empty())
      leave("its headers are not carried over");
  }

  void add_header(Json& step, const std::string& name, const std::string& value) {
    if (!is_http_token(name)) return leave(in_ticks(name) + " is no header name, and not carried over");
    if (step.contains("headers") && step["headers"].contains(name)) {
      return leave("a second header " + in_ticks(name) + " is not carried over");
    }
    step["headers"][name] = scope_.guarded(name, value);
  }

  std::string secret(std::string_view name, const std::string& value) {
    const bool literal = !value.contains("{{") && !value.empty();
    return literal ? draft_.secrets().text_for(name, value) : scope_.text(value);
  }

  void add_auth(Json& step, const Json& auth) {
    const std::string type = text_of(auth, "type");
    if (type.empty() || type == "noauth") return;
    const Json& parameters = member(auth, type);
    const auto get = [&](std::string_view key) { return parameter(parameters, key); };
    const auto plain = [&](std::string_view key) { return scope_.text(get(key)); };
    if (type == "apikey") {
      const std::string name = get("key").empty() ? "X-Api-Key" : get("key");
      const bool query = get("in") == "query";
      if (!query && !is_http_token(name)) return leave(in_ticks(name) + " is no header name, and not carried over");
      step[query ? "query" : "headers"][name] = secret(name, get("value"));
      return;
    }
    if (has_authorization(step)) return leave("its header Authorization stays, and its login is not carried over");
    if (type == "basic") {
      step["basic_auth"] = {{"username", plain("username")}, {"password", secret("password", get("password"))}};
    } else if (type == "bearer" || (type == "oauth2" && get("grant_type") != "client_credentials")) {
      const std::string token = get(type == "bearer" ? "token" : "accessToken");
      if (type == "oauth2") leave("the login oauth2 is carried over as a token, which has to be renewed by hand");
      step["bearer"] = token.empty() ? draft_.secrets().text_for("access_token", "") : secret("access_token", token);
    } else if (type == "oauth2") {
      add_oauth(step, get);
    } else if (type == "awsv4") {
      Json login = {{"access_key", secret("access_key", get("accessKey"))},
                    {"secret_key", secret("secret_key", get("secretKey"))}};
      if (!get("sessionToken").empty()) login["session_token"] = secret("session_token", get("sessionToken"));
      login["region"] = get("region").empty() ? "us-east-1" : plain("region");
      login["service"] = get("service").empty() ? "execute-api" : plain("service");
      step["aws_sigv4"] = std::move(login);
    } else {
      leave("the login " + in_ticks(type) + " is not carried over");
    }
  }

  void add_oauth(Json& step, const std::function<std::string(std::string_view)>& get) {
    if (get("accessTokenUrl").empty() || get("clientId").empty()) {
      return leave("the login oauth2 is not carried over: it has no accessTokenUrl or clientId");
    }
    const ImportUrl url = split_import_url(get("accessTokenUrl"));
    Json address = Json::object();
    if (!scope_.set_url(address, "GET", url)) return;
    Json login = {{"token_url", address["get"]}, {"client_id", scope_.text(get("clientId"))}};
    if (!get("clientSecret").empty()) login["client_secret"] = secret("client_secret", get("clientSecret"));
    for (const std::string_view scope : split(get("scope"), ' ')) {
      if (!scope.empty()) login["scopes"].push_back(scope);
    }
    step["oauth2"] = std::move(login);
  }

  static bool has_authorization(const Json& step) {
    const Json& headers = member(step, "headers");
    if (!headers.is_object()) return false;
    return std::ranges::any_of(headers.items(),
                               [](const auto& one) { return lower_case(one.key()) == "authorization"; });
  }

  static std::string content_type(const Json& step) {
    const Json& headers = member(step, "headers");
    if (!headers.is_object()) return {};
    for (const auto& [name, value] : headers.items()) {
      if (lower_case(name) == "content-type") return lower_case(text_of(value));
    }
    return {};
  }

  static void drop_content_type(Json& step) {
    if (!step.contains("headers")) return;
    Json kept = Json::object();
    for (const auto& [name, value] : step["headers"].items()) {
      if (lower_case(name) != "content-type") kept[name] = value;
    }
    if (kept.empty()) {
      step.erase("headers");
    } else {
      step["headers"] = std::move(kept);
    }
  }

  void add_body(Json& step, const Json& body) {
    const std::string mode = text_of(body, "mode");
    if (mode.empty() || mode == "none" || is_disabled(body)) return;
    const Json& content = member(body, mode);
    if (mode == "raw") {
      add_raw(step, text_of(content), text_of(member(member(body, "options"), "raw"), "language"));
    } else if (mode == "urlencoded" || mode == "formdata") {
      add_form(step, content, mode == "formdata");
    } else if (mode == "graphql") {
      add_graphql(step, content);
    } else if (mode == "file") {
      step["body_file"] = file_path(text_of(content, "src"));
    } else {
      leave("its body of the mode " + in_ticks(mode) + " is not carried over");
    }
  }

  void add_raw(Json& step, const std::string& text, const std::string& language) {
    if (trim(text).empty()) return;
    const std::string type = content_type(step);
    const bool wanted = language == "json" || type.contains("json") || (language.empty() && type.empty());
    if (auto json = wanted ? scope_.json_text(text) : std::nullopt) {
      step["json"] = std::move(*json);
      if (type.starts_with("application/json")) drop_content_type(step);
      return;
    }
    step["body"] = scope_.text(text);
    if (!type.empty()) return;
    const std::map<std::string, std::string> types = {{"json", "application/json"},
                                                      {"xml", "application/xml"},
                                                      {"html", "text/html"},
                                                      {"javascript", "application/javascript"}};
    const auto known = types.find(language);
    step["headers"]["Content-Type"] = known == types.end() ? "text/plain" : known->second;
  }

  std::string file_path(const std::string& path) {
    if (path.empty()) return "file";
    if (fs::path(path).is_absolute()) return path;
    return (fs::path(draft_.source().folder) / path).lexically_normal().string();
  }

  void add_form(Json& step, const Json& content, bool multipart) {
    Json fields = Json::object();
    bool files = false;
    for (const Json& field : items_of(content)) {
      const std::string name = text_of(field, "key");
      if (is_disabled(field) || name.empty()) continue;
      if (text_of(field, "type") != "file") {
        add_to(fields, name, scope_.guarded(name, text_of(field, "value")));
        continue;
      }
      const Json& source = member(field, "src");
      const std::string path = text_of(source.is_array() && !source.empty() ? source.front() : source);
      if (path.empty()) {
        leave("the field " + in_ticks(name) + " names no file, and is not carried over");
        continue;
      }
      if (source.is_array() && source.size() > 1)
        leave("only the first file of the field " + in_ticks(name) + " is sent");
      Json file = {{"file", file_path(path)}};
      if (text_of(field, "contentType").contains('/')) file["content_type"] = text_of(field, "contentType");
      add_to(fields, name, std::move(file));
      files = true;
    }
    if (fields.empty()) return;
    if (multipart && !files) leave("its form has no file, and is sent as application/x-www-form-urlencoded");
    step["form"] = std::move(fields);
    drop_content_type(step);
  }

  void add_graphql(Json& step, const Json& content) {
    Json body = {{"query", scope_.text(text_of(content, "query"))}};
    const Json& given = member(content, "variables");
    const auto variables = given.is_string() ? lenient_json(given.get<std::string>()) : std::optional(given);
    if (variables && variables->is_object() && !variables->empty()) body["variables"] = scope_.json(*variables);
    if (!text_of(content, "operationName").empty()) body["operationName"] = text_of(content, "operationName");
    step["json"] = std::move(body);
    drop_content_type(step);
  }

  void add_tests(Json& step, const Request& request) {
    Json expect = Json::object();
    for (const std::string& test : request.tests) {
      PostmanScript script = read_postman_script(test);
      for (const auto& [number, line] : script.left) {
        leave(fmt::format("line {} of its test script is not carried over: {}", number, line));
      }
      for (const auto& [key, value] : script.expect.items()) {
        if (key == "jq") {
          for (const Json& program : value) expect["jq"].push_back(program);
        } else {
          expect[key] = value;
        }
      }
      for (auto& capture : script.captures) step["capture"][scope_.capture(capture.name)] = std::move(capture.source);
    }
    if (expect.contains("jq") && expect["jq"].size() == 1) expect["jq"] = Json(expect["jq"][0]);
    if (!expect.empty()) step["expect"] = std::move(expect);
  }

  const Json& collection_;
  Draft draft_;
  DraftScope scope_;
  std::string title_;
  std::string place_;  // of the request at hand, for sentences
  std::vector<Request> requests_;
  std::map<std::string, std::set<std::string>> captured_in_;  // names to folders
};

}  // namespace

std::expected<Imported, std::vector<Error>> import_postman(const ImportSource& source) {
  const auto refuse = [&](std::string message) {
    return std::unexpected(std::vector{Error{std::move(message), Position{source.name, 0, 0}}});
  };
  auto json = parse_import_json(source);
  if (!json) return std::unexpected(std::vector{std::move(json.error())});
  const Json& collection = member(*json, "collection").is_object() ? member(*json, "collection") : *json;
  if (member(collection, "requests").is_array() && !collection.contains("item")) {
    return refuse("a Postman collection of version 1: expected one exported as v2.0 or v2.1");
  }
  if (!member(collection, "item").is_array()) return refuse("a Postman collection has no list `item`: expected one");
  auto imported = Importer(source, collection).import();
  if (imported && imported->steps == 0) return refuse("no request is left: expected one with a URL");
  return imported;
}

}  // namespace nines::config
