// Open-file-description locks: they belong to the description, reach past any content, and never wait.
#include <fcntl.h>

#include <random>

#include "os/file.hpp"
#include "support/faulty_io.hpp"

namespace deltos::os {
namespace {

using test::Call;
using test::FaultyIo;

constexpr std::uint64_t kFar = (std::uint64_t{1} << 62) + (std::uint64_t{1} << 60);

File again(const File &file) {
  Result<File> other = file.reopen(O_RDWR);
  EXPECT_TRUE(other.ok());
  return std::move(other).value();
}

TEST(Lock, ExcludesAnotherDescriptionOfTheSameProcess) {
  const File first = test::file_of(0);
  const File second = again(first);
  EXPECT_TRUE(*first.try_lock(10, 5, true));
  EXPECT_FALSE(*second.try_lock(14, 1, true));
  EXPECT_FALSE(*second.try_lock(14, 1, false));
  EXPECT_TRUE(*second.try_lock(15, 1, true));
  EXPECT_TRUE(*first.try_lock(10, 5, true));
}

TEST(Lock, SharedLocksStandSideBySide) {
  const File first = test::file_of(0);
  const File second = again(first);
  EXPECT_TRUE(*first.try_lock(10, 5, false));
  EXPECT_TRUE(*second.try_lock(10, 5, false));
  EXPECT_FALSE(*second.try_lock(10, 5, true));
  ASSERT_TRUE(first.unlock(10, 5).ok());
  EXPECT_TRUE(*second.try_lock(10, 5, true));
}

TEST(Lock, ReachesFarBehindAnyContent) {
  const File first = test::file_of(0);
  const File second = again(first);
  EXPECT_TRUE(*first.try_lock(kFar, 1, true));
  EXPECT_TRUE(*second.try_lock(kFar - 1, 1, true));
  EXPECT_TRUE(*second.try_lock(kFar + 1, 1, true));
  EXPECT_FALSE(*second.try_lock(kFar, 1, false));
}

TEST(Lock, RefusesARangeBehindTheLastByte) {
  const File file = test::file_of(0);
  EXPECT_EQ(file.try_lock(INT64_MAX, 2, true).code(), Code::internal);
  EXPECT_EQ(file.try_lock(UINT64_MAX, 1, true).code(), Code::internal);
  EXPECT_EQ(file.unlock(0, UINT64_MAX).code(), Code::internal);
}

TEST(Lock, IsGoneWhenItsDescriptionIsClosed) {
  const File first = test::file_of(0);
  {
    const File second = again(first);
    EXPECT_TRUE(*second.try_lock(kFar, 1, true));
    EXPECT_FALSE(*first.try_lock(kFar, 1, true));
  }
  EXPECT_TRUE(*first.try_lock(kFar, 1, true));
}

TEST(Lock, OutlivesTheClosingOfAnotherDescription) {
  const File first = test::file_of(0);
  EXPECT_TRUE(*first.try_lock(1, 1, true));
  again(first).close();
  EXPECT_FALSE(*again(first).try_lock(1, 1, true));
}

TEST(Lock, IsGoneWhenItsProcessIsKilled) {
  const File file = test::file_of(0);
  const int status = test::in_child([&] {
    const File own = again(file);
    if (!*own.try_lock(1, 1, true)) return 1;
    ::kill(::getpid(), SIGKILL);
    return 2;
  });
  ASSERT_TRUE(test::killed_by(status, SIGKILL));
  EXPECT_TRUE(*file.try_lock(1, 1, true));
}

TEST(Lock, ConflictShowsWhatAnotherDescriptionHolds) {
  const File first = test::file_of(0);
  const File second = again(first);
  EXPECT_TRUE(*first.try_lock(kFar + 100, 20, false));
  EXPECT_FALSE(first.conflict(kFar, 1000, true)->found);
  EXPECT_FALSE(second.conflict(kFar, 1000, false)->found);
  const Result<LockConflict> conflict = second.conflict(kFar, 1000, true);
  ASSERT_TRUE(conflict.ok());
  EXPECT_TRUE(conflict->found);
  EXPECT_EQ(conflict->start, kFar + 100);
  EXPECT_EQ(conflict->bytes, 20u);
}

TEST(Lock, ConflictShowsALockToTheEnd) {
  const File first = test::file_of(0);
  const File second = again(first);
  EXPECT_TRUE(*first.try_lock(kFar, 0, true));
  const Result<LockConflict> conflict = second.conflict(0, 0, false);
  ASSERT_TRUE(conflict.ok());
  EXPECT_TRUE(conflict->found);
  EXPECT_EQ(conflict->start, kFar);
  EXPECT_EQ(conflict->bytes, 0u);
}

TEST(Lock, NamesEachRefusal) {
  const File file = test::file_of(0);
  FaultyIo faulty;
  for (const int os_errno : {EAGAIN, EACCES}) {
    faulty.fail(Call::lock, os_errno, 1);
    EXPECT_FALSE(*file.try_lock(0, 1, true));
  }
  for (const int os_errno : {EINVAL, ENOLCK, ENOSYS, EOPNOTSUPP}) {
    faulty.fail(Call::lock, os_errno);
    EXPECT_EQ(file.try_lock(0, 1, true).code(), Code::filesystem);
    EXPECT_EQ(file.unlock(0, 1).code(), Code::filesystem);
    EXPECT_EQ(file.conflict(0, 1, true).code(), Code::filesystem);
  }
  faulty.fail(Call::lock, EIO, 1);
  EXPECT_EQ(file.try_lock(0, 1, true).code(), Code::io);
}

TEST(Lock, AnExclusiveLockNeedsAFileOpenForWriting) {
  const File file = test::file_of(0);
  const Result<File> reading = file.reopen(O_RDONLY);
  ASSERT_TRUE(reading.ok());
  EXPECT_TRUE(*reading->try_lock(0, 1, false));
  EXPECT_EQ(reading->try_lock(0, 1, true).code(), Code::readonly);
}

TEST(Lock, SurvivesInterruptions) {
  const File file = test::file_of(0);
  FaultyIo faulty;
  faulty.interruptions = 4;
  EXPECT_TRUE(*file.try_lock(0, 1, true));
  EXPECT_FALSE(file.conflict(0, 1, true)->found);
  EXPECT_TRUE(file.unlock(0, 1).ok());
}

// Three descriptions, 48 bytes, each byte free, shared or exclusive a description.
class LockModel {
 public:
  static constexpr int kDescriptions = 3, kBytes = 48;

