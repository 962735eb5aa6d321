#pragma once

// Messages as they are sent to those without an Alertmanager. Pure.

#include <string>

#include "agent/alerts/plan.hpp"
#include "agent/outbound/mail.hpp"

namespace nines::agent {

// JSON as Alertmanager's webhook sends it, version 4:
// https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
std::string webhook_body(const Message& message, const std::string& external_url);

// JSON for a Slack incoming webhook: https://api.slack.com/messaging/webhooks
std::string slack_body(const Message& message);

// Without its recipients.
Mail mail_of(const Message& message);

// The same for the same news: a receiver that got it twice can tell.
std::string message_key(const Message& message);

}  // namespace nines::agent
