// Layout rows: structs one behind the other, and a heap for what their references point to.
#include <algorithm>

#include "record/builder.hpp"
#include "record/value_kind.hpp"

namespace deltos::record {
namespace {

constexpr std::uint64_t kScratchBytes = 64 * 1024;
constexpr std::size_t kRowStream = 0, kHeapStream = 1, kStreams = 2;

class RowAssembly final : public Assembly {
 public:
  RowAssembly(SchemaPtr schema, Spool::Limits limits)
      : schema_(std::move(schema)), spool_(kStreams, std::move(limits)) {
    for (std::size_t i = 0; i < schema_->slots().size(); ++i) {
      const Type type = schema_->slots()[i].type;
      if (is_text(type) || is_value(type)) texts_.push_back(i);
    }
  }

  Status put(const Window &rows) override {
    const std::uint64_t most = std::clamp<std::uint64_t>(kScratchBytes / schema_->row_bytes(), 1, rows.count());
    for (std::uint64_t first = 0; first < rows.count(); first += most)
      DELTOS_TRY(put_some(rows, first, std::min(most, rows.count() - first)));
    return {};
  }

  void mark() override {
    for (std::size_t i = 0; i < kStreams; ++i) marked_[i] = spool_.bytes(i);
  }
  void take_back() noexcept override {
    for (std::size_t i = 0; i < kStreams; ++i) spool_.cut(i, marked_[i]);
  }

  std::uint64_t plan(std::uint64_t at, ImageHead *head) override {
    head->content = at;
    head->content_bytes = spool_.bytes(kRowStream);
    head->heap = heap_place_ = round_up(at + head->content_bytes, kPieceAlignment);
    head->heap_bytes = spool_.bytes(kHeapStream);
    return round_up(head->heap + head->heap_bytes, kPieceAlignment);
  }

  Status write(ImageSink &sink) const override {
    DELTOS_TRY(spool_.each(kRowStream, [&](Bytes piece) { return sink.add(piece); }));
    DELTOS_TRY(sink.pad_to(heap_place_));
    return spool_.each(kHeapStream, [&](Bytes piece) { return sink.add(piece); });
  }

 private:
  Status put_some(const Window &rows, std::uint64_t first, std::uint64_t count) {
    scratch_.assign(static_cast<std::size_t>(count * schema_->row_bytes()), std::byte{0});
    const std::vector<Slot> &slots = schema_->slots();
    for (std::size_t i = 0; i < slots.size(); ++i) {
      const std::uint8_t *const states = rows.states(i) != nullptr ? rows.states(i) + first : nullptr;
      if (slots[i].valid_bit >= 0) put_bits(slots[i].valid_bit, states, kIsPresent, count);
      if (slots[i].null_bit >= 0 && states != nullptr) put_bits(slots[i].null_bit, states, kIsNull, count);
      if (is_item(slots[i].type)) put_items(slots[i], rows.column(i), states, rows.first() + first, count);
    }
    // Row by row, so that the heap is the same however many rows come at a time.
    for (std::uint64_t row = 0; !texts_.empty() && row < count; ++row) {
      for (const std::size_t slot : texts_) DELTOS_TRY(put_text(rows, slot, first + row, row));
    }
    return spool_.append(kRowStream, scratch_);
  }

  void put_bits(std::int32_t bit, const std::uint8_t *states, std::uint8_t wanted, std::uint64_t count) {
    std::byte *at = scratch_.data() + schema_->presence_offset() + static_cast<std::uint64_t>(bit) / 8;
    const auto mask = static_cast<std::byte>(1U << static_cast<unsigned>(bit) % 8);
    for (std::uint64_t i = 0; i < count; ++i, at += schema_->row_bytes()) {
      if (states == nullptr || states[i] == wanted) *at |= mask;
    }
  }

  void put_items(const Slot &slot, const Column &column, const std::uint8_t *states, std::uint64_t first,
                 std::uint64_t count) {
    if (column.data == nullptr) return;  // nothing is present
    copy_items(scratch_.data() + slot.offset, schema_->row_bytes(), column.item(first), column.step(), count,
               slot.bytes, states);
  }

  Status put_text(const Window &rows, std::size_t index, std::uint64_t row, std::uint64_t in_scratch) {
    const std::uint8_t *const states = rows.states(index);
    if (states != nullptr && states[row] != kIsPresent) return {};
    const Slot &slot = schema_->slots()[index];
    Bytes text = rows.column(index).text(rows.first() + row);
    if (is_value(slot.type)) DELTOS_TRY(make_room_for(&text, slot.type));
    if (text.empty()) return {};
    save(scratch_.data() + in_scratch * schema_->row_bytes() + slot.offset,
         Reference{spool_.bytes(kHeapStream), text.size()});
    return spool_.append(kHeapStream, text);
  }

  // A value lies at a multiple of 64, and is no longer than it says.
  Status make_room_for(Bytes *image, Type type) {
    value::Item root;
    DELTOS_ASSIGN(*image, read_value(*image, type, &root));
    const std::uint64_t at = spool_.bytes(kHeapStream);
    return spool_.append_zeros(kHeapStream, round_up(at, kValueAlignment) - at);
  }

  SchemaPtr schema_;
  std::vector<std::size_t> texts_;  // slots with references
  Spool spool_;
  std::vector<std::byte> scratch_;
  std::uint64_t marked_[kStreams] = {}, heap_place_ = 0;
};

}  // namespace

std::unique_ptr<Assembly> assemble_rows(SchemaPtr schema, Spool::Limits limits) {
  return std::make_unique<RowAssembly>(std::move(schema), std::move(limits));
}

}  // namespace deltos::record
