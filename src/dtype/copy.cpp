#include "dtype/copy.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "dtype/rows.hpp"
#include "dtype/walk.hpp"

namespace deltos::dtype {
namespace {

// A pattern is written once up to here and repeated from there.
constexpr std::size_t kPatternBytes = 4096;

bool is_same_shape(const Layout &a, const Layout &b) {
  return a.ndim == b.ndim && a.item_bytes == b.item_bytes && std::equal(a.shape, a.shape + a.ndim, b.shape);
}

Layout packed_like(const Layout &layout, std::byte *data) {
  return {data, layout.ndim, layout.shape, nullptr, nullptr, layout.item_bytes};
}

// Both layouts only ever give the addresses of what is read, so that one type serves both sides.
std::byte *writable(const std::byte *data) {
  return const_cast<std::byte *>(data);  // NOLINT(cppcoreguidelines-pro-type-const-cast)
}

bool is_packed_row(const Dimension &row, std::uint64_t item_bytes) {
  return row.source.stride == static_cast<std::int64_t>(item_bytes);
}

Status hand_on(const std::byte *data, std::uint64_t size, const Sink &sink) {
  for (std::uint64_t done = 0; done < size;) {
    const std::size_t piece = std::min<std::uint64_t>(size - done, kPieceBytes);
    DELTOS_TRY(sink(Bytes(data + done, piece)));
    done += piece;
  }
  return {};
}

// Rows long enough to be handed on where they lie.
Status hand_on_rows(const Plan &plan, const Sink &sink) {
  Status status;
  for_each_row(plan.dimensions(), plan.target, plan.source,
               [&](const std::byte *, const std::byte *source, const Dimension &row) {
                 const bool is_packed = is_packed_row(row, plan.item_bytes);
                 const std::int64_t count = is_packed ? 1 : row.length;
                 const std::uint64_t size = (is_packed ? static_cast<std::uint64_t>(row.length) : 1) * plan.item_bytes;
                 for (std::int64_t i = 0; i < count && status.ok(); ++i) {
                   status = hand_on(source + i * row.source.stride, size, sink);
                 }
                 return status.ok();
               });
  return status;
}

// Gathers blocks of inner dimensions into a buffer. The target side of the plan is packed, so its strides tell how many
// bytes a step of each dimension covers.
class Gatherer {
 public:
  Gatherer(const Plan &plan, std::uint64_t total, const Sink &sink)
      : plan_(plan),
        sink_(sink),
        buffer_(std::make_unique_for_overwrite<std::byte[]>(std::min<std::uint64_t>(total, kGatherBytes))) {}

  Status gather(Dimensions dimensions, std::byte *source) {
    const Dimension &first = dimensions.front();
    const auto step_bytes = static_cast<std::uint64_t>(first.target.stride);
    if (step_bytes <= kGatherBytes) return gather_slices(dimensions, source, kGatherBytes / step_bytes);
    for (std::int64_t i = 0; i < first.length; ++i) {
      DELTOS_TRY(gather(dimensions.subspan(1), first.source.at(source, i)));
    }
    return {};
  }

 private:
  // As many steps of the first dimension at a time as fit the buffer.
  Status gather_slices(Dimensions dimensions, std::byte *source, std::uint64_t steps) {
    std::array<Dimension, kMaxDimensions + 1> room;
    std::copy(dimensions.begin(), dimensions.end(), room.begin());
    const Dimension &first = dimensions.front();
    const auto slice = static_cast<std::int64_t>(steps);
    for (std::int64_t i = 0; i < first.length; i += slice) {
      room[0].length = std::min(slice, first.length - i);
      copy_items({room.data(), dimensions.size()}, buffer_.get(), source + i * first.source.stride, plan_.item_bytes);
      const auto size = static_cast<std::size_t>(room[0].length * first.target.stride);
      DELTOS_TRY(sink_(Bytes(buffer_.get(), size)));
    }
    return {};
  }

