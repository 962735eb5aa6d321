#include "agent/gate/deployments.hpp"

#include <utility>

#include "base/log.hpp"

namespace nines::agent {
namespace {

constexpr int kRunning = 3;

}  // namespace

Expected<std::vector<store::DeploymentMark>> Deployments::stored(const std::string& data_dir) {
  auto book = store::GateBook::open_existing(data_dir);
  if (!book) return std::unexpected(book.error());
  return book->marks();
}

Deployments::Deployments(std::string data_dir, std::vector<store::DeploymentMark> marks)
    : data_dir_(std::move(data_dir)) {
  for (store::DeploymentMark& mark : marks) current_.insert_or_assign(mark.service, mark);
  thread_ = std::thread([this] { write(); });
}

Deployments::~Deployments() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Deployments::saw(const std::string& check, const std::string& service, const std::string& version, Time at) {
  const std::lock_guard lock(mutex_);
  Running& running = running_[check];
  if (running.version != version) running = {version, at, 0};
  if (running.times < kRunning) ++running.times;
  if (running.times < kRunning) return;
  const auto known = current_.find(service);
  if (known != current_.end() && known->second.version == version) return;
  store::DeploymentMark mark{service, version, known == current_.end() ? "" : known->second.version, running.since};
  log::info("version changed", {{"service", service}, {"from", mark.previous}, {"to", version}});
  current_.insert_or_assign(service, mark);
  to_write_.push_back(std::move(mark));
  changed_.notify_all();
}

std::vector<store::DeploymentMark> Deployments::current() const {
  const std::lock_guard lock(mutex_);
  std::vector<store::DeploymentMark> marks;
  for (const auto& [service, mark] : current_) marks.push_back(mark);
  return marks;
}

void Deployments::write() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ending_ || !to_write_.empty(); });
    if (to_write_.empty()) return;
    const store::DeploymentMark mark = std::move(to_write_.front());
    to_write_.pop_front();
    lock.unlock();
    auto book = store::GateBook::open_existing(data_dir_);
    const auto written = book ? book->mark(mark) : std::unexpected(book.error());
    if (!written) {
      log::error("a change of version cannot be stored",
                 {{"service", mark.service}, {"version", mark.version}, {"reason", written.error().message}});
    }
    lock.lock();
  }
}

}  // namespace nines::agent
