#include "config/import.hpp"

#include <re2/re2.h>

#include "base/text.hpp"

namespace nines::config {
namespace {

constexpr std::size_t kLooked = 4096;

// The first line that says something in a Hurl file: its first request.
bool is_hurl(std::string_view text) {
  static const re2::RE2 kRequest(R"((?:\s*#[^\n]*\n|\s*\n)*[A-Z]{3,20}[ \t]+(?:https?://|\{\{|/|")[^\n]*)");
  re2::StringPiece input(text.data(), text.size());
  return re2::RE2::Consume(&input, kRequest);
}

}  // namespace

ImportKind import_kind(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const std::string_view begin = trim(text.substr(0, kLooked));
  if (begin.starts_with('{')) {
    if (trim(begin.substr(1)).starts_with("\"log\"")) return ImportKind::har;
    const bool schema = text.contains("schema.getpostman.com") || text.contains("schema.postman.com");
    const bool parts = text.contains("\"info\"") && text.contains("\"item\"");
    return schema || parts || text.contains("\"_postman_id\"") ? ImportKind::postman : ImportKind::none;
  }
  return is_hurl(text.substr(0, std::size_t{64} << 10)) ? ImportKind::hurl : ImportKind::none;
}

std::expected<Imported, std::vector<Error>> import_text(const ImportSource& source) {
  switch (import_kind(source.text)) {
    case ImportKind::postman:
      return import_postman(source);
    case ImportKind::har:
      return import_har(source);
    case ImportKind::hurl:
      return import_hurl(source);
    case ImportKind::none:
      break;
  }
  return std::unexpected(std::vector{
      Error{"neither a Postman collection, a HAR file nor a Hurl file: expected one", Position{source.name, 0, 0}}});
}

}  // namespace nines::config
