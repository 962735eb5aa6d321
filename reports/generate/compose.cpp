// Compose: the agents of all regions on one machine, each with a store and a port of its own.

#include <fmt/format.h>

#include "reports/generate/deployment.hpp"
#include "reports/generate/generate.hpp"
#include "reports/generate/text.hpp"

namespace nines::reports::generate {
namespace {

constexpr const char* kHead =
    "# By `nines generate compose`: an agent for each region that should report, on one machine. On several machines,\n"
    "# take each agent's part to its own.\n"
    "#\n"
    "#   docker compose up -d\n"
    "#   docker compose run --rm report     # last month's, of all regions\n"
    "#   DEPLOYMENT=v1.4.2 docker compose run --rm gate\n"
    "x-nines: &nines\n"
    "  image: nines:latest\n"
    "  user: \"65532:65532\"\n"
    "  read_only: true\n"
    "  cap_drop: [ALL]\n"
    "  security_opt: [\"no-new-privileges:true\"]\n";

// Values come from the shell or from a file .env beside this one; without one compose refuses to start.
std::string environment(const config::Deployable& deployable) {
  if (deployable.variables.empty()) return {};
  std::string out = "  environment:\n";
  for (const std::string& variable : deployable.variables) {
    out += fmt::format("    {}: {}\n", yaml_string(variable),
                       yaml_string(fmt::format("${{{}:?a secret of nines.yml}}", variable)));
  }
  return out;
}

std::string agent(const AgentName& name, int number) {
  return fmt::format(
      "{0}  {1}:\n"
      "    <<: *nines\n"
      "    command: [agent, -c, /etc/nines/nines.yml]\n"
      "    restart: unless-stopped\n"
      "    stop_grace_period: 30s\n"
      "    ports: [\"127.0.0.1:{2}:{3}\"]\n"
      "    volumes: [\"./{1}.yml:/etc/nines/nines.yml:ro\", \"{1}:/data\"]\n"
      "    healthcheck: {{test: [CMD, nines, check, \"http://127.0.0.1:{3}/-/ready\"], interval: 30s, timeout: 5s, "
      "start_period: 10s}}\n",
      yaml_comment("Region " + name.region + ".", 2), name.name, kPort + number, kPort);
}

// Compose takes $ for itself.
std::string shell_text(std::string text) {
  for (std::size_t at = text.find('$'); at != std::string::npos; at = text.find('$', at + 2)) text.insert(at, 1, '$');
  return text;
}

std::string report(const std::vector<AgentName>& names) {
  std::string stores;
  std::string volumes = fmt::format("\"./{}.yml:/etc/nines/nines.yml:ro\"", names.front().name);
  for (const AgentName& name : names) {
    stores += fmt::format(" --data-dir /stores/{}", name.name);
    volumes += fmt::format(", \"{0}:/stores/{0}\"", name.name);
  }
  return fmt::format(
      "  report:\n"
      "    <<: *nines\n"
      "    profiles: [report]\n"
      "    entrypoint: [/bin/sh, -ec]\n"
      "    command:\n"
      "      - {}\n"
      "    volumes: [{}]\n",
      yaml_string(shell_text(
          fmt::format("{}; exec nines report -c /etc/nines/nines.yml{} --month \"$month\"", kLastMonth, stores))),
      volumes);
}

std::string gate(const AgentName& name) {
  return fmt::format(
      "  gate:\n"
      "    <<: *nines\n"
      "    profiles: [gate]\n"
      "    command: [gate, verify, -c, /etc/nines/nines.yml, --agent, \"http://{0}:{1}\", --deployment, "
      "\"${{DEPLOYMENT:-}}\"]\n"
      "    volumes: [\"./{0}.yml:/etc/nines/nines.yml:ro\"]\n",
      name.name, kPort);
}

}  // namespace

Expected<Files> compose(const config::Config& config, const config::Deployable& deployable) {
  if (auto checked = check_deployable(deployable); !checked) return std::unexpected(checked.error());
  const auto names = agent_names(config);
  std::string text = kHead + environment(deployable);
  for (const std::string& file : deployable.files) text += yaml_comment("CHANGE: mount the secret's file " + file);
  text += "\nservices:\n";
  for (std::size_t i = 0; i < names.size(); ++i) text += agent(names[i], static_cast<int>(i));
  text += report(names) + gate(names.front()) + "\nvolumes:\n";
  for (const AgentName& name : names) text += fmt::format("  {}: {{}}\n", name.name);
  Files files{{"compose.yaml", text}};
  for (const AgentName& name : names) files.push_back({name.name + ".yml", container_config(deployable, name.region)});
  return files;
}

}  // namespace nines::reports::generate
