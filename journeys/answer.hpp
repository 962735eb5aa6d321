#pragma once

// One answer of a step, and how rules and captures look into it.

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "journeys/context.hpp"
#include "journeys/xpath.hpp"
#include "probes/http/exchange.hpp"

namespace nines::journeys {

// A complete answer. Its body is parsed once, and only while it is small: large ones are jq's alone, off the loop.
// Pointers outlive the tasks.
class Answer {
 public:
  explicit Answer(probes::HttpExchange exchange);
  ~Answer();
  Answer(Answer&&) noexcept;
  Answer& operator=(Answer&&) noexcept;

  const probes::HttpExchange& exchange() const { return exchange_; }
  // Nullptr when the body is not JSON, or large.
  const Json* document() const { return document_.get(); }
  // The values of all headers of that name.
  std::vector<std::string> headers(const std::string& name) const;

  // What a jq program gives for the body, with the run's variables as $name. Digits of integers above 2^53 are kept
  // where the program only chooses among what is there (`.items[0].id`, `.items[] | select(.done) | .id`); what it
  // computes or compares is jq's double.
  probes::Task<std::expected<probes::Jq::Values, probes::Jq::Failure>> evaluate(Context* run,
                                                                                const std::string* program,
                                                                                probes::Stop stop) const;
  // What an XPath expression finds in the body, which is read on another thread unless it is small.
  probes::Task<Expected<Page::Found>> find(Context* run, const std::string* expression) const;

 private:
  struct Read;

  Expected<Page> parse() const;

  probes::HttpExchange exchange_;
  std::unique_ptr<Json> document_;
  bool digits_at_risk_ = false;  // an integer in it has more digits than a double keeps
  std::unique_ptr<Read> page_;   // read when it is first asked for
};

// For sentences: on one line, cut, without secrets.
std::string shown(const Context& run, std::string_view text);

}  // namespace nines::journeys
