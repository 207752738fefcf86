// The live page: how the writer of this boot tells readers which transaction is published and where its root lies.
//
// Reader protocol (rule R1): published = T0; pin T0; fence; T = published; entry T mod 31, valid iff it names T and its
// sum is right, else load published again with the pin kept. Writer: superblock, entry, published, fence, and only then
// any question to the lock table.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "format/layout.hpp"
#include "os/file.hpp"
#include "os/mapping.hpp"

namespace deltos::store {

// What a read of the live page gives; a Mailbox looks into it as into the page. The read may mix moments: an entry
// counts only when it names the number that was read and its sum is right, and a number comes after its entry.
struct alignas(8) LiveCopy {
  std::byte bytes[sizeof(format::LivePage)];
};

class Mailbox {
 public:
  Mailbox() = default;
  // `page` is the live page in a mapping that outlives this; writable only where publish() or fail() will be called.
  Mailbox(std::byte *page, const os::FileInfo &file);

  bool valid() const { return page_ != nullptr; }
  // Whether a writer of this boot has published something in this very file.
  bool alive() const;
  std::uint64_t published() const;
  std::optional<format::RingEntry> entry(std::uint64_t transaction) const;
  bool io_failed() const;
  std::uint64_t gone_back() const;  // 0: never in this boot

  // Writer only. The first call of a boot also writes boot id, device and inode, last of all.
  void publish(const format::RingEntry &entry);
  void set_io_failed(bool failed);
  // Under which number an older state was last gone back to; before the state is published. Also in a mailbox that is
  // not alive yet.
  void set_gone_back(std::uint64_t number);
  void set_writer_pid(std::uint32_t pid);

 private:
  std::byte *page_ = nullptr;
  std::uint64_t device_ = 0, inode_ = 0;
  std::uint64_t boot_[2] = {0, 0};
};

}  // namespace deltos::store
