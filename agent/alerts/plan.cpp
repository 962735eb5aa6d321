#include "agent/alerts/plan.hpp"

#include <algorithm>
#include <ranges>
#include <set>

namespace nines::agent {
namespace {

PostedAlert posted(const Alert& alert, Time ends) {
  return {.labels = alert.labels,
          .annotations = alert.annotations,
          .starts_at = alert.starts,
          .ends_at = ends,
          .generator_url = alert.url};
}

// Whether it became another alert of its identity, as a warning does that becomes critical.
bool is_replaced(const Alerts& alerts, const Alert& alert) {
  if (alert.firing()) return false;
  for (auto next = alerts.upper_bound(alert.id); next != alerts.end(); ++next) {
    if (next->second.identity == alert.identity) return next->second.starts <= *alert.ends;
  }
  return false;
}

// Of one alert that has no younger one with its labels.
void add_to(Posting& posting, const Alert& alert, const Told& told, bool replaced, Time now, bool resend) {
  const auto say = [&](Time ends, std::optional<Told> news) {
    posting.alerts.push_back(posted(alert, ends));
    if (!news) return;
    posting.then.emplace_back(alert.id, *news);
    ++posting.news;
  };
  if (alert.firing()) {
    if (!told.firing) return say(now + kValid, Told{now, std::nullopt});
    if (resend) say(now + kValid, std::nullopt);
    return;
  }
  if (told.resolved) {
    if (resend && told.firing && now < *alert.ends + kResendResolved) say(*alert.ends, std::nullopt);
    return;
  }
  if (!told.firing) {
    if (!replaced && now < *alert.ends + kTooLate) return say(now + kValid, Told{now, std::nullopt});
    posting.then.emplace_back(alert.id, Told{std::nullopt, now});
    return;
  }
  const bool late = *told.firing >= *alert.ends;
  if (late && now < *told.firing + kFireLate) return;
  say(*alert.ends, Told{told.firing, now});
}

struct Group {
  std::vector<const Alert*> firing;
  std::vector<const Alert*> over;  // and not told
  std::optional<Time> first_news;
  std::optional<Time> last_told;

  void news(Time at) { first_news = std::min(first_news.value_or(at), at); }
  void told(std::optional<Time> at) {
    if (at) last_told = std::max(last_told.value_or(*at), *at);
  }
};

std::map<std::string, Group> groups_of(const Alerts& alerts, const std::string& receiver) {
  std::map<std::string, Group> groups;
  for (const auto& [id, alert] : alerts) {
    Group& group = groups[std::string(value_of(alert.labels, "service"))];
    const auto found = alert.told.find(receiver);
    const Told told = found == alert.told.end() ? Told{} : found->second;
    group.told(told.firing);
    group.told(told.resolved);
    if (alert.firing()) {
      group.firing.push_back(&alert);
      if (!told.firing) group.news(alert.starts);
    } else if (found != alert.told.end() && !told.resolved) {
      group.over.push_back(&alert);
      group.news(*alert.ends);
    }
  }
  return groups;
}

Message message_of(const Alerts& alerts, const std::string& service, const Group& group, const std::string& receiver,
                   Time now) {
  Message message{.service = service, .firing = {}, .resolved = {}, .replaced = {}, .then = {}};
  for (const Alert* alert : group.firing) {
    message.firing.push_back(*alert);
    const Told told = alert->told_to(receiver);
    if (!told.firing) message.then.emplace_back(alert->id, Told{now, std::nullopt});
  }
  for (const Alert* alert : group.over) {
    (is_replaced(alerts, *alert) ? message.replaced : message.resolved).push_back(*alert);
    message.then.emplace_back(alert->id, Told{alert->told_to(receiver).firing, now});
  }
  return message;
}

}  // namespace

std::optional<Posting> plan_posting(const Alerts& alerts, const std::string& receiver, Time now, bool resend) {
  Posting posting;
  std::set<std::string> younger;
  for (const auto& [id, alert] : alerts | std::views::reverse) {
    const auto found = alert.told.find(receiver);
    if (!alert.firing() && found == alert.told.end()) continue;
    const Told told = found == alert.told.end() ? Told{} : found->second;
    if (younger.insert(fingerprint_of(alert.labels)).second) {
      add_to(posting, alert, told, is_replaced(alerts, alert), now, resend);
    } else if (!told.resolved) {
      posting.then.emplace_back(id, Told{told.firing, now});
    }
  }
  if (posting.alerts.empty() && posting.then.empty()) return std::nullopt;
  return posting;
}

Messages plan_messages(const Alerts& alerts, const std::string& receiver, Time now, Micros wait, Micros interval) {
  Messages messages;
  for (const auto& [service, group] : groups_of(alerts, receiver)) {
    if (!group.first_news) continue;
    Time due = *group.first_news + wait;
    // A clock that was set back must not keep a message for long.
    if (group.last_told) due = std::max(due, std::min(*group.last_told, now) + interval);
    if (now < due) {
      messages.next = std::min(messages.next.value_or(due), due);
      continue;
    }
    Message message = message_of(alerts, service, group, receiver, now);
    if (!message.then.empty()) messages.due.push_back(std::move(message));
  }
  return messages;
}

}  // namespace nines::agent
