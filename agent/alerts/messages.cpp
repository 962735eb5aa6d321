#include "agent/alerts/messages.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/digest.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace nines::agent {
namespace {

constexpr std::size_t kMaxShown = 20;  // alerts in a message for people

Json object_of(const AlertLabels& labels) {
  Json object = Json::object();
  for (const auto& [name, value] : labels) {
    if (!value.empty()) object[name] = value;
  }
  return object;
}

// What all of them have.
template <class Member>
AlertLabels common(const std::vector<const Alert*>& alerts, Member member) {
  AlertLabels shared = alerts.front()->*member;
  std::erase_if(shared, [&](const auto& label) {
    return std::ranges::any_of(
        alerts, [&](const Alert* alert) { return value_of(alert->*member, label.first) != label.second; });
  });
  return shared;
}

std::vector<const Alert*> all_of(const Message& message) {
  std::vector<const Alert*> alerts;
  for (const Alert& alert : message.firing) alerts.push_back(&alert);
  for (const Alert& alert : message.resolved) alerts.push_back(&alert);
  return alerts;
}

Json webhook_alert(const Alert& alert) {
  return {{"status", alert.firing() ? "firing" : "resolved"},
          {"labels", object_of(alert.labels)},
          {"annotations", object_of(alert.annotations)},
          {"startsAt", format_time(alert.starts, 3)},
          {"endsAt", alert.ends ? format_time(*alert.ends, 3) : "0001-01-01T00:00:00Z"},
          {"generatorURL", alert.url},
          {"fingerprint", fingerprint_of(alert.labels)}};
}

std::string title_of(const Message& message) {
  const std::string summary(
      value_of((message.firing.empty() ? message.resolved : message.firing).front().annotations, "summary"));
  const std::size_t count = message.firing.empty() ? message.resolved.size() : message.firing.size();
  std::string title = message.firing.empty() ? fmt::format("[RESOLVED] {}", message.service)
                                             : fmt::format("[FIRING:{}] {}", count, message.service);
  title += ": " + summary;
  if (count > 1) title += fmt::format(" and {} more", count - 1);
  return title;
}

std::string heading_of(const Alert& alert) {
  return fmt::format("{}{} {} ({})", alert.firing() ? "" : "Resolved: ", value_of(alert.labels, "priority"),
                     value_of(alert.annotations, "summary"), value_of(alert.labels, "severity"));
}

std::string times_of(const Alert& alert) {
  if (alert.firing()) return fmt::format("Since {}.", format_time(alert.starts, 0));
  return fmt::format("From {} to {}, {}.", format_time(alert.starts, 0), format_time(*alert.ends, 0),
                     say_duration(*alert.ends - alert.starts));
}

// https://api.slack.com/reference/surfaces/formatting#escaping
std::string slack_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else
      out += c;
  }
  return out;
}

const char* colour_of(const Alert& alert) {
  if (!alert.firing()) return "good";
  return value_of(alert.labels, "severity") == "critical" ? "danger" : "warning";
}

}  // namespace

std::string webhook_body(const Message& message, const std::string& external_url) {
  auto alerts = all_of(message);
  for (const Alert& alert : message.replaced) alerts.push_back(&alert);
  Json list = Json::array();
  for (const Alert* alert : alerts) list.push_back(webhook_alert(*alert));
  return dump_json({{"version", "4"},
                    {"groupKey", fmt::format("{{}}:{{service={}}}", dump_json(message.service))},
                    {"truncatedAlerts", 0},
                    {"status", message.firing.empty() ? "resolved" : "firing"},
                    {"receiver", "nines"},
                    {"groupLabels", {{"service", message.service}}},
                    {"commonLabels", object_of(common(alerts, &Alert::labels))},
                    {"commonAnnotations", object_of(common(alerts, &Alert::annotations))},
                    {"externalURL", external_url},
                    {"alerts", std::move(list)}});
}

std::string slack_body(const Message& message) {
  Json attachments = Json::array();
  const auto alerts = all_of(message);
  for (const Alert* alert : alerts) {
    if (attachments.size() == kMaxShown) break;
    std::string text = slack_text(value_of(alert->annotations, "description")) + "\n" + times_of(*alert);
    if (const auto seen = value_of(alert->annotations, "regions_seen"); !seen.empty()) {
      text += fmt::format("\nSeen by regions: {}", slack_text(seen));
    }
    if (const auto runbook = value_of(alert->annotations, "runbook_url"); !runbook.empty()) {
      text += fmt::format("\n<{}|Runbook>", slack_text(runbook));
    }
    Json attachment{{"color", colour_of(*alert)},
                    {"fallback", slack_text(heading_of(*alert))},
                    {"title", slack_text(heading_of(*alert))},
                    {"text", std::move(text)}};
    if (!alert->url.empty()) attachment["title_link"] = alert->url;
    attachments.push_back(std::move(attachment));
  }
  std::string text = slack_text(title_of(message));
  if (alerts.size() > kMaxShown) text += fmt::format(" ({} of {} are shown)", kMaxShown, alerts.size());
  return dump_json({{"text", std::move(text)}, {"attachments", std::move(attachments)}});
}

Mail mail_of(const Message& message) {
  Mail mail{.to = {}, .subject = printable(title_of(message)), .text = {}};
  const auto alerts = all_of(message);
  std::size_t shown = 0;
  for (const Alert* alert : alerts) {
    if (++shown > kMaxShown) {
      mail.text += fmt::format("… and {} more\n", alerts.size() - kMaxShown);
      break;
    }
    mail.text +=
        fmt::format("{}\n{}\n{}\n", heading_of(*alert), value_of(alert->annotations, "description"), times_of(*alert));
    if (const auto seen = value_of(alert->annotations, "regions_seen"); !seen.empty()) {
      mail.text += fmt::format("Seen by regions: {}\n", seen);
    }
    if (const auto runbook = value_of(alert->annotations, "runbook_url"); !runbook.empty()) {
      mail.text += fmt::format("Runbook: {}\n", runbook);
    }
    if (!alert->url.empty()) mail.text += alert->url + "\n";
    mail.text += "\n";
  }
  return mail;
}

std::string message_key(const Message& message) {
  std::string news;
  for (const auto& [id, told] : message.then) news += fmt::format("{}{};", id, told.resolved ? "r" : "f");
  for (const Alert* alert : all_of(message)) {
    news += fmt::format("{}@{};", fingerprint_of(alert->labels), format_time(alert->starts));
  }
  return hex(sha256(news)).substr(0, 32);
}

}  // namespace nines::agent
