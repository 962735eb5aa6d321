#include "agent/alerts/receivers.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "agent/alerts/assess.hpp"
#include "agent/alerts/messages.hpp"
#include "agent/alerts/silences.hpp"
#include "agent/outbound/http.hpp"
#include "agent/outbound/mail.hpp"
#include "base/digest.hpp"
#include "base/log.hpp"

namespace nines::agent {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds kLongest = 60s;

// "webhook/0123456789abcdef": a webhook's URL is a secret.
std::string id_of(const char* kind, const std::string& what) {
  return fmt::format("{}/{}", kind, hex(sha256(what)).substr(0, 16));
}

class AlertmanagerReceiver final : public Receiver {
 public:
  AlertmanagerReceiver(const config::Remote& remote, ReceiverGround ground)
      : Receiver(id_of("alertmanager", remote.url), origin_of(remote)), ground_(std::move(ground)), client_(remote) {}

  Expected<std::chrono::nanoseconds> turn(const std::stop_token& stop) override {
    const auto begin = ground_.clock.monotonic();
    const bool resend = !resent_ || begin >= *resent_ + std::chrono::nanoseconds(kResend);
    const Alerts alerts = ground_.spool.alerts();
    if (const auto posting = plan_posting(alerts, id, ground_.clock.now(), resend)) {
      if (!posting->alerts.empty()) {
        const auto taken = client_.post_alerts(posting->alerts, stop);
        if (!taken) {
          if (!stop.stop_requested()) ground_.counts.failure += static_cast<std::uint64_t>(posting->news);
          resent_.reset();
          return std::unexpected(taken.error());
        }
      }
      ground_.spool.tell(id, posting->then);
      ground_.counts.success += static_cast<std::uint64_t>(posting->news);
    }
    if (resend) resent_ = begin;
    return std::max<std::chrono::nanoseconds>(*resent_ + std::chrono::nanoseconds(kResend) - ground_.clock.monotonic(),
                                              1ms);
  }

 private:
  ReceiverGround ground_;
  Alertmanager client_;
  std::optional<std::chrono::nanoseconds> resent_;  // when all was said again
};

// Sends messages of a service's alerts, each once.
class MessageReceiver : public Receiver {
 public:
  MessageReceiver(std::string id, std::string name, ReceiverGround ground)
      : Receiver(std::move(id), std::move(name)), ground_(std::move(ground)) {}

  Expected<std::chrono::nanoseconds> turn(const std::stop_token& stop) override {
    const config::Alerting& alerting = ground_.config->alerting;
    const Time now = ground_.clock.now();
    const Messages messages =
        plan_messages(ground_.spool.alerts(), id, now, alerting.group_wait, alerting.group_interval);
    std::optional<Error> failed;
    for (const Message& message : messages.due) {
      if (stop.stop_requested()) break;
      const auto count = static_cast<std::uint64_t>(message.then.size());
      if (auto sent = send(message, stop); !sent) {
        if (!stop.stop_requested()) ground_.counts.failure += count;
        failed = sent.error();
        continue;
      }
      ground_.spool.tell(id, message.then);
      ground_.counts.success += count;
    }
    if (failed) return std::unexpected(*failed);
    if (!messages.next) return kLongest;
    return std::clamp<std::chrono::nanoseconds>(*messages.next - now, 1ms, kLongest);
  }

 protected:
  virtual Expected<void> send(const Message& message, const std::stop_token& stop) = 0;
  const ReceiverGround& ground() const { return ground_; }

  // Posts JSON; an answer other than 2xx is an Error.
  static Expected<void> post(const config::Remote& remote, std::string body, const std::string& key,
                             const std::stop_token& stop) {
    const auto reply = call(remote,
                            {.method = "POST",
                             .path = {},
                             .headers = {{"Content-Type", "application/json"}, {"Idempotency-Key", key}},
                             .body = std::move(body),
                             .answer_limit = 1 << 20},
                            stop);
    if (!reply) return std::unexpected(reply.error());
    if (reply->status / 100 == 2) return {};
    return fail(fmt::format("{} answered {}: {}", origin_of(remote), reply->status, first_line(*reply)));
  }

