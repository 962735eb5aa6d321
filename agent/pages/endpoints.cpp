#include "agent/pages/endpoints.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "agent/http/turn.hpp"
#include "agent/pages/check_page.hpp"
#include "base/text.hpp"
#include "base/version.hpp"
#include "reports/incident_page.hpp"
#include "reports/objective_page.hpp"

namespace nines::agent {
namespace {

using namespace std::chrono_literals;

constexpr auto kIncidents = 2s;            // at most are they searched for
constexpr std::size_t kShownOfName = 200;  // bytes of one that is none

HttpAnswer html(int status, std::string text) {
  return {status, "text/html; charset=utf-8", std::move(text)};
}

HttpAnswer none(std::string_view what, const std::string& name, const reports::PageOrigin& origin) {
  return html(404, reports::fault_page(fmt::format("There is no such {}", what),
                                       fmt::format("nines.yml has no {} \"{}\": it may have been renamed or removed",
                                                   what, ellipsize(printable(name), kShownOfName)),
                                       origin));
}

HttpAnswer check_page(const EndpointSources& sources, WaitingLine& line, const HttpQuery& query, std::string_view under,
                      bool journey) {
  const auto session = sources.sessions.current();
  const config::Config& config = *session->config;
  const Time now = sources.clock.now();
  const reports::PageOrigin origin{now, config.region, config.environment, std::string(kVersion)};
  const Turn turn(line, query, kIncidents);
  if (!turn.mine()) {
    return html(503, reports::fault_page("Ask again in a moment", "another page is being worked out", origin));
  }
  const std::string name = query.path.substr(under.size());
  const auto page = make_check_page(*session, name, journey, now, [&turn] { return turn.over(); });
  if (page) return html(200, reports::check_page(*page));
  return none(journey ? "journey" : "check", name, origin);
}

// Its figures are those of the last evaluation: nothing is read for it.
HttpAnswer objective_page(const EndpointSources& sources, const HttpQuery& query, std::string_view under) {
  const auto session = sources.sessions.current();
  const config::Config& config = *session->config;
  const std::string name = query.path.substr(under.size());
  reports::ObjectivePage page;
  page.origin = {sources.clock.now(), config.region, config.environment, std::string(kVersion)};
  const auto found = std::ranges::find(config.objectives, name, &config::Objective::name);
  if (found == config.objectives.end()) return none("objective", name, page.origin);
  page.objective = &*found;
  const auto latest = session->evaluator.latest();
  const auto view =
      std::ranges::find(*latest, page.objective, [](const auto& one) { return one.evaluation.objective; });
  if (view != latest->end()) {
    page.evaluation = view->evaluation;
    for (std::size_t i = 0; i < std::min(kBurnWindows.size(), view->burn_rates.size()); ++i) {
      page.burn_rates.emplace_back(kBurnWindows[i].label, view->burn_rates[i]);
    }
  }
  for (const CheckView& check : session->monitor.checks()) {
    const auto& names = check.check != nullptr ? found->checks : found->journeys;
    const bool covered = std::ranges::find(names, check.schedule->name) != names.end();
    if (covered) page.rows.push_back(status_row(check, config));
  }
  return html(200, reports::objective_page(page));
}

}  // namespace

void add_page_endpoints(Listener& listener, const EndpointSources& sources) {
  const auto line = std::make_shared<WaitingLine>();
  const auto add = [&](const std::string& under, bool journey) {
    listener.get_under(under, [&sources, line, under, journey](const HttpQuery& query) {
      return check_page(sources, *line, query, under, journey);
    });
  };
  add("/checks/", false);
  add("/journeys/", true);
  const std::string objectives = "/objectives/";
  listener.get_under(objectives, [&sources, objectives](const HttpQuery& query) {
    return objective_page(sources, query, objectives);
  });
}

}  // namespace nines::agent