  bool conflicts(int description, int start, int bytes, bool exclusive) const {
    for (int other = 0; other < kDescriptions; ++other) {
      if (other == description) continue;
      for (int at = start; at < start + bytes; ++at) {
        if (held_[other][at] == 2 || (held_[other][at] == 1 && exclusive)) return true;
      }
    }
    return false;
  }
  void set(int description, int start, int bytes, int state) {
    for (int at = start; at < start + bytes; ++at) held_[description][at] = state;
  }

 private:
  int held_[kDescriptions][kBytes] = {};
};

TEST(Lock, BehavesLikeItsModel) {
  const File first = test::file_of(0);
  const File second = again(first), third = again(first);
  const std::array<const File *, LockModel::kDescriptions> files = {&first, &second, &third};
  LockModel model;
  std::mt19937 random(11);
  for (int step = 0; step < 4000; ++step) {
    const int who = static_cast<int>(random() % LockModel::kDescriptions);
    const int start = static_cast<int>(random() % LockModel::kBytes);
    const int bytes = 1 + static_cast<int>(random() % static_cast<unsigned>(LockModel::kBytes - start));
    const bool exclusive = random() % 2 == 0;
    const std::uint64_t at = kFar + static_cast<std::uint64_t>(start);
    const bool expected = model.conflicts(who, start, bytes, exclusive);
    ASSERT_EQ(files[static_cast<std::size_t>(who)]->conflict(at, static_cast<std::uint64_t>(bytes), exclusive)->found,
              expected)
        << "step " << step;
    if (random() % 3 == 0) {
      ASSERT_TRUE(files[static_cast<std::size_t>(who)]->unlock(at, static_cast<std::uint64_t>(bytes)).ok());
      model.set(who, start, bytes, 0);
    } else {
      ASSERT_EQ(*files[static_cast<std::size_t>(who)]->try_lock(at, static_cast<std::uint64_t>(bytes), exclusive),
                !expected)
          << "step " << step;
      if (!expected) model.set(who, start, bytes, exclusive ? 2 : 1);
    }
  }
}

}  // namespace
}  // namespace deltos::os
