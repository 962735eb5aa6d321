#include "config/import_har.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/import_draft.hpp"
#include "config/import_yaml.hpp"
#include "config/names.hpp"
#include "config/reader.hpp"
#include "config/target.hpp"
#include "config/utf8.hpp"

namespace nines::config {
namespace {

const Json& member(const Json& value, std::string_view key) {
  static const Json kNothing;
  if (!value.is_object()) return kNothing;
  const auto found = value.find(key);
  return found == value.end() ? kNothing : *found;
}

std::string text_of(const Json& value, std::string_view key) {
  const Json& found = member(value, key);
  return found.is_string() ? found.get<std::string>() : std::string();
}

std::string header_of(const Json& message, std::string_view name) {
  const Json& headers = member(message, "headers");
  if (!headers.is_array()) return {};
  for (const Json& header : headers) {
    if (lower_case(text_of(header, "name")) == name) return text_of(header, "value");
  }
  return {};
}

// One request that becomes a step.
struct Entry {
  const Json* json = nullptr;
  int number = 0;  // from 1, in the file
  std::string method;
  ImportUrl url;
  std::string host;
  int status = 0;
};

struct Source {
  std::size_t step = 0;
  SeenValue seen;
  std::string name;  // once it is captured
};

class Importer {
 public:
  Importer(const ImportSource& source, const Json& log) : log_(log), draft_(source) {}

  std::expected<Imported, std::vector<Error>> import() {
    select();
    if (entries_.empty()) {
      return std::unexpected(
          std::vector{Error{"no request of a page or an API is in the recording: expected at least one",
                            Position{draft_.source().name, 0, 0}}});
    }
    journey_.name = import_name(site_of(entries_.front().host), "recording");
    const auto page = std::ranges::find_if(entries_, [](const Entry& entry) { return is_page(*entry.json); });
    base_ = (page == entries_.end() ? entries_.front() : *page).url.origin;
    journey_.base_url = raw_text(escape_dollars(base_));
    for (const Entry& entry : entries_) add_step(entry);
    for (std::size_t at = 0; at < entries_.size(); ++at) {
      if (!captures_[at].empty()) journey_.steps[at]["capture"] = captures_[at];
    }
    std::vector<DraftJourney> journeys;
    const std::string what = "a browser's recording of " + base_;
    journeys.push_back(std::move(journey_));
    return draft_.finish(what, std::move(journeys));
  }

 private:
  // The requests that are the user's: of the first page's site, and wherever its redirects lead.
  void select() {
    std::vector<Entry> all = read_entries();
    const auto first = std::ranges::find_if(all, [](const Entry& entry) { return is_page(*entry.json); });
    if (all.empty()) return;
    const std::string base = (first == all.end() ? all.front() : *first).host;
    std::set<std::string> sites = {site_of(base)};
    std::map<std::string, int> others;
    for (Entry& entry : all) {
      if (!sites.contains(site_of(entry.host))) {
        ++others[entry.host];
        continue;
      }
      const std::string to = header_of(member(*entry.json, "response"), "location");
      const bool redirects = entry.status >= 300 && entry.status < 400 && to.contains("://");
      if (redirects) sites.insert(site_of(host_of(split_import_url(to).origin)));
      entries_.push_back(std::move(entry));
    }
    for (const auto& [host, count] : others) {
      draft_.leave(0, fmt::format("{} to {} {} not carried over: another site's",
                                  count == 1 ? "a request" : std::to_string(count) + " requests", in_ticks(host),
                                  count == 1 ? "is" : "are"));
    }
  }

