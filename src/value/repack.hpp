// The same value once more, built anew: how one is compressed that was built for anywhere.
#pragma once

#include "value/builder.hpp"

namespace deltos::value {

// Puts what the image of a finished builder holds into one that nothing has been put into; what was shared stays so.
Status repack(Bytes image, Builder *into);

}  // namespace deltos::value
