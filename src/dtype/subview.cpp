#include "dtype/subview.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace deltos::dtype {
namespace {

using Numbers = std::vector<std::int64_t>;

long long shown(std::int64_t number) { return number; }

Error needs_copy(const char *reason) { return fail(Code::layout, "%s; copy it first", reason); }

// A layout with every field, so that nobody has to ask which are there.
struct Fields {
  explicit Fields(const Layout &layout)
      : shape(layout.shape, layout.shape + layout.ndim), strides(shape.size()), suboffsets(shape.size(), -1) {
    if (layout.strides != nullptr) {
      std::copy_n(layout.strides, layout.ndim, strides.begin());
    } else {
      put_c_strides(shape, layout.item_bytes, strides);
    }
    if (layout.suboffsets != nullptr) std::copy_n(layout.suboffsets, layout.ndim, suboffsets.begin());
  }
  bool is_direct(std::size_t dimension) const { return suboffsets[dimension] < 0; }

  Numbers shape, strides, suboffsets;
};

Part whole(const Layout &layout) {
  Fields fields(layout);
  Part part{layout.data, std::move(fields.shape), std::move(fields.strides), {}};
  if (is_indirect(layout)) part.suboffsets = std::move(fields.suboffsets);
  return part;
}

// What is left of a dimension.
struct Taken {
  std::int64_t start, length, step;
};

// An end of a slice as an index: from the end when negative, cut to what the direction of the step can reach.
std::int64_t clamp_end(std::int64_t end, std::int64_t length, bool backwards) {
  if (end < 0) {
    end += length;
    return end < 0 ? (backwards ? -1 : 0) : end;
  }
  return end < length ? end : (backwards ? length - 1 : length);
}

Taken range_of(const Slice &slice, std::int64_t length) {
  // The most negative number has no opposite; its neighbour reaches as far.
  const std::int64_t step = std::max(slice.step, -std::numeric_limits<std::int64_t>::max());
  const bool backwards = step < 0;
  const std::int64_t start = slice.has_start ? clamp_end(slice.start, length, backwards) : (backwards ? length - 1 : 0);
  const std::int64_t stop = slice.has_stop ? clamp_end(slice.stop, length, backwards) : (backwards ? -1 : length);
  if (backwards) return {start, stop < start ? (start - stop - 1) / -step + 1 : 0, step};
  return {start, start < stop ? (stop - start - 1) / step + 1 : 0, step};
}

// Builds the part of a slice dimension by dimension. An offset belongs to the block that the items of a dimension lie
// in: that at `data`, or the one that the pointers of the dimension before lead to.
class Slicer {
 public:
  explicit Slicer(const Layout &layout) : fields_(layout), is_empty_(is_empty(layout)) { part_.data = layout.data; }

  void take(std::size_t dimension, const Taken &range) {
    const std::int64_t stride = fields_.strides[dimension];
    std::int64_t step = 0;
    if (!checked_mul(stride, range.step, &step)) step = stride;  // only where there is no second item
    if (range.length > 0 && !is_empty_) move(range.start * stride);
    append(range.length, step, fields_.suboffsets[dimension]);
  }

  Status drop(std::size_t dimension, std::int64_t index) {
    if (!is_empty_) move(index * fields_.strides[dimension]);
    if (fields_.is_direct(dimension)) return {};
    const std::int64_t suboffset = fields_.suboffsets[dimension];
    if (part_.shape.empty()) {
      if (!is_empty_) part_.data = load<std::byte *>(part_.data) + suboffset;
      return {};
    }
    if (block_ == part_.shape.size()) {
      return needs_copy("without this dimension two pointers would be followed after the one before");
    }
    part_.suboffsets.back() = suboffset;
    block_ = part_.shape.size();
    return {};
  }

  Result<Part> finish() && {
    bool is_indirect = false;
    for (std::size_t i = 0; i < part_.shape.size(); ++i) {
      if (part_.suboffsets[i] == kDirect) {
        part_.suboffsets[i] = -1;
      } else if (part_.suboffsets[i] < 0) {
        return needs_copy("the part begins before the memory that its pointers lead to");
      } else {
        is_indirect = true;
      }
    }
    if (!is_indirect) part_.suboffsets.clear();
    return std::move(part_);
  }

 private:
  static constexpr std::int64_t kDirect = std::numeric_limits<std::int64_t>::min();  // no sum of offsets

  void append(std::int64_t length, std::int64_t stride, std::int64_t suboffset) {
    part_.shape.push_back(length);
    part_.strides.push_back(stride);
    part_.suboffsets.push_back(suboffset < 0 ? kDirect : suboffset);
    if (suboffset >= 0) block_ = part_.shape.size();
  }

  void move(std::int64_t bytes) {
    if (block_ == 0) {
      part_.data += bytes;
    } else {
      part_.suboffsets[block_ - 1] += bytes;
    }
  }

