#include "config/module.hpp"
#include "config/utf8.hpp"

namespace nines::config {
namespace {

// https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md: Custom-Metadata.
bool is_metadata_name(std::string_view name) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
  return !name.empty() && !name.starts_with("grpc-") && name.find_first_not_of(kAllowed) == std::string_view::npos;
}

void read_metadata(Context& context, Mapping& map, GrpcModule& grpc) {
  map.members("metadata", [&](const std::string& name, const Node& at, const Node& node) {
    if (!is_metadata_name(name)) {
      context.fault(at, in_ticks(name) + " is no name of metadata: expected letters, digits, -, _ and ., not grpc-");
    }
    const auto keep = [&](const Node& item) {
      auto value = read_text(context, item, "the metadata " + in_ticks(name));
      if (!value) return;
      if (!is_printable(*value)) {
        context.fault(item, "the metadata " + in_ticks(name) + " holds a control character: expected one line of text");
      }
      guard_value(context, item, name, *value);
      grpc.metadata.emplace_back(name, std::move(*value));
    };
    if (!node.is(Node::Kind::list)) return keep(node);
    for (const Node* item : node.items) keep(*item);
  });
}

void read_grpc_connection(Context& context, Mapping& map) {
  std::string connection;
  if (!map.text("connection", connection) || connection == "fresh") return;
  context.fault(*map.find("connection"), connection == "reuse"
                                             ? "`connection: reuse` is not available for grpc: expected `fresh`, as a "
                                               "connection is opened for every probe"
                                             : "`connection` is " + in_ticks(connection) + ": expected `fresh`");
}

}  // namespace

GrpcModule read_grpc_module(Context& context, const Node& node) {
  Mapping map(context, node, "`grpc`");
  GrpcModule grpc;
  read_dial(context, map, grpc.dial);
  map.text("service", grpc.service);
  map.boolean("tls", grpc.tls);
  if (const Node* tls = map.find("tls_config")) grpc.tls_config = read_tls(context, *tls);
  read_metadata(context, map, grpc);
  read_grpc_connection(context, map);
  map.finish();
  return grpc;
}

}  // namespace nines::config
