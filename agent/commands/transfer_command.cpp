#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <sstream>

#include <fmt/format.h>
#include <unistd.h>

#include "agent/commands/commands.hpp"
#include "agent/commands/common.hpp"
#include "sla/calendar.hpp"
#include "store/jsonl.hpp"
#include "store/store.hpp"

namespace nines::agent {
namespace {

Exit import_from(const std::string& data_dir, std::istream& in, const std::string& name) {
  auto store = store::Store::open({.data_dir = data_dir});
  if (!store) return tell(store.error(), Exit::broken);
  auto imported = store::import_jsonl(**store, in, name);
  // A fault with a place is the file's, one without is the store's.
  if (!imported) return tell(imported.error(), imported.error().at ? Exit::usage : Exit::broken);
  fmt::print("{}: {} results imported, {} were there already\n", name, imported->added, imported->unchanged);
  // They are stored whether or not they can be made smaller now.
  if (auto sealed = (*store)->tidy(); !sealed) tell(sealed.error().text());
  return Exit::passed;
}

Expected<Time> bound(const std::string& text, Time otherwise) {
  if (text.empty()) return otherwise;
  return sla::parse_local(text, "UTC");
}

}  // namespace

Exit import_command(const TransferOptions& options) {
  const std::string data_dir = data_dir_or_tell(options.data_dir, options.config);
  if (data_dir.empty()) return Exit::usage;
  if (options.file == "-") return import_from(data_dir, std::cin, "standard input");
  std::ifstream file(options.file, std::ios::binary);
  if (!file) return tell(Error{fmt::format("cannot read {}: {}", options.file, std::strerror(errno))}, Exit::usage);
  return import_from(data_dir, file, options.file);
}

Exit export_command(const TransferOptions& options) {
  const std::string data_dir = data_dir_or_tell(options.data_dir, options.config);
  if (data_dir.empty()) return Exit::usage;
  const auto from = bound(options.from, Time::min());
  if (!from) return tell(Error{"--from: " + from.error().message}, Exit::usage);
  const auto to = bound(options.to, Time::max());
  if (!to) return tell(Error{"--to: " + to.error().message}, Exit::usage);

  auto reader = store::open_reader(data_dir);
  if (!reader) return tell(reader.error(), Exit::broken);
  std::ofstream file;
  if (!options.file.empty()) {
    file.open(options.file, std::ios::binary | std::ios::trunc);
    if (!file) return tell(Error{fmt::format("cannot write {}: {}", options.file, std::strerror(errno))}, Exit::broken);
  }
  std::ostream& out = options.file.empty() ? std::cout : file;
  auto written = store::export_jsonl(*reader, {*from, *to}, out);
  if (!written) return tell(written.error(), Exit::broken);
  out.flush();
  if (!out) return tell(Error{"the results could not be written in full"}, Exit::broken);
  return Exit::passed;
}

}  // namespace nines::agent
