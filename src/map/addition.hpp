// One addition to a hash map that is built. Private to it.
#pragma once

#include "map/work.hpp"

namespace deltos::map {

// Takes back what an addition has done when it is cancelled. After any other failure nothing can be added any more.
class Builder::Work::Addition {
 public:
  explicit Addition(Work *work) : work_(*work), pairs_(work->pairs_), bytes_(work->added_bytes_) {}
  ~Addition() {
    if (!ended_) work_.broken_ = true;
  }
  Addition(const Addition &) = delete;
  Addition &operator=(const Addition &) = delete;

  // Once, before anything is put, where it may be taken back.
  void mark() {
    for (unsigned part = 0; part < 1U << work_.bits_; ++part) waiting_.push_back(work_.waiting_.bytes(part));
    area_ = work_.area_.bytes(0);
  }
  void keep() { ended_ = true; }
  void take_back() {
    for (unsigned part = 0; part < waiting_.size(); ++part) work_.waiting_.cut(part, waiting_[part]);
    work_.area_.cut(0, area_);
    if (work_.known_) work_.known_->forget();
    work_.pairs_ = pairs_;
    work_.added_bytes_ = bytes_;
    ended_ = true;
  }

 private:
  Work &work_;
  std::uint64_t pairs_, bytes_, area_ = 0;
  std::vector<std::uint64_t> waiting_;
  bool ended_ = false;
};

}  // namespace deltos::map
