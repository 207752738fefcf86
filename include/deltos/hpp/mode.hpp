/**
 * @file
 * @defgroup deltos_hpp_mode Modes in C++
 *
 * How a file is opened: a storage, or the flat file of an array.
 * @{
 */
#ifndef DELTOS_HPP_MODE_HPP
#define DELTOS_HPP_MODE_HPP

#include <deltos/hpp/error.hpp>

namespace deltos {
inline namespace DELTOS_HPP_NAMESPACE {

/** What a handle may do. */
enum class Mode : std::int32_t {
  read = DELTOS_MODE_READ,
  in_place = DELTOS_MODE_IN_PLACE,
  write = DELTOS_MODE_WRITE,
  fixed = DELTOS_MODE_STATIC
};

/** What happens to the file. */
enum class Create : std::int32_t {
  never = DELTOS_CREATE_NEVER,
  if_absent = DELTOS_CREATE_IF_ABSENT,
  only_new = DELTOS_CREATE_NEW,
  replace = DELTOS_CREATE_REPLACE
};

/** @} */

}  // namespace DELTOS_HPP_NAMESPACE
}  // namespace deltos

#endif
