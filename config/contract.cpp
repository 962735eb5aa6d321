// `contracts`: what each customer was promised.

#include <algorithm>

#include "config/limit.hpp"
#include "config/neighbour.hpp"

namespace nines::config {
namespace {

bool is_percent_step(const Decimal& value) {
  return value > Decimal(0, 0) && value <= Decimal(100, 0);
}

Expected<Decimal> parse_credit(std::string_view text) {
  text = trim(text);
  const auto value = Decimal::parse(text.ends_with('%') ? trim(text.substr(0, text.size() - 1)) : text);
  if (value && is_percent_step(*value)) return value->shifted(-2);
  return fail("\"" + ellipsize(printable(text), 80) + "\" is no share of the fee: expected percent such as 10");
}

std::vector<CreditTier> read_tiers(Context& context, const Node& node) {
  std::vector<CreditTier> tiers;
  if (!node.is(Node::Kind::list)) {
    context.fault(node, "credits are " + std::string(kind_words(node.kind)) +
                            ": expected a list such as [{below: '99.9%', percent: 10}]");
    return tiers;
  }
  for (const Node* item : node.items) {
    Mapping map(context, *item, "a credit");
    CreditTier tier;
    std::string missing;
    for (const std::string_view key : {"below", "percent"}) {
      if (map.find(key) == nullptr) map.required_text(key, missing);
    }
    const bool below = map.parsed("below", parse_percent, tier.below);
    const bool whole = map.parsed("percent", parse_credit, tier.percent) && below;
    map.finish();
    if (!whole) continue;
    if (!tiers.empty() && (tier.below >= tiers.back().below || tier.percent <= tiers.back().percent)) {
      context.fault(*item, "this credit does not follow the one before: expected falling `below` and rising `percent`");
    }
    tiers.push_back(tier);
  }
  return tiers;
}

Contract read_contract(Context& context, const Node& node, const Config& config) {
  Mapping map(context, node, "a contract");
  Contract contract;
  contract.at = node.at();
  if (map.name("name", contract.name) && contract.name == kEveryContract) {
    context.fault(*map.find("name"), "`all` stands for every contract: expected another name");
  }
  contract.customer = contract.name;
  map.text("customer", contract.customer);
  std::vector<std::string> known;
  for (const Objective& objective : config.objectives) known.push_back(objective.name);
  const auto knows = [&](const std::string& name) { return std::ranges::find(known, name) != known.end(); };
  map.each("objectives", [&](const Node& item) {
    auto name = read_text(context, item, "an item of `objectives`");
    if (!name) return;
    if (!knows(*name)) {
      context.fault(item, "unknown objective " + in_ticks(*name) + suggestion(*name, known));
    } else if (std::ranges::find(contract.objectives, *name) != contract.objectives.end()) {
      context.fault(item, in_ticks(*name) + " is in the list twice: expected it once");
    } else {
      contract.objectives.push_back(std::move(*name));
    }
  });
  if (contract.objectives.empty() && map.find("objectives") == nullptr) contract.objectives = known;
  contract.recipients = read_addresses(context, map, "recipients");
  if (!contract.recipients.empty() && !config.smtp.given()) {
    context.fault(*map.find("recipients"), "`recipients` without `smtp`: expected the mail server in `smtp`");
  }
  if (const Node* hook = map.find("webhook")) contract.webhook = read_hook(context, *hook, "`webhook`");
  map.members("credits", [&](const std::string& name, const Node& at, const Node& value) {
    const auto objective = std::ranges::find(config.objectives, name, &Objective::name);
    if (objective == config.objectives.end()) {
      context.fault(at, "unknown objective " + in_ticks(name) + suggestion(name, known));
    } else if (objective->indicator != Indicator::uptime) {
      context.fault(at, in_ticks(name) + " is no uptime: expected credits for an objective with the indicator uptime");
    } else if (std::ranges::find(contract.objectives, name) == contract.objectives.end()) {
      context.fault(at, in_ticks(name) + " is not among the contract's `objectives`: expected it there");
    }
    contract.credits.push_back({name, read_tiers(context, value)});
  });
  map.finish();
  return contract;
}

}  // namespace

std::vector<Contract> read_contracts(Context& context, Mapping& root, const Config& config) {
  std::vector<Contract> contracts;
  root.each("contracts", [&](const Node& node) {
    Contract contract = read_contract(context, node, config);
    const auto same = std::ranges::find(contracts, contract.name, &Contract::name);
    if (same != contracts.end() && !contract.name.empty()) {
      context.fault(node,
                    "the contract " + in_ticks(contract.name) + " is there twice: the first is at " + place(same->at));
    }
    contracts.push_back(std::move(contract));
  });
  return contracts;
}

}  // namespace nines::config
