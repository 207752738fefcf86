// The live exports of a handle, so that close() can name them.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "store/lock_table.hpp"
#include "store/storage.hpp"

namespace deltos::store {

// What an Export holds beside its memory.
struct Export::Ticket {
  RangeTicket range;
  std::vector<RangeTicket> chunks;  // of an array
  std::uint64_t pin = 0;            // kept when the range could not be had at once; 0: none
  std::uint64_t object_id = 0, transaction = 0;
  std::string name;
  Ticket *previous = nullptr, *next = nullptr;
  Export *owner = nullptr;
};

// Intrusive: adding and removing allocate nothing. The mutex is a leaf.
class ExportList {
 public:
  void add(Export::Ticket *ticket);
  void remove(Export::Ticket *ticket) noexcept;
  std::uint64_t view_count() const;
  // One entry an object and access, in no particular order.
  std::vector<PinInfo> describe() const;

  // Builds an Export; befriended by it.
  static std::shared_ptr<Export> make(std::shared_ptr<Storage> storage, std::shared_ptr<os::Mapping> mapping,
                                      std::byte *data, std::uint64_t bytes, bool writable,
                                      std::unique_ptr<Export::Ticket> ticket);

 private:
  mutable std::mutex mutex_;
  Export::Ticket *first_ = nullptr;
  std::uint64_t count_ = 0;
};

}  // namespace deltos::store
