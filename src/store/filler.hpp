// Sequential filling of fresh payload. Private to L4.
#pragma once

#include <memory>

#include "store/transaction.hpp"
#include "store/writer.hpp"

namespace deltos::store {

// Small payload is stored through the mapping; larger payload is written, so that the process's memory does not grow by
// it.
std::unique_ptr<Transaction::Filler> make_filler(Writer &writer, const format::Extent &extent);

}  // namespace deltos::store
