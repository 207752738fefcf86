// Layout columns: each slot an array of its own, as Arrow has them.
#include <algorithm>
#include <limits>

#include "record/builder.hpp"
#include "record/value_kind.hpp"

namespace deltos::record {
namespace {

constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
constexpr std::uint64_t kGatheredItem = 16;  // larger items are appended one by one

// The streams of a slot's pieces.
struct Pieces {
  std::size_t valid = kNone, null = kNone, offsets = kNone, data = kNone;
};

class ColumnAssembly final : public Assembly {
 public:
  static std::unique_ptr<Assembly> make(SchemaPtr schema, Spool::Limits limits) {
    std::vector<Pieces> pieces;
    std::size_t streams = 0;
    for (const Slot &slot : schema->slots()) {
      Pieces &of_slot = pieces.emplace_back();
      if (slot.valid_bit >= 0) of_slot.valid = streams++;
      if (slot.null_bit >= 0) of_slot.null = streams++;
      if (is_text(slot.type) || is_value(slot.type)) of_slot.offsets = streams++;
      if (slot.type != Type::record) of_slot.data = streams++;
    }
    return std::unique_ptr<Assembly>(
        new ColumnAssembly(std::move(schema), std::move(pieces), streams, std::move(limits)));
  }

  Status put(const Window &rows) override {
    const std::vector<Slot> &slots = schema_->slots();
    for (std::size_t i = 0; i < slots.size(); ++i) {
      if (pieces_[i].valid != kNone) DELTOS_TRY(put_bits(pieces_[i].valid, rows.states(i), kIsPresent, rows.count()));
      if (pieces_[i].null != kNone) DELTOS_TRY(put_bits(pieces_[i].null, rows.states(i), kIsNull, rows.count()));
      if (is_item(slots[i].type)) DELTOS_TRY(put_items(i, rows));
      if (pieces_[i].offsets != kNone) DELTOS_TRY(put_texts(i, rows));
    }
    rows_ += rows.count();
    return {};
  }

  void mark() override {
    for (std::size_t i = 0; i < marked_.size(); ++i) marked_[i] = {spool_.bytes(i), unfinished_[i]};
    marked_rows_ = rows_;
  }
  void take_back() noexcept override {
    for (std::size_t i = 0; i < marked_.size(); ++i) {
      spool_.cut(i, marked_[i].bytes);
      unfinished_[i] = marked_[i].unfinished;
    }
    rows_ = marked_rows_;
  }

  std::uint64_t plan(std::uint64_t at, ImageHead *head) override {
    head->content = at;
    head->content_bytes = pieces_.size() * sizeof(ColumnEntry);
    at += head->content_bytes;
    const auto place = [&](std::size_t stream, std::uint64_t bytes) -> std::uint64_t {
      if (stream == kNone) return 0;
      const std::uint64_t begin = round_up(at, kPieceAlignment);
      at = begin + bytes;
      return begin;
    };
    directory_.clear();
    for (const Pieces &piece : pieces_) {
      ColumnEntry entry{};
      entry.valid = place(piece.valid, bitmap_bytes(rows_));
      entry.null = place(piece.null, bitmap_bytes(rows_));
      entry.offsets = place(piece.offsets, (rows_ + 1) * sizeof(std::int64_t));
      entry.data_bytes = piece.data != kNone ? spool_.bytes(piece.data) : 0;
      entry.data = place(piece.data, entry.data_bytes);
      directory_.push_back(entry);
    }
    return round_up(at, kPieceAlignment);
  }

  Status write(ImageSink &sink) const override {
    DELTOS_TRY(sink.add(std::as_bytes(std::span(directory_))));
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
      if (pieces_[i].valid != kNone) DELTOS_TRY(write_bits(sink, directory_[i].valid, pieces_[i].valid));
      if (pieces_[i].null != kNone) DELTOS_TRY(write_bits(sink, directory_[i].null, pieces_[i].null));
      if (pieces_[i].offsets != kNone) {
        constexpr std::byte zero[sizeof(std::int64_t)] = {};
        DELTOS_TRY(sink.pad_to(directory_[i].offsets));
        DELTOS_TRY(sink.add(zero));
        DELTOS_TRY(write_stream(sink, pieces_[i].offsets));
      }
      if (pieces_[i].data == kNone) continue;
      DELTOS_TRY(sink.pad_to(directory_[i].data));
      DELTOS_TRY(write_stream(sink, pieces_[i].data));
    }
    return {};
  }

 private:
  ColumnAssembly(SchemaPtr schema, std::vector<Pieces> pieces, std::size_t streams, Spool::Limits limits)
      : schema_(std::move(schema)),
        pieces_(std::move(pieces)),
        spool_(streams, std::move(limits)),
        unfinished_(streams),
        marked_(streams) {}

  Status write_stream(ImageSink &sink, std::size_t stream) const {
    return spool_.each(stream, [&](Bytes piece) { return sink.add(piece); });
  }

  Status write_bits(ImageSink &sink, std::uint64_t place, std::size_t stream) const {
    DELTOS_TRY(sink.pad_to(place));
    DELTOS_TRY(write_stream(sink, stream));
    return rows_ % 8 != 0 ? sink.add(std::as_bytes(std::span(&unfinished_[stream], 1))) : Status();
  }

