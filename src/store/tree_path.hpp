// The way from the root to a leaf, which reading and changing the tree have in common. Private to the tree.
#pragma once

#include <array>
#include <cassert>

#include "format/page.hpp"
#include "store/tree.hpp"

namespace deltos::store {

struct PathStep {
  format::Child child;
  const std::byte *page = nullptr;
  unsigned index = 0;  // inner pages: the child taken; leaf: lower bound of the key
};

struct Path {
  std::array<PathStep, format::kMaxHeight> steps{};  // from the root; steps[height - 1] is the leaf
  unsigned height = 0;
  const PathStep &leaf() const { return steps[height - 1]; }
};

inline format::Child child_of(const Root &root) { return {root.block, root.transaction}; }

// corrupt unless the height is possible; everything below is bounded by it.
Status check_root(const Root &root);

// Goes down to the leaf that holds `key` or would hold it. The tree must not be empty.
Status descend(PageSource &pages, const Root &root, Bytes key, Path *path);

// The keys of a leaf that `transaction` is about to change for the first time lie where the pages above say: the walk
// at opening need not have looked.
struct LeafPlace {
  format::Child child;
  const std::byte *page;
  unsigned index;  // in the last page of the path that is none
};
Status check_place_in_tree(const Path &path, const LeafPlace &leaf, std::uint64_t transaction);
inline LeafPlace end_of(const Path &path) {
  return {path.leaf().child, path.leaf().page, path.height > 1 ? path.steps[path.height - 2].index : 0};
}

// The shortest key that is > left and <= right, which is above left.
Bytes separator_between(Bytes left, Bytes right);

// Notes what an entry holds, before it goes.
void keep_value(const format::PageEntry &entry, OldValue *old);

// As the value of an entry; good as long as the child is.
inline Bytes bytes_of_child(const format::Child &child) {
  return {reinterpret_cast<const std::byte *>(&child), sizeof child};
}

// For which there is room.
inline void insert(std::byte *page, unsigned index, const format::PageEntry &entry) {
  const bool fits = format::page_insert(page, index, entry.key, entry.value, entry.spilled);
  assert(fits);
  static_cast<void>(fits);
}

}  // namespace deltos::store
