// systemd: the agent as a service, reports by a timer.

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "reports/generate/deployment.hpp"
#include "reports/generate/generate.hpp"

namespace nines::reports::generate {
namespace {

constexpr const char* kHardening = R"(
# It reads its configuration, writes its data and speaks with the network; no more.
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
UMask=0077
)";

// Ports under 1024, and raw sockets for ICMP.
std::string capabilities(const config::Config& config) {
  std::string needed;
  if (config.listen_port < 1024 && config.listen_port > 0) needed += " CAP_NET_BIND_SERVICE";
  const bool icmp =
      std::ranges::any_of(config.modules,
                          [](const auto& module) { return module.second->prober == config::Prober::icmp; }) ||
      std::ranges::any_of(config.checks,
                          [](const auto& check) { return check.module->prober == config::Prober::icmp; });
  if (icmp) needed += " CAP_NET_RAW";
  return needed.empty() ? "CapabilityBoundingSet=\n"
                        : fmt::format("CapabilityBoundingSet={0}\nAmbientCapabilities={0}\n", needed.substr(1));
}

// A relative folder is below /var/lib/nines, where the service runs.
std::string data_folders(const config::Config& config) {
  const std::filesystem::path data(config.data_dir);
  const bool inside = data.is_relative() || config.data_dir.starts_with("/var/lib/nines/");
  std::string out = "StateDirectory=nines\nStateDirectoryMode=0700\nWorkingDirectory=/var/lib/nines\n";
  if (inside) return out;
  // Quoted, with systemd's own specifiers written out.
  std::string quoted;
  for (const char c : config.data_dir) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (c == '%') quoted += '%';
    quoted += c;
  }
  return out + fmt::format("ReadWritePaths=\"{}\"\n", quoted);
}

std::string service(const config::Config& config) {
  return fmt::format(
      "# /etc/systemd/system/nines.service, by `nines generate systemd`.\n"
      "#\n"
      "#   useradd --system --home-dir /var/lib/nines --shell /usr/sbin/nologin nines\n"
      "#   install -D -m 640 -g nines nines.yml /etc/nines/nines.yml\n"
      "#   systemctl daemon-reload && systemctl enable --now nines nines-report.timer\n"
      "[Unit]\n"
      "Description=Nines, synthetic monitoring and SLA compliance\n"
      "Wants=network-online.target\n"
      "After=network-online.target\n"
      "StartLimitIntervalSec=0\n"
      "\n"
      "[Service]\n"
      "ExecStart=/usr/local/bin/nines agent -c /etc/nines/nines.yml\n"
      "ExecReload=/bin/kill -HUP $MAINPID\n"
      "# Secrets of the configuration, a line NAME=value each.\n"
      "EnvironmentFile=-/etc/nines/secrets.env\n"
      "User=nines\n"
      "Group=nines\n"
      "Restart=always\n"
      "RestartSec=2\n"
      "RestartPreventExitStatus=2\n"
      "TimeoutStopSec=30\n"
      "LimitNOFILE=65536\n"
      "{}{}{}"
      "\n"
      "[Install]\n"
      "WantedBy=multi-user.target\n",
      data_folders(config), capabilities(config), kHardening);
}

std::string report(const config::Config& config) {
  // systemd takes % for itself, and $ before the shell does.
  std::string month = kLastMonth;
  for (std::size_t at = month.find_first_of("%$"); at != std::string::npos; at = month.find_first_of("%$", at + 2)) {
    month.insert(at, 1, month[at]);
  }
  return fmt::format(
      "# /etc/systemd/system/nines-report.service, by `nines generate systemd`: last month's report, in\n"
      "# /var/lib/nines/reports.\n"
      "[Unit]\n"
      "Description=Nines, last month's SLA report\n"
      "\n"
      "[Service]\n"
      "Type=oneshot\n"
      "ExecStart=/bin/sh -ec '{}; mkdir -p reports; exec /usr/local/bin/nines report -c /etc/nines/nines.yml "
      "--month \"$$month\" --exit-zero -o \"reports/$$month.md\"'\n"
      "EnvironmentFile=-/etc/nines/secrets.env\n"
      "User=nines\n"
      "Group=nines\n"
      "{}CapabilityBoundingSet=\n{}",
      month, data_folders(config), kHardening);
}

constexpr const char* kTimer =
    "# /etc/systemd/system/nines-report.timer, by `nines generate systemd`: on the first of a month, or as soon after\n"
    "# as this machine runs.\n"
    "[Unit]\n"
    "Description=Nines, a report a month\n"
    "\n"
    "[Timer]\n"
    "OnCalendar=*-*-01 06:00:00 UTC\n"
    "Persistent=true\n"
    "\n"
    "[Install]\n"
    "WantedBy=timers.target\n";

}  // namespace

Expected<Files> systemd(const config::Config& config) {
  return Files{
      {"nines.service", service(config)}, {"nines-report.service", report(config)}, {"nines-report.timer", kTimer}};
}

}  // namespace nines::reports::generate
