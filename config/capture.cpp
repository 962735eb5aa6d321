// `capture`: what a step keeps of its answer.

#include <algorithm>
#include <charconv>

#include <re2/re2.h>

#include "config/journey.hpp"
#include "config/module.hpp"
#include "config/names.hpp"
#include "config/schedule.hpp"
#include "config/step.hpp"

namespace nines::config {
namespace {

constexpr std::pair<std::string_view, CaptureKind> kSources[] = {
    {"jq", CaptureKind::jq},         {"header", CaptureKind::header},
    {"cookie", CaptureKind::cookie}, {"xpath", CaptureKind::xpath},
    {"url", CaptureKind::url},       {"body", CaptureKind::body},
    {"status", CaptureKind::status}, {"certificate", CaptureKind::certificate}};

constexpr std::pair<std::string_view, std::string_view> kCertificateFields[] = {
    {"expiry", "expiry"}, {"subject", "subject"}, {"issuer", "issuer"}, {"fingerprint_sha256", "fingerprint_sha256"}};

constexpr std::string_view kSourceWords =
    "`jq`, `header`, `cookie`, `regex`, `xpath`, `status`, `url`, `body` or `certificate`";

bool one_of(CaptureKind kind, std::initializer_list<CaptureKind> kinds) {
  return std::ranges::find(kinds, kind) != kinds.end();
}

void read_argument(Context& context, Mapping& map, std::string_view key, Capture& capture) {
  const Node& node = *map.find(key);
  switch (capture.kind) {
    case CaptureKind::jq:
      if (auto program = read_jq(context, node, "`jq`")) capture.argument = std::move(program->text);
      return;
    case CaptureKind::header:
    case CaptureKind::cookie:
      if (map.text(key, capture.argument) && !is_http_token(capture.argument)) {
        const bool header = capture.kind == CaptureKind::header;
        context.fault(node, in_ticks(capture.argument) + " is no " + std::string(key) + " name: expected one such as " +
                                (header ? "Location" : "session"));
      }
      return;
    case CaptureKind::xpath:
      if (map.text(key, capture.argument) && trim(capture.argument).empty()) {
        context.fault(node, "the XPath expression is empty: expected one such as //input[@name=\"csrf\"]/@value");
      }
      return;
    case CaptureKind::certificate: {
      std::string_view field;
      if (map.word(key, kCertificateFields, field)) capture.argument = field;
      return;
    }
    default:
      break;
  }
  bool wanted = true;
  if (map.boolean(key, wanted) && !wanted) context.fault(node, in_ticks(key) + " is false: expected true");
}

// jq, header, …: exactly one; `regex` is one of them, or narrows what another finds.
bool read_source(Context& context, Mapping& map, Capture& capture) {
  std::string_view source;
  bool twice = false;
  for (const auto& [key, kind] : kSources) {
    if (map.find(key) == nullptr) continue;
    twice = twice || !source.empty();
    source = key;
    capture.kind = kind;
  }
  const bool narrows =
      one_of(capture.kind, {CaptureKind::header, CaptureKind::cookie, CaptureKind::xpath, CaptureKind::url});
  if (map.find("regex") != nullptr && source.empty()) {
    capture.kind = CaptureKind::regex;
  } else if (map.find("regex") != nullptr && !twice && !narrows) {
    context.fault(*map.find("regex"), "`regex` beside " + in_ticks(source) +
                                          ": expected it alone, or beside `header`, `cookie`, `xpath` or `url`");
    return false;
  } else if (twice) {
    context.fault(map.node(),
                  "the capture " + in_ticks(capture.name) + ": expected one of " + std::string(kSourceWords));
    return false;
  }
  if (!source.empty()) read_argument(context, map, source, capture);
  return !source.empty() || map.find("regex") != nullptr;
}

bool has_group(const re2::RE2& regex, const std::string& group) {
  int number = 0;
  const char* const end = group.data() + group.size();
  const auto [stop, error] = std::from_chars(group.data(), end, number);
  if (error == std::errc() && stop == end) return number >= 0 && number <= regex.NumberOfCapturingGroups();
  return regex.NamedCapturingGroups().contains(group);
}

void read_pattern(Context& context, Mapping& map, Capture& capture) {
  Regex regex;
  const bool compiled = map.parsed("regex", compile_regex, regex);
  const bool grouped = map.text("group", capture.group);
  if (grouped && map.find("regex") == nullptr) {
    context.fault(*map.find("group"), "`group` without `regex`: expected both");
  } else if (grouped && compiled && !has_group(*regex.compiled, capture.group)) {
    context.fault(*map.find("group"),
                  "the regular expression has no group " + in_ticks(capture.group) + ": expected its number or name");
  }
  if (compiled) capture.regex = std::move(regex);
}

void read_capture(Context& context, const Node& node, Capture& capture) {
  Mapping map(context, node, "a capture");
  const bool found = read_source(context, map, capture);
  read_pattern(context, map, capture);
  if (map.boolean("all", capture.all) && capture.all && found &&
      one_of(capture.kind, {CaptureKind::cookie, CaptureKind::status, CaptureKind::url, CaptureKind::body,
                            CaptureKind::certificate})) {
    context.fault(*map.find("all"),
                  "`all` where there is but one value: expected it beside `jq`, `header`, `regex` or "
                  "`xpath`");
  }
  if (const Node* fallback = map.find("default")) {
    capture.fallback = std::make_shared<const JsonTemplate>(read_json(context, *fallback));
  }
  const std::size_t known = std::ranges::count_if(node.members, [&](const Member& member) {
    return member.key->text == "all" || member.key->text == "default" || member.key->text == "group";
  });
  if (!found && node.is(Node::Kind::mapping) && node.members.size() == known) {
    context.fault(
        node, "the capture " + in_ticks(capture.name) + " has no source: expected one of " + std::string(kSourceWords));
  }
  map.finish();
}

}  // namespace

void read_captures(Context& context, Mapping& map, const Journey& journey, Step& step) {
  map.members("capture", [&](const std::string& name, const Node& key, const Node& node) {
    check_new_name(context, key, name, "capture", journey);
    Capture capture;
    capture.name = name;
    capture.at = key.at();
    read_capture(context, node, capture);
    step.captures.push_back(std::move(capture));
  });
}

}  // namespace nines::config
