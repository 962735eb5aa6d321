#include "agent/http/listener.hpp"

#include <cerrno>
#include <cstring>
#include <map>
#include <thread>

#include <fmt/format.h>

#include "agent/http/server.hpp"
#include "base/log.hpp"
#include "base/version.hpp"

namespace nines::agent {
namespace {

// No script, no outside asset; the page's own style is inline.
constexpr const char* kContentSecurityPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

std::string bracketed(const std::string& host) {
  return host.contains(':') ? fmt::format("[{}]", host) : host;
}

}  // namespace

struct Listener::Impl {
  Server server;
  std::string host;
  int port = 0;
  std::map<std::string, HttpHandler> handlers;
  std::thread thread;

  void answer(const httplib::Request& request, httplib::Response& response) const;
};

std::string HttpQuery::parameter(const std::string& name) const {
  for (const auto& [key, value] : parameters) {
    if (key == name) return value;
  }
  return {};
}

Expected<std::unique_ptr<Listener>> Listener::bind(const std::string& host, int port) {
  auto impl = std::make_unique<Impl>();
  impl->host = host;
  impl->port = impl->server.open(host, port);
  if (impl->port == 0) {
    const char* why = errno != 0 ? std::strerror(errno) : "no such address here";
    return fail(fmt::format("cannot listen on {}:{}: {}", bracketed(host), port, why));
  }
  return std::unique_ptr<Listener>(new Listener(std::move(impl)));
}

Listener::Listener(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Listener::~Listener() {
  stop();
}

void Listener::get(const std::string& path, HttpHandler handler) {
  impl_->handlers[path] = std::move(handler);
}

void Listener::Impl::answer(const httplib::Request& request, httplib::Response& response) const {
  const auto found = handlers.find(request.path);
  if (found == handlers.end()) {
    response.status = 404;
    response.set_content("not found\n", "text/plain; charset=utf-8");
    return;
  }
  HttpQuery query;
  query.path = request.path;
  query.accept = request.get_header_value("Accept");
  for (const auto& [name, value] : request.params) query.parameters.emplace_back(name, value);
  const HttpAnswer made = found->second(query);
  response.status = made.status;
  response.set_content(made.body, made.content_type);
}

void Listener::serve() {
  Impl& impl = *impl_;
  impl.server.set_default_headers({{"Server", fmt::format("nines/{}", kVersion)},
                                   {"X-Content-Type-Options", "nosniff"},
                                   {"Referrer-Policy", "no-referrer"},
                                   {"Cache-Control", "no-store"},
                                   {"Content-Security-Policy", kContentSecurityPolicy}});
  // Before the body is read: one that never comes would be waited for.
  impl.server.set_pre_routing_handler([](const httplib::Request& request, httplib::Response& response) {
    if (is_taken(request.method)) return httplib::Server::HandlerResponse::Unhandled;
    response.status = 405;
    response.set_header("Allow", "GET, HEAD");
    response.set_content("only GET and HEAD are answered here\n", "text/plain; charset=utf-8");
    return httplib::Server::HandlerResponse::Handled;
  });
  impl.server.Get(
      ".*", [&impl](const httplib::Request& request, httplib::Response& response) { impl.answer(request, response); });
  impl.server.set_exception_handler(
      [](const httplib::Request& request, httplib::Response& response, const std::exception_ptr& thrown) {
        response.status = 500;
        response.set_content("internal error\n", "text/plain; charset=utf-8");
        try {
          std::rethrow_exception(thrown);
        } catch (const std::exception& failure) {
          log::error("request failed", {{"path", request.path}, {"reason", failure.what()}});
        } catch (...) {
          log::error("request failed", {{"path", request.path}});
        }
      });
  impl.thread = std::thread([&impl] { impl.server.listen_after_bind(); });
  while (!impl.server.is_running()) std::this_thread::yield();
}

void Listener::stop() {
  if (!impl_->thread.joinable()) return;
  impl_->server.end();
  impl_->thread.join();
}

const std::string& Listener::host() const {
  return impl_->host;
}
int Listener::port() const {
  return impl_->port;
}
std::string Listener::url() const {
  return fmt::format("http://{}:{}", bracketed(impl_->host), impl_->port);
}

}  // namespace nines::agent
