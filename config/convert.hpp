#pragma once

// Other tools' configurations as a nines.yml: blackbox_exporter's modules with Prometheus's scrape configuration.

#include <cstddef>
#include <expected>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace nines::config {

struct ConvertFiles {
  std::string modules;  // blackbox_exporter's file; stays where it is, and is named in `module_files`
  std::string scrape;   // Prometheus's file; empty: none, and no checks
  std::string folder;   // of the file to be written, which paths in it are relative to; empty: the working directory
};

struct Converted {
  std::string text;         // loads as nines.yml
  std::size_t checks = 0;   // one for each static target of a job that scrapes /probe
  std::vector<Error> left;  // what is not carried over, sorted by place
};

// Reads both files. Errors: the faults of both. Any thread; does file I/O.
std::expected<Converted, std::vector<Error>> convert(const ConvertFiles& files);

}  // namespace nines::config
