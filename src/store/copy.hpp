// Copies of a storage, made while it is in use.
#pragma once

#include "store/storage.hpp"

namespace deltos::store {

// Block for block: same places, uuid, ids; one superblock. Open payload is copied as it is while it is read (guarantee
// G3); sealed payload is checked on the way.
Status copy_snapshot(const Snapshot &snapshot, const std::string &path, bool replace, const Progress &progress);
// Object by object into a new storage: new uuid; ids, names and metadata kept; as small as it gets.
Status compact_snapshot(const Snapshot &snapshot, const std::string &path, bool replace, const Progress &progress);

}  // namespace deltos::store
