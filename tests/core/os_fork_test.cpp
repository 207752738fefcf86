// os/fork.cpp: who is told about a fork, when, and in which order.
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "os/fork.hpp"
#include "support/faulty_io.hpp"

namespace deltos::os {
namespace {

std::string told;  // by the participants, in a process

class Participant : public ForkParticipant {
 public:
  explicit Participant(char name) : name_(name) { register_fork_participant(this); }
  virtual ~Participant() { unregister_fork_participant(this); }
  void before_fork() override { told += {name_, 'b'}; }
  void after_fork_in_parent() override { told += {name_, 'p'}; }
  void after_fork_in_child() override {
    told += {name_, 'c'};
    generation_in_child_ = fork_generation();
  }
  std::uint64_t generation_in_child() const { return generation_in_child_; }

 private:
  char name_;
  std::uint64_t generation_in_child_ = 0;
};

TEST(Fork, ParticipantsAreToldInTheOrderOfTheirRegistration) {
  told.clear();
  const Participant first('1'), second('2'), third('3');
  const int status = test::in_child([] { return told == "1b2b3b1c2c3c" ? 0 : 1; });
  EXPECT_TRUE(test::exited_with(status, 0));
  EXPECT_EQ(told, "1b2b3b1p2p3p");
}

TEST(Fork, WhoHasLeftIsToldNothing) {
  told.clear();
  const Participant first('1');
  { const Participant second('2'); }
  const Participant third('3');
  EXPECT_TRUE(test::exited_with(test::in_child([] { return 0; }), 0));
  EXPECT_EQ(told, "1b3b1p3p");
}

TEST(Fork, TheGenerationCountsChildren) {
  const std::uint64_t mine = fork_generation();
  const int status = test::in_child([&] {
    if (fork_generation() != mine + 1) return 1;
    const int inner = test::in_child([&] { return fork_generation() == mine + 2 ? 0 : 1; });
    return test::exited_with(inner, 0) && fork_generation() == mine + 1 ? 0 : 2;
  });
  EXPECT_TRUE(test::exited_with(status, 0));
  EXPECT_EQ(fork_generation(), mine);
}

TEST(Fork, ParticipantsInTheChildSeeTheNewGeneration) {
  const std::uint64_t mine = fork_generation();
  const Participant participant('1');
  const int status = test::in_child([&] { return participant.generation_in_child() == mine + 1 ? 0 : 1; });
  EXPECT_TRUE(test::exited_with(status, 0));
}

TEST(Fork, TheChildCanRegisterAndForkAgain) {
  const int status = test::in_child([] {
    told.clear();
    const Participant own('x');
    const int inner = test::in_child([] { return told == "xbxc" ? 0 : 1; });
    return test::exited_with(inner, 0) && told == "xbxp" ? 0 : 1;
  });
  EXPECT_TRUE(test::exited_with(status, 0));
}

class Quiet : public ForkParticipant {
 public:
  Quiet() { register_fork_participant(this); }
  virtual ~Quiet() { unregister_fork_participant(this); }
  void before_fork() override { state_ = 1; }
  void after_fork_in_parent() override { state_ = state_ == 1 ? 0 : 2; }
  void after_fork_in_child() override { state_ = state_ == 1 ? 0 : 2; }
  bool balanced() const { return state_ == 0; }

 private:
  int state_ = 0;
};

TEST(Fork, NobodySeesHalfAForkWhileOthersComeAndGo) {
  std::atomic<bool> stop{false};
  std::atomic<int> unbalanced{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      while (!stop) {
        const Quiet quiet;
        std::this_thread::yield();
      }
    });
  }
  const Quiet mine;
  for (int i = 0; i < 30; ++i) {
    const int status = test::in_child([&] {
      const Quiet own;
      return mine.balanced() ? 0 : 1;
    });
    if (!test::exited_with(status, 0) || !mine.balanced()) unbalanced++;
  }
  stop = true;
  for (std::thread &thread : threads) thread.join();
  EXPECT_EQ(unbalanced, 0);
}

}  // namespace
}  // namespace deltos::os
