// Growable arrays outside a storage: in a flat file, which holds nothing but the elements, and in an anonymous memory
// file, which begins with a region that tells the element type and the length (FORMAT.md, section 15).
//
// The appender holds the WRITER byte of the file on a description of its own. Exports of other handles lock the blocks
// that they show, so that the appender sees them before it cuts.
#pragma once

#include "dtype/format.hpp"
#include "store/array_home.hpp"

namespace deltos::store {

Result<std::shared_ptr<ArrayHome>> open_flat_array(const std::string &path, std::uint64_t item_bytes,
                                                   const ArrayOptions &options);
Result<std::shared_ptr<ArrayHome>> open_anonymous_array(const dtype::Format &format, const ArrayOptions &options);
// Made by somebody else; *format becomes what it says about itself, once that has been checked.
Result<std::shared_ptr<ArrayHome>> open_array_fd(int fd, const ArrayOptions &options, dtype::Format *format);

}  // namespace deltos::store
