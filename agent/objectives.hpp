#pragma once

// Objectives from the store: what `report` and the objective metrics share.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "agent/history_source.hpp"
#include "base/error.hpp"
#include "config/config.hpp"
#include "sla/evaluate.hpp"
#include "sla/model.hpp"
#include "store/store.hpp"

namespace nines::agent {

// What is to be done with a history beside uptime over its period.
struct Reading {
  std::vector<Time> moments = {};       // that figures over single results tell apart inside the period: as_of, slices
  bool times = false;                   // of results are wanted, although the objective is not one of latency
  int threads = 1;                      // that may read at the same time …
  std::int64_t hours_a_thread = 8'000;  // … at least so many hours of a series each: less is not worth its start
};

// Everything that evaluate() needs for `objective` over `period`: the results of its checks and of the uplink checks in
// all regions, back to where every failure run that reaches into the period began and on to where one that leaves it
// ended, condensed. Several sources (one per region) are merged. Reads the store: not on a loop.
Expected<sla::History> load_history(Sources sources, const config::Config& config, const config::Objective& objective,
                                    const Period& period, const Reading& reading = {});
Expected<sla::History> load_history(std::span<store::Reader> readers, const config::Config& config,
                                    const config::Objective& objective, const Period& period,
                                    const Reading& reading = {});

// The maintenance windows that the figures of these stores go by: agent/windows.hpp.
Expected<std::vector<config::Maintenance>> stored_windows(Sources sources, const config::Config& config);

// Settings in force as the configuration has them now, for Store::record_settings.
std::vector<store::SettingsEntry> settings_of(const config::Config& config, Time now);

}  // namespace nines::agent
