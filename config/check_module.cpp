#include "config/check_module.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "config/module.hpp"
#include "config/yaml_text.hpp"

namespace nines::config {
namespace {

// Without a module, any scheme will do; http has none of its own.
Expected<std::pair<Target, Prober>> parse_any(std::string_view text) {
  const Prober prober = scheme_prober(text).value_or(Prober::http);
  auto target = parse_target(text, prober);
  if (target) return std::pair(std::move(*target), prober);
  const bool unknown_scheme = !scheme_prober(text) && text.find("://") != std::string_view::npos;
  if (!unknown_scheme || text.find_first_of(" \"<>\\^`{|}") != std::string_view::npos) {
    return std::unexpected(target.error());
  }
  return fail(target.error().message.substr(0, target.error().message.rfind(": expected ")) +
              ": expected http, https, tcp, tls, dns, icmp, grpc, grpcs, unix, ws or wss");
}

Expected<void> check_fit(const Module& module, const Target& target) {
  const bool clear_http2 = module.prober == Prober::http && module.http.connection == Connection::reuse &&
                           only_http2(module.http) && !target.tls;
  if (!clear_http2) return {};
  return fail(
      "the target has no TLS and its module takes HTTP/2 alone: `connection: reuse` is not available for that, "
      "expected `fresh` or https://");
}

std::string section_text(Context& context, std::size_t known_secrets, const Node& key, const Node& section) {
  Node word = key;
  Node prober = key;
  word.text = "prober";
  Node whole;
  whole.kind = Node::Kind::mapping;
  whole.source = section.source;
  whole.members = {{&word, &prober}, {&key, &section}};
  return yaml_text(whole, {.hidden = context.hidden, .secrets = context.secrets_since(known_secrets)});
}

}  // namespace

CheckModule::CheckModule(Context& context, Mapping& map, const Config& config) {
  given_ = in_place(context, map);
  if (map.find("module") != nullptr) given_ = named(context, map, config);
  read_reach(context, map, own_);
  has_max_duration_ = map.find("max_duration") != nullptr;
  has_addresses_ = map.find("addresses") != nullptr;
  has_resolver_ = map.find("resolver") != nullptr;
}

std::shared_ptr<const Module> CheckModule::named(Context& context, Mapping& map, const Config& config) {
  std::string name;
  if (!map.text("module", name)) return given_;
  const Node& at = *map.find("module");
  if (given_) context.fault(at, "`module` beside " + in_ticks(given_->name) + ": expected one of them");
  const auto found = config.modules.find(name);
  if (found != config.modules.end()) {
    if (!found->second->unsupported.empty()) context.fault(at, found->second->unsupported);
    return found->second;
  }
  std::vector<std::string> names;
  names.reserve(config.modules.size());
  for (const auto& entry : config.modules) names.push_back(entry.first);
  context.fault(at, "unknown module " + in_ticks(name) + suggestion(name, names));
  return given_;
}

std::shared_ptr<const Module> CheckModule::in_place(Context& context, Mapping& map) {
  std::shared_ptr<const Module> first;
  for (const auto& [key, prober] : kProbers) {
    const Node* section = map.find(key);
    if (section == nullptr) continue;
    Module module;
    module.name = key;
    module.prober = prober;
    context.refused.clear();
    const std::size_t secrets = context.secrets.size();
    read_section(context, prober, *section, module);
    if (!context.refused.empty()) context.fault(*section, std::exchange(context.refused, {}));
    const auto own_key = [&](const Member& member) { return member.value == section && member.key->text == key; };
    const auto member = std::ranges::find_if(map.node().members, own_key);
    module.text = section_text(context, secrets, *member->key, *section);
    if (first) {
      context.fault(*member->key, in_ticks(key) + " beside " + in_ticks(first->name) + ": expected one of them");
    } else {
      first = std::make_shared<const Module>(std::move(module));
    }
  }
  return first;
}

std::shared_ptr<const Module> CheckModule::fitted(const Module& base, const Target& target) const {
  Module module = base;
  if (target.tls) module.tcp.tls = module.grpc.tls = true;
  if (!target.question.empty()) {
    const DnsModule asked = parse_question(target.question).value_or(DnsModule{});
    module.dns = asked;
  }
  if (has_max_duration_) module.max_duration = own_.max_duration;
  if (has_addresses_) module.addresses = own_.addresses;
  if (has_resolver_) module.resolver = own_.resolver;
  return std::make_shared<const Module>(std::move(module));
}

Expected<Aim> CheckModule::aim(std::string_view text) {
  Aim aim;
  Prober prober = Prober::http;
  if (given_) {
    prober = given_->prober;
    auto target = parse_target(text, prober);
    if (!target) return std::unexpected(target.error());
    aim.target = std::move(*target);
    if (!aim.target.question.empty()) {
      return fail("the target asks a question and so does the module: expected dns://host:port alone");
    }
    if (auto fits = check_fit(*given_, aim.target); !fits) return std::unexpected(fits.error());
  } else {
    auto any = parse_any(text);
    if (!any) return std::unexpected(any.error());
    std::tie(aim.target, prober) = std::move(*any);
    if (!aim.target.question.empty()) {
      if (auto asked = parse_question(aim.target.question); !asked) return std::unexpected(asked.error());
    }
  }
  const bool stream_tls = aim.target.tls && (prober == Prober::tcp || prober == Prober::grpc);
  const std::shared_ptr<const Module> base = given_ ? given_ : default_module(prober);
  if (!stream_tls && aim.target.question.empty() && !has_max_duration_ && !has_addresses_ && !has_resolver_) {
    aim.module = base;
    return aim;
  }
  auto& made = made_[{prober, stream_tls, aim.target.question}];
  if (!made) made = fitted(*base, aim.target);
  aim.module = made;
  return aim;
}

}  // namespace nines::config
