#include "tests/taskapp/api.hpp"

#include <limits>
#include <random>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tests/taskapp/clock.hpp"

namespace taskapp {
namespace {

using nlohmann::json;
using std::chrono::steady_clock;

constexpr std::chrono::seconds kTokenLife{3600};
constexpr std::size_t kLongestTitle = 200;

json to_json(const Task& task) {
  json out{{"id", task.id}, {"title", task.title}, {"status", task.status}, {"created_at", rfc3339(task.created_ms)}};
  if (task.due_ms) out["due_at"] = rfc3339(*task.due_ms);
  return out;
}

/// The request's body when it is a JSON object; otherwise answers 400.
std::optional<json> object(Call& call) {
  json body = json::parse(call.request.body, nullptr, false);
  if (body.is_object()) return body;
  call.error(400, "expected a JSON object");
  return std::nullopt;
}

std::string text_or_empty(const json& body, const char* key) {
  const auto at = body.find(key);
  return at != body.end() && at->is_string() ? at->get<std::string>() : "";
}

std::string new_token() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

}  // namespace

Api::Api(Options options)
    : options_(std::move(options)),
      store_(options_.data,
             [this](const std::string& operation, double seconds) { metrics_.query(operation, seconds); }),
      routes_(faults_, metrics_, journal_) {
  add_routes();
}

void Api::add_routes() {
  using enum Routes::Kind;
  const auto with_token = [this](void (Api::*handler)(Call&)) {
    return [this, handler](Call& call) {
      if (authorized(call)) (this->*handler)(call);
    };
  };
  const auto health_route = [this](const char* path, bool needs_components, const char* good, const char* bad) {
    routes_.add(kHealth, "GET", path, [=, this](Call& call) { health(call, needs_components, good, bad); });
  };
  health_route("/health", false, "healthy", "unavailable");
  health_route("/health/liveness", false, "alive", "unavailable");
  health_route("/health/readiness", true, "ready", "not ready");
  health_route("/health/db", true, "healthy", "unavailable");
  health_route("/health/dependencies", true, "healthy", "unavailable");

  routes_.add(kService, "POST", "/api/v1/auth/login", [this](Call& call) { login(call); });
  routes_.add(kService, "GET", "/api/v1/tasks", with_token(&Api::list));
  routes_.add(kService, "POST", "/api/v1/tasks", with_token(&Api::create));
  routes_.add(kService, "GET", "/api/v1/tasks/{id}", with_token(&Api::read));
  routes_.add(kService, "PATCH", "/api/v1/tasks/{id}", with_token(&Api::complete));
  routes_.add(kService, "DELETE", "/api/v1/tasks/{id}", with_token(&Api::remove));
  routes_.add(kService, "GET", "/metrics", [this](Call& call) { show_metrics(call); });

  routes_.add(kControl, "GET", "/faults", [this](Call& call) { call.json(200, faults_.as_json()); });
  routes_.add(kControl, "POST", "/faults", [this](Call& call) {
    const auto set = faults_.set(call.request.body);
    set ? call.json(200, faults_.as_json()) : call.error(400, set.error());
  });
  routes_.add(kControl, "DELETE", "/faults", [this](Call& call) {
    faults_.clear();
    call.json(200, faults_.as_json());
  });
  routes_.add(kControl, "GET", "/requests", [this](Call& call) { call.json(200, journal_.as_json()); });
  routes_.add(kControl, "POST", "/reset", [this](Call& call) {
    metrics_.reset();
    journal_.reset();
    call.response.status = 204;
  });
}

void Api::health(Call& call, bool needs_components, const char* good, const char* bad) {
  json databases = json::object();
  bool well = true;
  for (const char* name : {"mongodb", "redis"}) {
    const auto fault = call.plan.components.find(name);
    const bool available = fault == call.plan.components.end() || fault->second;
    databases[name] = {{"available", available}};
    well = well && (available || !needs_components);
  }
  int status = well ? 200 : 503;
  if (call.plan.action == Action::kStatus) status = call.plan.status;
  call.json(status, json{{"status", status < 400 ? good : bad},
                         {"timestamp", rfc3339(now_ms())},
                         {"service", options_.service},
                         {"version", version(call.plan)},
                         {"databases", databases}}
                        .dump());
}

void Api::login(Call& call) {
  const auto body = object(call);
  if (!body) return;
  if (text_or_empty(*body, "email") != options_.user || text_or_empty(*body, "password") != options_.password) {
    return call.error(401, "no such user, or another password");
  }
  const std::string token = new_token();
  const auto now = steady_clock::now();
  {
    const std::scoped_lock lock(tokens_mutex_);
    std::erase_if(tokens_, [&](const auto& entry) { return entry.second <= now; });
    tokens_[token] = now + kTokenLife;
  }
  call.json(200, json{{"access_token", token}, {"token_type", "bearer"}, {"expires_in", kTokenLife.count()}}.dump());
}

bool Api::authorized(Call& call) {
  constexpr std::string_view kScheme = "Bearer ";
  const std::string header = call.request.get_header_value("Authorization");
  if (header.starts_with(kScheme)) {
    const std::scoped_lock lock(tokens_mutex_);
    const auto token = tokens_.find(header.substr(kScheme.size()));
    if (token != tokens_.end() && steady_clock::now() < token->second) return true;
  }
  call.response.set_header("WWW-Authenticate", "Bearer");
  call.error(401, "a bearer token of /api/v1/auth/login is needed");
  return false;
}

void Api::create(Call& call) {
  const auto body = object(call);
  if (!body) return;
  const std::string title = text_or_empty(*body, "title");
  if (title.empty() || title.size() > kLongestTitle) return call.error(422, "title: expected 1 to 200 bytes of text");
  std::optional<std::int64_t> due;
  if (body->contains("due_at")) {
    due = parse_rfc3339(text_or_empty(*body, "due_at"));
    if (!due) return call.error(422, "due_at: expected a time such as 2026-10-01T00:00:00Z");
  }
  const auto visible =
      call.plan.invisible ? std::numeric_limits<std::int64_t>::max() : now_ms() + options_.visible_after.count();
  const Task task = store_.create(title, due, visible);
  metrics_.task_created();
  call.response.set_header("Location", "/api/v1/tasks/" + task.id);
  call.json(201, to_json(task).dump());
}

void Api::read(Call& call) {
  const auto task = store_.find(call.id);
  task ? call.json(200, to_json(*task).dump()) : call.error(404, "no such task");
}

void Api::list(Call& call) {
  json tasks = json::array();
  for (const Task& task : store_.list(call.request.get_param_value("all") == "true")) tasks.push_back(to_json(task));
  call.json(200, json{{"tasks", tasks}}.dump());
}

void Api::complete(Call& call) {
  const auto body = object(call);
  if (!body) return;
  if (text_or_empty(*body, "status") != "completed") return call.error(422, "status: expected \"completed\"");
  bool changed = false;
  const auto task = store_.complete(call.id, changed);
  if (changed) metrics_.task_completed();
  task ? call.json(200, to_json(*task).dump()) : call.error(404, "no such task");
}

void Api::remove(Call& call) {
  if (!store_.remove(call.id)) return call.error(404, "no such task");
  call.response.status = 204;
}

void Api::show_metrics(Call& call) {
  call.response.status = 200;
  call.response.set_content(metrics_.text({.overdue = store_.overdue(),
                                           .cache_hit_ratio = store_.cache_hit_ratio(),
                                           .service = options_.service,
                                           .version = version(call.plan)}),
                            "text/plain; version=0.0.4; charset=utf-8");
}

}  // namespace taskapp
