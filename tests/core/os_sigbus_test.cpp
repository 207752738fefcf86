// os/sigbus.cpp: a file cut short under a mapping costs the data, not the process; everybody else's SIGBUS stays
// theirs.
#include <fcntl.h>
#include <sys/mman.h>

#include <csignal>
#include <thread>
#include <vector>

#include "os/sigbus.hpp"
#include "support/faulty_io.hpp"

namespace deltos::os {
namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kPages = 256;

std::byte loaded(const volatile std::byte *at) { return *at; }

// A file of 256 pages, mapped, guarded, and then cut to one page.
struct Cut {
  explicit Cut(Protection protection, std::uint64_t left = kPage) : file(test::file_of(kPages * kPage)) {
    const std::vector<std::byte> ones(kPages * kPage, std::byte{1});
    EXPECT_TRUE(file.write(ones, 0).ok());
    mapping = *Mapping::map(file, 0, kPages * kPage, protection);
    lost = std::make_shared<std::atomic<bool>>(false);
    auto created = SigbusGuard::create(mapping, lost);
    EXPECT_TRUE(created.ok());
    guard = std::move(created).value();
    EXPECT_TRUE(file.resize(left).ok());
  }
  volatile std::byte *at(std::uint64_t page) const { return mapping->data() + page * kPage; }