  const Plan &plan_;
  const Sink &sink_;
  std::unique_ptr<std::byte[]> buffer_;
};

// Spreads what a source gives over items that do not lie together.
class Scatterer {
 public:
  Scatterer(std::uint64_t total, std::uint64_t item_bytes, const Source &source)
      : left_(total),
        item_bytes_(item_bytes),
        source_(source),
        buffer_(std::make_unique_for_overwrite<std::byte[]>(std::min<std::uint64_t>(total, kGatherBytes))) {}

  // false: the source has ended.
  bool fill(const Row &row) {
    const auto size = static_cast<std::uint64_t>(row.length) * item_bytes_;
    const bool is_packed = row.stride == static_cast<std::int64_t>(item_bytes_);
    if (is_packed && size >= kDirectBytes && begin_ == end_) return take({row.data, size}) == size;
    for (std::uint64_t done = 0; done < size;) {
      if (begin_ == end_ && !refill()) return false;
      const std::uint64_t within = done % item_bytes_, ready = end_ - begin_;
      std::byte *const item = row.data + static_cast<std::int64_t>(done / item_bytes_) * row.stride;
      const std::uint64_t whole = within == 0 ? std::min(ready, size - done) / item_bytes_ : 0;
      const std::uint64_t piece = whole > 0 ? whole * item_bytes_ : std::min(ready, item_bytes_ - within);
      if (whole > 0) {
        copy_row(item, row.stride, buffer_.get() + begin_, static_cast<std::int64_t>(item_bytes_),
                 static_cast<std::int64_t>(whole), item_bytes_);
      } else {
        std::memcpy(item + within, buffer_.get() + begin_, piece);
      }
      begin_ += piece;
      done += piece;
    }
    return true;
  }

  std::uint64_t taken() const { return taken_; }

 private:
  std::uint64_t take(MutableBytes to) {
    const std::uint64_t size = is_ended_ ? 0 : source_(to);
    is_ended_ = is_ended_ || size < to.size();
    taken_ += size;
    left_ -= size;
    return size;
  }

  bool refill() {
    begin_ = 0;
    end_ = take({buffer_.get(), std::min<std::uint64_t>(left_, kGatherBytes)});
    return end_ > 0;
  }

