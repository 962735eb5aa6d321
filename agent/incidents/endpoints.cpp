#include "agent/incidents/endpoints.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <memory>
#include <tuple>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/http/json_api.hpp"
#include "agent/http/turn.hpp"
#include "agent/incidents/incidents.hpp"
#include "agent/incidents/notes.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "base/version.hpp"
#include "reports/incident_page.hpp"

namespace nines::agent {
namespace {

using namespace std::chrono_literals;

constexpr const char* kApi = "/api/v1/incidents";
constexpr const char* kPages = "/incidents";
constexpr int kPage = 100;              // incidents of an answer, at most
constexpr std::size_t kMostRows = 200;  // of a page
constexpr Micros kDefaultSpan = std::chrono::days(30);
constexpr Micros kLongestSpan = std::chrono::days(400);
constexpr std::size_t kShownOfId = 80;  // bytes of one that is none

using Incidents = std::vector<reports::Incident>;

struct Asked {
  Period period;
  std::string service;
  int limit = kPage;
  std::optional<IncidentName> after;  // begins where the page before ended …
  std::string after_id;
};

Expected<void> read_time(const HttpQuery& query, const std::string& name, Time& into) {
  const std::string text = query.parameter(name);
  if (text.empty()) return {};
  const auto time = parse_time(text);
  if (!time) return fail("`" + name + "`: " + time.error().message);
  into = *time;
  return {};
}

Expected<Asked> read_asked(const HttpQuery& query, const config::Config& config, Time now) {
  Asked asked;
  asked.period.to = now;
  if (auto read = read_time(query, "to", asked.period.to); !read) return std::unexpected(read.error());
  asked.period.from = asked.period.to - kDefaultSpan;
  if (auto read = read_time(query, "from", asked.period.from); !read) return std::unexpected(read.error());
  if (asked.period.from >= asked.period.to) return fail("`from` is not before `to`: expected an earlier time");
  if (asked.period.length() > kLongestSpan) return fail("more than 400 days are asked for: expected a shorter time");
  asked.service = query.parameter("service");
  if (!asked.service.empty() && config.service(asked.service) == nullptr) {
    return fail("unknown service `" + ellipsize(printable(asked.service), kShownOfId) + "`");
  }
  if (const std::string text = query.parameter("limit"); !text.empty()) {
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, asked.limit);
    if (error != std::errc() || stop != end || asked.limit < 1 || asked.limit > kPage) {
      return fail(fmt::format("`limit`: expected a number from 1 to {}", kPage));
    }
  }
  asked.after_id = query.parameter("after");
  if (asked.after_id.empty()) return asked;
  asked.after = read_incident_id(asked.after_id);
  if (!asked.after) return fail("`after`: expected the `next` of the page before");
  return asked;
}

// Newest first; of one second in the order of their ids.
auto place_of(const reports::Incident& incident) {
  return std::tuple(-std::chrono::floor<std::chrono::seconds>(incident.extent.from).time_since_epoch().count(),
                    std::string_view(incident.id));
}

struct Found {
  Incidents incidents;
  std::optional<std::string> next;
};

Found page_of(Incidents all, const Asked& asked) {
  std::ranges::stable_sort(all, {}, place_of);
  if (asked.after) {
    const auto last = std::chrono::floor<std::chrono::seconds>(asked.after->at).time_since_epoch().count();
    const std::tuple before(-last, std::string_view(asked.after_id));
    std::erase_if(all, [&](const reports::Incident& one) { return place_of(one) <= before; });
  }
  Found found{std::move(all), {}};
  if (found.incidents.size() > static_cast<std::size_t>(asked.limit)) {
    found.incidents.resize(static_cast<std::size_t>(asked.limit));
    found.next = found.incidents.back().id;
  }
  return found;
}

class Answers {
 public:
  explicit Answers(const EndpointSources& sources) : sources_(sources) {}

  HttpAnswer list(const HttpQuery& query) {
    const auto session = sources_.sessions.current();
    const Time now = sources_.clock.now();
    auto asked = read_asked(query, *session->config, now);
    if (!asked) return problem(400, asked.error().text());
    // What begins later was on the pages before.
    if (asked->after) asked->period.to = std::min(asked->period.to, asked->after->at + 1s);
    if (asked->period.from >= asked->period.to) return json(reports::incidents_json({}));
    const Turn turn(line_, query);
    if (!turn.mine()) return busy();
    auto all = find(*session->config, *asked, now, turn);
    if (!all) return problem(503, all.error().text());
    const Found found = page_of(std::move(*all), *asked);
    return json(reports::incidents_json(found.incidents, found.next));
  }

  HttpAnswer one(const HttpQuery& query) {
    const auto session = sources_.sessions.current();
    const std::string id = id_in(query, kApi);
    const Turn turn(line_, query);
    if (!turn.mine()) return busy();
    const auto incident = find(*session->config, id, turn);
    if (!incident) return problem(503, incident.error().text());
    if (!*incident) return problem(404, none(id));
    return json(reports::incident_json(**incident));
  }

