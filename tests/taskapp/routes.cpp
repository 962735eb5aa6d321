#include "tests/taskapp/routes.hpp"

#include <chrono>
#include <exception>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tests/taskapp/clock.hpp"

namespace taskapp {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kLongestHang{30};
constexpr std::string_view kId = "{id}";

/// Whether a path fits a template; what stands for {id} goes to `id`.
bool fits(std::string_view path, std::string_view route, std::string& id) {
  const auto at = route.find(kId);
  if (at == std::string_view::npos) return path == route;
  const auto before = route.substr(0, at);
  const auto after = route.substr(at + kId.size());
  if (path.size() <= before.size() + after.size() || !path.starts_with(before) || !path.ends_with(after)) return false;
  const auto middle = path.substr(before.size(), path.size() - before.size() - after.size());
  if (middle.contains('/')) return false;
  id = middle;
  return true;
}

/// Sends half of the body that was promised, then ends the connection.
void cut_body(httplib::Response& response) {
  const auto body = std::make_shared<std::string>(std::move(response.body));
  const std::string type = response.get_header_value("Content-Type");
  response.body.clear();
  response.headers.erase("Content-Type");
  response.set_content_provider(body->size(), type, [body](size_t, size_t, httplib::DataSink& sink) {
    sink.write(body->data(), body->size() / 2);
    return false;
  });
}

}  // namespace

void Call::json(int status, const std::string& body) {
  response.status = status;
  response.set_content(body, "application/json");
}

void Call::error(int status, const std::string& sentence) {
  json(status, nlohmann::json{{"error", sentence}}.dump());
}

struct Routes::Found {
  const Route* route = nullptr;  ///< nothing: no such path, or not with this method
  std::string path;              ///< the template; "unmatched" when there is none
  std::string id;
  std::string allowed;  ///< the methods the path has
};

Routes::Routes(Faults& faults, Metrics& metrics, Journal& journal)
    : faults_(faults), metrics_(metrics), journal_(journal) {}

void Routes::add(Kind kind, std::string method, std::string path, Handler handler) {
  routes_.push_back({kind, std::move(method), std::move(path), std::move(handler)});
}

void Routes::serve(Server& server) {
  const auto handler = [this](const httplib::Request& request, httplib::Response& response) {
    answer(request, response);
  };
  // httplib waits for the body of a PUT, POST or PATCH that announces none until the client gives up.
  server.set_pre_routing_handler([handler](const httplib::Request& request, httplib::Response& response) {
    const bool has_body = request.has_header("Content-Length") || request.has_header("Transfer-Encoding");
    if (!has_body) handler(request, response);
    return has_body ? Server::HandlerResponse::Unhandled : Server::HandlerResponse::Handled;
  });
  server.Get(".*", handler);  // HEAD as well
  server.Post(".*", handler);
  server.Put(".*", handler);
  server.Patch(".*", handler);
  server.Delete(".*", handler);
  server.Options(".*", handler);
}

Routes::Found Routes::find(const std::string& method, const std::string& path) const {
  Found found{.route = nullptr, .path = "unmatched", .id = {}, .allowed = {}};
  for (const Route& route : routes_) {
    if (!fits(path, route.path, found.id)) continue;
    found.path = route.path;
    found.allowed += (found.allowed.empty() ? "" : ", ") + route.method;
    if (route.method == method || (route.method == "GET" && method == "HEAD")) found.route = &route;
  }
  return found;
}

void Routes::answer(const httplib::Request& request, httplib::Response& response) {
  const auto started = steady_clock::now();
  const Found found = find(request.method, request.path);
  const bool control = found.route != nullptr && found.route->kind == Kind::kControl;
  Call call{request, response, found.id, control ? Plan{} : faults_.plan(request.method, request.path)};
  if (control) return call_handler(call, found);

  const bool answered = act(call, found);
  const double seconds = std::chrono::duration<double>(steady_clock::now() - started).count();
  if (answered) metrics_.request(request.method, found.path, response.status, seconds);
  journal_.record({.method = request.method,
                   .path = request.path,
                   .route = found.path,
                   .status = answered ? response.status : 0,
                   .at_ms = now_ms(),
                   .seconds = seconds,
                   .headers = {request.headers.begin(), request.headers.end()}});
}

bool Routes::act(Call& call, const Found& found) {
  Connection& connection = Server::connection();
  const auto never = [] { return false; };
  if (call.plan.latency_ms > 0) {
    connection.wait(steady_clock::now() + std::chrono::milliseconds(call.plan.latency_ms), never);
  }
  switch (call.plan.action) {
    case Action::kHang:
      connection.wait(steady_clock::now() + kLongestHang, [&] { return faults_.generation() != call.plan.generation; });
      connection.cut();
      return false;
    case Action::kCut:
      connection.cut();
      return false;
    case Action::kWrongBody:
      call.json(200, call.plan.wrong_body);
      return true;
    case Action::kStatus:
      if (found.route == nullptr || found.route->kind != Kind::kHealth) {
        call.error(call.plan.status, "a fault asked for this status");
        return true;
      }
      break;  // the health document shows the status
    case Action::kCutBody:
      call_handler(call, found);
      if (call.response.body.empty()) {
        connection.cut();
        return false;
      }
      cut_body(call.response);
      return true;
    case Action::kErrorRate:
    case Action::kNone:
      break;
  }
  call_handler(call, found);
  return true;
}

void Routes::call_handler(Call& call, const Found& found) {
  if (found.route == nullptr && found.allowed.empty()) {
    return call.error(404, fmt::format("there is no {}", call.request.path));
  }
  if (found.route == nullptr) {
    call.response.set_header("Allow", found.allowed);
    return call.error(405, fmt::format("{} takes {}, not {}", found.path, found.allowed, call.request.method));
  }
  try {
    found.route->handler(call);
  } catch (const std::exception& fault) {
    call.error(500, fault.what());
  }
}

}  // namespace taskapp
