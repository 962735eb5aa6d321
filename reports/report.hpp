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
