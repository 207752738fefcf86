// A whole value checked: what a reader would find out place by place, and what it never looks at.
#pragma once

#include "base/bytes.hpp"
#include "base/status.hpp"

namespace deltos::value {

// corrupt: a node that cannot be read, text that is not UTF-8, a key or member that is not found where it should be, a
// count that is wrong. limit: entangled beyond its size, as no builder makes it. Takes time in proportion to the size.
Status verify(Bytes image);

}  // namespace deltos::value
