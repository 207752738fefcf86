// Descriptors of the caller's: all is transferred however short or interrupted the calls are, and what went through
// before a failure is told.
#include "os/descriptor.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "support/faulty_io.hpp"

namespace deltos::os {
namespace {

using test::Call;
using test::FaultyIo;

std::vector<std::byte> numbered(std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 7);
  return bytes;
}

class Descriptor : public testing::TestWithParam<std::int64_t> {
 protected:
  Transferred write(Bytes from) { return write_descriptor(file_.fd(), from, GetParam()); }
  Transferred read(MutableBytes to) {
    EXPECT_EQ(::lseek(file_.fd(), 0, SEEK_SET), 0);
    return read_descriptor(file_.fd(), to, GetParam());
  }
  Call write_call() const { return GetParam() == kAtPosition ? Call::write : Call::pwrite; }
  Call read_call() const { return GetParam() == kAtPosition ? Call::read : Call::pread; }

  FaultyIo io_;
  File file_ = test::file_of(0);
  const std::vector<std::byte> content_ = numbered(1000);
  std::vector<std::byte> back_ = std::vector<std::byte>(1000);
};

TEST_P(Descriptor, InterruptedAndShortCallsAreTakenUpAgain) {
  io_.interruptions = 2;
  io_.most_transferred = 7;
  EXPECT_EQ(write(content_).bytes, 1000);
  const Transferred read_back = read(back_);
  EXPECT_EQ(read_back.bytes, 1000);
  EXPECT_EQ(read_back.os_errno, 0);
  EXPECT_EQ(back_, content_);
  EXPECT_EQ(io_.calls(read_call()), 143);
}

TEST_P(Descriptor, EndOfFileIsShortAndNoError) {
  EXPECT_EQ(write(Bytes(content_).first(600)).bytes, 600);
  const Transferred done = read(back_);
  EXPECT_EQ(done.bytes, 600);
  EXPECT_EQ(done.os_errno, 0);
}

TEST_P(Descriptor, FailuresTellHowFarItWent) {
  io_.most_transferred = 100;
  io_.fail(write_call(), ENOSPC, 1, 3);
  Transferred done = write(content_);
  EXPECT_EQ(done.bytes, 300);
  EXPECT_EQ(done.os_errno, ENOSPC);
  io_.fail(read_call(), EIO, 1, 2);
  done = read(back_);
  EXPECT_EQ(done.bytes, 200);
  EXPECT_EQ(done.os_errno, EIO);
}

TEST_P(Descriptor, ADeviceThatTakesNothingIsAnError) {
  io_.most_transferred = 0;
  const Transferred done = write(content_);
  EXPECT_EQ(done.bytes, 0);
  EXPECT_EQ(done.os_errno, EIO);
}

INSTANTIATE_TEST_SUITE_P(AtPositionAndAtOffset, Descriptor, testing::Values(kAtPosition, 0));

}  // namespace
}  // namespace deltos::os
