#include "store/pending.hpp"

#include <algorithm>

namespace deltos::store {
namespace {

// reserve() that grows by doubling, so that many small calls stay cheap.
template <class T>
void make_room(std::vector<T> *list, std::size_t more) {
  std::size_t needed = list->size() + more;
  if (needed > list->capacity()) list->reserve(std::max(needed, 2 * list->capacity()));
}

}  // namespace

void Pending::add(Run run, std::uint64_t born, std::uint64_t freed) {
  if (run.blocks == 0) return;
  if (!waiting_.empty() && waiting_.back().born == born && waiting_.back().freed == freed) {
    Run &last = waiting_.back().run;
    bool after = last.end() == run.first, before = run.end() == last.first;
    if (after || before) {
      last = {before ? run.first : last.first, last.blocks + run.blocks};
      total_ += run.blocks;
      return;
    }
  }
  waiting_.push_back({run, born, freed});
  total_ += run.blocks;
}

void Pending::set_strong(std::uint64_t durable, std::uint64_t pending) {
  if (durable == durable_ && pending == pending_) return;
  durable_ = durable;
  pending_ = pending;
  strong_changed_ = true;
}

bool Pending::held_by_superblock(const Entry &entry) const {
  auto holds = [&](std::uint64_t strong) { return entry.born <= strong && strong < entry.freed; };
  return holds(durable_) || (pending_ != 0 && holds(pending_));
}

void Pending::release(std::uint64_t oldest_pin, std::vector<Run> *out) {
  auto due =
      std::find_if(waiting_.begin(), waiting_.end(), [&](const Entry &entry) { return entry.freed > oldest_pin; });
  std::size_t count = static_cast<std::size_t>(due - waiting_.begin());
  std::size_t again = strong_changed_ ? held_.size() : 0;
  if (count == 0 && again == 0) return;
  make_room(&held_, count);
  make_room(out, count + again);

  auto settle = [&](const Entry &entry) {
    if (held_by_superblock(entry)) return false;
    out->push_back(entry.run);
    total_ -= entry.run.blocks;
    return true;
  };
  if (again != 0) std::erase_if(held_, settle);
  strong_changed_ = false;
  for (; count != 0; --count) {
    Entry entry = waiting_.front();
    waiting_.pop_front();
    if (!settle(entry)) held_.push_back(entry);
  }
}

}  // namespace deltos::store
