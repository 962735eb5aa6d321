#pragma once

// jq programs, run in a helper process: jq 1.6 cannot be stopped, can abort the process it runs in and compiles slowly,
// so it has its own (probes/jq_helper.hpp), with an empty environment and limits, killed and restarted on time-out.

#include <expected>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "probes/engine.hpp"

namespace nines::probes {

// One helper process, for one loop. Requests are answered one after the other by a thread of its own, so nothing here
// blocks the loop. Programs are compiled once per text and kept by the helper. Loop's thread only.
//
//   auto values = co_await jq.run(".id", exchange.body, {{"title", Json("x")}}, stop);
//   if (!values) … values.error().message          // "Cannot index number with string \"id\""
class Jq {
 public:
  // Starts the helper: this same executable with the argument __jq-helper. A helper that cannot start is told by every
  // run() as agent_jq.
  explicit Jq(Engine& engine);
  ~Jq();  // close() was awaited
  Jq(const Jq&) = delete;
  Jq& operator=(const Jq&) = delete;

  struct Failure {
    bool agent = false;   // the helper's fault or its limits, not the program's or the input's
    std::string message;  // one sentence
  };
  using Values = std::vector<Json>;  // what the program gave, at most 1,000 values and 1 MB as text

  // Runs `program` over `input` (JSON text; invalid JSON is a Failure that says so) with $name bound to each variable.
  // Takes at most one second once its turn has come, then the helper is killed and restarted and the program refused
  // at once for a minute. A stop ends the wait, not the program. Numbers are jq's doubles: integers above 2^53 lose
  // digits.
  Task<std::expected<Values, Failure>> run(std::string program, std::string input,
                                           std::vector<std::pair<std::string, Json>> variables, Stop stop);
  // Compiles only: for validation.
  Task<std::expected<void, Failure>> compile(std::string program, std::vector<std::string> variable_names, Stop stop);

  // Ends the helper and closes its handles. What still waits is told so.
  Task<void> close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace nines::probes
