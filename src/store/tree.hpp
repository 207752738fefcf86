// The copy-on-write B+tree of the catalogue: byte-string keys in byte order, small values.
//
// Reading functions see one immutable tree (a Root). Changing functions take a PageEditor and return the new Root; on
// failure the old Root is still whole and nothing has been changed (they reserve their pages before the first edit).
// Depth is at most format::kMaxHeight, which is checked, so hostile pages cannot make a walk endless.
//
// Sorted maps are such trees, too, whose keys may be empty and whose spilled values may be ids of objects.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <vector>

#include "store/page_source.hpp"

namespace deltos::store {

struct TreeValue {
  Bytes bytes;           // in the page; valid as long as the page is
  bool spilled = false;  // bytes are a format::Spill, or the id of an object
};

// What a change has taken the place of.
struct OldValue {
  bool there = false, spilled = false;
  std::size_t bytes = 0;                                 // in the page
  std::array<std::byte, sizeof(format::Spill)> spill{};  // spilled: these bytes
};

class Tree {
 public:
  // Absent: nullopt.
  static Result<std::optional<TreeValue>> find(PageSource &pages, const Root &root, Bytes key);
  // Inserts or overwrites. key: at most kMaxKeyBytes, value: <= kMaxInlineValueBytes (a Spill or an id when spilled),
  // else limit. *old, when asked for, is the value that was overwritten.
  static Result<Root> put(PageEditor &pages, const Root &root, Bytes key, Bytes value, bool spilled,
                          OldValue *old = nullptr);
  // *old tells what was there. A page that runs empty is discarded; one that runs below a third takes in a neighbour
  // that fits.
  static Result<Root> erase(PageEditor &pages, const Root &root, Bytes key, OldValue *old);

  // Visits every page, parents first, for walks (opening, verify). The visitor gets the child, its level and its bytes
  // and returns whether to go on. lower/upper: separators that all keys of the page must lie between, checked here
  // (corrupt otherwise), as are levels and the root's height. Without leaves: those are told of, but not looked at
  // (page: nullptr).
  using PageVisitor = std::function<Status(const format::Child &, unsigned level, const std::byte *page)>;
  enum class Leaves { read, name };
  static Status walk(PageSource &pages, const Root &root, const PageVisitor &visit, Leaves leaves = Leaves::read);
};

// Forward and backward iteration over one immutable tree. Not valid after a change made through the same PageEditor.
class TreeCursor {
 public:
  TreeCursor(PageSource &pages, const Root &root) : pages_(&pages), root_(root) {}
  Status seek(Bytes key);       // first entry >= key
  Status seek_last(Bytes key);  // last entry < key; empty key: the last entry of all
  Status next();
  Status previous();
  // Forward, behind the rest of the leaf; *passed: how many entries those were, the one it stands on included.
  Status next_leaf(std::uint64_t *passed);
  bool valid() const { return valid_; }
  // Where it stands: two cursors of one tree that do at the same entry say the same.
  const std::byte *leaf() const { return path_[root_.height - 1].page; }
  unsigned index() const { return path_[root_.height - 1].index; }
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

// Adds entries behind the last one of a tree. Between begin() and the last add() nothing else changes it, and the pages
// at its right edge stay in memory.
class TreeAppender {
 public:
  TreeAppender(PageEditor &pages, const Root &root) : pages_(&pages), root_(root) {}
  Status begin();                     // makes the right edge the transaction's own
  std::optional<Bytes> last() const;  // the last key, if there is one; valid until the next add()
  // key: above last(), at most kMaxKeyBytes; value as for Tree::put(). Each happens whole or not at all.
  Status add(Bytes key, Bytes value, bool spilled);
  const Root &root() const { return root_; }
  bool at_edge(std::uint64_t block) const {
    for (unsigned level = 0; level < root_.height; ++level) {
      if (edge_[level].block == block) return true;
    }
    return false;
  }

 private:
  void append_child(Bytes separator);

  PageEditor *pages_;
  Root root_;
  std::array<EditedPage, format::kMaxHeight> edge_{};  // by level: the last page of each
};

}  // namespace deltos::store