  std::vector<Entry> read_entries() {
    std::vector<Entry> out;
    int number = 0;
    int assets = 0;
    for (const Json& json : member(log_, "entries")) {
      ++number;
      const Json& request = member(json, "request");
      const std::string url = text_of(request, "url");
      Entry entry{&json, number, text_of(request, "method"), split_import_url(url), "", 0};
      entry.host = host_of(entry.url.origin);
      place_ = fmt::format("entry {} ({} {})", number, entry.method, ellipsize(entry.url.path, 60));
      const Json& status = member(member(json, "response"), "status");
      if (status.is_number_integer() && status >= 0 && status <= 999) entry.status = status.get<int>();
      if (is_static_asset(json, entry.url.path) || url.starts_with("data:") || url.starts_with("blob:")) {
        ++assets;
      } else if (!is_http_token(entry.method) || !parse_target(entry.url.origin) || !url.starts_with("http")) {
        leave("it has no method or no http URL, and is left out");
      } else if (entry.status == 0) {
        leave("it was not answered, and is left out");
      } else {
        out.push_back(std::move(entry));
      }
    }
    if (assets > 0) {
      draft_.leave(
          0, fmt::format("{} for styles, scripts, images and the like {} not carried over",
                         assets == 1 ? "a request" : std::to_string(assets) + " requests", assets == 1 ? "is" : "are"));
    }
    return out;
  }

  static std::string host_of(std::string_view origin) {
    const std::size_t mark = origin.find("://");
    return std::string(mark == std::string_view::npos ? origin : origin.substr(mark + 3));
  }

  static bool is_page(const Json& entry) {
    const std::string type = text_of(entry, "_resourceType");
    if (!type.empty()) return type == "document";
    return text_of(member(member(entry, "response"), "content"), "mimeType").starts_with("text/html");
  }

  void leave(const std::string& what) { draft_.leave(0, place_ + ": " + what); }

  void add_step(const Entry& entry) {
    place_ = fmt::format("entry {} ({} {})", entry.number, entry.method, ellipsize(entry.url.path, 60));
    captures_.push_back(Json::object());
    const Json& request = member(*entry.json, "request");
    Json step = Json::object();
    step["name"] = "";
    const std::string path = sent_path(entry.url.path);
    const bool under = entry.url.origin == base_;
    set_request(step, entry.method, under ? path : literal_text(entry.url.origin) + path);
    step["name"] = unique_name(journey_.step_names, step_name(entry, path, under));
    if (!entry.url.user.empty()) {
      step["basic_auth"] = {{"username", literal_text(entry.url.user)},
                            {"password", secret("password", entry.url.password)}};
    }
    ImportPairs query;
    for (const auto& [name, value] : entry.url.query) query.emplace_back(name, sent(name, value));
    if (!query.empty()) step["query"] = import_mapping(query);
    add_headers(step, entry, request);
    add_body(step, member(request, "postData"));
    add_status(step, entry);
    journey_.steps.push_back(std::move(step));
    note_answer(entry);
  }

  std::string step_name(const Entry& entry, const std::string& path, bool under) const {
    std::string name = entry.method + " " + (under ? "" : entry.host) + path;
    for (const std::string_view mark : {"{{ ", " }}"}) {
      for (std::size_t at = name.find(mark); at != std::string::npos; at = name.find(mark)) {
        name.replace(at, mark.size(), mark == "{{ " ? "{" : "}");
      }
    }
    return import_name(ellipsize(name.substr(0, name.find('?')), 70), "request");
  }

  void add_status(Json& step, const Entry& entry) {
    if (entry.status < 100 || entry.status > 599)
      return leave(fmt::format("its status {} is not expected", entry.status));
    // The browser had it already.
    step["expect"] = {{"status", entry.status == 304 ? Json::array({200, 304}) : Json(entry.status)}};
  }

  // What an answer before said, a secret, or the value itself.
  std::string sent(std::string_view name, const std::string& value) {
    if (auto captured = capture(value)) return *captured;
    typed_.insert(value);
    return names_a_credential(name) ? secret(name, value) : literal_text(value);
  }

  std::string secret(std::string_view name, const std::string& value) {
    return value.empty() ? value : draft_.secrets().text_for(name, value);
  }

  bool is_free(const std::string& name) { return !names_.contains(name) && !draft_.secrets().names().contains(name); }

