#include "reports/generate/dashboards.hpp"
#include "reports/generate/generate.hpp"

namespace nines::reports::generate {
namespace {

constexpr const char* kProvider =
    "# Tells Grafana where the dashboards are. By `nines generate grafana`.\n"
    "#\n"
    "#   this file          /etc/grafana/provisioning/dashboards/nines.yml\n"
    "#   the .json files    /var/lib/grafana/dashboards/nines/\n"
    "#\n"
    "# The data source is a variable at the top of each dashboard: any Prometheus that scrapes the agents.\n"
    "apiVersion: 1\n"
    "providers:\n"
    "  - name: nines\n"
    "    folder: Nines\n"
    "    type: file\n"
    "    allowUiUpdates: false\n"
    "    options:\n"
    "      path: /var/lib/grafana/dashboards/nines\n";

}  // namespace

Expected<Files> grafana(const config::Config& config) {
  Files files;
  for (const Dashboard& dashboard :
       {executive_dashboard(config), operations_dashboard(config), service_dashboard(config),
        experience_dashboard(config), deployments_dashboard()}) {
    files.push_back({dashboard.uid + ".json", dashboard_text(dashboard)});
  }
  files.push_back({"provisioning.yml", kProvider});
  return files;
}

}  // namespace nines::reports::generate
