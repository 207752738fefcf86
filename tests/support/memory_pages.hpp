// Pages of a tree in memory, with everything about the contract of PageEditor checked that a real one takes on trust:
// committed pages are never written, nothing is discarded twice, no call is made beyond what was reserved, pointers got
// from page() are not used after the next change (they are copies that go away then; the address sanitizer sees it).
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <vector>

#include "format/page.hpp"
#include "store/page_source.hpp"
#include "store/tree.hpp"

namespace deltos::test {

inline bool operator<(const format::Child &a, const format::Child &b) {
  return a.block != b.block ? a.block < b.block : a.transaction < b.transaction;
}

class MemoryPages final : public store::PageEditor {
 public:
  static constexpr std::uint64_t kUuidLow = 0x0123456789ABCDEF;
  using Page = std::array<std::byte, format::kBlockBytes>;

  Result<const std::byte *> page(const format::Child &child, unsigned level) override {
    if (pages_until_failure == 0) return fail(Code::corrupt, "planned failure of reading a page");
    if (pages_until_failure > 0) --pages_until_failure;
    const auto found = pages_.find(child.block);
    if (found == pages_.end()) return fail(Code::corrupt, "no page in this block");
    const std::byte *bytes = found->second->data();
    if (own_.count(child.block) == 0) {
      DELTOS_TRY(format::check_page(bytes, child, level, kUuidLow));
    } else if (child.transaction != transaction_ || format::page_level(bytes) != level) {
      return fail(Code::corrupt, "wrong transaction or level");
    }
    lent_.push_back(std::make_unique<Page>(*found->second));
    return lent_.back()->data();
  }

  std::uint64_t transaction() const override { return transaction_; }

  Status reserve(unsigned pages) override {
    lent_.clear();
    if (reservations_fail) return fail(Code::no_space, "planned failure of a reservation");
    reserved_ = pages;
    return {};
  }

  store::EditedPage create(unsigned level) override {
    lent_.clear();
    take_reserved();
    const std::uint64_t block = next_block_++;
    auto &page = pages_[block] = std::make_unique<Page>();
    format::init_page(page->data(), {block, transaction_}, level, kUuidLow);
    own_.insert(block);
    live_.insert({block, transaction_});
    return {block, page->data()};
  }

  store::EditedPage edit(const format::Child &child, unsigned level) override {
    lent_.clear();
    take_reserved();
    EXPECT_EQ(live_.count(child), 1U) << "edited a page that is not part of the tree";
    Page &old = *pages_.at(child.block);
    EXPECT_EQ(format::page_level(old.data()), level);
    if (own_.count(child.block) != 0) return {child.block, old.data()};
    const std::uint64_t block = next_block_++;
    auto &page = pages_[block] = std::make_unique<Page>(old);
    format::page_set_identity(page->data(), {block, transaction_});
    own_.insert(block);
    live_.erase(child);
    live_.insert({block, transaction_});
    return {block, page->data()};
  }

  void discard(const format::Child &child) override {
    lent_.clear();
    EXPECT_EQ(live_.erase(child), 1U) << "discarded a page that is not part of the tree";
    if (own_.erase(child.block) != 0) pages_.erase(child.block);
  }

  // Seals the pages of this transaction; they stay for ever, as a snapshot might see them.
  void commit() {
    for (const std::uint64_t block : own_) format::seal_page(pages_.at(block)->data());
    own_.clear();
    committed_live_ = live_;
    ++transaction_;
  }
  void abort() {
    for (const std::uint64_t block : own_) pages_.erase(block);
    own_.clear();
    live_ = committed_live_;
    ++transaction_;
  }

  // Puts a page into the tree by hand, sealed; for trees that no editing makes.
  format::Child plant(unsigned level, const std::vector<std::pair<std::string, std::string>> &entries) {
    const format::Child self{next_block_++, transaction_ - 1};
    auto &page = pages_[self.block] = std::make_unique<Page>();
    format::init_page(page->data(), self, level, kUuidLow);
    unsigned index = 0;
    for (const auto &[key, value] : entries) {
      EXPECT_TRUE(format::page_insert(page->data(), index++, bytes_of(key), bytes_of(value), false));
    }
    format::seal_page(page->data());
    live_.insert(self);
    return self;
  }

  const std::set<format::Child, bool (*)(const format::Child &, const format::Child &)> &live() const { return live_; }

  // The bytes of a page, to be damaged.
  std::byte *raw(std::uint64_t block) { return pages_.at(block)->data(); }

  // Hashes of all that a failed change must leave alone.
  std::map<std::uint64_t, std::uint64_t> image() const {
    std::map<std::uint64_t, std::uint64_t> hashes;
    for (const auto &[block, page] : pages_) hashes[block] = hash64(*page);
    return hashes;
  }

  bool reservations_fail = false;
  int pages_until_failure = -1;  // -1: never

 private:
  void take_reserved() {
    EXPECT_GT(reserved_, 0U) << "used more pages than were reserved";
    if (reserved_ > 0) --reserved_;
  }

  std::map<std::uint64_t, std::unique_ptr<Page>> pages_;
  std::set<std::uint64_t> own_;
  std::set<format::Child, bool (*)(const format::Child &, const format::Child &)> live_{operator<};
  std::set<format::Child, bool (*)(const format::Child &, const format::Child &)> committed_live_{operator<};
  std::vector<std::unique_ptr<Page>> lent_;
  std::uint64_t next_block_ = format::kFirstDataBlock;
  std::uint64_t transaction_ = format::kFirstTransaction + 1;
  unsigned reserved_ = 0;
};

}  // namespace deltos::test
