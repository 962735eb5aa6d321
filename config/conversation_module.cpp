// The tcp, unix and websocket sections: what a conversation is made of.

#include <set>

#include "config/module.hpp"
#include "config/names.hpp"

namespace nines::config {
namespace {

void read_labels(Context& context, Mapping& map, QueryResponse& turn) {
  std::set<std::string> names;
  map.each("labels", [&](const Node& item) {
    Mapping label(context, item, "an item of `labels`");
    std::string name, value;
    if (label.required_text("name", name)) {
      if (!is_identifier(name)) {
        context.fault(*label.find("name"), in_ticks(name) + " is no label name: expected letters, digits and _");
      } else if (!names.insert(name).second) {
        context.fault(*label.find("name"), "the label " + in_ticks(name) + " is there twice: expected it once");
      }
    }
    label.text("value", value);
    label.finish();
    turn.labels.emplace_back(std::move(name), std::move(value));
  });
}

QueryResponse read_turn(Context& context, const Node& node) {
  Mapping map(context, node, "an item of `query_response`");
  QueryResponse turn;
  Regex expect;
  if (map.parsed("expect", [](const std::string& text) { return compile_regex(text); }, expect)) turn.expect = expect;
  map.text("expect_bytes", turn.expect_bytes);
  read_labels(context, map, turn);
  map.text("send", turn.send);
  guard_sent(context, map.find("send"), turn.send);
  map.boolean("starttls", turn.starttls);
  map.finish();
  return turn;
}

template <class Section>
void read_stream(Context& context, Mapping& map, Section& section) {
  section.query_response = read_query_response(context, map);
  map.boolean("tls", section.tls);
  if (const Node* tls = map.find("tls_config")) section.tls_config = read_tls(context, *tls);
}

}  // namespace

std::vector<QueryResponse> read_query_response(Context& context, Mapping& map) {
  std::vector<QueryResponse> turns;
  map.each("query_response", [&](const Node& item) { turns.push_back(read_turn(context, item)); });
  return turns;
}

TcpModule read_tcp_module(Context& context, const Node& node) {
  Mapping map(context, node, "`tcp`");
  TcpModule tcp;
  read_dial(context, map, tcp.dial);
  read_stream(context, map, tcp);
  map.finish();
  return tcp;
}

UnixModule read_unix_module(Context& context, const Node& node) {
  Mapping map(context, node, "`unix`");
  UnixModule section;
  read_stream(context, map, section);
  map.finish();
  return section;
}

WebsocketModule read_websocket_module(Context& context, const Node& node) {
  Mapping map(context, node, "`websocket`");
  WebsocketModule websocket;
  if (const Node* client = map.find("http_config")) {
    Mapping keys(context, *client, "`http_config`");
    read_http_client(context, keys, websocket.client);
    for (const std::string_view key : {"oauth2", "proxy_url", "no_proxy", "proxy_connect_header"}) {
      const Node* given = keys.find(key);
      if (given == nullptr || (given->text.empty() && given->members.empty())) continue;
      context.cannot(*given, in_ticks(key) + " is not available for WebSockets in this version of nines: expected " +
                                 (key == "oauth2" ? "`authorization` or `basic_auth`"
                                                  : "a target that is reached without a proxy"));
    }
    // Of Prometheus's client, and without a meaning here: an upgrade is HTTP/1.1 and is not redirected.
    bool ignored = false;
    keys.boolean("enable_http2", ignored);
    keys.boolean("follow_redirects", ignored);
    keys.finish();
  }
  read_header_sources(context, map, "headers", websocket.client);
  websocket.query_response = read_query_response(context, map);
  read_dial(context, map, websocket.dial);
  map.finish();
  return websocket;
}

}  // namespace nines::config