  HttpAnswer list_page(const HttpQuery& query) {
    const auto session = sources_.sessions.current();
    const reports::PageOrigin origin = origin_of(*session->config);
    const auto asked = read_asked(query, *session->config, origin.now);
    if (!asked) return fault(400, "There is no such page", asked.error().text(), origin);
    const Turn turn(line_, query);
    if (!turn.mine()) return fault(503, "Ask again in a moment", kBusy, origin);
    auto all = find(*session->config, *asked, origin.now, turn);
    if (!all) return fault(503, "The incidents cannot be shown", all.error().text(), origin);
    reports::sort_worst_first(*all);
    const std::size_t shown = std::min(all->size(), kMostRows);
    const std::size_t left_out = all->size() - shown;
    all->resize(shown);
    return html(200, reports::incident_list_page({origin, asked->period, asked->service, std::move(*all), left_out}));
  }

  HttpAnswer page(const HttpQuery& query) {
    const auto session = sources_.sessions.current();
    const reports::PageOrigin origin = origin_of(*session->config);
    const std::string id = id_in(query, kPages);
    const Turn turn(line_, query);
    if (!turn.mine()) return fault(503, "Ask again in a moment", kBusy, origin);
    const auto incident = find(*session->config, id, turn);
    if (!incident) return fault(503, "The incident cannot be shown", incident.error().text(), origin);
    if (!*incident) return fault(404, "There is no such incident", none(id), origin);
    return html(200, reports::incident_page(**incident, origin));
  }

  HttpAnswer note(const HttpQuery& query) {
    const config::Config& config = *sources_.sessions.current()->config;
    if (auto refused = refused_change(query, config.listen_host)) return *refused;
    const auto request = read_note_request(query.body);
    if (!request) return problem(400, request.error().text());
    const Turn turn(line_, query);
    if (!turn.mine()) return busy();
    const auto made = add_note({config.data_dir}, config, *request, sources_.clock.now());
    if (!made) return problem(made.error().status, made.error().why);
    log::info("noted of an incident",
              {{"incident", (*made)["incident"].get<std::string>()}, {"kind", (*made)["kind"].get<std::string>()}});
    return json_answer(201, *made);
  }

 private:
  static constexpr const char* kBusy = "another one is being worked out: ask again in a moment";

  static HttpAnswer json(std::string text) { return {200, "application/json", std::move(text)}; }
  static HttpAnswer html(int status, std::string text) { return {status, "text/html; charset=utf-8", std::move(text)}; }
  static HttpAnswer busy() {
    HttpAnswer answer = problem(503, kBusy);
    answer.headers.emplace_back("Retry-After", "5");
    return answer;
  }
  static HttpAnswer fault(int status, const std::string& headline, const std::string& why,
                          const reports::PageOrigin& origin) {
    return html(status, reports::fault_page(headline, why, origin));
  }

  static std::string id_in(const HttpQuery& query, std::string_view under) {
    return query.path.substr(under.size() + 1);
  }
  static std::string none(const std::string& id) {
    return fmt::format("there is no incident \"{}\"", ellipsize(printable(id), kShownOfId));
  }

  reports::PageOrigin origin_of(const config::Config& config) const {
    return {sources_.clock.now(), config.region, config.environment, std::string(kVersion)};
  }

  Expected<Incidents> find(const config::Config& config, const Asked& asked, Time now, const Turn& turn) const {
    auto stores = IncidentStores::open({config.data_dir});
    if (!stores) return std::unexpected(stores.error());
    return find_incidents(*stores, config, {asked.period, now, asked.service, [&turn] { return turn.over(); }});
  }

  Expected<std::optional<reports::Incident>> find(const config::Config& config, const std::string& id,
                                                  const Turn& turn) const {
    auto stores = IncidentStores::open({config.data_dir});
    if (!stores) return std::unexpected(stores.error());
    return find_incident(*stores, config, id, sources_.clock.now(), [&turn] { return turn.over(); });
  }

  const EndpointSources& sources_;
  WaitingLine line_;
};

}  // namespace

void add_incident_endpoints(Listener& listener, const EndpointSources& sources) {
  const auto answers = std::make_shared<Answers>(sources);
  listener.get(kPages, [answers](const HttpQuery& query) { return answers->list_page(query); });
  listener.get_under(std::string(kPages) + "/", [answers](const HttpQuery& query) { return answers->page(query); });
  listener.get(kApi, [answers](const HttpQuery& query) { return answers->list(query); });
  listener.get_under(std::string(kApi) + "/", [answers](const HttpQuery& query) { return answers->one(query); });
  listener.post(std::string(kApi) + "/notes", [answers](const HttpQuery& query) { return answers->note(query); });
}

}  // namespace nines::agent
