#include "store/mailbox.hpp"

#include <atomic>
#include <cstring>

#include "base/bytes.hpp"
#include "format/validate.hpp"

namespace deltos::store {
namespace {

using format::LivePage;
using format::RingEntry;

constexpr std::size_t kEntryWords = sizeof(RingEntry) / 8;

std::uint64_t load_word(const std::byte *page, std::size_t offset, int order) {
  return __atomic_load_n(reinterpret_cast<const std::uint64_t *>(page + offset), order);
}
void store_word(std::byte *page, std::size_t offset, std::uint64_t value, int order) {
  __atomic_store_n(reinterpret_cast<std::uint64_t *>(page + offset), value, order);
}
std::size_t entry_offset(std::uint64_t transaction) {
  return offsetof(LivePage, ring) + (transaction % format::kRingEntries) * sizeof(RingEntry);
}

}  // namespace

Mailbox::Mailbox(std::byte *page, const os::FileInfo &file) : page_(page), device_(file.device), inode_(file.inode) {
  std::memcpy(boot_, os::boot_id().data(), sizeof boot_);
}

bool Mailbox::alive() const {
  return page_ != nullptr && load_word(page_, offsetof(LivePage, boot_id), __ATOMIC_ACQUIRE) == boot_[0] &&
         load_word(page_, offsetof(LivePage, boot_id) + 8, __ATOMIC_ACQUIRE) == boot_[1] &&
         load_word(page_, offsetof(LivePage, device), __ATOMIC_RELAXED) == device_ &&
         load_word(page_, offsetof(LivePage, inode), __ATOMIC_RELAXED) == inode_;
}

std::uint64_t Mailbox::published() const { return load_word(page_, offsetof(LivePage, published), __ATOMIC_SEQ_CST); }

std::optional<RingEntry> Mailbox::entry(std::uint64_t transaction) const {
  std::uint64_t words[kEntryWords];
  const std::size_t offset = entry_offset(transaction);
  for (std::size_t i = 0; i < kEntryWords; ++i) words[i] = load_word(page_, offset + i * 8, __ATOMIC_RELAXED);
  RingEntry entry;
  std::memcpy(&entry, words, sizeof entry);
  if (!format::ring_entry_valid(entry, transaction)) return std::nullopt;
  return entry;
}

bool Mailbox::io_failed() const {
  if (page_ == nullptr) return false;
  const auto *word = reinterpret_cast<const std::uint32_t *>(page_ + offsetof(LivePage, io_failed));
  return __atomic_load_n(word, __ATOMIC_SEQ_CST) != 0 &&
         load_word(page_, offsetof(LivePage, failed_boot_id), __ATOMIC_RELAXED) == boot_[0] &&
         load_word(page_, offsetof(LivePage, failed_boot_id) + 8, __ATOMIC_RELAXED) == boot_[1] &&
         load_word(page_, offsetof(LivePage, device), __ATOMIC_RELAXED) == device_ &&
         load_word(page_, offsetof(LivePage, inode), __ATOMIC_RELAXED) == inode_;
}

std::uint64_t Mailbox::gone_back() const {
  return alive() ? load_word(page_, offsetof(LivePage, gone_back), __ATOMIC_RELAXED) : 0;
}

void Mailbox::publish(const RingEntry &entry) {
  const bool first = !alive();
  // A mailbox of another boot (or of the file this one was copied from) must not come alive half-written.
  if (first) store_word(page_, offsetof(LivePage, boot_id), 0, __ATOMIC_SEQ_CST);
  std::uint64_t words[kEntryWords];
  std::memcpy(words, &entry, sizeof entry);
  const std::size_t offset = entry_offset(entry.transaction);
  for (std::size_t i = 0; i < kEntryWords; ++i) store_word(page_, offset + i * 8, words[i], __ATOMIC_RELAXED);
  store_word(page_, offsetof(LivePage, published), entry.transaction, __ATOMIC_SEQ_CST);
  if (first) {
    store_word(page_, offsetof(LivePage, device), device_, __ATOMIC_SEQ_CST);
    store_word(page_, offsetof(LivePage, inode), inode_, __ATOMIC_SEQ_CST);
    store_word(page_, offsetof(LivePage, boot_id) + 8, boot_[1], __ATOMIC_SEQ_CST);
    store_word(page_, offsetof(LivePage, boot_id), boot_[0], __ATOMIC_SEQ_CST);
  }
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

// Also in a mailbox that is not alive yet: the first barrier of an opening writer may be the one that fails.
void Mailbox::set_io_failed(bool failed) {
  auto *word = reinterpret_cast<std::uint32_t *>(page_ + offsetof(LivePage, io_failed));
  if (failed) {
    store_word(page_, offsetof(LivePage, device), device_, __ATOMIC_RELAXED);
    store_word(page_, offsetof(LivePage, inode), inode_, __ATOMIC_RELAXED);
    store_word(page_, offsetof(LivePage, failed_boot_id), boot_[0], __ATOMIC_RELAXED);
    store_word(page_, offsetof(LivePage, failed_boot_id) + 8, boot_[1], __ATOMIC_RELAXED);
  }
  __atomic_store_n(word, failed ? 1U : 0U, __ATOMIC_SEQ_CST);
}

void Mailbox::set_gone_back(std::uint64_t number) {
  store_word(page_, offsetof(LivePage, gone_back), number, __ATOMIC_RELAXED);
}

void Mailbox::set_writer_pid(std::uint32_t pid) {
  auto *word = reinterpret_cast<std::uint32_t *>(page_ + offsetof(LivePage, writer_pid));
  __atomic_store_n(word, pid, __ATOMIC_RELAXED);
}

}  // namespace deltos::store