 private:
  ReceiverGround ground_;
};

class WebhookReceiver final : public MessageReceiver {
 public:
  WebhookReceiver(const config::Remote& remote, ReceiverGround ground)
      : MessageReceiver(id_of("webhook", remote.url), "webhook at " + origin_of(remote), std::move(ground)),
        remote_(remote) {}

 private:
  Expected<void> send(const Message& message, const std::stop_token& stop) override {
    return post(remote_, webhook_body(message, external_url_of(*ground().config)), message_key(message), stop);
  }
  config::Remote remote_;
};

class SlackReceiver final : public MessageReceiver {
 public:
  SlackReceiver(const config::Remote& remote, ReceiverGround ground)
      : MessageReceiver(id_of("slack", remote.url), "Slack at " + origin_of(remote), std::move(ground)),
        remote_(remote) {}

 private:
  Expected<void> send(const Message& message, const std::stop_token& stop) override {
    return post(remote_, slack_body(message), message_key(message), stop);
  }
  config::Remote remote_;
};

// All addresses in one mail.
class MailReceiver final : public MessageReceiver {
 public:
  explicit MailReceiver(ReceiverGround ground) : MessageReceiver("email", "e-mail", std::move(ground)) {}

 private:
  Expected<void> send(const Message& message, const std::stop_token& stop) override {
    Mail mail = mail_of(message);
    mail.to = ground().config->alerting.email;
    return send_mail(ground().config->smtp, mail, stop);
  }
};

}  // namespace

std::vector<std::unique_ptr<Receiver>> make_receivers(const ReceiverGround& ground) {
  std::vector<std::unique_ptr<Receiver>> receivers;
  // The same twice is told once.
  const auto add = [&](std::unique_ptr<Receiver> receiver) {
    if (std::ranges::find(receivers, receiver->id, [](const auto& other) { return other->id; }) != receivers.end())
      return;
    receivers.push_back(std::move(receiver));
  };
  const config::Alerting& alerting = ground.config->alerting;
  for (const config::Remote& remote : alerting.alertmanagers) {
    auto receiver = std::make_unique<AlertmanagerReceiver>(remote, ground);
    auto silences = std::make_unique<SilenceKeeper>(receiver->id, remote, ground);
    add(std::move(receiver));
    add(std::move(silences));
  }
  for (const config::Remote& remote : alerting.webhooks) add(std::make_unique<WebhookReceiver>(remote, ground));
  for (const config::Remote& remote : alerting.slack) add(std::make_unique<SlackReceiver>(remote, ground));
  if (!alerting.email.empty()) add(std::make_unique<MailReceiver>(ground));
  return receivers;
}

std::chrono::seconds backoff_of(int failures) {
  return std::min(std::chrono::seconds(1 << std::clamp(failures - 1, 0, 6)), 60s);
}

ReceiverThread::ReceiverThread(std::unique_ptr<Receiver> receiver, Spool& spool)
    : receiver_(std::move(receiver)), spool_(spool), thread_([this](const std::stop_token& stop) { run(stop); }) {}

ReceiverThread::~ReceiverThread() {
  thread_.request_stop();
  thread_.join();
}

void ReceiverThread::run(const std::stop_token& stop) {
  int failures = 0;
  while (!stop.stop_requested()) {
    const std::uint64_t seen = spool_.version();
    Expected<std::chrono::nanoseconds> next = kLongest;
    try {
      next = receiver_->turn(stop);
    } catch (const std::exception& fault) {
      next = fail(fault.what());
    }
    if (stop.stop_requested()) return;
    if (next) {
      if (failures > 0) log::info("alerts are taken again", {{"receiver", receiver_->name}});
      failures = 0;
      spool_.wait(seen, *next, stop);
      continue;
    }
    if (++failures == 1) {
      log::error("alerts are not taken: they are kept and sent again",
                 {{"receiver", receiver_->name}, {"reason", next.error().text()}});
    }
    // Whatever changes meanwhile: an Alertmanager that is away is not asked at every change.
    const auto until = std::chrono::steady_clock::now() + backoff_of(failures);
    while (!stop.stop_requested() && std::chrono::steady_clock::now() < until) {
      spool_.wait(spool_.version(), until - std::chrono::steady_clock::now(), stop);
    }
  }
}

}  // namespace nines::agent
