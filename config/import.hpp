#pragma once

// Other tools' recordings and scripts as journeys: Postman collections, HAR files, Hurl files.

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace nines::config {

enum class ImportKind { none, postman, har, hurl };

// What a text is, by how it begins, right or wrong as it goes on. Linear.
ImportKind import_kind(std::string_view text);

struct ImportSource {
  std::string_view text;
  std::string name;    // the file's, for places
  std::string folder;  // where files that the text names are, seen from the file to be written: "", "../hurl"
};

struct Imported {
  std::string text;  // a nines.yml
  std::size_t journeys = 0;
  std::size_t steps = 0;
  std::vector<Error> left;  // what is not carried over, or has to be given by hand, in the order of the source
};

inline constexpr std::size_t kMaxImportBytes = 64u << 20;

// Each refuses what is not of its kind. Errors: at least one. Any thread, no I/O.
//
// Passwords, tokens and Authorization values in the source are never in the text: it names environment variables, and
// `left` says which.
std::expected<Imported, std::vector<Error>> import_postman(const ImportSource& source);
std::expected<Imported, std::vector<Error>> import_har(const ImportSource& source);
std::expected<Imported, std::vector<Error>> import_hurl(const ImportSource& source);

// One of them, as import_kind() says; the kind none is an error.
std::expected<Imported, std::vector<Error>> import_text(const ImportSource& source);

}  // namespace nines::config
