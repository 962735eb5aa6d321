#include "agent/maintenance.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/windows.hpp"
#include "base/text.hpp"
#include "config/names.hpp"
#include "config/reader.hpp"
#include "sla/calendar.hpp"

namespace nines::agent {
namespace {

constexpr std::size_t kMostText = 500;       // bytes of a reason or an author
constexpr std::chrono::days kLongest(3660);  // a window longer than this is a slip of the pen

// ---- judging

std::string words_fault(const std::string& name, const std::string& text) {
  return text_fault(name, text, kMostText, "who or what stands behind the window");
}

Answered<Period> asked_period(const WindowRequest& request, Time now) {
  Period period{now, now};
  if (!request.from.empty()) {
    const auto from = sla::parse_local(request.from, "UTC");
    if (!from) return refuse("`from`: " + from.error().message);
    period.from = *from;
  }
  if (request.to.empty() == request.length.empty()) return refuse("expected either `to` or `for`, and one of them");
  if (request.to.empty()) {
    const auto length = parse_duration(request.length);
    if (!length) return refuse("`for`: " + length.error().message);
    period.to = period.from + *length;
  } else {
    const auto to = sla::parse_local(request.to, "UTC");
    if (!to) return refuse("`to`: " + to.error().message);
    period.to = *to;
  }
  if (period.to <= period.from) return refuse("`to` is not after `from`: expected a later time");
  if (period.length() > kLongest) return refuse("the window is longer than ten years: expected a shorter one");
  return period;
}

std::string service_fault(const config::Config& config, const std::string& name) {
  if (name.empty() || config.service(name) != nullptr) return {};
  std::vector<std::string> names;
  for (const config::Service& service : config.services) names.push_back(service.name);
  return "unknown service `" + ellipsize(printable(name), 80) + "`" + config::suggestion(name, names);
}

// ---- saying

std::string state_of(const store::WindowEntry& window, Time now) {
  if (window.removed) return "removed";
  if (!window.schedule.empty()) return "running";
  return now < window.once.from ? "ahead" : now < window.once.to ? "running" : "over";
}

std::string effect_of_adding(const store::WindowEntry& window, Time now) {
  if (!window.excluded) return "no alert is sent while it lasts; it excludes nothing from the figures";
  if (window.once.from >= now) return "it is left out of the figures while it lasts";
  const Micros past = std::min(now, window.once.to) - window.once.from;
  return fmt::format(
      "it is entered after the fact: {} that have passed are left out of the figures, reports say so, and a frozen "
      "month that holds any of it differs from now on",
      say_duration(past));
}

std::string effect_of_removing(const store::WindowEntry& window, Time now) {
  const Micros past = std::min(now, window.once.to) - window.once.from;
  if (!window.excluded) return "it excluded nothing: no figure changes";
  if (window.schedule.empty() && past <= Micros(0)) return "it had not begun: no figure changes";
  if (!window.removed->entirely) {
    return fmt::format("it ends now: what it left out so far ({}) stays left out, what follows counts",
                       say_duration(past));
  }
  return "it leaves nothing out any more: figures of the past change, and a frozen month that holds any of it differs "
         "from now on";
}

Answered<store::WindowEntry> find_window(const std::string& data_dir, std::int64_t id) {
  auto reader = store::open_reader(data_dir);
  if (!reader) return store_failed(reader.error());
  auto windows = reader->windows();
  if (!windows) return store_failed(windows.error());
  const auto found = std::ranges::find(*windows, id, &store::WindowEntry::id);
  if (found == windows->end()) return refuse(fmt::format("there is no maintenance window {}", id), 404);
  return *found;
}

std::string removal_fault(const store::WindowEntry& window, const RemovalRequest& request, Time now) {
  if (window.removed) {
    return fmt::format("the maintenance window {} was removed at {} by {}", window.id,
                       format_time(window.removed->at, 0), window.removed->author);
  }
  if (request.entirely) return {};
  if (window.configured) {
    return fmt::format(
        "the maintenance window {} is from nines.yml: take it out there, or remove it entirely, for the past too",
        window.id);
  }
  if (window.schedule.empty() && window.once.to <= now) {
    return fmt::format(
        "the maintenance window {} was over at {}: removing it would change nothing; remove it entirely to change the "
        "figures of the past",
        window.id, format_time(window.once.to, 0));
  }
  return {};
}

}  // namespace

Expected<WindowRequest> read_window_request(std::string_view json) {
  WindowRequest request;
  const std::array<std::pair<std::string_view, std::string WindowRequest::*>, 6> texts{{
      {"service", &WindowRequest::service},
      {"from", &WindowRequest::from},
      {"to", &WindowRequest::to},
      {"for", &WindowRequest::length},
      {"reason", &WindowRequest::reason},
      {"author", &WindowRequest::author},
  }};
  const auto take = [&](const std::string& key, const Json& value) -> Expected<bool> {
    if (key == "excluded") return keep_flag(value, key, request.excluded);
    const auto found = std::ranges::find(texts, key, [](const auto& one) { return one.first; });
    if (found == texts.end()) return false;
    if (key == "service" && value.is_null()) return true;
    return keep_text(value, key, request.*found->second);
  };
  if (auto read = read_members(json, take); !read) return std::unexpected(read.error());
  return request;
}

Expected<RemovalRequest> read_removal_request(std::string_view json) {
  RemovalRequest request;
  const auto take = [&](const std::string& key, const Json& value) -> Expected<bool> {
    if (key == "entirely") return keep_flag(value, key, request.entirely);
    if (key == "reason") return keep_text(value, key, request.reason);
    if (key == "author") return keep_text(value, key, request.author);
    if (key != "id") return false;
    if (!value.is_number_integer()) return fail("`id` is no whole number: expected a window's");
    request.id = value.get<std::int64_t>();
    return true;
  };
  if (auto read = read_members(json, take); !read) return std::unexpected(read.error());
  return request;
}

Json to_json(const WindowRequest& request) {
  Json json = Json::object();
  if (!request.service.empty()) json["service"] = request.service;
  if (!request.from.empty()) json["from"] = request.from;
  if (!request.to.empty()) json["to"] = request.to;
  if (!request.length.empty()) json["for"] = request.length;
  json["reason"] = request.reason;
  json["author"] = request.author;
  json["excluded"] = request.excluded;
  return json;
}

Json to_json(const RemovalRequest& request) {
  return {{"id", request.id}, {"reason", request.reason}, {"author", request.author}, {"entirely", request.entirely}};
}

Answered<Json> add_window(const std::string& data_dir, const config::Config& config, const WindowRequest& request,
                          Time now) {
  for (const auto& fault : {words_fault("reason", request.reason), words_fault("author", request.author),
                            service_fault(config, request.service)}) {
    if (!fault.empty()) return refuse(fault);
  }
  const auto period = asked_period(request, now);
  if (!period) return std::unexpected(period.error());
  store::WindowEntry window;
  window.service = request.service;
  window.once = *period;
  window.reason = trim(request.reason);
  window.author = trim(request.author);
  window.excluded = request.excluded;
  window.entered = now;
  auto book = store::Book::open(data_dir);
  if (!book) return store_failed(book.error());
  const auto id = book->add_window(window);
  if (!id) return store_failed(id.error());
  window.id = *id;
  Json json = window_json(window, now);
  json["effect"] = effect_of_adding(window, now);
  return json;
}

Answered<Json> remove_window(const std::string& data_dir, const RemovalRequest& request, Time now) {
  for (const auto& fault : {words_fault("reason", request.reason), words_fault("author", request.author)}) {
    if (!fault.empty()) return refuse(fault);
  }
  const auto found = find_window(data_dir, request.id);
  if (!found) return std::unexpected(found.error());
  if (const auto fault = removal_fault(*found, request, now); !fault.empty()) return refuse(fault, 409);
  auto book = store::Book::open(data_dir);
  if (!book) return store_failed(book.error());
  const auto window = book->remove_window(
      request.id, {now, std::string(trim(request.author)), std::string(trim(request.reason)), request.entirely});
  if (!window) return store_failed(window.error());
  Json json = window_json(*window, now);
  json["effect"] = effect_of_removing(*window, now);
  return json;
}

Json window_json(const store::WindowEntry& window, Time now) {
  Json json;
  json["id"] = window.id;
  json["service"] = window.service.empty() ? Json() : Json(window.service);
  if (window.schedule.empty()) {
    json["from"] = format_time(window.once.from);
    json["to"] = format_time(window.once.to);
  } else {
    json["schedule"] = window.schedule;
    json["time_zone"] = window.time_zone;
  }
  json["reason"] = window.reason;
  json["author"] = window.author;
  json["excluded"] = window.excluded;
  json["source"] = window.configured ? "configuration" : "command";
  json["entered"] = format_time(window.entered);
  json["entered_late"] = window.schedule.empty() && window.entered > window.once.from;
  json["state"] = state_of(window, now);
  json["removed"] = nullptr;
  if (window.removed) {
    json["removed"] = {{"at", format_time(window.removed->at)},
                       {"author", window.removed->author},
                       {"reason", window.removed->reason},
                       {"entirely", window.removed->entirely}};
  }
  return json;
}

}  // namespace nines::agent
