// os/process.cpp: the process, the kernel and the time.
#include <sys/resource.h>

#include <set>

#include "os/file.hpp"
#include "support/faulty_io.hpp"

namespace deltos::os {
namespace {

TEST(Process, TheBootIsKnownAndStays) {
  EXPECT_EQ(&boot_id(), &boot_id());
  const std::array<std::uint8_t, 16> none{};
  EXPECT_NE(boot_id(), none);
  const std::array<std::uint8_t, 16> mine = boot_id();
  EXPECT_TRUE(test::exited_with(test::in_child([&] { return boot_id() == mine ? 0 : 1; }), 0));
}

TEST(Process, RandomIdentitiesDifferAndSaySo) {
  std::set<std::array<std::uint8_t, 16>> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::array<std::uint8_t, 16> id = random_uuid();
    EXPECT_EQ(id[6] >> 4, 4);
    EXPECT_EQ(id[8] >> 6, 2);
    EXPECT_TRUE(seen.insert(id).second);
  }
}

TEST(Process, MonotonicTimeNeverGoesBack) {
  std::int64_t last = monotonic_ns();
  for (int i = 0; i < 1000; ++i) {
    const std::int64_t now = monotonic_ns();
    EXPECT_GE(now, last);
    last = now;
  }
  EXPECT_GT(now_ns(), 1'500'000'000'000'000'000);
}

TEST(Process, TheAddressSpaceLimitIsTheOneSet) {
  const int status = test::in_child([] {
    const struct rlimit limit = {std::uint64_t{1} << 45, std::uint64_t{1} << 45};
    if (::setrlimit(RLIMIT_AS, &limit) != 0) return 1;
    return address_space_limit() == std::uint64_t{1} << 45 ? 0 : 2;
  });
  EXPECT_TRUE(test::exited_with(status, 0));
}

TEST(Process, AChildIsAnotherProcess) {
  const int mine = process_id();
  EXPECT_TRUE(test::exited_with(test::in_child([&] { return process_id() != mine ? 0 : 1; }), 0));
}

}  // namespace
}  // namespace deltos::os
