#pragma once

// The last probes that /probe was asked for, each with what it would have told with debug=true.

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace nines::agent {

// Keeps the last `limit` probes and, of those that fell out, the last `limit` that failed, as blackbox_exporter does: a
// failure can still be looked at when many successes have followed. Any thread.
class ProbeHistory {
 public:
  static constexpr std::size_t kMaxText = 64 * 1024;  // bytes kept of a probe's text

  struct Entry {
    std::uint64_t id = 0;  // counts from 0
    std::string module;
    std::string target;
    std::string text;
    bool success = false;
  };
  using Entries = std::vector<std::shared_ptr<const Entry>>;

  explicit ProbeHistory(std::size_t limit) : limit_(limit) {}

  void set_limit(std::size_t limit);
  void add(std::string module, std::string target, std::string text, bool success);

  Entries entries() const;  // newest first, kept failures behind
  // Null: it never was, or has fallen out.
  std::shared_ptr<const Entry> find(std::uint64_t id) const;
  // The latest of a target; `module` empty: of any.
  std::shared_ptr<const Entry> latest(const std::string& target, const std::string& module) const;

 private:
  void shorten();  // locked

  mutable std::mutex mutex_;
  std::size_t limit_;
  std::uint64_t next_id_ = 0;
  std::deque<std::shared_ptr<const Entry>> recent_;         // oldest first
  std::deque<std::shared_ptr<const Entry>> kept_failures_;  // the same
};

}  // namespace nines::agent
