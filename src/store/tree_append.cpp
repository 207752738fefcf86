// Filling a tree at its end: pages are packed one after the other, and only those of the right edge are touched.
#include <cassert>

#include "store/tree_path.hpp"

namespace deltos::store {

using format::Child;

Status TreeAppender::begin() {
  DELTOS_TRY(check_root(root_));
  if (root_.height == 0) return {};
  Path path;
  path.height = root_.height;
  Child child = child_of(root_);
  for (unsigned depth = 0; depth < root_.height; ++depth) {
    const unsigned level = root_.height - 1 - depth;
    DELTOS_ASSIGN(const std::byte *page, pages_->page(child, level));
    path.steps[depth] = {child, page, format::page_count(page) - 1};
    if (level > 0) child = format::page_child(page, path.steps[depth].index);
  }
  DELTOS_TRY(check_place_in_tree(path, end_of(path), pages_->transaction()));
  DELTOS_TRY(pages_->reserve(root_.height));
  for (unsigned depth = 0; depth < root_.height; ++depth) {
    const unsigned level = root_.height - 1 - depth;
    edge_[level] = pages_->edit(path.steps[depth].child, level);
    if (depth == 0) continue;
    format::page_set_child(edge_[level + 1].bytes, path.steps[depth - 1].index,
                           {edge_[level].block, pages_->transaction()});
  }
  root_ = {edge_[root_.height - 1].block, pages_->transaction(), root_.height};
  return {};
}

std::optional<Bytes> TreeAppender::last() const {
  if (root_.height == 0) return std::nullopt;
  return format::page_entry(edge_[0].bytes, format::page_count(edge_[0].bytes) - 1).key;
}

Status TreeAppender::add(Bytes key, Bytes value, bool spilled) {
  if (root_.height == 0) {
    DELTOS_TRY(pages_->reserve(1));
    edge_[0] = pages_->create(0);
    insert(edge_[0].bytes, 0, {key, value, spilled});
    root_ = {edge_[0].block, pages_->transaction(), 1};
    return {};
  }
  std::byte *leaf = edge_[0].bytes;
  if (format::page_insert(leaf, format::page_count(leaf), key, value, spilled)) return {};
  if (root_.height == format::kMaxHeight) {
    return fail(Code::limit, "a sorted map has reached its limit of %u levels; use shorter keys or a second map",
                format::kMaxHeight);
  }
  DELTOS_TRY(pages_->reserve(root_.height + 1));
  const Bytes separator = separator_between(*last(), key);
  edge_[0] = pages_->create(0);
  insert(edge_[0].bytes, 0, {key, value, spilled});
  append_child(separator);
  return {};
}

// The page at the edge of level 0 is new: the levels above are to know it.
void TreeAppender::append_child(Bytes separator) {
  Child right{edge_[0].block, pages_->transaction()};
  for (unsigned level = 1; level < root_.height; ++level) {
    std::byte *page = edge_[level].bytes;
    if (format::page_insert(page, format::page_count(page), separator, bytes_of_child(right), false)) return;
    edge_[level] = pages_->create(level);
    insert(edge_[level].bytes, 0, {{}, bytes_of_child(right), false});
    right = {edge_[level].block, pages_->transaction()};
  }
  const Child left = child_of(root_);
  edge_[root_.height] = pages_->create(root_.height);
  insert(edge_[root_.height].bytes, 0, {{}, bytes_of_child(left), false});
  insert(edge_[root_.height].bytes, 1, {separator, bytes_of_child(right), false});
  root_ = {edge_[root_.height].block, pages_->transaction(), root_.height + 1};
}

}  // namespace deltos::store
