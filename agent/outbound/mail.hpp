#pragma once

// Mail, handed in by SMTP (RFC 5321, with TLS as RFC 3207 and 8314 have it).

#include <stop_token>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "config/neighbours.hpp"

namespace nines::agent {

struct Attachment {
  std::string name;  // "sla-2026-10.pdf"
  std::string type;  // "application/pdf"
  std::string bytes;
};

struct Mail {
  std::vector<std::string> to;
  std::string subject;
  std::string text;
  std::string html{};  // the same for those who see it; empty: text alone
  std::vector<Attachment> attachments{};
  std::string message_id{};  // left of the @; empty: a fresh one
};

// Hands it in and waits until the server has taken it. smtps:// is TLS; smtp:// is TLS where the server offers it, and
// always where there is a password. Blocks: any thread but a loop's.
Expected<void> send_mail(const config::Smtp& smtp, const Mail& mail, const std::stop_token& stop = {});

}  // namespace nines::agent
