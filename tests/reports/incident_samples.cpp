#include "tests/reports/incident_samples.hpp"

#include <chrono>

#include "tests/reports/samples.hpp"

namespace nines::test {

using namespace std::chrono_literals;
using reports::IncidentMark;

reports::PageOrigin incident_origin() {
  return {at("2026-10-14T02:30:00Z"), "us-east-1", "production", "1.2.3"};
}

reports::Incident whole_incident() {
  reports::Incident incident;
  incident.id = "tasks-20261014T021020Z";
  incident.subject = incident.service = "tasks";
  incident.priority = "P1";
  incident.extent = {at("2026-10-14T02:10:20Z"), at("2026-10-14T02:23:00.4Z")};
  incident.length = 12min + 40s + 400ms;
  incident.ended = true;
  incident.reason = Reason::tls_expired;
  incident.checks = {"tasks-api", "tasks-web"};
  incident.regions = {"eu-west-1", "us-east-1"};
  incident.all_regions = 3;
  incident.notes = {
      {at("2026-10-14T02:15:00Z"), "ann", "the load balancer's certificate?", true},
      {at("2026-10-14T02:20:11Z"), "ben@example.com", "renewing it by hand | see #ops", false},
      {at("2026-10-15T09:00:00Z"), "ann", "the renewal job was off since the move; it is on again", true},
  };
  incident.timeline = {
      {at("2026-10-14T01:55:00Z"), IncidentMark::maintenance, "planned maintenance of all services begins: move (ops)"},
      {at("2026-10-14T02:04:00Z"), IncidentMark::deployment, "tasks answers with version 1.4.2 instead of 1.4.1"},
      {at("2026-10-14T02:10:20Z"), IncidentMark::failure, "tasks-api in us-east-1 fails: TLS certificate expired"},
      {at("2026-10-14T02:11:20Z"), IncidentMark::warning, "tasks-api in us-east-1 is in warning: 3 failures in a row"},
      {at("2026-10-14T02:11:21Z"), IncidentMark::alert, "alert CheckFailing (warning, P1) is sent (alertmanager)"},
      {at("2026-10-14T02:12:20Z"), IncidentMark::critical, "tasks-api in us-east-1 is critical: 5 failures in a row"},
      {at("2026-10-14T02:23:00.4Z"), IncidentMark::recovery, "tasks-api in us-east-1 succeeds again"},
      {at("2026-10-15T09:00:00Z"), IncidentMark::note, "a cause is written by ann"},
  };
  incident.timeline_left_out = 1234;
  incident.deployments = {
      {at("2026-10-14T02:04:00Z"), "tasks", "1.4.2", "1.4.1"},
      {at("2026-10-14T02:12:00Z"), "", "v1.4.2", "", "verify", "rollback"},
  };
  incident.evidence = {
      {at("2026-10-14T02:10:20.125Z"), "tasks-api", "us-east-1",
       "the certificate of tasks.example expired on 2026-10-14", "192.0.2.7:443", "",
       "8ccaa560ede7787a4626eae506ff6800"},
      {at("2026-10-14T02:10:50Z"), "tasks-web", "eu-west-1", "the certificate of *.example expired", "", "login", ""},
  };
  incident.costs = {
      {.objective = "tasks-uptime", .target = "99.9%", .period = "2026-10", .down = 12min + 40s, .budget = 44min + 38s},
      {.objective = "tasks-errors", .target = "< 1%", .period = "last 30d", .time = false, .bad = 51, .allowed = 12.5},
      {.objective = "tasks-always", .target = "100%", .period = "2026-10", .down = 12min + 40s, .budget = 0us},
  };
  incident.links = {{"Runbook", "https://wiki.example/runbooks/tasks?a&b"},
                    {"Incident", "https://nines.example/incidents/tasks-20261014T021020Z"},
                    {"tasks-api", "https://nines.example/checks/tasks-api"}};
  return incident;
}

reports::Incident ongoing_incident() {
  reports::Incident incident;
  incident.id = "create-task-20261014T022920Z";
  incident.subject = "create-task";
  incident.journey = true;
  incident.service = "tasks";
  incident.priority = "P2";
  incident.extent = {at("2026-10-14T02:29:20Z"), at("2026-10-14T02:30:00Z")};
  incident.length = 40s;
  incident.ongoing = true;
  incident.reason = Reason::poll_timeout;
  incident.checks = {"create-task"};
  incident.regions = {"us-east-1"};
  incident.timeline = {
      {at("2026-10-14T02:29:20Z"), IncidentMark::failure, "create-task in us-east-1 fails: awaited condition"}};
  incident.costs_cut = true;
  return incident;
}

std::vector<reports::Incident> odd_incidents() {
  const std::string long_word(300, 'w');
  std::vector<reports::Incident> all(3, whole_incident());
  const std::string markup = "<script>alert('1')</script> & \"[a|b](http://evil)\" *`x`_";
  const std::vector<std::string> names{markup, "checkout-" + long_word, "خدمة المهام (v2)"};
  for (std::size_t i = 0; i < all.size(); ++i) {
    reports::Incident& one = all[i];
    one.subject = one.service = names[i];
    one.id = names[i] + "-20261014T021020Z";
    one.checks = one.regions = {names[i]};
    one.extent.from -= std::chrono::hours(1 + i);
    for (reports::IncidentNote& note : one.notes) note.text = note.author = names[i];
    for (reports::IncidentEvent& event : one.timeline) event.text = names[i];
    for (reports::IncidentDeployment& deployment : one.deployments) deployment.version = names[i];
    for (reports::IncidentEvidence& evidence : one.evidence) evidence.message = evidence.check = names[i];
    for (reports::IncidentCost& cost : one.costs) cost.objective = names[i];
    one.links.front().second = "javascript:alert(1)";
  }
  all[1].ended = false;  // nobody knows since
  return all;
}

std::vector<std::pair<std::string, std::string>> incident_pages() {
  const reports::PageOrigin origin = incident_origin();
  const Period span{origin.now - std::chrono::days(30), origin.now};
  std::vector<reports::Incident> some{whole_incident(), ongoing_incident()};
  std::vector<reports::Incident> odd = odd_incidents();
  std::vector<std::pair<std::string, std::string>> pages{
      {"incidents-none", reports::incident_list_page({origin, span, "", {}})},
      {"incidents-some", reports::incident_list_page({origin, span, "tasks", some, 3})},
      {"incidents-odd", reports::incident_list_page({origin, span, "", odd})},
      {"incident-whole", reports::incident_page(whole_incident(), origin)},
      {"incident-ongoing", reports::incident_page(ongoing_incident(), origin)},
      {"incident-fault", reports::fault_page("There is no such incident", "there is no \"<x>\"", origin)},
  };
  for (std::size_t i = 0; i < odd.size(); ++i) {
    pages.emplace_back("incident-odd-" + std::to_string(i), reports::incident_page(odd[i], origin));
  }
  return pages;
}

}  // namespace nines::test