  File file;
  std::shared_ptr<Mapping> mapping;
  std::shared_ptr<std::atomic<bool>> lost;
  std::unique_ptr<SigbusGuard> guard;
};

struct sigaction action_now() {
  struct sigaction action;
  ::sigaction(SIGBUS, nullptr, &action);
  return action;
}

void handle_with(void (*handler)(int, siginfo_t *, void *), int flags = 0) {
  struct sigaction action = {};
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | flags;
  ::sigaction(SIGBUS, &action, nullptr);
}

// A mapping nobody guards, behind the end of its file.
volatile std::byte *unguarded_loss() {
  static const File file = test::file_of(kPage);
  void *at = ::mmap(nullptr, 2 * kPage, PROT_READ, MAP_SHARED, file.fd(), 0);
  return static_cast<volatile std::byte *>(at) + kPage;
}

TEST(SigbusGuard, LoadsFromTheLostTailFindZeros) {
  const Cut cut(Protection::read);
  EXPECT_FALSE(*cut.lost);
  EXPECT_EQ(loaded(cut.at(0)), std::byte{1});
  EXPECT_FALSE(*cut.lost);
  for (std::uint64_t page = 1; page < kPages; ++page) EXPECT_EQ(loaded(cut.at(page)), std::byte{0});
  EXPECT_TRUE(*cut.lost);
  EXPECT_EQ(loaded(cut.at(0)), std::byte{1});
}

TEST(SigbusGuard, StoresIntoTheLostTailStayInMemory) {
  const Cut cut(Protection::read_write);
  for (std::uint64_t page = 1; page < kPages; ++page) *cut.at(page) = std::byte{2};
  for (std::uint64_t page = 1; page < kPages; ++page) EXPECT_EQ(loaded(cut.at(page)), std::byte{2});
  EXPECT_TRUE(*cut.lost);
  EXPECT_EQ(cut.file.info()->bytes, kPage);
}

TEST(SigbusGuard, TheTailBecomesOneMapAreaFromWhicheverSideItIsTouched) {
  const Cut upwards(Protection::read_write), downwards(Protection::read_write);
  for (std::uint64_t page = 1; page < kPages; ++page) *upwards.at(page) = std::byte{2};
  for (std::uint64_t page = kPages - 1; page > 0; --page) *downwards.at(page) = std::byte{2};
  EXPECT_LE(test::map_areas(upwards.mapping->data(), kPages * kPage), 2);
  EXPECT_LE(test::map_areas(downwards.mapping->data(), kPages * kPage), 2);
}

TEST(SigbusGuard, KeepsAReadOnlyTailReadOnly) {
  const Cut cut(Protection::read);
  EXPECT_EQ(loaded(cut.at(9)), std::byte{0});
  const int status = test::in_child([&] {
    ::signal(SIGSEGV, SIG_DFL);
    *cut.at(10) = std::byte{1};
    return 0;
  });
  EXPECT_TRUE(test::killed_by(status, SIGSEGV));
}

TEST(SigbusGuard, CoversWhatTheMappingGainsLater) {
  const File file = test::file_of(16 * kPage);
  const auto mapping = *Mapping::reserve(file, 1 << 30, kPage, Protection::read_write);
  const auto lost = std::make_shared<std::atomic<bool>>(false);
  const auto guard = SigbusGuard::create(mapping, lost);
  ASSERT_TRUE(mapping->extend(file, 16 * kPage, Protection::read_write).ok());
  ASSERT_TRUE(file.resize(2 * kPage).ok());
  volatile std::byte *data = mapping->data();
  data[12 * kPage] = std::byte{1};
  EXPECT_TRUE(*lost);
  data[3 * kPage] = std::byte{1};
  EXPECT_EQ(loaded(data + 3 * kPage), std::byte{1});
}

TEST(SigbusGuard, CoversAMappingAtAnUnevenOffset) {
  const File file = test::file_of(8 * kPage);
  const auto mapping = *Mapping::map(file, 100, 7 * kPage, Protection::read);
  const auto lost = std::make_shared<std::atomic<bool>>(false);
  const auto guard = SigbusGuard::create(mapping, lost);
  ASSERT_TRUE(file.resize(0).ok());
  EXPECT_EQ(loaded(mapping->data()), std::byte{0});
  EXPECT_EQ(loaded(mapping->data() + 7 * kPage - 1), std::byte{0});
  EXPECT_TRUE(*lost);
}

TEST(SigbusGuard, TellsEveryOwnerOfTheMappingAndNobodyElse) {
  const Cut cut(Protection::read), other(Protection::read);
  const auto second = std::make_shared<std::atomic<bool>>(false);
  const auto guard = SigbusGuard::create(cut.mapping, second);
  EXPECT_EQ(loaded(cut.at(5)), std::byte{0});
  EXPECT_TRUE(*cut.lost);
  EXPECT_TRUE(*second);
  EXPECT_FALSE(*other.lost);
}

TEST(SigbusGuard, LeavesBorrowedMemoryAlone) {
  const struct sigaction before = action_now();
  std::vector<std::byte> memory(100);
  const auto guard =
      SigbusGuard::create(Mapping::borrow(memory.data(), 100), std::make_shared<std::atomic<bool>>(false));
  ASSERT_TRUE(guard.ok());
  EXPECT_EQ(action_now().sa_sigaction, before.sa_sigaction);
}

TEST(SigbusGuard, HoldsTheSignalOnlyWhileSomethingIsGuarded) {
  const struct sigaction before = action_now();
  {
    const Cut first(Protection::read);
    EXPECT_NE(action_now().sa_sigaction, before.sa_sigaction);
    const Cut second(Protection::read);
  }
  EXPECT_EQ(action_now().sa_sigaction, before.sa_sigaction);
  EXPECT_EQ(action_now().sa_flags & SA_SIGINFO, before.sa_flags & SA_SIGINFO);
}

TEST(SigbusGuard, TheTableHasAnEndAndSaysSo) {
  const File file = test::file_of(kPage);
  const auto mapping = *Mapping::map(file, 0, kPage, Protection::read);
  const auto lost = std::make_shared<std::atomic<bool>>(false);
  std::vector<std::unique_ptr<SigbusGuard>> guards;
  for (int i = 0; i < 4096; ++i) {
    auto guard = SigbusGuard::create(mapping, lost);
    ASSERT_TRUE(guard.ok());
    guards.push_back(std::move(guard).value());
  }
  EXPECT_EQ(SigbusGuard::create(mapping, lost).code(), Code::no_memory);
  guards.pop_back();
  EXPECT_TRUE(SigbusGuard::create(mapping, lost).ok());
}

TEST(SigbusGuard, AForeignFaultKillsAsItWould) {
  const int status = test::in_child([] {
    ::signal(SIGBUS, SIG_DFL);
    const Cut cut(Protection::read);
    return static_cast<int>(*unguarded_loss());
  });
  EXPECT_TRUE(test::killed_by(status, SIGBUS));
}

TEST(SigbusGuard, AForeignFaultGoesToWhoHadTheSignalBefore) {
  const int status = test::in_child([] {
    handle_with([](int, siginfo_t *info, void *) { ::_exit(info->si_code == BUS_ADRERR ? 42 : 43); });
    const Cut cut(Protection::read);
    return static_cast<int>(*unguarded_loss());
  });
  EXPECT_TRUE(test::exited_with(status, 42));
}

TEST(SigbusGuard, APlainHandlerOfBeforeIsCalledToo) {
  const int status = test::in_child([] {
    ::signal(SIGBUS, [](int) { ::_exit(42); });
    const Cut cut(Protection::read);
    return static_cast<int>(*unguarded_loss());
  });
  EXPECT_TRUE(test::exited_with(status, 42));
}

TEST(SigbusGuard, AFaultBehindADestroyedGuardIsForeign) {
  const int status = test::in_child([] {
    handle_with([](int, siginfo_t *, void *) { ::_exit(42); });
    const Cut other(Protection::read);
    Cut cut(Protection::read);
    cut.guard.reset();
    return static_cast<int>(*cut.at(3));
  });
  EXPECT_TRUE(test::exited_with(status, 42));
}

TEST(SigbusGuard, ASentSignalKillsWhileNothingIsLost) {
  const int status = test::in_child([] {
    ::signal(SIGBUS, SIG_DFL);
    const Cut whole(Protection::read, kPages * kPage);
    ::raise(SIGBUS);
    return 0;
  });
  EXPECT_TRUE(test::killed_by(status, SIGBUS));
}

TEST(SigbusGuard, ASentSignalStaysIgnoredWhereItWas) {
  const int status = test::in_child([] {
    ::signal(SIGBUS, SIG_IGN);
    const Cut whole(Protection::read, kPages * kPage);
    ::raise(SIGBUS);
    return 7;
  });
  EXPECT_TRUE(test::exited_with(status, 7));
}

TEST(SigbusGuard, OneRaisedSignalIsSwallowedAfterALossAndTheSecondIsNot) {
  const int status = test::in_child([] {
    handle_with([](int, siginfo_t *, void *) { ::_exit(42); });
    const Cut cut(Protection::read);
    if (*cut.at(3) != std::byte{0}) return 1;
    ::raise(SIGBUS);
    ::raise(SIGBUS);
    return 2;
  });
  EXPECT_TRUE(test::exited_with(status, 42));
}

TEST(SigbusGuard, TakesTheSignalBackAndPutsTheLaterOwnerBehindItself) {
  const int status = test::in_child([] {
    const Cut cut(Protection::read);
    handle_with([](int, siginfo_t *, void *) { ::_exit(42); });
    rearm_sigbus_guard();
    if (*cut.at(3) != std::byte{0} || !*cut.lost) return 1;
    return static_cast<int>(*unguarded_loss());
  });
  EXPECT_TRUE(test::exited_with(status, 42));
}

TEST(SigbusGuard, ReturnsTheSignalToTheLaterOwner) {
  const int status = test::in_child([] {
    {
      const Cut cut(Protection::read);
      handle_with([](int, siginfo_t *, void *) { ::_exit(42); });
      rearm_sigbus_guard();
    }
    return static_cast<int>(*unguarded_loss());
  });
  EXPECT_TRUE(test::exited_with(status, 42));
}

struct sigaction remembered;
std::atomic<int> reports{0};

// Reports, and hands on by a call to whoever it replaced.
void hand_on_by_call(int signal, siginfo_t *info, void *context) {
  if (reports.fetch_add(1) > 10) ::_exit(99);
  remembered.sa_sigaction(signal, info, context);
}

// Reports, puts back whoever it replaced, and raises the signal again.
void hand_on_by_raising(int signal, siginfo_t *, void *) {
  if (reports.fetch_add(1) > 10) ::_exit(99);
  ::sigaction(SIGBUS, &remembered, nullptr);
  ::raise(signal);
}

TEST(SigbusGuard, ALaterOwnerThatCallsBackDoesNotMakeACircle) {
  const int status = test::in_child([] {
    handle_with([](int, siginfo_t *, void *) { ::_exit(reports == 1 ? 42 : 43); });
    const Cut cut(Protection::read);
    remembered = action_now();
    handle_with(hand_on_by_call);
    rearm_sigbus_guard();
    return static_cast<int>(*unguarded_loss());
  });
  EXPECT_TRUE(test::exited_with(status, 42));
}

TEST(SigbusGuard, ALossSurvivesALaterOwnerThatCallsBack) {
  const int status = test::in_child([] {
    const Cut cut(Protection::read);
    remembered = action_now();
    handle_with(hand_on_by_call);
    return *cut.at(3) == std::byte{0} && *cut.lost && reports == 1 ? 0 : 1;
  });
  EXPECT_TRUE(test::exited_with(status, 0));
}

TEST(SigbusGuard, ALossSurvivesALaterOwnerThatRaisesAgain) {
  for (const int flags : {0, SA_NODEFER}) {
    const int status = test::in_child([&] {
      ::signal(SIGBUS, SIG_DFL);
      const Cut cut(Protection::read);
      remembered = action_now();
      handle_with(hand_on_by_raising, flags);
      return *cut.at(3) == std::byte{0} && *cut.lost && reports == 1 ? 0 : 1;
    });
    EXPECT_TRUE(test::exited_with(status, 0)) << status;
  }
}

TEST(SigbusGuard, AForeignFaultUnderALaterOwnerThatRaisesAgainStillKills) {
  for (const bool rearmed : {false, true}) {
    const int status = test::in_child([&] {
      ::signal(SIGBUS, SIG_DFL);
      const Cut whole(Protection::read, kPages * kPage);
      remembered = action_now();
      handle_with(hand_on_by_raising, SA_NODEFER);
      if (rearmed) rearm_sigbus_guard();
      return static_cast<int>(*unguarded_loss());
    });
    EXPECT_TRUE(test::killed_by(status, SIGBUS)) << rearmed << " " << status;
  }
}

TEST(SigbusGuard, IsInheritedByAChild) {
  const Cut cut(Protection::read_write);
  const int status = test::in_child([&] {
    if (*cut.at(3) != std::byte{0} || !*cut.lost) return 1;
    const Cut another(Protection::read);
    return *another.at(3) == std::byte{0} && *another.lost ? 0 : 2;
  });
  EXPECT_TRUE(test::exited_with(status, 0));
  EXPECT_FALSE(*cut.lost);
}

TEST(SigbusGuard, ManyThreadsLoseAndGuardAtOnce) {
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int round = 0; round < 25; ++round) {
        const Cut cut(Protection::read_write);
        for (std::uint64_t page = kPages - 1; page > 0; page -= 5) {
          if (*cut.at(page) != std::byte{0}) wrong++;
        }
        if (!*cut.lost) wrong++;
        rearm_sigbus_guard();
      }
    });
  }
  for (std::thread &thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(SigbusGuard, ManyThreadsLoseTheSameTailAtOnce) {
  const Cut cut(Protection::read);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint64_t page = kPages - 1 - t; page > 0 && page < kPages; page -= 4) {
        if (*cut.at(page) != std::byte{0}) wrong++;
      }
    });
  }
  for (std::thread &thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_TRUE(*cut.lost);
}

}  // namespace
}  // namespace deltos::os
