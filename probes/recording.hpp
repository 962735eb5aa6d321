#pragma once

// What goes over the wire in one run, for whoever wants to see it: the spans of its trace, `nines check -v`.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/outcome.hpp"

namespace nines::probes {

// One HTTP request and its answer: a hop of an exchange. As it was sent, with its secrets, until the maker of the run's
// report has masked it (runs of agent/runner.hpp and journeys/run.hpp are). Texts are there when they were asked for.
struct Exchanged {
  int step = 0;         // of a journey: StepResult::number; of a check: 0
  int attempt = 1;      // of the check, or of the step
  std::string span_id;  // as in its traceparent
  bool sampled = true;  // the same
  Time start{};
  Micros duration{0};
  Phases phases;
  std::string method;
  std::string url;
  std::string head;  // request line and headers as they were sent, a line each
  std::string sent;  // the body
  std::string address;
  int status = 0;           // 0: no answer
  std::string version;      // "1.1", "2"
  std::string answer_head;  // header lines
  std::string answer;       // the body, decoded
  std::int64_t answer_bytes = 0;
  std::string left_out;  // why `answer` is not there: "over 1 MiB"; empty: it is
  Outcome outcome;       // of the transport
};

// Filled on the loop's thread while a run goes on. Bounded: exchanges over kMost are counted only, and bodies are kept
// up to kMostBytes in all.
struct Recording {
  static constexpr std::size_t kMost = 500;
  static constexpr std::size_t kMostBody = 1 << 20;
  static constexpr std::size_t kMostBytes = 16 << 20;

  bool texts = false;  // heads and bodies too
  // Of what is sent next.
  int step = 0;
  int attempt = 1;
  std::string shown_body;  // what is shown in place of its body; empty: the body itself

  std::vector<Exchanged> exchanges;
  std::size_t left_out = 0;
  std::size_t bytes = 0;  // of bodies kept

  // Keeps `one`, its bodies while there is room for them.
  void add(Exchanged one);
};

}  // namespace nines::probes
