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

// For which there is room.
inline void insert(std::byte *page, unsigned index, const format::PageEntry &entry) {
  const bool fits = format::page_insert(page, index, entry.key, entry.value, entry.spilled);
  assert(fits);
  static_cast<void>(fits);
}

}  // namespace deltos::store