  std::optional<std::string> capture(const std::string& value) {
    const auto found = sources_.find(value);
    if (found == sources_.end()) return std::nullopt;
    Source& source = found->second;
    if (source.name.empty()) {
      const std::string wanted = import_identifier(source.seen.name);
      source.name = wanted;
      for (int number = 2; !is_free(source.name); ++number) source.name = wanted + "_" + std::to_string(number);
      names_.insert(source.name);
      draft_.secrets().reserve(source.name);
      captures_[source.step][source.name] = source.seen.source;
    }
    return "{{ " + source.name + " }}";
  }

  std::string sent_path(const std::string& path) {
    const std::size_t question = path.find('?');
    std::string out;
    for (const std::string_view part : split(std::string_view(path).substr(1, question - 1), '/')) {
      out += "/";
      const auto captured = capture(std::string(part));
      if (!captured) typed_.insert(std::string(part));
      out += captured ? *captured : literal_text(part);
    }
    if (question != std::string::npos) out += literal_text(std::string_view(path).substr(question));
    return out.empty() ? "/" : out;
  }

  static bool matters(const Entry& entry, std::string_view name, std::string_view value) {
    constexpr std::array<std::string_view, 24> kBrowsers = {"cookie",
                                                            "host",
                                                            "user-agent",
                                                            "accept-encoding",
                                                            "accept-language",
                                                            "content-length",
                                                            "connection",
                                                            "cache-control",
                                                            "pragma",
                                                            "dnt",
                                                            "priority",
                                                            "te",
                                                            "if-none-match",
                                                            "origin",
                                                            "keep-alive",
                                                            "if-modified-since",
                                                            "upgrade-insecure-requests",
                                                            "traceparent",
                                                            "proxy-connection",
                                                            "transfer-encoding",
                                                            "upgrade",
                                                            "tracestate",
                                                            "sentry-trace",
                                                            "baggage"};
    if (name.starts_with(':') || name.starts_with("sec-") || !is_http_token(name)) return false;
    if (std::ranges::find(kBrowsers, name) != kBrowsers.end()) return false;
    // Some frameworks look at it before they take a form.
    if (name == "referer") return entry.method != "GET" && entry.method != "HEAD";
    if (name == "accept") return !value.contains("*/*") && !value.contains("text/html");
    return true;
  }

  void add_headers(Json& step, const Entry& entry, const Json& request) {
    const Json& headers = member(request, "headers");
    if (!headers.is_array()) return;
    const bool has_body = member(request, "postData").is_object();
    for (const Json& header : headers) {
      const std::string name = text_of(header, "name");
      const std::string lower = lower_case(name);
      const std::string value = text_of(header, "value");
      if (!matters(entry, lower, value) || (lower == "content-type" && has_body)) continue;
      if (lower == "authorization") {
        if (!step.contains("basic_auth")) add_authorization(step, value);
      } else if (step.contains("headers") && step["headers"].contains(name)) {
        leave("a second header " + in_ticks(name) + " is not carried over");
      } else {
        step["headers"][name] = lower == "referer" ? sent_url(value) : sent(name, value);
      }
    }
  }

  std::string sent_url(const std::string& text) {
    const ImportUrl url = split_import_url(text);
    return literal_text(url.origin) + sent_path(url.path.substr(0, url.path.find('?')));
  }

  void add_authorization(Json& step, const std::string& value) {
    const std::size_t blank = value.find(' ');
    const std::string scheme = lower_case(value.substr(0, blank));
    const std::string rest = blank == std::string::npos ? "" : std::string(trim(std::string_view(value).substr(blank)));
    if (scheme == "bearer" && !rest.empty()) {
      step["bearer"] = sent("access_token", rest);
      return;
    }
    if (scheme == "basic") {
      const std::string pair = base64_decoded(rest).value_or("");
      const std::size_t colon = pair.find(':');
      if (colon != std::string::npos && !find_bad_byte(pair)) {
        step["basic_auth"] = {{"username", sent("username", pair.substr(0, colon))},
                              {"password", sent("password", pair.substr(colon + 1))}};
        return;
      }
    }
    step["headers"]["Authorization"] = sent("authorization", value);
  }