  // Whole bytes go to the stream; what is left waits for the next rows.
  Status put_bits(std::size_t stream, const std::uint8_t *states, std::uint8_t wanted, std::uint64_t count) {
    const auto shift = static_cast<unsigned>(rows_ % 8);
    std::uint8_t bits[kRowsAtOnce / 8 + 2] = {unfinished_[stream]};
    if (states == nullptr && wanted == kIsPresent) {
      for (std::uint64_t i = shift; i < shift + count && i % 8 != 0; ++i) bits[i / 8] |= std::uint8_t(1U << i % 8);
      const std::uint64_t first = round_up(shift, 8), end = shift + count;
      if (end > first) {
        std::memset(bits + first / 8, 0xff, static_cast<std::size_t>((end - first) / 8));
        if (end % 8 != 0) bits[end / 8] = std::uint8_t((1U << end % 8) - 1);
      }
    }
    if (states != nullptr) {
      for (std::uint64_t i = 0; i < count; ++i)
        bits[(shift + i) / 8] |= std::uint8_t((states[i] == wanted ? 1U : 0U) << (shift + i) % 8);
    }
    const std::uint64_t whole = (shift + count) / 8;
    unfinished_[stream] = (shift + count) % 8 != 0 ? bits[whole] : std::uint8_t{0};
    return spool_.append(stream, std::as_bytes(std::span(bits)).first(static_cast<std::size_t>(whole)));
  }

  Status put_items(std::size_t slot, const Window &rows) {
    const Column &column = rows.column(slot);
    const std::uint8_t *const states = rows.states(slot);
    const std::uint64_t item = schema_->slots()[slot].bytes, count = rows.count();
    const std::size_t stream = pieces_[slot].data;
    if (column.data == nullptr) return spool_.append_zeros(stream, count * item);
    const bool dense = column.step() == static_cast<std::int64_t>(item);
    if (dense && states == nullptr)
      return spool_.append(stream, Bytes(column.item(rows.first()), static_cast<std::size_t>(count * item)));
    if (item <= kGatheredItem) {
      scratch_.assign(static_cast<std::size_t>(count * item), std::byte{0});
      copy_items(scratch_.data(), item, column.item(rows.first()), column.step(), count, item, states);
      return spool_.append(stream, scratch_);
    }
    for (std::uint64_t i = 0; i < count; ++i) {
      const bool present = states == nullptr || states[i] == kIsPresent;
      DELTOS_TRY(present ? spool_.append(stream, Bytes(column.item(rows.first() + i), static_cast<std::size_t>(item)))
                         : spool_.append_zeros(stream, item));
    }
    return {};
  }

  Status put_texts(std::size_t slot, const Window &rows) {
    const Column &column = rows.column(slot);
    const std::uint8_t *const states = rows.states(slot);
    const Type type = schema_->slots()[slot].type;
    const std::size_t stream = pieces_[slot].data;
    const std::uint64_t count = rows.count();
    ends_.resize(static_cast<std::size_t>(count));
    auto end = static_cast<std::int64_t>(spool_.bytes(stream));
    if (states == nullptr && column.layout == ColumnLayout::offsets && is_text(type)) {
      const std::int64_t *const offsets = column.offsets + rows.first();
      for (std::uint64_t i = 0; i < count; ++i) ends_[i] = end + (offsets[i + 1] - offsets[0]);
      if (offsets[count] > offsets[0])
        DELTOS_TRY(spool_.append(stream, Bytes(column.data + offsets[0], column.data + offsets[count])));
      return spool_.append(pieces_[slot].offsets, std::as_bytes(std::span(ends_)));
    }
    for (std::uint64_t i = 0; i < count; ++i) {
      const bool present = states == nullptr || states[i] == kIsPresent;
      if (present) DELTOS_TRY(put_text(stream, column.text(rows.first() + i), type));
      ends_[i] = static_cast<std::int64_t>(spool_.bytes(stream));
    }
    return spool_.append(pieces_[slot].offsets, std::as_bytes(std::span(ends_)));
  }

  // A value is no longer than it says, and makes up to a multiple of 64.
  Status put_text(std::size_t stream, Bytes text, Type type) {
    if (!is_value(type)) return spool_.append(stream, text);
    value::Item root;
    DELTOS_ASSIGN(const Bytes image, read_value(text, type, &root));
    DELTOS_TRY(spool_.append(stream, image));
    return spool_.append_zeros(stream, round_up(image.size(), kValueAlignment) - image.size());
  }

  struct Mark {
    std::uint64_t bytes;
    std::uint8_t unfinished;
  };

  SchemaPtr schema_;
  std::vector<Pieces> pieces_;  // by slot
  Spool spool_;
  std::vector<std::uint8_t> unfinished_;  // bits that are no whole byte yet, by stream
  std::vector<Mark> marked_;
  std::uint64_t rows_ = 0, marked_rows_ = 0;
  std::vector<ColumnEntry> directory_;
  std::vector<std::byte> scratch_;
  std::vector<std::int64_t> ends_;
};

}  // namespace

std::unique_ptr<Assembly> assemble_columns(SchemaPtr schema, Spool::Limits limits) {
  return ColumnAssembly::make(std::move(schema), std::move(limits));
}

}  // namespace deltos::record