  std::uint64_t left_, taken_ = 0;
  std::uint64_t item_bytes_;
  const Source &source_;
  std::unique_ptr<std::byte[]> buffer_;
  std::uint64_t begin_ = 0, end_ = 0;  // of what is in the buffer
  bool is_ended_ = false;
};

// Repeats the item over packed memory.
void fill_packed(std::byte *target, std::uint64_t size, Bytes item) {
  if (std::all_of(item.begin(), item.end(), [&](std::byte each) { return each == item[0]; })) {
    std::memset(target, static_cast<int>(item[0]), size);
    return;
  }
  const std::uint64_t pattern = std::min<std::uint64_t>(size, round_up(kPatternBytes, item.size()));
  copy_row(target, static_cast<std::int64_t>(item.size()), item.data(), 0,
           static_cast<std::int64_t>(pattern / item.size()), item.size());
  for (std::uint64_t done = pattern; done < size;) {
    const std::uint64_t piece = std::min(pattern, size - done);
    std::memcpy(target + done, target, piece);
    done += piece;
  }
}

Status check_length(const Layout &layout, std::uint64_t size) {
  DELTOS_TRY(check_layout(layout));
  DELTOS_ASSIGN(const std::uint64_t bytes, byte_count(layout));
  if (bytes == size) return {};
  return fail(Code::layout, "the array has %llu bytes, the memory beside it %llu; they must be equal",
              static_cast<unsigned long long>(bytes), static_cast<unsigned long long>(size));
}

void copy_apart(const Layout &target, const Layout &source) {
  const Plan plan = make_plan(target, source);
  if (!plan.is_empty) copy_items(plan.dimensions(), plan.target, plan.source, plan.item_bytes);
}

}  // namespace

Status for_each_run(const Layout &source, const Sink &sink) {
  DELTOS_TRY(check_layout(source));
  DELTOS_ASSIGN(const std::uint64_t total, byte_count(source));
  if (total == 0) return {};
  const Plan plan = make_plan(packed_like(source, source.data), source);
  const Dimension &row = plan.dimensions().back();
  const std::uint64_t row_bytes =
      is_packed_row(row, plan.item_bytes) ? static_cast<std::uint64_t>(row.length) * plan.item_bytes : plan.item_bytes;
  if (row_bytes >= kDirectBytes || row_bytes == total) return hand_on_rows(plan, sink);
  return Gatherer(plan, total, sink).gather(plan.dimensions(), plan.source);
}

Result<std::uint64_t> fill_from(const Layout &target, const Source &source) {
  DELTOS_TRY(check_layout(target));
  DELTOS_ASSIGN(const std::uint64_t total, byte_count(target));
  if (total == 0) return total;
  if (is_c_contiguous(target)) return source({target.data, total});
  Scatterer scatterer(total, target.item_bytes, source);
  Rows rows(target);
  for (Row row = rows.next(); row.length > 0 && scatterer.fill(row);) row = rows.next();
  return scatterer.taken();
}

Status copy_out(const Layout &source, MutableBytes target) {
  DELTOS_TRY(check_length(source, target.size()));
  copy_apart(packed_like(source, target.data()), source);
  return {};
}

Status copy_in(const Layout &target, Bytes source) {
  DELTOS_TRY(check_length(target, source.size()));
  copy_apart(target, packed_like(target, writable(source.data())));
  return {};
}

Status copy(const Layout &target, const Layout &source) {
  DELTOS_TRY(check_layout(target));
  DELTOS_TRY(check_layout(source));
  if (!is_same_shape(target, source)) {
    return fail(Code::layout,
                "target and source differ in shape or item size (%llu and %llu bytes); they must be equal",
                static_cast<unsigned long long>(target.item_bytes), static_cast<unsigned long long>(source.item_bytes));
  }
  if (!may_overlap(target, source)) {
    copy_apart(target, source);
    return {};
  }
  DELTOS_ASSIGN(const std::uint64_t size, byte_count(source));
  if (is_c_contiguous(target) && is_c_contiguous(source)) {
    std::memmove(target.data, source.data, size);
    return {};
  }
  const auto aside = std::make_unique_for_overwrite<std::byte[]>(size);
  DELTOS_TRY(copy_out(source, {aside.get(), size}));
  return copy_in(target, {aside.get(), size});
}

Status fill(const Layout &target, Bytes item) {
  DELTOS_TRY(check_layout(target));
  if (item.size() != target.item_bytes) {
    return fail(Code::layout, "the item has %zu bytes, those of the array %llu; they must be equal", item.size(),
                static_cast<unsigned long long>(target.item_bytes));
  }
  const std::vector<std::byte> kept(item.begin(), item.end());
  const Plan plan = make_plan(target, target);
  if (plan.is_empty) return {};
  for_each_row(plan.dimensions(), plan.target, plan.source,
               [&](std::byte *place, const std::byte *, const Dimension &row) {
                 if (is_packed_row(row, plan.item_bytes)) {
                   fill_packed(place, static_cast<std::uint64_t>(row.length) * plan.item_bytes, kept);
                 } else {
                   copy_row(place, row.target.stride, kept.data(), 0, row.length, plan.item_bytes);
                 }
                 return true;
               });
  return {};
}

Result<bool> equal_bytes(const Layout &a, const Layout &b) {
  DELTOS_TRY(check_layout(a));
  DELTOS_TRY(check_layout(b));
  if (!is_same_shape(a, b)) return false;
  const Plan plan = make_plan(a, b);
  if (plan.is_empty) return true;
  return for_each_row(plan.dimensions(), plan.target, plan.source,
                      [&](const std::byte *one, const std::byte *other, const Dimension &row) {
                        return equal_row(one, row.target.stride, other, row.source.stride, row.length, plan.item_bytes);
                      });
}

}  // namespace deltos::dtype