  Json sent_json(const Json& value, std::string_view name) {
    if (value.is_string()) return sent(name, value.get<std::string>());
    if (value.is_number_integer()) {
      const auto captured = capture(dump_json(value));
      return captured ? Json(*captured) : value;
    }
    if (!value.is_structured()) return value;
    Json out = value.is_array() ? Json::array() : Json::object();
    for (const auto& [key, item] : value.items()) {
      value.is_array() ? out.push_back(sent_json(item, name)) : void(out[key] = sent_json(item, key));
    }
    return out;
  }

  void add_body(Json& step, const Json& data) {
    if (!data.is_object()) return;
    const std::string type = lower_case(text_of(data, "mimeType"));
    const std::string text = text_of(data, "text");
    if (type.contains("json")) {
      if (auto json = parse_json(text); json && json->is_structured()) {
        step["json"] = sent_json(*json, "");
        if (!type.starts_with("application/json")) step["headers"]["Content-Type"] = literal_text(type);
        return;
      }
    }
    if (type.starts_with("application/x-www-form-urlencoded") || type.starts_with("multipart/form-data")) {
      return add_form(step, data, text, type.starts_with("multipart"));
    }
    if (text.empty()) return;
    typed_.insert(text);
    step["body"] = literal_text(text);
    if (!type.empty()) step["headers"]["Content-Type"] = literal_text(text_of(data, "mimeType"));
  }

  void add_form(Json& step, const Json& data, const std::string& text, bool multipart) {
    ImportPairs fields;
    const Json& parameters = member(data, "params");
    if (!multipart && !text.empty()) {
      fields = split_import_url("/?" + text).query;
    } else if (parameters.is_array()) {
      for (const Json& one : parameters) {
        const std::string name = text_of(one, "name");
        const std::string value = text_of(one, "value");
        if (!text_of(one, "fileName").empty()) {
          leave("the file of the field " + in_ticks(name) + " is not in the recording, and not carried over");
        } else if (!name.empty()) {
          fields.emplace_back(name, multipart ? value : percent_decoded(value, true).value_or(value));
        }
      }
    }
    if (fields.empty()) {
      if (!text.empty() || multipart) leave("its form is not carried over: its fields are not in the recording");
      return;
    }
    if (multipart) leave("its form has no file now, and is sent as application/x-www-form-urlencoded");
    for (auto& [name, value] : fields) value = sent(name, value);
    step["form"] = import_mapping(fields);
  }

  // What the user has typed is no answer's, though answers repeat it.
  void note_answer(const Entry& entry) {
    const std::size_t step = journey_.steps.size() - 1;
    each_seen_value(*entry.json, entry.url.path, [&](SeenValue seen) {
      if (typed_.contains(seen.value)) return;
      std::string value = seen.value;
      sources_.try_emplace(std::move(value), Source{step, std::move(seen), ""});
    });
  }

  const Json& log_;
  Draft draft_;
  DraftJourney journey_;
  std::string base_;  // the origin of the first page
  std::vector<Entry> entries_;
  std::vector<Json> captures_;  // by step
  std::string place_;           // of the entry at hand, for sentences
  std::set<std::string> names_;
  std::set<std::string> typed_;
  std::map<std::string, Source> sources_;
};

}  // namespace

std::expected<Imported, std::vector<Error>> import_har(const ImportSource& source) {
  auto json = parse_import_json(source);
  if (!json) return std::unexpected(std::vector{std::move(json.error())});
  const Json& log = member(*json, "log");
  if (!member(log, "entries").is_array()) {
    return std::unexpected(
        std::vector{Error{"a HAR file has no list `log.entries`: expected one", Position{source.name, 0, 0}}});
  }
  return Importer(source, log).import();
}

}  // namespace nines::config
