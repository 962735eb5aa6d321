#pragma once

// Modules: blackbox_exporter's schema, strict.

#include <map>
#include <memory>
#include <string>

#include "config/config.hpp"
#include "config/reader.hpp"

namespace nines::config {

// The module behind a check that names none: GET, 2xx.
std::shared_ptr<const Module> default_module();

// The members of `modules`.
std::map<std::string, std::shared_ptr<const Module>> read_modules(Context& context, Mapping& root);

// The keys of a module's `http` section.
HttpModule read_http_module(Context& context, const Node& node);

TlsConfig read_tls(Context& context, const Node& node);
// basic_auth, authorization and bearer tokens of a mapping that may have them; at most one.
void read_credentials(Context& context, Mapping& map, HttpClient& client);

// Header names and values of the mapping under `key`, checked; literal values of headers that carry credentials are
// remembered as secrets.
std::vector<std::pair<std::string, std::string>> read_headers(Context& context, Mapping& map, std::string_view key);

// "10MB", "1KiB", "1.5GB": powers of 1024 as blackbox_exporter reads them, in bytes.
Expected<std::int64_t> parse_body_size(std::string_view text);

// Compiled as blackbox_exporter would, in RE2's syntax.
Expected<Regex> compile_regex(const std::string& pattern);

}  // namespace nines::config
