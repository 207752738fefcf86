// The copy-on-write B+tree of the catalogue: byte-string keys in byte order, small values.
//
// Reading functions see one immutable tree (a Root). Changing functions take a PageEditor and return the new Root; on
// failure the old Root is still whole and nothing has been changed (they reserve their pages before the first edit).
// Depth is at most format::kMaxHeight, which is checked, so hostile pages cannot make a walk endless.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <vector>

#include "store/page_source.hpp"

namespace deltos::store {

struct TreeValue {
  Bytes bytes;           // in the page; valid as long as the page is
  bool spilled = false;  // bytes are a format::Spill
};

class Tree {
 public:
  // Absent: nullopt.
  static Result<std::optional<TreeValue>> find(PageSource &pages, const Root &root, Bytes key);
  // Inserts or overwrites. key: 1..kMaxKeyBytes, value: <= kMaxInlineValueBytes (a Spill when spilled), else limit.
  // *old, when asked for, is the value that was overwritten, when that was spilled.
  using OldSpill = std::optional<std::array<std::byte, sizeof(format::Spill)>>;
  static Result<Root> put(PageEditor &pages, const Root &root, Bytes key, Bytes value, bool spilled,
                          OldSpill *old = nullptr);
  // *removed tells whether the key was there. A page that runs empty is discarded; one that runs below a third takes in
  // a neighbour that fits.
  static Result<Root> erase(PageEditor &pages, const Root &root, Bytes key, bool *removed);

  // Visits every page, parents first, for walks (opening, verify). The visitor gets the child, its level and its bytes
  // and returns whether to go on. lower/upper: separators that all keys of the page must lie between, checked here
  // (corrupt otherwise), as are levels and the root's height.
  using PageVisitor = std::function<Status(const format::Child &, unsigned level, const std::byte *page)>;
  static Status walk(PageSource &pages, const Root &root, const PageVisitor &visit);
};

// Forward and backward iteration over one immutable tree. Not valid after a change made through the same PageEditor.
class TreeCursor {
 public:
  TreeCursor(PageSource &pages, const Root &root) : pages_(&pages), root_(root) {}
  Status seek(Bytes key);       // first entry >= key
  Status seek_last(Bytes key);  // last entry < key; empty key: the last entry of all
  Status next();
  Status previous();
  bool valid() const { return valid_; }
  Bytes key() const;  // valid until the cursor moves, as the page is
  TreeValue value() const;

 private:
  struct Step {
    const std::byte *page;
    unsigned index;
  };
  enum class Edge { first, last };  // of a page; stepping forward enters the next one at its first entry

  Status find_leaf(Bytes key);
  Status descend_to(unsigned depth, const format::Child &from, Edge edge);
  Status step_leaf(Edge edge);

  PageSource *pages_;
  Root root_;
  std::array<Step, format::kMaxHeight> path_{};  // from the root; path_[height - 1] is the leaf
  bool valid_ = false;
};

}  // namespace deltos::store