  const Fields fields_;
  const bool is_empty_;
  Part part_;
  std::size_t block_ = 0;  // 1 + the last dimension of the part that has pointers; 0: none has
};

Status check_step(const Slice &slice, std::size_t dimension) {
  if (slice.is_index || slice.step != 0) return {};
  return fail(Code::invalid, "the step of dimension %zu is 0; it must lead somewhere", dimension);
}

Error outside(std::int64_t index, std::size_t dimension, std::int64_t length) {
  return fail(Code::range, "index %lld is outside dimension %zu, which has %lld elements", shown(index), dimension,
              shown(length));
}

// The new shape with its -1 worked out.
Result<Numbers> complete_shape(std::span<const std::int64_t> shape, std::int64_t count) {
  DELTOS_TRY(check_dimensions(static_cast<std::int64_t>(shape.size())));
  Numbers complete(shape.begin(), shape.end());
  std::int64_t product = 1;
  bool is_countable = true, has_zero = false;
  auto open = complete.end();
  for (auto length = complete.begin(); length != complete.end(); ++length) {
    if (*length == -1 && open == complete.end()) {
      open = length;
    } else if (*length < 0) {
      return fail(Code::invalid, "%lld is not a length; only one may be -1", shown(*length));
    } else {
      has_zero = has_zero || *length == 0;
      is_countable = is_countable && checked_mul(product, std::max<std::int64_t>(*length, 1), &product);
    }
  }
  if (has_zero) product = 0;
  const bool fits = has_zero ? open == complete.end() && count == 0
                             : is_countable && (open == complete.end() ? product == count : count % product == 0);
  if (!fits) {
    return fail(Code::type, "%lld elements cannot take this shape; its lengths must make as many", shown(count));
  }
  if (open != complete.end()) *open = count / product;
  return complete;
}

// Fits runs of old dimensions to runs of new ones with the same number of items, from the first to the last. A run of
// old dimensions is one stride, or it needs a copy.
class Reshaper {
 public:
  Reshaper(const Layout &layout, Numbers shape) : item_bytes_(static_cast<std::int64_t>(layout.item_bytes)) {
    const Fields fields(layout);
    for (std::size_t i = 0; i < fields.shape.size(); ++i) {
      if (fields.shape[i] == 1 && fields.is_direct(i)) continue;
      old_.shape.push_back(fields.shape[i]);
      old_.strides.push_back(fields.strides[i]);
      old_.suboffsets.push_back(fields.suboffsets[i]);
    }
    part_.data = layout.data;
    part_.strides.resize(shape.size(), item_bytes_);
    part_.suboffsets.resize(shape.size(), -1);
    part_.shape = std::move(shape);
  }

  Result<Part> run() && {
    std::size_t from = 0, to = 0;
    while (from < old_.shape.size() && to < part_.shape.size()) {
      const auto [from_end, to_end] = match(from, to);
      if (!is_one_stride(from, from_end)) return needs_copy("the strides do not allow this shape");
      spread(from_end - 1, to, to_end);
      from = from_end;
      to = to_end;
    }
    if (from < old_.shape.size()) return needs_copy("a dimension of pointers cannot go");
    if (std::all_of(part_.suboffsets.begin(), part_.suboffsets.end(), [](std::int64_t each) { return each < 0; })) {
      part_.suboffsets.clear();
    }
    return std::move(part_);
  }

 private:
  // The ends of the shortest runs that have as many items. Both shapes have the same number, none of them 0.
  std::pair<std::size_t, std::size_t> match(std::size_t from, std::size_t to) const {
    std::int64_t old_count = old_.shape[from++], new_count = part_.shape[to++];
    while (old_count != new_count) {
      if (new_count < old_count) {
        new_count *= part_.shape[to++];
      } else {
        old_count *= old_.shape[from++];
      }
    }
    return {from, to};
  }

  bool is_one_stride(std::size_t from, std::size_t end) const {
    for (std::size_t i = from; i + 1 < end; ++i) {
      std::int64_t distance = 0;
      if (old_.suboffsets[i] >= 0 || !checked_mul(old_.shape[i + 1], old_.strides[i + 1], &distance) ||
          old_.strides[i] != distance) {
        return false;
      }
    }
    return true;
  }

  void spread(std::size_t last_old, std::size_t to, std::size_t end) {
    std::int64_t stride = old_.strides[last_old];
    for (std::size_t i = end; i-- > to;) {
      part_.strides[i] = stride;
      if (!checked_mul(stride, part_.shape[i], &stride)) stride = part_.strides[i];  // only before lengths of 1
    }
    part_.suboffsets[end - 1] = old_.suboffsets[last_old];
  }

  std::int64_t item_bytes_;
  Part old_, part_;
};

}  // namespace

Result<Part> slice(const Layout &layout, std::span<const Slice> slices) {
  if (slices.size() > static_cast<std::size_t>(layout.ndim)) {
    return fail(Code::range, "%zu slices are too many for %d dimensions", slices.size(), layout.ndim);
  }
  Slicer slicer(layout);
  for (std::size_t i = 0; i < static_cast<std::size_t>(layout.ndim); ++i) {
    const std::int64_t length = layout.shape[i];
    if (i >= slices.size()) {
      slicer.take(i, {0, length, 1});
      continue;
    }
    DELTOS_TRY(check_step(slices[i], i));
    if (!slices[i].is_index) {
      slicer.take(i, range_of(slices[i], length));
      continue;
    }
    const std::int64_t index = slices[i].start < 0 ? slices[i].start + length : slices[i].start;
    if (index < 0 || index >= length) return outside(slices[i].start, i, length);
    DELTOS_TRY(slicer.drop(i, index));
  }
  return std::move(slicer).finish();
}

