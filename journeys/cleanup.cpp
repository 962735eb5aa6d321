#include "journeys/cleanup.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/credentials.hpp"
#include "base/json.hpp"
#include "base/redact.hpp"
#include "base/text.hpp"
#include "journeys/request.hpp"
#include "journeys/step.hpp"
#include "probes/async/event.hpp"

namespace nines::journeys {
namespace {

using probes::DeadlineScope;
using probes::Event;
using probes::Loop;
using probes::Task;

constexpr std::size_t kMaxName = 200;
constexpr std::size_t kMaxUrl = 4096;

// What a DELETE is answered when nothing is left of its target (RFC 9110, 9.3.5, 15.5.5 and 15.5.11).
bool means_gone(int status) {
  return (status >= 200 && status < 300) || status == 404 || status == 410;
}

// The URL as it may be stored: a template in which the journey's secrets are still names; empty when it cannot be told
// without something that may not be stored. Nothing when it cannot be told at all yet.
std::optional<std::string> storable_url(const Context& run, const config::Template& text) {
  if (!run.variables.url(text)) return std::nullopt;
  std::vector<std::string> secrets;
  for (const auto& [name, secret] : run.journey->secrets) secrets.push_back(name);
  const auto url = run.variables.url_without(secrets, text);
  if (!url) return std::string();
  std::string joined = joined_url(run.journey->base_url, *url);
  const auto known = redactor();
  const bool secret = known->secrets(joined) != joined || run.masks.text(joined) != known->all(joined);
  return secret || joined.size() > kMaxUrl ? std::string() : joined;
}

bool is_open(const Context& run, const std::string& url) {
  const auto entries = run.ledger->of(run.journey->schedule.name);
  return !url.empty() && std::ranges::find(entries, url, &Leftover::url) != entries.end();
}

Task<void> keep(Context* run, Leftover entry) {
  Loop& loop = run->engine.loop();
  Event written(loop);
  run->made.push_back(run->ledger->open(
      std::move(entry), [&loop, &written](bool /*kept*/) { loop.post([&written] { written.set(); }); }));
  co_await written.wait();
}

const config::Step* step_named(const config::Journey& journey, const std::string& name) {
  const auto found = std::ranges::find(journey.steps, name, &config::Step::name);
  return found == journey.steps.end() ? nullptr : &*found;
}

// The step of `finally` whose request removes what the creation speaks of.
const config::Step* cleanup_of(const config::Journey& journey, const config::Creates& creation) {
  const auto found = std::ranges::find_if(journey.finally, [&](const config::Step& step) {
    return step.method == "DELETE" && step.url == creation.remove;
  });
  return found == journey.finally.end() ? nullptr : &*found;
}

// Who may make a thing may remove it.
std::vector<std::pair<std::string, config::Template>> credentials_of(const config::Step& step) {
  auto headers = step.headers;
  std::erase_if(headers, [](const auto& header) { return !names_credentials(header.first); });
  return headers;
}

// The request that removes an entry, as a step of its own: with the credentials that the configuration gives it now,
// its URL a template still.
config::Step removal_step(const config::Journey& journey, const Leftover& entry) {
  config::Step step;
  if (const config::Step* made_by = step_named(journey, entry.step)) {
    step.login = made_by->login;
    for (const config::Creates& creation : creations(journey, *made_by)) {
      if (creation.kind != entry.kind) continue;
      if (const config::Step* cleanup = cleanup_of(journey, creation); !made_by->creates && cleanup != nullptr) {
        step = *cleanup;
      }
      step.url = creation.remove;
      step.headers = creation.headers.empty() ? credentials_of(*made_by) : creation.headers;
    }
  }
  step.name = "delete " + entry.kind;
  step.method = "DELETE";
  step.expect = {};
  step.expect.status = {200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 404, 410};  // every 2xx there is
  step.until.reset();
  step.captures.clear();
  step.when.clear();
  step.when_program.reset();
  step.repeat = {};
  step.retry = {};
  step.think_time = Micros(0);
  return step;
}

}  // namespace

bool known_before(const config::Step& step, const config::Creates& creation) {
  return std::ranges::find(step.captures, creation.id, &config::Capture::name) == step.captures.end();
}

Task<void> write_down(Context* run, const config::Step* step, bool before) {
  for (const config::Creates& creation : creations(*run->journey, *step)) {
    if (known_before(*step, creation) != before || !run->variables.holds(creation.id)) continue;
    auto url = storable_url(*run, creation.remove);
    if (!url || is_open(*run, *url)) continue;
    const Json& name = *run->variables.find(creation.id);
    Leftover entry;
    entry.journey = run->journey->schedule.name;
    entry.step = step->name;
    entry.kind = creation.kind;
    entry.name = ellipsize(run->masks.text(name.is_string() ? name.get<std::string>() : dump_json(name)), kMaxName);
    entry.url = std::move(*url);
    entry.created = run->engine.options().clock->now();
    co_await keep(run, std::move(entry));
  }
}

void note_removal(Context& run, const config::Step& step, const StepResult& result) {
  if (step.method != "DELETE" || result.skipped || !means_gone(result.status)) return;
  const auto url = storable_url(run, step.url);
  if (!url) return;
  for (const Leftover& entry : run.ledger->of(run.journey->schedule.name)) {
    // One whose URL may not be kept is told apart by its template.
    const bool same = entry.url.empty() ? removal_step(*run.journey, entry).url == step.url : entry.url == *url;
    if (same) run.ledger->close(entry.id);
  }
}

Task<Removal> remove_leftovers(Context* run, bool mine_only, DeadlineScope* budget) {
  Removal removal;
  std::vector<Leftover> entries = run->ledger->of(run->journey->schedule.name);
  if (mine_only) {
    std::erase_if(entries,
                  [run](const Leftover& entry) { return std::ranges::find(run->made, entry.id) == run->made.end(); });
  }
  for (std::size_t left = entries.size(); left > 0 && !budget->stop().stopped(); --left) {
    const Leftover& entry = entries[left - 1];
    config::Step step = removal_step(*run->journey, entry);
    const std::string path = path_template(step);
    if (!entry.url.empty()) step.url = entry.url;
    const std::uint64_t now = Loop::now_ns();
    const std::uint64_t rest = budget->own_deadline() > now ? budget->own_deadline() - now : 0;
    DeadlineScope share(run->engine.loop(), std::chrono::nanoseconds(rest / left), budget->stop());
    StepResult result = (co_await run_step(run, &step, step.name, share.stop())).result;
    result.finally = true;
    // As many series as the configuration has steps, not one for each thing.
    for (Request& request : result.requests) request.path = path;
    if (result.outcome.ok()) {
      run->ledger->close(entry.id);
    } else {
      removal.failures.push_back(result.outcome);
      if (result.status != 0 && run->ledger->refused(entry.id)) {
        ++removal.given_up;
        removal.failures.push_back(
            {result.outcome.reason, fmt::format("given up after {} tries: {} \"{}\" stays behind", Ledger::kMaxTries,
                                                entry.kind, entry.name)});
      }
    }
    removal.steps.push_back(std::move(result));
  }
  // Nobody else can ask for what is only known to this run.
  for (const Leftover& entry : entries) {
    if (entry.url.empty()) run->ledger->close(entry.id);
  }
  co_return removal;
}

}  // namespace nines::journeys
