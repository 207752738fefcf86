#include "object/operations.hpp"

#include <algorithm>
#include <cerrno>

#include "dtype/copy.hpp"
#include "dtype/format_reader.hpp"
#include "dtype/gather.hpp"
#include "dtype/search.hpp"
#include "os/descriptor.hpp"

namespace deltos::object {
namespace {

dtype::Typed typed(const Memory &memory) { return {memory.layout(), memory.format()}; }

Status check_item(const Memory &memory, Bytes item) {
  if (item.size() == memory.format().item_bytes) return {};
  return fail(Code::type, "the item has %zu bytes, elements %s have %llu; they must be equal", item.size(),
              dtype::in_quotes(memory.format().text).c_str(),
              static_cast<unsigned long long>(memory.format().item_bytes));
}

Status check_offset(std::int64_t offset) {
  if (offset >= os::kAtPosition) return {};
  return fail(Code::invalid, "%lld is not an offset in a file; use -1 for its position",
              static_cast<long long>(offset));
}

std::int64_t behind(std::int64_t offset, std::uint64_t bytes) {
  return offset == os::kAtPosition ? offset : static_cast<std::int64_t>(static_cast<std::uint64_t>(offset) + bytes);
}

Error transfer_failed(const char *what, int fd, int os_errno, std::uint64_t done, std::uint64_t all) {
  const char *const hint = os_errno == ESPIPE ? "; without a position in it, use the offset -1" : "";
  return fail_os(code_of_errno(os_errno), os_errno, "descriptor %d cannot be %s after %llu of %llu bytes%s", fd, what,
                 static_cast<unsigned long long>(done), static_cast<unsigned long long>(all), hint);
}

}  // namespace

Status fill(const Memory &target, Bytes item) {
  DELTOS_TRY(check_item(target, item));
  return dtype::fill(target.layout(), item);
}

Result<bool> equal(const Memory &a, const Memory &b) { return dtype::equal_values(typed(a), typed(b)); }

Result<dtype::Order> compare(const Memory &a, const Memory &b) { return dtype::compare_values(typed(a), typed(b)); }

Result<std::int64_t> find(const Memory &memory, Bytes item, std::int64_t from) {
  DELTOS_TRY(check_item(memory, item));
  const auto all = static_cast<std::int64_t>(memory.bytes() / memory.format().item_bytes);
  if (from < 0 || from > all) {
    return fail(Code::range, "the search cannot begin at element %lld; there are %lld", static_cast<long long>(from),
                static_cast<long long>(all));
  }
  return dtype::find_value(typed(memory), item.data(), from);
}

Result<std::uint64_t> count(const Memory &memory, Bytes item) {
  DELTOS_TRY(check_item(memory, item));
  return dtype::count_values(typed(memory), item.data());
}

Status gather(const Memory &source, std::span<const std::int64_t> rows, const Memory &target) {
  DELTOS_TRY(check_same_type(target, source));
  if (source.shape().empty()) return fail(Code::type, "the source is a single element; it has no rows");
  const bool fits = target.shape().size() == source.shape().size() &&
                    static_cast<std::uint64_t>(target.shape()[0]) == rows.size() &&
                    std::equal(source.shape().begin() + 1, source.shape().end(), target.shape().begin() + 1);
  if (!fits) {
    return fail(Code::type, "the target does not have the shape of %zu rows of the source", rows.size());
  }
  return dtype::gather(target.layout(), source.layout(), rows);
}

Status read_descriptor(const Memory &target, int fd, std::int64_t offset, std::uint64_t *bytes) {
  *bytes = 0;
  DELTOS_TRY(check_offset(offset));
  int os_errno = 0;
  const Result<std::uint64_t> filled = dtype::fill_from(target.layout(), [&](MutableBytes to) -> std::uint64_t {
    const os::Transferred read = os::read_descriptor(fd, to, behind(offset, *bytes));
    *bytes += read.bytes;
    os_errno = read.os_errno;
    return read.bytes;
  });
  if (!filled.ok()) return filled.error();
  return os_errno == 0 ? Status() : transfer_failed("read", fd, os_errno, *bytes, target.bytes());
}

Status write_descriptor(const Memory &source, int fd, std::int64_t offset, std::uint64_t *bytes) {
  *bytes = 0;
  DELTOS_TRY(check_offset(offset));
  return dtype::for_each_run(source.layout(), [&](Bytes piece) -> Status {
    const os::Transferred written = os::write_descriptor(fd, piece, behind(offset, *bytes));
    *bytes += written.bytes;
    if (written.os_errno == 0) return {};
    return transfer_failed("written", fd, written.os_errno, *bytes, source.bytes());
  });
}

}  // namespace deltos::object
