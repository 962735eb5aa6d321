#pragma once

// A copy of a store, made while an agent may run.

#include <string>

#include "base/error.hpp"
#include "store/check.hpp"

namespace nines::store {

// Writes the store of `data_dir` as it is at one moment into `file`, without free pages, checks the copy as
// check_store() does, and puts it on the disk, synced. What is at `file` is never replaced: an Error. Until the copy is
// whole it is FILE.unfinished. Writers of the store never wait for it.
Expected<Checked> backup(const std::string& data_dir, const std::string& file, const CheckProgress& progress);

}  // namespace nines::store
