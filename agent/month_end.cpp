#include "agent/month_end.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include <fmt/format.h>

#include "agent/commands/common.hpp"
#include "agent/outbound/http.hpp"
#include "agent/outbound/mail.hpp"
#include "base/digest.hpp"
#include "base/log.hpp"
#include "reports/report.hpp"
#include "sla/calendar.hpp"

namespace nines::agent {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr auto kFirst = 2s;
constexpr auto kEvery = 60s;
constexpr auto kSettledAfter = std::chrono::days(1);
constexpr Micros kFirstWait = 1min;
constexpr Micros kLongestWait = 1h;
constexpr auto kGiveUpAfter = std::chrono::days(7);

struct Format {
  const char* ending;
  const char* type;
  std::string (*render)(const reports::Report& report);
};
constexpr std::array<Format, 4> kFormats{{
    {".json", "application/json", reports::to_json},
    {".md", "text/markdown; charset=utf-8", reports::to_markdown},
    {".html", "text/html; charset=utf-8", [](const reports::Report& report) { return reports::to_html(report); }},
    {".csv", "text/csv; charset=utf-8", reports::to_csv},
}};

// "2026-10" when it is November in UTC: every zone's October is over or will be within hours.
std::string month_before(Time now) {
  const std::chrono::year_month_day today(std::chrono::floor<std::chrono::days>(now));
  const std::chrono::year_month before = today.year() / today.month() - std::chrono::months(1);
  return fmt::format("{:04}-{:02}", static_cast<int>(before.year()), static_cast<unsigned>(before.month()));
}

// A contract's name as part of a file's; what had to be changed is told apart by a digest.
std::string file_word(const std::string& name) {
  std::string word = name;
  std::ranges::replace_if(
      word,
      [](unsigned char c) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        return !plain && c != '-' && c != '_';
      },
      '_');
  return word == name ? word : word + "-" + hex(sha256(name)).substr(0, 8);
}

// ---- what is due

// The plan of one contract's report, or of everything; none while the month is running in some objective's zone.
Expected<std::optional<ReportPlan>> closed_plan(const std::shared_ptr<const config::Config>& own,
                                                const config::Contract* contract, const std::string& month, Time now) {
  ReportPlan plan;
  plan.config = own;
  plan.contract = contract;
  plan.generated_at = now;
  plan.as_of = now;
  PeriodOptions asked;
  asked.month = month;
  for (const config::Objective& objective : own->objectives) {
    if (contract != nullptr && std::ranges::find(contract->objectives, objective.name) == contract->objectives.end()) {
      continue;
    }
    auto period = period_of(asked, objective, now);
    if (!period) return std::unexpected(period.error());
    const auto closed = sla::month(month, objective.time_zone);
    if (!closed) return std::unexpected(closed.error());
    if (closed->period.to > now) return std::optional<ReportPlan>();
    plan.objectives.push_back(&objective);
    plan.periods.push_back(std::move(*period));
  }
  if (plan.objectives.empty()) return std::optional<ReportPlan>();
  return plan;
}

std::set<std::string> names_of(const ReportPlan& plan) {
  std::set<std::string> names;
  for (const config::Objective* objective : plan.objectives) {
    names.insert(objective->checks.begin(), objective->checks.end());
    names.insert(objective->journeys.begin(), objective->journeys.end());
  }
  return names;
}

Time end_of(const ReportPlan& plan) {
  return std::ranges::max(plan.periods, {}, [](const auto& one) { return one.period.to; }).period.to;
}

// Something was measured in the month.
Expected<bool> has_results(const ReportPlan& plan, HistorySource& source) {
  const Time from = std::ranges::min(plan.periods, {}, [](const auto& one) { return one.period.from; }).period.from;
  const auto keys = source.series();
  if (!keys) return std::unexpected(keys.error());
  const auto names = names_of(plan);
  for (const SeriesKey& key : *keys) {
    if (!names.contains(key.check)) continue;
    const auto rows = source.rows(key, {from, end_of(plan)});
    if (!rows) return std::unexpected(rows.error());
    if (!rows->empty()) return true;
  }
  return false;
}

int confirm_after_of(const ReportPlan& plan, const config::Schedule& schedule) {
  int most = schedule.thresholds.warning;
  for (const config::Objective* objective : plan.objectives)
    most = std::max(most, objective->confirm_after.value_or(0));
  return most;
}

std::vector<std::string> ways_of(const config::Contract* contract) {
  std::vector<std::string> ways;
  if (contract != nullptr && !contract->recipients.empty()) ways.emplace_back("mail");
  if (contract != nullptr && contract->webhook.given()) ways.emplace_back("webhook");
  return ways;
}

// ---- files

Expected<void> write_files(const std::string& data_dir, const store::FrozenMonth& month,
                           const reports::Report& report) {
  std::error_code failed;
  const fs::path directory = fs::path(data_dir) / "reports";
  if (fs::create_directories(directory, failed)) fs::permissions(directory, fs::perms::owner_all, failed);
  for (const Format& format : kFormats) {
    const std::string path = report_path(data_dir, month) + format.ending;
    if (auto written = write_output(path, format.render(report)); !written) return written;
    fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write, failed);
  }
  return {};
}

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
}

