#include "journeys/ledger.hpp"

#include <algorithm>
#include <utility>

#include "config/template.hpp"

namespace nines::journeys {
namespace {

bool captures(const config::Step& step, const std::string& name) {
  return std::ranges::find(step.captures, name, &config::Capture::name) != step.captures.end();
}

// The first name in the URL that the step captures; empty: none.
std::string captured_in(const config::Template& url, const config::Step& step) {
  const auto pieces = config::parse_template(url);
  if (!pieces) return {};
  for (const config::TemplatePiece& piece : *pieces) {
    if (piece.kind == config::TemplatePiece::Kind::variable && captures(step, piece.text)) return piece.text;
  }
  return {};
}

}  // namespace

std::int64_t Ledger::open(Leftover entry, std::function<void(bool)> kept) {
  {
    const std::lock_guard lock(mutex_);
    entry.id = ++last_id_;
    entries_.emplace(entry.id, entry);
  }
  if (entry.url.empty()) {
    kept(false);
  } else {
    write(entry, false, std::move(kept));
  }
  return entry.id;
}

void Ledger::close(std::int64_t id) {
  Leftover entry;
  {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(id);
    if (found == entries_.end()) return;
    entry = std::move(found->second);
    entries_.erase(found);
  }
  if (!entry.url.empty()) write(entry, true, {});
}

bool Ledger::refused(std::int64_t id) {
  Leftover entry;
  {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(id);
    if (found == entries_.end()) return false;
    ++found->second.tries;
    entry = found->second;
  }
  if (entry.tries >= kMaxTries) {
    close(id);
    return true;
  }
  if (!entry.url.empty()) write(entry, false, {});
  return false;
}

std::vector<Leftover> Ledger::of(const std::string& journey) const {
  const std::lock_guard lock(mutex_);
  std::vector<Leftover> found;
  for (const auto& [id, entry] : entries_) {
    if (entry.journey == journey) found.push_back(entry);
  }
  return found;
}

std::map<std::string, std::size_t> Ledger::counts() const {
  const std::lock_guard lock(mutex_);
  std::map<std::string, std::size_t> counts;
  for (const auto& [id, entry] : entries_) ++counts[entry.journey];
  return counts;
}

void Ledger::restore(std::vector<Leftover> entries) {
  const std::lock_guard lock(mutex_);
  for (Leftover& entry : entries) {
    last_id_ = std::max(last_id_, entry.id);
    entries_.emplace(entry.id, std::move(entry));
  }
}

void Ledger::write(const Leftover& /*entry*/, bool /*remove*/, std::function<void(bool)> written) {
  const auto tell = std::move(written);
  if (tell) tell(true);
}

std::vector<config::Creates> creations(const config::Journey& journey, const config::Step& step) {
  if (step.creates) return {*step.creates};
  std::vector<config::Creates> found;
  for (const config::Step& cleanup : journey.finally) {
    if (cleanup.method != "DELETE") continue;
    std::string id = captured_in(cleanup.url, step);
    if (id.empty()) continue;
    found.push_back({.kind = id, .id = id, .remove = cleanup.url, .headers = cleanup.headers});
  }
  return found;
}

}  // namespace nines::journeys
