#include "store/backup.hpp"

#include <filesystem>

#include "store/files.hpp"
#include "store/schema.hpp"
#include "store/store.hpp"

namespace nines::store {
namespace {

Expected<Checked> copy_and_check(Connection& connection, const std::string& to, const CheckProgress& progress) {
  if (auto made = make_file(to); !made) return std::unexpected(made.error());
  const auto refuse = [&](const SqlFault& fault) { return fail(to + " cannot be written: " + fault.message); };
  auto statement = Statement::prepare(connection, "VACUUM INTO ?");
  if (!statement) return refuse(statement.error());
  progress("copying", 0, 0);
  if (auto done = statement->bind(to).run(); !done) return refuse(done.error());
  auto checked = check_store(to, progress);
  if (checked && !checked->faults.empty()) {
    return fail("the copy is not whole, and neither may be the store (`nines store check`): " +
                checked->faults.front());
  }
  return checked;
}

}  // namespace

Expected<Checked> backup(const std::string& data_dir, const std::string& file, const CheckProgress& progress) {
  const auto there = [&] { return fail(file + " is there already: expected a name for a new file"); };
  std::error_code ignored;
  if (std::filesystem::exists(std::filesystem::symlink_status(file, ignored))) return there();
  auto connection = open_for_reading(data_dir + "/" + kFileName);
  if (!connection) return std::unexpected(connection.error());

  const auto unfinished = file + ".unfinished";
  std::filesystem::remove(unfinished, ignored);
  auto checked = copy_and_check(*connection, unfinished, progress);
  if (checked) {
    if (auto done = publish_new_file(unfinished, file); !done) checked = std::unexpected(done.error());
  }
  if (!checked) std::filesystem::remove(unfinished, ignored);
  return checked;
}

}  // namespace nines::store
