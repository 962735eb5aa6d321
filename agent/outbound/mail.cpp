#include "agent/outbound/mail.hpp"

#include <chrono>
#include <memory>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "agent/outbound/curl.hpp"
#include "base/ids.hpp"
#include "base/text.hpp"

namespace nines::agent {
namespace {

using namespace std::chrono_literals;

constexpr Micros kMailTimeout = 60s;

// RFC 2047: what is not plain ASCII as encoded words of at most 75 characters.
std::string header_text(const std::string& text) {
  const auto plain = [](unsigned char c) { return c >= ' ' && c < 0x7f; };
  if (std::ranges::all_of(text, plain)) return text;
  std::string out;
  std::string_view rest = text;
  while (!rest.empty()) {
    std::size_t size = std::min<std::size_t>(rest.size(), 42);
    while (size > 1 && size < rest.size() && (static_cast<unsigned char>(rest[size]) & 0xc0) == 0x80) --size;
    if (!out.empty()) out += "\r\n ";
    out += "=?UTF-8?B?" + base64_encode(rest.substr(0, size)) + "?=";
    rest.remove_prefix(size);
  }
  return out;
}

void add_text(curl_mimepart* part, const std::string& text, const char* type) {
  curl_mime_data(part, text.data(), text.size());
  curl_mime_type(part, type);
  curl_mime_encoder(part, "base64");
}

}  // namespace

Expected<void> send_mail(const config::Smtp& smtp, const Mail& mail, const std::stop_token& stop) {
  Curl curl;
  curl.set(CURLOPT_URL, smtp.url);
  curl.set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl.set_tls(smtp.tls);
  curl.set(CURLOPT_USE_SSL, static_cast<long>(smtp.password.empty() ? CURLUSESSL_TRY : CURLUSESSL_ALL));
  if (!smtp.username.empty()) {
    curl.set(CURLOPT_USERNAME, smtp.username);
    curl.set(CURLOPT_PASSWORD, smtp.password.reveal());
  }
  curl.set(CURLOPT_MAIL_FROM, "<" + smtp.from + ">");
  for (const std::string& address : mail.to) curl.add_recipient("<" + address + ">");

  curl.add_header("From: " + smtp.from);
  curl.add_header(fmt::format("To: {}", fmt::join(mail.to, ", ")));
  curl.add_header("Subject: " + header_text(mail.subject));
  curl.add_header(fmt::format("Date: {:%a, %d %b %Y %H:%M:%S} +0000", fmt::gmtime(std::time(nullptr))));
  curl.add_header(fmt::format("Message-ID: <{}@{}>", mail.message_id.empty() ? make_uuid() : mail.message_id,
                              smtp.from.substr(smtp.from.find('@') + 1)));
  curl.add_header("Auto-Submitted: auto-generated");  // RFC 3834

  const std::unique_ptr<curl_mime, decltype(&curl_mime_free)> mime(curl.new_mime(), &curl_mime_free);
  curl_mimepart* first = curl_mime_addpart(mime.get());
  if (mail.html.empty()) {
    add_text(first, mail.text, "text/plain; charset=utf-8");
  } else {
    curl_mime* both = curl.new_mime();
    add_text(curl_mime_addpart(both), mail.text, "text/plain; charset=utf-8");
    add_text(curl_mime_addpart(both), mail.html, "text/html; charset=utf-8");
    curl_mime_subparts(first, both);  // which frees it
    curl_mime_type(first, "multipart/alternative");
  }
  for (const Attachment& attachment : mail.attachments) {
    curl_mimepart* part = curl_mime_addpart(mime.get());
    add_text(part, attachment.bytes, attachment.type.c_str());
    curl_mime_filename(part, attachment.name.c_str());
  }
  curl.set(CURLOPT_MIMEPOST, mime.get());
  auto sent = curl.perform(kMailTimeout, stop);
  if (sent) return {};
  return fail("the mail server " + smtp.url + " did not take the mail: " + sent.error().message);
}

}  // namespace nines::agent
