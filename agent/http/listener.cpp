#include "agent/http/listener.hpp"

#include <cerrno>
#include <cstring>
#include <map>
#include <semaphore>
#include <thread>

#include <fmt/format.h>

#include "agent/http/query.hpp"
#include "agent/http/server.hpp"
#include "base/log.hpp"
#include "base/version.hpp"
#include "probes/http/exchange.hpp"

namespace nines::agent {
namespace {

constexpr const char* kPlainText = "text/plain; charset=utf-8";

// No script, no outside asset; the page's own style is inline.
constexpr const char* kContentSecurityPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

struct Release {
  std::counting_semaphore<>& of;
  ~Release() { of.release(); }
};

std::string bracketed(const std::string& host) {
  return host.contains(':') ? fmt::format("[{}]", host) : host;
}

}  // namespace

const std::size_t Listener::kMostSlow = kMaxHttpThreads - 32;

struct Listener::Impl {
  Server server;
  std::string host;
  int port = 0;
  std::map<std::string, HttpHandler> gets;
  std::map<std::string, HttpHandler> posts;
  std::vector<std::pair<std::string, HttpHandler>> gets_under;  // by prefix
  std::thread thread;

  bool takes(const std::string& method, const std::string& path) const;
  std::string allowed(const std::string& path) const;
  void refuse(const httplib::Request& request, httplib::Response& response);
  // Null: there is none.
  const HttpHandler* find(const std::map<std::string, HttpHandler>& handlers, const std::string& path) const;
  void answer(const std::map<std::string, HttpHandler>& handlers, const httplib::Request& request,
              httplib::Response& response);
};

std::string HttpQuery::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (probes::same_name(key, name)) return value;
  }
  return {};
}

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

void Listener::get(const std::string& path, HttpHandler handler, std::size_t at_most) {
  if (at_most == kUnlimited) {
    impl_->gets[path] = std::move(handler);
    return;
  }
  impl_->gets[path] = [handler = std::move(handler), at_most,
                       going = std::make_shared<std::counting_semaphore<>>(static_cast<std::ptrdiff_t>(at_most))](
                          const HttpQuery& query) -> HttpAnswer {
    if (!going->try_acquire()) {
      return {503, kPlainText, fmt::format("{} requests of {} are going on: ask again later\n", at_most, query.path)};
    }
    const Release release{*going};
    return handler(query);
  };
}

void Listener::post(const std::string& path, HttpHandler handler) {
  impl_->posts[path] = std::move(handler);
}

void Listener::get_under(const std::string& prefix, HttpHandler handler) {
  impl_->gets_under.emplace_back(prefix, std::move(handler));
}

// What is not there is asked for with GET in the end: it is a 404 there.
bool Listener::Impl::takes(const std::string& method, const std::string& path) const {
  if (method == "POST") return posts.contains(path);
  return (method == "GET" || method == "HEAD") && (gets.contains(path) || !posts.contains(path));
}

std::string Listener::Impl::allowed(const std::string& path) const {
  if (!posts.contains(path)) return "GET, HEAD";
  return gets.contains(path) ? "GET, HEAD, POST" : "POST";
}

void Listener::Impl::refuse(const httplib::Request& request, httplib::Response& response) {
  server.begin_answer();
  const std::string allow = allowed(request.path);
  response.status = 405;
  response.set_header("Allow", allow);
  response.set_content(fmt::format("this path takes {}\n", allow), kPlainText);
}

const HttpHandler* Listener::Impl::find(const std::map<std::string, HttpHandler>& handlers,
                                        const std::string& path) const {
  const auto found = handlers.find(path);
  if (found != handlers.end()) return &found->second;
  if (&handlers != &gets) return nullptr;
  for (const auto& [prefix, handler] : gets_under) {
    if (path.size() > prefix.size() && path.starts_with(prefix)) return &handler;
  }
  return nullptr;
}

void Listener::Impl::answer(const std::map<std::string, HttpHandler>& handlers, const httplib::Request& request,
                            httplib::Response& response) {
  server.begin_answer();
  const HttpHandler* handler = find(handlers, request.path);
  if (handler == nullptr) {
    response.status = 404;
    response.set_content("not found\n", kPlainText);
    return;
  }
  HttpQuery query{.method = request.method == "HEAD" ? "GET" : request.method,
                  .path = request.path,
                  .parameters = parse_query(request.target),
                  .headers = {},
                  .body = request.body};
  for (const auto& [name, value] : request.headers) query.headers.emplace_back(name, value);
  if (const Connection* connection = Server::serving()) query.gone = [connection] { return connection->hung_up(); };
  const HttpAnswer made = (*handler)(query);
  response.status = made.status;
  for (const auto& [name, value] : made.headers) response.set_header(name, value);
  response.set_content(made.body, made.content_type);
}

void Listener::serve() {
  Impl& impl = *impl_;
  impl.server.set_default_headers({{"Server", fmt::format("nines/{}", kVersion)},
                                   {"X-Content-Type-Options", "nosniff"},
                                   {"Referrer-Policy", "no-referrer"},
                                   {"Cache-Control", "no-store"},
                                   {"Content-Security-Policy", kContentSecurityPolicy}});
  const auto takes = [&impl](const httplib::Request& request) { return impl.takes(request.method, request.path); };
  impl.server.takes = takes;
  // Before the body is read: what is refused need not come.
  impl.server.set_pre_routing_handler([&impl, takes](const httplib::Request& request, httplib::Response& response) {
    if (takes(request)) return httplib::Server::HandlerResponse::Unhandled;
    impl.refuse(request, response);
    return httplib::Server::HandlerResponse::Handled;
  });
  const auto handle = [&impl](const std::map<std::string, HttpHandler>& handlers) {
    return [&impl, &handlers](const httplib::Request& request, httplib::Response& response) {
      impl.answer(handlers, request, response);
    };
  };
  impl.server.Get(".*", handle(impl.gets));
  impl.server.Post(".*", handle(impl.posts));
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