// ---- sending

// The same for every try, so that who gets it twice can tell.
std::string delivery_key(const store::FrozenMonth& month) {
  return fmt::format("sla-{}.{}.{}.r{}", month.month, file_word(month.contract), file_word(month.region),
                     month.revision);
}

Expected<void> send_by_mail(const config::Config& config, const config::Contract& contract,
                            const store::FrozenMonth& month, const std::stop_token& stop) {
  const std::string path = report_path(config.data_dir, month);
  Mail mail;
  mail.to = contract.recipients;
  mail.subject = fmt::format("SLA report {} for {}", month.month, contract.customer);
  mail.message_id = delivery_key(month);
  for (const Format& format : kFormats) {
    const std::string ending = format.ending;
    // The record itself is in the store, whatever became of the files.
    const auto bytes = ending == ".json" ? month.report : read_file(path + ending);
    if (!bytes) continue;
    mail.attachments.push_back({fs::path(path + ending).filename().string(), format.type, *bytes});
    if (ending == ".md") mail.text = *bytes;
    if (ending == ".html") mail.html = *bytes;
  }
  if (mail.text.empty()) mail.text = fmt::format("The SLA report of {} is attached.\n", month.month);
  return send_mail(config.smtp, mail, stop);
}

Expected<void> post_to_webhook(const config::Contract& contract, const store::FrozenMonth& month,
                               const std::stop_token& stop) {
  const auto reply = call(contract.webhook,
                          {.method = "POST",
                           .headers = {{"Content-Type", "application/json"}, {"Idempotency-Key", delivery_key(month)}},
                           .body = month.report},
                          stop);
  if (!reply) return std::unexpected(reply.error());
  if (reply->status / 100 == 2) return {};
  return fail(fmt::format("{} answered {}: {}", origin_of(contract.webhook), reply->status, first_line(*reply)));
}

// Nothing is sent to where the configuration no longer says it should go.
const config::Contract* receiver(const config::Config& config, const store::FrozenMonth& month,
                                 const std::string& way) {
  const auto found = std::ranges::find(config.contracts, month.contract, &config::Contract::name);
  if (found == config.contracts.end()) return nullptr;
  const auto ways = ways_of(&*found);
  return std::ranges::find(ways, way) == ways.end() ? nullptr : &*found;
}

void tell_outcome(const store::FrozenMonth& month, const store::Delivery& delivery) {
  const log::Level level = delivery.trouble.empty() ? log::Level::info
                           : delivery.ended         ? log::Level::error
                                                    : log::Level::warning;
  const char* message = delivery.trouble.empty() ? "report sent"
                        : delivery.ended         ? "report not sent: given up"
                                                 : "report not sent yet";
  log::write(level, message,
             {{"month", month.month},
              {"contract", month.contract},
              {"way", delivery.way},
              {"tries", delivery.tries},
              {"reason", delivery.trouble}});
}

}  // namespace

std::string report_path(const std::string& data_dir, const store::FrozenMonth& month) {
  const std::string contract = month.contract.empty() ? std::string() : "-" + file_word(month.contract);
  return fmt::format("{}/reports/sla-{}{}", data_dir, month.month, contract);
}

Micros wait_before_try(int tries) {
  Micros wait = kFirstWait;
  for (int i = 1; i < tries && wait < kLongestWait; ++i) wait *= 2;
  return std::min(wait, kLongestWait);
}

Expected<bool> is_settled(const ReportPlan& plan, HistorySource& source) {
  const Time end = end_of(plan);
  if (plan.as_of >= end + kSettledAfter) return true;
  const auto keys = source.series();
  if (!keys) return std::unexpected(keys.error());
  const auto names = names_of(plan);
  for (const config::Schedule* schedule : plan.config->schedules()) {
    if (!names.contains(schedule->name)) continue;
    bool settled = false;
    for (const SeriesKey& key : *keys) {
      if (key.check != schedule->name) continue;
      const auto success = source.first_success_from(key, end);
      if (!success) return std::unexpected(success.error());
      settled = settled || success->has_value();
      if (settled) break;
      const auto rows = source.rows(key, {end, Time::max()});
      if (!rows) return std::unexpected(rows.error());
      const auto counted =
          std::ranges::count_if(*rows, [](const ResultRow& row) { return !is_agent_fault(row.reason); });
      settled = counted >= confirm_after_of(plan, *schedule);
    }
    if (!settled) return false;
  }
  return true;
}

MonthEnd::MonthEnd(Sessions& sessions, store::Store& store, const Clock& clock)
    : sessions_(sessions), closer_(store, clock), thread_([this](const std::stop_token& stop) { run(stop); }) {}

MonthEnd::~MonthEnd() = default;

