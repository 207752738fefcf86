// include/deltos/status.h
#include "capi/codes.hpp"
#include "capi/guard.hpp"

namespace deltos::capi {
namespace {

const char *name_of(std::int32_t status) {
  switch (status) {
#define DELTOS_NAME(code) \
  case code:              \
    return #code;
    DELTOS_NAME(DELTOS_OK)
    DELTOS_NAME(DELTOS_E_INVALID)
    DELTOS_NAME(DELTOS_E_KIND)
    DELTOS_NAME(DELTOS_E_TYPE)
    DELTOS_NAME(DELTOS_E_RANGE)
    DELTOS_NAME(DELTOS_E_TOO_SMALL)
    DELTOS_NAME(DELTOS_E_NOT_FOUND)
    DELTOS_NAME(DELTOS_E_EXISTS)
    DELTOS_NAME(DELTOS_E_READONLY)
    DELTOS_NAME(DELTOS_E_SEALED)
    DELTOS_NAME(DELTOS_E_PINNED)
    DELTOS_NAME(DELTOS_E_BUSY)
    DELTOS_NAME(DELTOS_E_CLOSED)
    DELTOS_NAME(DELTOS_E_STALE)
    DELTOS_NAME(DELTOS_E_FORKED)
    DELTOS_NAME(DELTOS_E_LAYOUT)
    DELTOS_NAME(DELTOS_E_FORMAT)
    DELTOS_NAME(DELTOS_E_CANCELLED)
    DELTOS_NAME(DELTOS_E_STRUCT)
    DELTOS_NAME(DELTOS_E_UNSUPPORTED)
    DELTOS_NAME(DELTOS_E_DUPLICATE)
    DELTOS_NAME(DELTOS_E_CORRUPT)
    DELTOS_NAME(DELTOS_E_NOT_DELTOS)
    DELTOS_NAME(DELTOS_E_FEATURE)
    DELTOS_NAME(DELTOS_E_LIMIT)
    DELTOS_NAME(DELTOS_E_REPLACED)
    DELTOS_NAME(DELTOS_E_IO)
    DELTOS_NAME(DELTOS_E_IN_DOUBT)
    DELTOS_NAME(DELTOS_E_NO_SPACE)
    DELTOS_NAME(DELTOS_E_NO_MEMORY)
    DELTOS_NAME(DELTOS_E_ADDRESS_SPACE)
    DELTOS_NAME(DELTOS_E_FILESYSTEM)
    DELTOS_NAME(DELTOS_E_LOCKED)
    DELTOS_NAME(DELTOS_E_INTERNAL)
#undef DELTOS_NAME
    default:
      return "DELTOS_E_UNKNOWN";
  }
}

}  // namespace
}  // namespace deltos::capi

using namespace deltos::capi;

const char *deltos_status_name(int32_t status) {
  return guard_value("DELTOS_E_UNKNOWN", [&] { return name_of(status); });
}

const char *deltos_version(void) {
  return guard_value("", [] { return DELTOS_VERSION; });
}

uint32_t deltos_abi_version(void) {
  return guard_value(uint32_t{0}, [] { return uint32_t{DELTOS_ABI_VERSION}; });
}
