#include "agent/outbound/http.hpp"

#include "agent/outbound/curl.hpp"
#include "base/text.hpp"
#include "base/version.hpp"

namespace nines::agent {
namespace {

struct Received {
  std::string body;
  std::size_t limit;
};

std::size_t take_bytes(char* bytes, std::size_t, std::size_t count, void* into) {
  auto& received = *static_cast<Received*>(into);
  if (received.body.size() + count > received.limit) return CURL_WRITEFUNC_ERROR;
  received.body.append(bytes, count);
  return count;
}

void set_client(Curl& curl, const config::HttpClient& client) {
  if (client.basic_auth) {
    curl.set(CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    curl.set(CURLOPT_USERNAME, client.basic_auth->username);
    curl.set(CURLOPT_PASSWORD, client.basic_auth->password.reveal());
  } else if (client.authorization_credentials) {
    curl.add_header("Authorization: " + client.authorization_type + " " + client.authorization_credentials->reveal());
  }
  for (const auto& [name, value] : client.headers) curl.add_header(name + ": " + value);
  curl.set_tls(client.tls);
  if (client.proxy.url.empty()) return;
  curl.set(CURLOPT_PROXY, client.proxy.url);
  curl.set(CURLOPT_NOPROXY, client.proxy.no_proxy);
  if (!client.proxy.username.empty()) curl.set(CURLOPT_PROXYUSERNAME, client.proxy.username);
  if (!client.proxy.password.empty()) curl.set(CURLOPT_PROXYPASSWORD, client.proxy.password.reveal());
}

}  // namespace

std::string origin_of(const config::Remote& remote) {
  const std::size_t begin = remote.url.find("://") + 3;
  return remote.url.substr(0, remote.url.find_first_of("/?#", begin));
}

Expected<HttpReply> call(const config::Remote& remote, const HttpCall& call, const std::stop_token& stop) {
  Received received{{}, call.answer_limit};
  Curl curl;
  curl.set(CURLOPT_URL, remote.url + call.path);
  curl.set(CURLOPT_PROTOCOLS_STR, "http,https");
  curl.set(CURLOPT_USERAGENT, std::string("nines/") + kVersion);
  if (call.method == "POST" || !call.body.empty()) {
    curl.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.body.size()));
    curl.set(CURLOPT_POSTFIELDS, call.body.c_str());
    curl.add_header("Expect:");
  }
  curl.set(CURLOPT_CUSTOMREQUEST, call.method);
  for (const auto& [name, value] : call.headers) curl.add_header(name + ": " + value);
  set_client(curl, remote.client);
  curl.set(CURLOPT_WRITEFUNCTION, take_bytes);
  curl.set(CURLOPT_WRITEDATA, &received);
  if (auto done = curl.perform(remote.timeout, stop); !done) {
    const bool endless = received.body.size() + CURL_MAX_WRITE_SIZE > received.limit;
    return fail(origin_of(remote) + " gave no answer: " + (endless ? "it was too long" : done.error().message));
  }
  return HttpReply{curl.status(), std::move(received.body)};
}

std::string first_line(const HttpReply& reply) {
  const std::string_view text = trim(reply.body);
  return ellipsize(printable(text.substr(0, text.find('\n'))), 200);
}

}  // namespace nines::agent
