// Where the tree gets its pages from. Readers need a PageSource; a transaction is a PageEditor.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"
#include "base/status.hpp"
#include "format/layout.hpp"

namespace deltos::store {

// Root of a copy-on-write tree. height 0: empty tree; 1: the root is a leaf.
struct Root {
  std::uint64_t block = 0;
  std::uint64_t transaction = 0;
  std::uint32_t height = 0;
  bool operator==(const Root &) const = default;
};

class PageSource {
 public:
  // The page, checked by format::check_page against (block, transaction, level). Valid until the source's next change
  // (readers: as long as the snapshot's mapping). corrupt when a check fails.
  virtual Result<const std::byte *> page(const format::Child &child, unsigned level) = 0;
  // The same where that is a short look only; nullptr: page() tells.
  virtual const std::byte *known(const format::Child &, unsigned) noexcept { return nullptr; }

 protected:
  ~PageSource() = default;
};

// A page that belongs to the running transaction: writable, checksum filled in at commit.
struct EditedPage {
  std::uint64_t block = 0;
  std::byte *bytes = nullptr;  // stays where it is until the page is discarded or the transaction ends
};

class PageEditor : public PageSource {
 public:
  // The running transaction; new pages carry its number.
  virtual std::uint64_t transaction() const = 0;
  // Makes sure that the next `pages` calls of create() and edit() cannot fail. The only call here that may say no.
  virtual Status reserve(unsigned count) = 0;
  // An empty page of this transaction with its header filled in (count 0).
  virtual EditedPage create(unsigned level) = 0;
  // A page of this transaction with the content of `child`: itself when it is one already, else a copy in a new block,
  // and the old one is freed by this transaction. `child` has been got by page() before, so it is sound.
  virtual EditedPage edit(const format::Child &child, unsigned level) = 0;
  // The bytes of a page that has been got by page() or known(), to be changed in place: it is the transaction's own, in
  // memory, and nothing that could fail is needed. nullptr: edit() it.
  virtual std::byte *editable(const format::Child &, const std::byte *) noexcept { return nullptr; }
  // The page is no longer part of the tree.
  virtual void discard(const format::Child &child) = 0;

 protected:
  ~PageEditor() = default;
};

}  // namespace deltos::store
