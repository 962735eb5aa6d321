#pragma once

// What the Markdown report and the HTML report say in sentences. Text from outside (a check's message, a zone's name)
// is not escaped. Internal to reports/.

#include <string>

#include "reports/report.hpp"

namespace nines::reports {

// "Up 99.641% of the time that is known; down 2 h 41 min in 2 outages.", or that there is no data and why.
std::string say_figure(const sla::Evaluation& evaluation);

// "760.124 s spent of 2678.400 s allowed"
std::string say_spent(const sla::Evaluation& evaluation);

// A region's own figure, as measured_text.
std::string region_text(const sla::Evaluation& evaluation, const sla::RegionFigure& figure);

// The label of the period that all objectives share; empty where they have different ones.
std::string common_period(const Report& report);

// "2026-10" as "October 2026"; other labels as they are.
std::string say_period(const std::string& label);

// "Oct 14, 02:10–02:23 UTC", "Oct 14, 23:50 – Oct 15, 00:10 Europe/Berlin"; to the minute.
std::string say_span(const Period& span, const std::string& time_zone);
// "Oct 14, 02:10 UTC"
std::string say_moment(Time time, const std::string& time_zone);

// "Down 12 min 41 s on Oct 14, 02:10–02:23 UTC, seen from 2 of 3 regions: TLS certificate expired".
std::string say_outage(const sla::Outage& outage, const sla::Evaluation& evaluation);

// A past period's figure, as measured_text.
std::string trend_figure(const TrendPoint& point, const sla::Evaluation& evaluation);

// "Better than in September 2026: 99.950%." of the last two points of a trend; empty where there is no comparing.
std::string say_comparison(const std::vector<TrendPoint>& trend, const sla::Evaluation& evaluation);

// "10 %" of a ratio; no digit is lost.
std::string say_share(const Decimal& ratio);

// "Credit due: 10 % of the fee, as uptime is below 99.9 %", or why none can be said.
std::string say_credit(const CreditDue& credit);

}  // namespace nines::reports
