// Reading the catalogue's tree: lookup, walk, cursor.
#include "store/tree.hpp"

#include "store/tree_path.hpp"

namespace deltos::store {
namespace {

using format::Child;

Error out_of_order(const Child &page) {
  return fail(Code::corrupt,
              "catalogue page in block %llu holds keys that belong elsewhere; restore the storage from a copy",
              static_cast<unsigned long long>(page.block));
}

// The keys that a page may hold: lower <= key < upper, an empty bound being none.
struct KeyRange {
  Bytes lower, upper;
};

// Whether all keys lie in the range; they are in order among themselves. The first key of an inner page is empty and
// stands for the lower bound.
bool keys_in_range(const std::byte *page, const KeyRange &range) {
  const unsigned count = format::page_count(page);
  const unsigned first = format::page_level(page) == 0 ? 0 : 1;
  if (first == count) return true;
  if (format::compare_keys(format::page_entry(page, first).key, range.lower) < 0) return false;
  return range.upper.empty() || format::compare_keys(format::page_entry(page, count - 1).key, range.upper) < 0;
}

// Every leaf has a key of its own in a range of its own, so a page that is referred to twice ends the walk.
Status walk_page(PageSource &pages, const Child &child, unsigned level, const KeyRange &range,
                 const Tree::PageVisitor &visit, Tree::Leaves leaves) {
  if (level == 0 && leaves == Tree::Leaves::name) return visit(child, level, nullptr);
  DELTOS_ASSIGN(const std::byte *page, pages.page(child, level));
  if (!keys_in_range(page, range)) return out_of_order(child);
  DELTOS_TRY(visit(child, level, page));
  if (level == 0) return {};
  const unsigned count = format::page_count(page);
  for (unsigned index = 0; index < count; ++index) {
    const Bytes lower = index == 0 ? range.lower : format::page_entry(page, index).key;
    const Bytes upper = index + 1 == count ? range.upper : format::page_entry(page, index + 1).key;
    DELTOS_TRY(walk_page(pages, format::page_child(page, index), level - 1, {lower, upper}, visit, leaves));
  }
  return {};
}

}  // namespace

Status check_root(const Root &root) {
  if (root.height > format::kMaxHeight) {
    return fail(Code::corrupt, "catalogue has %u levels, at most %u are possible; restore the storage from a copy",
                unsigned{root.height}, format::kMaxHeight);
  }
  return {};
}

Status descend(PageSource &pages, const Root &root, Bytes key, Path *path) {
  DELTOS_TRY(check_root(root));
  path->height = root.height;
  Child child = child_of(root);
  for (unsigned depth = 0; depth < root.height; ++depth) {
    const unsigned level = root.height - 1 - depth;
    const std::byte *page = pages.known(child, level);
    if (page == nullptr) {
      DELTOS_ASSIGN(page, pages.page(child, level));
    }
    const unsigned index = level == 0 ? format::page_lower_bound(page, key) : format::page_child_index(page, key);
    path->steps[depth] = {child, page, index};
    if (level > 0) child = format::page_child(page, index);
  }
  return {};
}

Status check_place_in_tree(const Path &path, const LeafPlace &leaf, std::uint64_t transaction) {
  if (leaf.child.transaction == transaction) return {};
  KeyRange range;
  for (unsigned depth = 0; depth + 1 < path.height; ++depth) {
    const std::byte *page = path.steps[depth].page;
    const unsigned index = depth + 2 == path.height ? leaf.index : path.steps[depth].index;
    if (index > 0) range.lower = format::page_entry(page, index).key;
    if (index + 1 < format::page_count(page)) range.upper = format::page_entry(page, index + 1).key;
  }
  return keys_in_range(leaf.page, range) ? Status() : out_of_order(leaf.child);
}

Result<std::optional<TreeValue>> Tree::find(PageSource &pages, const Root &root, Bytes key) {
  if (root.height == 0) return std::optional<TreeValue>{};
  Path path;
  DELTOS_TRY(descend(pages, root, key, &path));
  const auto entry = format::page_find(path.leaf().page, key);
  if (!entry) return std::optional<TreeValue>{};
  return std::optional<TreeValue>{{entry->value, entry->spilled}};
}

Status Tree::walk(PageSource &pages, const Root &root, const PageVisitor &visit, Leaves leaves) {
  DELTOS_TRY(check_root(root));
  if (root.height == 0) return {};
  return walk_page(pages, child_of(root), root.height - 1, {}, visit, leaves);
}

// ---- cursor ---------------------------------------------------------------------------------------------------------

Status TreeCursor::descend_to(unsigned depth, const Child &from, Edge edge) {
  Child child = from;
  for (; depth < root_.height; ++depth) {
    const unsigned level = root_.height - 1 - depth;
    DELTOS_ASSIGN(const std::byte *page, pages_->page(child, level));
    const unsigned index = edge == Edge::first ? 0 : format::page_count(page) - 1;
    path_[depth] = {page, index};
    if (level > 0) child = format::page_child(page, index);
  }
  return {};
}

// Keys must go on rising from leaf to leaf: damaged or hostile pages cannot send the cursor round in circles.
Status TreeCursor::step_leaf(Edge edge) {
  valid_ = false;
  const std::byte *old_leaf = path_[root_.height - 1].page;
  for (unsigned depth = root_.height - 1; depth > 0; --depth) {
    Step &parent = path_[depth - 1];
    const bool at_end = edge == Edge::first ? parent.index + 1 == format::page_count(parent.page) : parent.index == 0;
    if (at_end) continue;
    parent.index += edge == Edge::first ? 1 : -1;
    const Child child = format::page_child(parent.page, parent.index);
    DELTOS_TRY(descend_to(depth, child, edge));
    const std::byte *new_leaf = path_[root_.height - 1].page;
    const std::byte *left = edge == Edge::first ? old_leaf : new_leaf;
    const std::byte *right = edge == Edge::first ? new_leaf : old_leaf;
    const Bytes last = format::page_entry(left, format::page_count(left) - 1).key;
    if (format::compare_keys(last, format::page_entry(right, 0).key) >= 0) return out_of_order(child);
    valid_ = true;
    return {};
  }
  return {};
}

Status TreeCursor::find_leaf(Bytes key) {
  valid_ = false;
  Path path;
  DELTOS_TRY(descend(*pages_, root_, key, &path));
  for (unsigned depth = 0; depth < path.height; ++depth)
    path_[depth] = {path.steps[depth].page, path.steps[depth].index};
  return {};
}

Status TreeCursor::seek(Bytes key) {
  DELTOS_TRY(find_leaf(key));
  if (root_.height == 0) return {};
  const Step &leaf = path_[root_.height - 1];
  if (leaf.index == format::page_count(leaf.page)) return step_leaf(Edge::first);
  valid_ = true;
  return {};
}

Status TreeCursor::seek_last(Bytes key) {
  valid_ = false;
  DELTOS_TRY(check_root(root_));
  if (root_.height == 0) return {};
  if (key.empty()) {
    DELTOS_TRY(descend_to(0, child_of(root_), Edge::last));
    valid_ = true;
    return {};
  }
  DELTOS_TRY(find_leaf(key));
  valid_ = true;
  return previous();
}

Status TreeCursor::next() {
  if (!valid_) return {};
  Step &leaf = path_[root_.height - 1];
  if (++leaf.index < format::page_count(leaf.page)) return {};
  return step_leaf(Edge::first);
}

Status TreeCursor::next_leaf(std::uint64_t *passed) {
  *passed = valid_ ? format::page_count(leaf()) - index() : 0;
  return valid_ ? step_leaf(Edge::first) : Status();
}

Status TreeCursor::previous() {
  if (!valid_) return {};
  Step &leaf = path_[root_.height - 1];
  if (leaf.index == 0) return step_leaf(Edge::last);
  --leaf.index;
  return {};
}

Bytes TreeCursor::key() const {
  const Step &leaf = path_[root_.height - 1];
  return format::page_entry(leaf.page, leaf.index).key;
}

TreeValue TreeCursor::value() const {
  const Step &leaf = path_[root_.height - 1];
  const format::PageEntry entry = format::page_entry(leaf.page, leaf.index);
  return {entry.value, entry.spilled};
}

}  // namespace deltos::store
