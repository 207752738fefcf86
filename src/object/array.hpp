// Growable arrays: elements of one type, in one of three homes (store/array_home.hpp). What changes the length works by
// storing elements first and the length last, so that whoever reads the length may read the elements.
#pragma once

#include <cstring>

#include "object/view.hpp"
#include "store/array_home.hpp"
#include "store/transaction.hpp"

namespace deltos::object {

constexpr std::uint8_t kKindArray = 2;

class Array {
 public:
  using Pointer = std::shared_ptr<Array>;
  // misaligned: its home lies where elements would not be aligned, so that it has no views.
  Array(dtype::Format format, std::shared_ptr<store::ArrayHome> home, bool misaligned = false)
      : format_(std::move(format)), item_bytes_(format_.item_bytes), home_(std::move(home)), misaligned_(misaligned) {}

  const dtype::Format &format() const { return format_; }
  store::ArrayHome &home() const { return *home_; }
  std::uint64_t count() const { return home_->length() / item_bytes_; }
  std::uint64_t capacity() const { return home_->room() / item_bytes_; }
  Result<View> acquire(std::int32_t flags) const;

  // ---- the appender's; one thread at a time. Nothing has changed when one of them fails.
  Status append(const void *items, std::uint64_t count) {
    return try_append(items, count) ? Status() : append_slowly(items, count);
  }
  // One element that is as large as a number: the way of who has them one by one. Nothing is called, so that no frame
  // is needed. False: nothing has been done.
  bool try_append_one(const void *item) noexcept {
    store::ArrayHome &home = *home_;
    const std::uint64_t length = home.own_length(), limit = home.limit();
    if (length >= limit || item_bytes_ > limit - length || item == nullptr) [[unlikely]]
      return false;
    const auto store = [&]<class T>(T) {
      save(home.data() + length, load<T>(static_cast<const std::byte *>(item)));
      home.set_length(length + sizeof(T));
      return true;
    };
    if (item_bytes_ == 8) [[likely]]
      return store(std::uint64_t{});
    if (item_bytes_ == 4) return store(std::uint32_t{});
    if (item_bytes_ == 1) return store(std::uint8_t{});
    return item_bytes_ == 2 && store(std::uint16_t{});
  }
  // The way that nearly every other append goes: there is room, and nothing can fail. False: nothing has been done.
  bool try_append(const void *items, std::uint64_t count) noexcept {
    store::ArrayHome &home = *home_;
    const std::uint64_t length = home.own_length(), limit = home.limit();
    std::uint64_t bytes = 0;
    // Nothing to append is left to the other way, which knows whether this handle may append at all.
    const bool fits =
        checked_mul(count, item_bytes_, &bytes) && bytes - 1 < limit - length && length < limit && items != nullptr;
    if (!fits) [[unlikely]]
      return false;
    std::memmove(home.data() + length, items, bytes);
    home.set_length(length + bytes);
    return true;
  }
  struct Tail {
    std::byte *data;
    std::uint64_t room;  // elements
  };
  Result<Tail> tail(std::uint64_t count);
  Status advance(std::uint64_t count);
  Status extend(const Memory &items);
  Status insert(std::int64_t index, const void *items, std::uint64_t count);
  Status remove(std::int64_t index, std::uint64_t count, void *removed);
  Status resize(std::uint64_t count);
  Status reserve(std::uint64_t count);
  Status shrink();

  // ---- stores into what is there
  Status reverse();
  Status byteswap();

 private:
  Status append_slowly(const void *items, std::uint64_t count);
  Result<std::uint64_t> bytes_of(std::uint64_t count) const;
  Result<std::uint64_t> own_length() const;
  Result<std::uint64_t> make_room(std::uint64_t length, std::uint64_t more);
  Result<std::uint64_t> offset_of(std::int64_t index, std::uint64_t length, bool end) const;

  const dtype::Format format_;
  const std::uint64_t item_bytes_;
  const std::shared_ptr<store::ArrayHome> home_;
  const bool misaligned_;
};

// Of a storage.
Result<std::shared_ptr<store::ObjectRef>> create_array(store::Transaction &transaction, std::string_view name,
                                                       const dtype::Format &format, std::uint64_t room_bytes);
Result<Array::Pointer> open_array(const store::ObjectRef &object, const store::ArrayOptions &options);

}  // namespace deltos::object