Result<Part> window(const Layout &layout, std::int64_t offset, std::int64_t length) {
  if (layout.ndim == 0) return fail(Code::type, "the view is a single element; there is no dimension to go along");
  const std::int64_t all = layout.shape[0];
  if (offset < 0 || offset > all) {
    return fail(Code::range, "offset %lld is outside the view, which has %lld elements", shown(offset), shown(all));
  }
  if (length < 0) return fail(Code::range, "%lld is not a length; it must not be negative", shown(length));
  Slice part;
  part.start = offset;
  part.stop = offset + std::min(length, all - offset);
  return slice(layout, {&part, 1});
}

Result<Part> transpose(const Layout &layout, std::span<const std::int32_t> axes) {
  const Fields fields(layout);
  const std::size_t ndim = fields.shape.size();
  std::vector<bool> seen(ndim, false);
  // Dimensions up to one with pointers are a block: its pointers are followed once all of its indices are known.
  std::vector<std::size_t> block_end(ndim);
  for (std::size_t i = ndim, end = ndim; i-- > 0;) block_end[i] = end = fields.is_direct(i) ? end : i + 1;
  Part part{layout.data, {}, {}, Numbers(ndim, -1)};
  for (std::size_t i = 0; i < ndim; ++i) {
    if (axes[i] < 0 || static_cast<std::size_t>(axes[i]) >= ndim) {
      return fail(Code::range, "%d is not a dimension; there are %zu, counted from 0", axes[i], ndim);
    }
    const auto axis = static_cast<std::size_t>(axes[i]);
    if (seen[axis]) return fail(Code::invalid, "dimension %zu is given twice", axis);
    seen[axis] = true;
    if (block_end[axis] != block_end[i]) return needs_copy("rows are reached by pointers, which cannot change places");
    part.shape.push_back(fields.shape[axis]);
    part.strides.push_back(fields.strides[axis]);
    part.suboffsets[i] = fields.suboffsets[i];
  }
  if (!is_indirect(layout)) part.suboffsets.clear();
  return part;
}

Result<Part> reshape(const Layout &layout, std::span<const std::int64_t> shape) {
  DELTOS_ASSIGN(const std::uint64_t count, item_count(layout));
  DELTOS_ASSIGN(Numbers complete, complete_shape(shape, static_cast<std::int64_t>(count)));
  if (count > 0) return Reshaper(layout, std::move(complete)).run();
  Part part{layout.data, std::move(complete), {}, {}};
  part.strides.resize(part.shape.size());
  DELTOS_TRY(fill_c_strides(part.shape, layout.item_bytes, part.strides));
  return part;
}

Result<Part> resize_items(const Layout &layout, std::uint64_t item_bytes) {
  Part part = whole(layout);
  if (item_bytes == layout.item_bytes) return part;
  const auto shown_bytes = static_cast<unsigned long long>(item_bytes);
  if (part.shape.empty()) {
    return fail(Code::type, "a single element of %llu bytes cannot become one of %llu",
                static_cast<unsigned long long>(layout.item_bytes), shown_bytes);
  }
  std::int64_t &length = part.shape.back(), &stride = part.strides.back();
  const std::uint64_t bytes = static_cast<std::uint64_t>(length) * layout.item_bytes;
  if (bytes % item_bytes != 0) {
    return fail(Code::type, "the last dimension has %llu bytes, which is not a multiple of %llu",
                static_cast<unsigned long long>(bytes), shown_bytes);
  }
  const bool is_packed = length <= 1 || stride == static_cast<std::int64_t>(layout.item_bytes);
  if (!is_packed || (!part.suboffsets.empty() && part.suboffsets.back() >= 0)) {
    return needs_copy("the last dimension is not packed, so its items cannot change their size");
  }
  length = static_cast<std::int64_t>(bytes / item_bytes);
  stride = static_cast<std::int64_t>(item_bytes);
  return part;
}

Result<std::byte *> item_address(const Layout &layout, const std::int64_t *index) {
  for (int i = 0; i < layout.ndim; ++i) {
    if (index[i] < 0 || index[i] >= layout.shape[i]) {
      return outside(index[i], static_cast<std::size_t>(i), layout.shape[i]);
    }
  }
  std::byte *place = layout.data;
  for (int i = 0; i < layout.ndim; ++i) {
    place += index[i] * layout.strides[i];
    if (layout.suboffsets != nullptr && layout.suboffsets[i] >= 0) {
      place = load<std::byte *>(place) + layout.suboffsets[i];
    }
  }
  return place;
}

}  // namespace deltos::dtype
