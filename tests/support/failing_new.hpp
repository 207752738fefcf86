// Lets the k-th allocation of this thread fail, to see what is left behind.
#pragma once

#include <cstdint>

namespace deltos::testing_support {

// While alive, operator new throws std::bad_alloc once, after `successes` successful calls. One at a time a thread.
class FailingNew {
 public:
  explicit FailingNew(std::uint64_t successes);
  ~FailingNew();
  FailingNew(const FailingNew &) = delete;
  FailingNew &operator=(const FailingNew &) = delete;
  bool happened() const;
};

}  // namespace deltos::testing_support
