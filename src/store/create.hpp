// New storages. Built without a name (or under one of their own) and named when they are whole, so that a crash leaves
// nothing or a storage. Private to L4.
#pragma once

#include "store/storage.hpp"

namespace deltos::store {

// The content of an empty storage, into an empty file.
Status write_empty_storage(const os::File &file, const OpenOptions &options);
Result<std::shared_ptr<Storage>> create_fresh(const std::string &path, const OpenOptions &options);
// The path keeps leading to what is there until the first commit.
Result<std::shared_ptr<Storage>> create_replacing(const std::string &path, const OpenOptions &options);
// A file beside `path` without a name where the file system can, else with a temporary one (set in *temporary).
Result<os::File> open_beside(const std::string &path, std::string *temporary);
// Gives the finished file its name; exists when it is taken and must not be replaced. Durable when it returns.
Status name_file(const os::File &file, const std::string &temporary, const std::string &path, bool replace);

Result<std::shared_ptr<Storage>> open_file(os::File file, const std::string &path, const OpenOptions &options);

}  // namespace deltos::store
