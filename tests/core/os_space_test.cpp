// os/file_space.cpp: room is there before it is used, or the error says how much is missing.
#include <fcntl.h>

#include <vector>

#include "os/file.hpp"
#include "support/faulty_io.hpp"

namespace deltos::os {
namespace {

using test::Call;
using test::FaultyIo;

constexpr std::uint64_t kMebibyte = 1 << 20;

bool all_zero(const File &file, std::uint64_t offset, std::uint64_t bytes) {
  std::vector<std::byte> content(bytes, std::byte{1});
  EXPECT_TRUE(file.read(content, offset).ok());
  return std::all_of(content.begin(), content.end(), [](std::byte byte) { return byte == std::byte{0}; });
}

TEST(FileSpace, GrowthIsAllocatedAndZero) {
  const File file = test::file_of(0);
  ASSERT_TRUE(file.grow(0, kMebibyte).ok());
  EXPECT_EQ(file.info()->bytes, kMebibyte);
  EXPECT_GE(file.info()->allocated_bytes, kMebibyte);
  EXPECT_TRUE(all_zero(file, 0, kMebibyte));
}

TEST(FileSpace, GrowthNeverShrinks) {
  const File file = test::file_of(kMebibyte);
  ASSERT_TRUE(file.grow(0, 4096).ok());
  ASSERT_TRUE(file.grow(8192, 4096).ok());
  EXPECT_EQ(file.info()->bytes, kMebibyte);
}

TEST(FileSpace, GrowthWithoutAllocationWritesZerosAndKeepsContent) {
  const File file = test::file_of(0);
  ASSERT_TRUE(file.write(bytes_of("content"), 0).ok());
  FaultyIo faulty;
  faulty.fail(Call::fallocate, EOPNOTSUPP);
  faulty.interruptions = 1;
  faulty.most_transferred = 10'000;
  ASSERT_TRUE(file.grow(0, 200'000).ok());
  EXPECT_EQ(file.info()->bytes, 200'000u);
  std::array<std::byte, 7> content;
  ASSERT_TRUE(file.read(content, 0).ok());
  EXPECT_EQ(text_of(content), "content");
  EXPECT_TRUE(all_zero(file, 7, 200'000 - 7));
}

TEST(FileSpace, GrowthSurvivesAStormOfInterruptions) {
  const File file = test::file_of(0);
  FaultyIo faulty;
  faulty.interruptions = 3;
  faulty.most_allocated = kMebibyte;
  ASSERT_TRUE(file.grow(0, 9 * kMebibyte + 4096).ok());
  EXPECT_EQ(file.info()->bytes, 9 * kMebibyte + 4096);
  EXPECT_GE(file.info()->allocated_bytes, 9 * kMebibyte);
}

TEST(FileSpace, AFullDiskNamesTheBytesAndGivesBackWhatItTook) {
  class HalfFull : public Io {
   public:
    HalfFull() { replace_io(this); }
    ~HalfFull() override { replace_io(nullptr); }
    int fallocate(int fd, int mode, std::uint64_t offset, std::uint64_t bytes) override {
      Io::fallocate(fd, mode, offset, bytes / 2);
      return -ENOSPC;
    }
  };
  const File file = test::file_of(8192);
  const HalfFull half_full;
  const Status status = file.grow(8192, kMebibyte);
  ASSERT_EQ(status.code(), Code::no_space);
  EXPECT_EQ(status.error().os_errno, ENOSPC);
  EXPECT_NE(status.error().message.find(std::to_string(kMebibyte - 8192) + " more bytes"), std::string::npos)
      << status.error().message;
  EXPECT_EQ(file.info()->bytes, 8192u);
}

TEST(FileSpace, ZerosThatDoNotFitAreGivenBack) {
  const File file = test::file_of(8192);
  FaultyIo faulty;
  faulty.fail(Call::fallocate, EOPNOTSUPP);
  faulty.fail(Call::pwrite, ENOSPC, 1, 2);
  EXPECT_EQ(file.grow(8192, kMebibyte).code(), Code::no_space);
  EXPECT_EQ(file.info()->bytes, 8192u);
}

TEST(FileSpace, NamesEachRefusalToGrow) {
  const File file = test::file_of(4096);
  FaultyIo faulty;
  for (const int os_errno : {ENOSPC, EDQUOT, EFBIG}) {
    faulty.fail(Call::fallocate, os_errno, 1);
    EXPECT_EQ(file.grow(4096, kMebibyte).code(), Code::no_space) << os_errno;
  }
  faulty.fail(Call::fallocate, EIO, 1);
  EXPECT_EQ(file.grow(4096, kMebibyte).code(), Code::io);
  faulty.fail(Call::fstat, EIO, 1);
  EXPECT_EQ(file.grow(4096, kMebibyte).code(), Code::io);
}

TEST(FileSpace, SizesBeyondAnyFileAreALimit) {
  const File file = test::file_of(4096);
  EXPECT_EQ(file.grow(0, UINT64_MAX).code(), Code::limit);
  EXPECT_EQ(file.allocate(UINT64_MAX - 1, 4096).code(), Code::limit);
  EXPECT_EQ(file.resize(UINT64_MAX).code(), Code::limit);
}

TEST(FileSpace, PunchedSpaceIsGivenBackAndReadsZero) {
  const File file = test::file_of(0);
  const std::vector<std::byte> ones(kMebibyte, std::byte{1});
  ASSERT_TRUE(file.write(ones, 0).ok());
  ASSERT_TRUE(file.sync_data().ok());
  const std::uint64_t before = file.info()->allocated_bytes;
  ASSERT_TRUE(file.punch(65'536, 524'288).ok());
  EXPECT_LE(file.info()->allocated_bytes, before - 524'288);
  EXPECT_EQ(file.info()->bytes, kMebibyte);
  EXPECT_TRUE(all_zero(file, 65'536, 524'288));
}

TEST(FileSpace, AHoleIsFilledWithoutChangingItsContent) {
  const File file = test::file_of(0);
  ASSERT_TRUE(file.resize(kMebibyte).ok());
  EXPECT_EQ(file.info()->allocated_bytes, 0u);
  ASSERT_TRUE(file.allocate(0, kMebibyte).ok());
  EXPECT_GE(file.info()->allocated_bytes, kMebibyte);
  EXPECT_TRUE(all_zero(file, 0, kMebibyte));
  ASSERT_TRUE(file.allocate(0, 0).ok());
}

TEST(FileSpace, AHoleIsFilledWithZerosWhereNothingCanBeAllocated) {
  const File file = test::file_of(0);
  ASSERT_TRUE(file.resize(kMebibyte).ok());
  FaultyIo faulty;
  faulty.fail(Call::fallocate, EOPNOTSUPP);
  ASSERT_TRUE(file.allocate(0, kMebibyte).ok());
  EXPECT_GE(file.info()->allocated_bytes, kMebibyte);
  EXPECT_TRUE(all_zero(file, 0, kMebibyte));
}

TEST(FileSpace, SpaceThatCannotBePunchedIsUnsupported) {
  const File file = test::file_of(8192);
  FaultyIo faulty;
  faulty.interruptions = 2;
  faulty.fail(Call::fallocate, EOPNOTSUPP, 1);
  EXPECT_EQ(file.punch(0, 4096).code(), Code::unsupported);
  EXPECT_TRUE(file.punch(0, 4096).ok());
  faulty.fail(Call::fallocate, EIO, 1);
  EXPECT_EQ(file.punch(0, 4096).code(), Code::io);
  EXPECT_TRUE(file.punch(0, 0).ok());
}

TEST(FileSpace, ResizeGoesBothWays) {
  const File file = test::file_of(8192);
  FaultyIo faulty;
  faulty.interruptions = 2;
  ASSERT_TRUE(file.resize(4096).ok());
  EXPECT_EQ(file.info()->bytes, 4096u);
  ASSERT_TRUE(file.resize(16'384).ok());
  EXPECT_EQ(file.info()->bytes, 16'384u);
  faulty.fail(Call::ftruncate, EIO, 1);
  EXPECT_EQ(file.resize(0).code(), Code::io);
  faulty.fail(Call::ftruncate, ENOSPC, 1);
  EXPECT_EQ(file.resize(0).code(), Code::no_space);
}

}  // namespace
}  // namespace deltos::os