void MonthEnd::run(const std::stop_token& stop) {
  std::chrono::seconds pause = kFirst;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, stop, pause, [] { return false; });
    }
    if (stop.stop_requested()) return;
    try {
      look(stop);
    } catch (const std::exception& failure) {
      log::error("the month cannot be closed", {{"reason", failure.what()}});
    }
    pause = kEvery;
  }
}

void MonthEnd::look(const std::stop_token& stop) {
  const std::shared_ptr<const config::Config> config = sessions_.current()->config;
  if (config->objectives.empty()) return;
  if (auto done = closer_.freeze_due(config); !done) {
    log::error("the month cannot be frozen", {{"reason", done.error().text()}});
  }
  if (auto done = closer_.deliver_due(*config, stop); !done) {
    log::error("reports cannot be sent", {{"reason", done.error().text()}});
  }
}

Expected<void> MonthCloser::freeze_due(const std::shared_ptr<const config::Config>& config) {
  const Time now = clock_.now();
  const std::string month = month_before(now);
  const auto is_done = [&](const std::string& contract) { return done_.contains({month, contract}); };
  const bool all = config->contracts.empty() ? is_done({})
                                             : std::ranges::all_of(config->contracts, is_done, &config::Contract::name);
  if (all) return {};
  const auto own = of_one_region(*config, config->region);
  std::vector<const config::Contract*> contracts;
  for (const config::Contract& contract : own->contracts) contracts.push_back(&contract);
  if (contracts.empty()) contracts.push_back(nullptr);
  for (const config::Contract* contract : contracts) {
    if (is_done(contract == nullptr ? std::string() : contract->name)) continue;
    auto plan = closed_plan(own, contract, month, now);
    if (!plan) return std::unexpected(plan.error());
    if (!*plan) continue;
    if (auto frozen = freeze_one(**plan, month); !frozen) return frozen;
  }
  return {};
}

Expected<void> MonthCloser::freeze_one(const ReportPlan& plan, const std::string& month) {
  const config::Config& config = *plan.config;
  const std::string contract = plan.contract == nullptr ? std::string() : plan.contract->name;
  store::Reader reader = store_.reader();
  const auto there = reader.frozen();
  if (!there) return std::unexpected(there.error());
  const bool frozen = std::ranges::any_of(*there, [&](const store::FrozenMonth& one) {
    return one.month == month && one.contract == contract && one.region == config.region;
  });
  if (frozen) {
    done_.emplace(month, contract);
    return {};
  }
  StoreSource whole(reader);
  OneRegion source(whole, config.region);
  const auto any = has_results(plan, source);
  if (!any) return std::unexpected(any.error());
  if (!*any) return {};
  const auto settled = is_settled(plan, source);
  if (!settled) return std::unexpected(settled.error());
  if (!*settled) return {};

  HistorySource* const sources[] = {&source};
  const FreezeRequest request{.month = month,
                              .region = config.region,
                              .reason = {},
                              .data_dir = config.data_dir,
                              .ways = ways_of(plan.contract)};
  const auto outcome = freeze(plan, request, sources);
  if (!outcome) return std::unexpected(outcome.error());
  done_.emplace(month, contract);
  log::info("month frozen", {{"month", month},
                             {"contract", contract},
                             {"revision", outcome->month.revision},
                             {"fingerprint", outcome->month.fingerprint}});
  return write_files(config.data_dir, outcome->month, outcome->report);
}

Expected<void> MonthCloser::deliver_due(const config::Config& config, const std::stop_token& stop) {
  store::Reader reader = store_.reader();
  auto deliveries = reader.deliveries();
  if (!deliveries) return std::unexpected(deliveries.error());
  const Time now = clock_.now();
  std::erase_if(*deliveries, [&](const auto& one) { return one.ended || one.next_try > now; });
  if (deliveries->empty()) return {};
  const auto months = reader.frozen();
  if (!months) return std::unexpected(months.error());
  for (store::Delivery& delivery : *deliveries) {
    const auto month = std::ranges::find(*months, delivery.frozen, &store::FrozenMonth::id);
    if (month == months->end() || stop.stop_requested()) continue;
    const config::Contract* contract = receiver(config, *month, delivery.way);
    const Expected<void> sent = contract == nullptr      ? fail("nines.yml does not say any more where it should go")
                                : delivery.way == "mail" ? send_by_mail(config, *contract, *month, stop)
                                                         : post_to_webhook(*contract, *month, stop);
    // Cut by the shutdown: it says nothing of the receiver.
    if (!sent && stop.stop_requested()) break;
    delivery.trouble = sent ? std::string() : sent.error().text();
    if (!sent) ++delivery.tries;
    delivery.next_try = clock_.now() + wait_before_try(delivery.tries);
    if (sent || contract == nullptr || now > month->made + kGiveUpAfter) delivery.ended = clock_.now();
    tell_outcome(*month, delivery);
    auto book = store::Book::open(config.data_dir);
    if (!book) return std::unexpected(book.error());
    if (auto done = book->update(delivery); !done) return done;
  }
  return {};
}

}  // namespace nines::agent
