#pragma once

// The SLA report: one model, many renderers. Pure: model in, text out; the same input gives the same bytes. Any thread.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/decimal.hpp"
#include "config/config.hpp"
#include "reports/detail.hpp"
#include "sla/model.hpp"

namespace nines::reports {

// That a closed month was written down once: docs/sla.md, "Frozen months".
struct Frozen {
  std::string month;   // "2026-10"
  std::string region;  // as this region alone saw it; empty: the combination of regions
  int revision = 1;
  Time made{};
  std::string method;       // of the arithmetic
  std::string fingerprint;  // SHA-256 of the inputs, hexadecimal
  std::string reason;       // of a revision
};

// A region's agent that was asked and did not answer: its region's time is unknown.
struct Unreachable {
  std::string agent;   // its URL
  std::string region;  // empty: it never said
  std::string why;
};

struct Report {
  Time generated_at{};
  Time as_of{};
  std::string version;  // of the program
  std::string environment;
  const config::Contract* contract = nullptr;    // whose report this is, of `config`; null: everything
  std::vector<std::string> regions;              // that gave results
  std::shared_ptr<const config::Config> config;  // keeps Evaluation::objective alive
  std::vector<sla::Evaluation> objectives;       // in the configuration's order
  std::vector<Detail> details;                   // of each objective, in the same order; empty: not asked for
  std::vector<config::Maintenance> exclusions;   // that touch any period
  std::optional<Frozen> frozen = std::nullopt;
  std::vector<Unreachable> unreachable = {};
};

// Schema "nines.report/v1", docs/report.md: figures unrounded, times RFC 3339, an infinite figure is null with
// "infinite": true, an unknown one null. Indented, final newline.
std::string to_json(const Report& report);

// For tickets and chat: GitHub-flavoured Markdown, figures rounded towards the miss.
std::string to_markdown(const Report& report);

// One HTML file without a script or an outside asset, fit for print; its Content-Security-Policy allows its own style
// and nothing else.
enum class Paper { readers, a4 };  // what the reader prints on, or A4 whatever that is
std::string to_html(const Report& report, Paper paper = Paper::readers);

// For spreadsheets: a head and one row per objective (RFC 4180), figures as in the JSON; text that a spreadsheet would
// take for a formula begins with an apostrophe.
std::string to_csv(const Report& report);

}  // namespace nines::reports
