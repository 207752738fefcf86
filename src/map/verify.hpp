// A whole hash map checked: what a reader would find out key by key, and what it never looks at.
#pragma once

#include <functional>

#include "base/bytes.hpp"
#include "base/status.hpp"

namespace deltos::map {

// Bytes done, of all; what it says ends the check.
using Ask = std::function<Status(std::uint64_t done, std::uint64_t total)>;

// corrupt: an entry that cannot be read or is not found by its key, text that is not UTF-8, a count that is wrong, and
// what is wrong with values and records. Takes time in proportion to the size, of values to what is in them.
Status verify(Bytes image, const Ask &ask = {});

}  // namespace deltos::map
