// What leaves the boundary: a status and a deltos_error, whatever happens inside.
#include "capi/guard.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <stdexcept>

#include "capi/text.hpp"

namespace deltos::capi {
namespace {

TEST(Guard, SuccessLeavesTheErrorAlone) {
  deltos_error err;
  std::memset(&err, 0x5a, sizeof err);
  EXPECT_EQ(guard(&err, []() -> Status { return {}; }), DELTOS_OK);
  EXPECT_EQ(err.message[495], 0x5a);
}

TEST(Guard, FailureIsReportedWhole) {
  deltos_error err;
  std::memset(&err, 0x5a, sizeof err);
  Error error = fail_os(Code::io, EIO, "the disk is gone");
  error.object_id = 77;
  EXPECT_EQ(guard(&err, [&]() -> Status { return error; }), DELTOS_E_IO);
  EXPECT_EQ(err.status, DELTOS_E_IO);
  EXPECT_EQ(err.os_errno, EIO);
  EXPECT_EQ(err.object_id, 77u);
  EXPECT_STREQ(err.message, "the disk is gone (Input/output error)");
  EXPECT_EQ(err.message[495], 0);
}

TEST(Guard, FailedAllocationIsNoMemory) {
  deltos_error err;
  EXPECT_EQ(guard(&err, []() -> Status { throw std::bad_alloc(); }), DELTOS_E_NO_MEMORY);
  EXPECT_EQ(err.status, DELTOS_E_NO_MEMORY);
  EXPECT_EQ(guard(nullptr, []() -> Status { throw std::bad_alloc(); }), DELTOS_E_NO_MEMORY);
}

TEST(Guard, EveryOtherExceptionIsInternal) {
  deltos_error err;
  EXPECT_EQ(guard(&err, []() -> Status { throw std::logic_error("a broken\ninvariant"); }), DELTOS_E_INTERNAL);
  EXPECT_STREQ(err.message, "a broken invariant");
  EXPECT_EQ(guard(&err, []() -> Status { throw 7; }), DELTOS_E_INTERNAL);
  EXPECT_EQ(err.status, DELTOS_E_INTERNAL);
}

TEST(Guard, ValueFallsBack) {
  EXPECT_EQ(guard_value(5, [] { return 7; }), 7);
  EXPECT_EQ(guard_value(5, []() -> int { throw 1; }), 5);
  EXPECT_NO_THROW(guard_void([] { throw 1; }));
}

TEST(Text, IsCutAtACharacter) {
  const std::string euro = "\xe2\x82\xac";
  EXPECT_EQ(fitting_bytes(euro + euro, 6), 6u);
  EXPECT_EQ(fitting_bytes(euro + euro, 5), 3u);
  EXPECT_EQ(fitting_bytes(euro + euro, 4), 3u);
  EXPECT_EQ(fitting_bytes(euro + euro, 3), 3u);
  EXPECT_EQ(fitting_bytes(euro + euro, 2), 0u);
  EXPECT_EQ(fitting_bytes("abc", 2), 2u);
  EXPECT_EQ(fitting_bytes(std::string(10, '\x80'), 5), 0u) << "not UTF-8, but still no crash";
}

TEST(Text, FillsTheWholePlace) {
  char place[8];
  std::memset(place, 0x5a, sizeof place);
  copy_text("a\tb", place);
  EXPECT_EQ(std::string(place, 8), std::string("a b\0\0\0\0\0", 8));
  copy_text("0123456789", place);
  EXPECT_EQ(std::string(place, 8), std::string("0123456\0", 8));
}

}  // namespace
}  // namespace deltos::capi
