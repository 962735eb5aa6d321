// `tls_config`, of whatever speaks TLS.

#include "config/module.hpp"

namespace nines::config {
namespace {

constexpr std::size_t kMaxPemBytes = 1u << 20;

constexpr std::pair<std::string_view, std::string_view> kTlsVersions[] = {
    {"TLS10", "TLS10"}, {"TLS11", "TLS11"}, {"TLS12", "TLS12"}, {"TLS13", "TLS13"}};

void read_path(Context& context, Mapping& map, std::string_view key, std::string& out) {
  std::string path;
  if (!map.text(key, path) || path.empty()) return;
  const Node& at = *map.find(key);
  std::error_code error;
  out = std::filesystem::absolute(resolve_path(at, path), error).string();
  if (const auto text = read_file(out, kMaxPemBytes); !text) context.flaw(at, text.error().message);
}

void check_pem(Context& context, const Node& at, std::string_view key, const std::string& text) {
  if (text.empty() || text.find("-----BEGIN ") != std::string::npos) return;
  context.fault(at, in_ticks(key) + " is no PEM text: expected -----BEGIN …, or the name of a file in " +
                        in_ticks(std::string(key) + "_file"));
}

void read_either(Context& context, Mapping& map, std::string_view key, std::string_view file_key, std::string& text,
                 std::string& file) {
  if (map.text(key, text)) check_pem(context, *map.find(key), key, text);
  read_path(context, map, file_key, file);
}

void at_most_one(Context& context, Mapping& map, std::string_view key, std::string_view file_key) {
  if (!map.given(key) || !map.given(file_key)) return;
  context.fault(*map.find(file_key), in_ticks(file_key) + " beside " + in_ticks(key) +
                                         ": expected one, as at most one of " + std::string(key) + " & " +
                                         std::string(file_key) + " must be configured");
}

void read_versions(Context& context, Mapping& map, TlsConfig& tls) {
  const auto read = [&](std::string_view key, std::string& out) {
    std::string_view version;
    if (map.word(key, kTlsVersions, version)) out = version;
  };
  read("min_version", tls.min_version);
  read("max_version", tls.max_version);
  if (tls.min_version.empty() || tls.max_version.empty() || tls.min_version <= tls.max_version) return;
  context.flaw(*map.find("max_version"), "`max_version` is below `min_version`: expected at least " + tls.min_version);
}

}  // namespace

TlsConfig read_tls(Context& context, const Node& node) {
  Mapping map(context, node, "`tls_config`");
  TlsConfig tls;
  if (map.boolean("insecure_skip_verify", tls.insecure_skip_verify) && tls.insecure_skip_verify) {
    context.warnings.add(map.find("insecure_skip_verify")->at(),
                         "`insecure_skip_verify` is true: certificates are not verified here");
  }
  read_either(context, map, "ca", "ca_file", tls.ca, tls.ca_file);
  read_either(context, map, "cert", "cert_file", tls.cert, tls.cert_file);
  if (map.secret("key", tls.key)) check_pem(context, *map.find("key"), "key", tls.key.reveal());
  read_path(context, map, "key_file", tls.key_file);
  map.text("server_name", tls.server_name);
  read_versions(context, map, tls);
  map.positive_duration("fail_if_expires_within", tls.fail_if_expires_within);
  map.unavailable({"ca_ref", "cert_ref", "key_ref"});
  map.finish();

  at_most_one(context, map, "ca", "ca_file");
  at_most_one(context, map, "cert", "cert_file");
  at_most_one(context, map, "key", "key_file");
  const bool has_certificate = map.given("cert") || map.given("cert_file");
  const bool has_key = map.given("key") || map.given("key_file");
  if (has_certificate != has_key) {
    const std::string_view lone =
        has_certificate ? (map.given("cert") ? "`cert`" : "`cert_file`") : (map.given("key") ? "`key`" : "`key_file`");
    context.flaw(node, std::string(lone) + " without " + (has_certificate ? "`key_file`" : "`cert_file`") +
                           ": expected both or neither");
  }
  return tls;
}

}  // namespace nines::config
