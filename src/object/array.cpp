#include "object/array.hpp"

#include <algorithm>
#include <functional>

#include "dtype/copy.hpp"
#include "object/stored_type.hpp"
#include "store/array_stored.hpp"

namespace deltos::object {
namespace {

using ull = unsigned long long;

Status check_items(const void *items, std::uint64_t count) {
  if (items != nullptr || count == 0) return {};
  return fail(Code::invalid, "the elements are NULL, but there are to be %llu", static_cast<ull>(count));
}

bool overlap(const std::byte *a, std::uint64_t a_bytes, const std::byte *b, std::uint64_t b_bytes) {
  const std::less<> before;
  return a_bytes != 0 && b_bytes != 0 && before(a, b + b_bytes) && before(b, a + a_bytes);
}

// Bytes that are turned round together; 0: none is said.
std::uint64_t number_bytes(const dtype::Format &format) {
  switch (format.dtype) {
    case dtype::Dtype::c64:
    case dtype::Dtype::c128:
      return format.item_bytes / 2;
    case dtype::Dtype::bytes:
      return 1;
    case dtype::Dtype::ucs4:
      return 4;
    case dtype::Dtype::structure:
      return 0;
    case dtype::Dtype::other:
      if (!format.swapped) return 0;
      if (format.text.find('w') != std::string::npos) return 4;
      return format.text.find('Z') == std::string::npos ? format.item_bytes : format.item_bytes / 2;
    default:
      return format.item_bytes;
  }
}

}  // namespace

Result<View> Array::acquire(std::int32_t flags) const {
  const bool writable = (flags & dtype::kRequestWritable) != 0;
  if (misaligned_)
    return fail(Code::layout, "elements of %s would not be aligned where its storage lies; open that with COPY",
                home_->label().c_str());
  // Asked with no elements before anything is locked: a request that cannot be served leaves no trace.
  DELTOS_ASSIGN(const std::shared_ptr<Memory> probe, Memory::contiguous(format_, {0}, false, false));
  DELTOS_TRY(View::serve(probe, flags));
  DELTOS_ASSIGN(std::shared_ptr<store::ArrayExport> exported, home_->export_bytes(writable));
  const auto count = static_cast<std::int64_t>(exported->bytes() / item_bytes_);
  DELTOS_ASSIGN(const std::shared_ptr<Memory> memory, Memory::contiguous(format_, {count}, !writable, false));
  std::byte *const data = exported->data();
  memory->hold(data, std::move(exported));
  return View::serve(memory, flags);
}

Result<std::uint64_t> Array::bytes_of(std::uint64_t count) const {
  std::uint64_t bytes = 0;
  if (checked_mul(count, item_bytes_, &bytes) && bytes <= INT64_MAX) return bytes;
  return fail(Code::limit, "%llu elements of %llu bytes are more than can be counted", static_cast<ull>(count),
              static_cast<ull>(item_bytes_));
}

// The appender's length in bytes. Others may have written to the word: it is loaded once a call, and believed as far as
// there is room.
Result<std::uint64_t> Array::own_length() const {
  const std::uint64_t length = home_->own_length();
  if (length <= home_->limit()) return length;
  DELTOS_TRY(home_->check_appendable());
  if (length <= home_->room()) return length;
  return fail(Code::corrupt, "%s: its length says %llu bytes and there is room for %llu; somebody else has changed it",
              home_->label().c_str(), static_cast<ull>(length), static_cast<ull>(home_->room()));
}

// Bytes of so many elements, once there is room for them behind the last one.
Result<std::uint64_t> Array::make_room(std::uint64_t length, std::uint64_t more) {
  DELTOS_ASSIGN(const std::uint64_t bytes, bytes_of(more));
  const std::uint64_t limit = home_->limit();
  if (limit != 0 && length <= limit && bytes <= limit - length) return bytes;
  DELTOS_TRY(home_->check_appendable());
  std::uint64_t all = 0;
  if (!checked_add(length, bytes, &all))
    return fail(Code::limit, "%s cannot have so many elements", home_->label().c_str());
  if (all > home_->limit()) DELTOS_TRY(home_->grow(all));
  return bytes;
}

Status Array::append_slowly(const void *items, std::uint64_t count) {
  DELTOS_TRY(check_items(items, count));
  DELTOS_ASSIGN(const std::uint64_t length, own_length());
  DELTOS_ASSIGN(const std::uint64_t bytes, make_room(length, count));
  if (bytes != 0) std::memmove(home_->data() + length, items, bytes);
  home_->set_length(length + bytes);
  return {};
}

Result<Array::Tail> Array::tail(std::uint64_t count) {
  DELTOS_ASSIGN(const std::uint64_t length, own_length());
  DELTOS_TRY(make_room(length, count));
  return Tail{home_->data() + length, (home_->limit() - length) / item_bytes_};
}

Status Array::advance(std::uint64_t count) {
  const std::uint64_t length = home_->own_length(), limit = home_->limit();
  std::uint64_t bytes = 0;
  const bool fits = length <= limit && checked_mul(count, item_bytes_, &bytes) && bytes <= limit - length;
  if (fits && limit != 0) [[likely]] {
    home_->set_length(length + bytes);
    return {};
  }
  DELTOS_TRY(home_->check_appendable());
  if (count == 0) return {};
  return fail(Code::range, "%llu elements are more than the room of %llu; ask for the tail first",
              static_cast<ull>(count), static_cast<ull>((limit - std::min(limit, length)) / item_bytes_));
}

Status Array::extend(const Memory &items) {
  const dtype::Format &from = items.format();
  if (from.text != format_.text || from.dtype != format_.dtype || from.item_bytes != item_bytes_) {
    return fail(Code::type, "the view holds \"%.200s\", the array \"%.200s\"; elements are not converted",
                from.text.c_str(), format_.text.c_str());
  }
  const std::uint64_t count = items.bytes() / item_bytes_;
  DELTOS_ASSIGN(const std::uint64_t length, own_length());
  DELTOS_ASSIGN(const std::uint64_t bytes, make_room(length, count));
  if (bytes == 0) return {};
  dtype::Layout target = items.layout();
  std::vector<std::int64_t> strides(items.shape().size());
  DELTOS_TRY(dtype::fill_c_strides(items.shape(), item_bytes_, strides));
  target.data = home_->data() + length;
  target.strides = strides.empty() ? nullptr : strides.data();
  target.suboffsets = nullptr;
  DELTOS_TRY(dtype::copy(target, items.layout()));
  home_->set_length(length + bytes);
  return {};
}

// In bytes. end: the place behind the last element counts as one.
Result<std::uint64_t> Array::offset_of(std::int64_t index, std::uint64_t length, bool end) const {
  const auto count = static_cast<std::int64_t>(length / item_bytes_);
  const std::int64_t at = index < 0 ? index + count : index;
  if (at >= 0 && (at < count || (end && at == count))) return static_cast<std::uint64_t>(at) * item_bytes_;
  return fail(Code::range, "index %lld is outside of the array's %lld elements", static_cast<long long>(index),
              static_cast<long long>(count));
}

Status Array::insert(std::int64_t index, const void *items, std::uint64_t count) {
  DELTOS_TRY(check_items(items, count));
  DELTOS_TRY(home_->check_appendable());
  DELTOS_ASSIGN(const std::uint64_t length, own_length());
  DELTOS_ASSIGN(const std::uint64_t at, offset_of(index, length, true));
  DELTOS_ASSIGN(const std::uint64_t bytes, bytes_of(count));
  const auto *given = static_cast<const std::byte *>(items);
  std::vector<std::byte> copy;
  if (overlap(given, bytes, home_->data(), length)) {
    copy.assign(given, given + bytes);
    given = copy.data();
  }
  DELTOS_TRY(make_room(length, count));
  if (bytes == 0) return {};
  std::byte *const place = home_->data() + at;
  std::memmove(place + bytes, place, length - at);
  std::memcpy(place, given, bytes);
  home_->set_length(length + bytes);
  return {};
}

Status Array::remove(std::int64_t index, std::uint64_t count, void *removed) {
  DELTOS_TRY(home_->check_appendable());
  if (count == 0) return {};
  DELTOS_ASSIGN(const std::uint64_t length, own_length());
  DELTOS_ASSIGN(const std::uint64_t at, offset_of(index, length, false));
  std::uint64_t bytes = 0;
  if (!checked_mul(count, item_bytes_, &bytes) || bytes > length - at) {
    return fail(Code::range, "%llu elements from index %lld on are more than there are", static_cast<ull>(count),
                static_cast<long long>(index));
  }
  DELTOS_TRY(home_->check_cut(length - bytes));
  std::byte *const place = home_->data() + at;
  if (removed != nullptr) std::memmove(removed, place, bytes);
  std::memmove(place, place + bytes, length - at - bytes);
  home_->set_length(length - bytes);
  return {};
}

Status Array::resize(std::uint64_t count) {
  DELTOS_TRY(home_->check_appendable());
  DELTOS_ASSIGN(const std::uint64_t bytes, bytes_of(count));
  DELTOS_ASSIGN(const std::uint64_t length, own_length());
  if (bytes < length) {
    DELTOS_TRY(home_->check_cut(bytes));
  } else {
    DELTOS_TRY(make_room(length, (bytes - length) / item_bytes_));
    std::memset(home_->data() + length, 0, bytes - length);
  }
  home_->set_length(bytes);
  return {};
}

Status Array::reserve(std::uint64_t count) {
  DELTOS_TRY(home_->check_appendable());
  DELTOS_ASSIGN(const std::uint64_t bytes, bytes_of(count));
  return bytes <= home_->limit() ? Status() : home_->grow(bytes);
}

Status Array::shrink() { return home_->give_back(); }

Status Array::reverse() {
  DELTOS_ASSIGN(const std::shared_ptr<store::ArrayExport> held, home_->export_bytes(true));
  std::byte *first = held->data();
  std::byte *last = first + held->bytes() / item_bytes_ * item_bytes_;
  const auto turn = [&]<class T>(T) { std::reverse(reinterpret_cast<T *>(first), reinterpret_cast<T *>(last)); };
  if (item_bytes_ == 8) {
    turn(std::uint64_t{});
  } else if (item_bytes_ == 4) {
    turn(std::uint32_t{});
  } else if (item_bytes_ == 2) {
    turn(std::uint16_t{});
  } else {
    for (; first + item_bytes_ < last; first += item_bytes_) {
      last -= item_bytes_;
      std::swap_ranges(first, first + item_bytes_, last);
    }
  }
  return {};
}

Status Array::byteswap() {
  const std::uint64_t unit = number_bytes(format_);
  if (unit == 0) {
    return fail(Code::type, "elements of \"%.200s\" have no single order of bytes; swap their parts",
                format_.text.c_str());
  }
  DELTOS_ASSIGN(const std::shared_ptr<store::ArrayExport> held, home_->export_bytes(true));
  if (unit == 1) return {};
  std::byte *const data = held->data();
  const std::uint64_t bytes = held->bytes() / item_bytes_ * item_bytes_;
  for (std::uint64_t at = 0; at < bytes; at += unit) {
    if (unit == 8) {
      save(data + at, __builtin_bswap64(load<std::uint64_t>(data + at)));
    } else if (unit == 4) {
      save(data + at, __builtin_bswap32(load<std::uint32_t>(data + at)));
    } else {
      std::reverse(data + at, data + at + unit);
    }
  }
  return {};
}

Result<std::shared_ptr<store::ObjectRef>> create_array(store::Transaction &transaction, std::string_view name,
                                                       const dtype::Format &format, std::uint64_t room_bytes) {
  store::NewObject object;
  object.kind = kKindArray;
  object.dtype = static_cast<std::uint16_t>(format.dtype);
  object.item_bytes = format.item_bytes;
  object.shape = {0};
  object.format = format.text;
  return transaction.create_array(name, object, room_bytes);
}

Result<Array::Pointer> open_array(const store::ObjectRef &object, const store::ArrayOptions &options) {
  DELTOS_ASSIGN(dtype::Format format, stored_type(object.record()));
  DELTOS_ASSIGN(const auto storage, object.storage());
  const bool misaligned = !check_alignment(*storage, format).ok();
  DELTOS_ASSIGN(auto home, store::open_stored_array(object, options));
  return std::make_shared<Array>(std::move(format), std::move(home), misaligned);
}

}  // namespace deltos::object
