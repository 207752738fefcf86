#include "map/row_block.hpp"

namespace deltos::map {

using record::Column;
using record::ColumnLayout;
using record::Type;

RowBlock::RowBlock(const record::Schema &schema) : schema_(schema), slots_(schema.slots().size()) {}

void RowBlock::clear() {
  count_ = 0;
  for (Slot &slot : slots_) {
    slot.items.clear();
    slot.texts.clear();
    slot.states.clear();
  }
}

void RowBlock::add(const record::Window &rows, std::uint64_t i) {
  for (std::size_t s = 0; s < slots_.size(); ++s) {
    const record::Slot &facts = schema_.slots()[s];
    Slot &slot = slots_[s];
    const std::uint8_t *const states = rows.states(s);
    slot.states.push_back(states != nullptr ? states[i] : record::kIsPresent);
    if (facts.type == Type::record) continue;
    const bool there = slot.states.back() == record::kIsPresent;
    if (is_item(facts.type)) {
      slot.items.resize(slot.items.size() + facts.bytes);
      if (there)
        std::memcpy(slot.items.data() + slot.items.size() - facts.bytes, rows.column(s).item(rows.first() + i),
                    facts.bytes);
    } else {
      const Bytes text = there ? rows.column(s).text(rows.first() + i) : Bytes();
      slot.texts.push_back({text.data(), text.size()});
    }
  }
  count_++;
}

Status RowBlock::add(const record::Reader &rows, std::uint64_t row) {
  for (std::size_t s = 0; s < slots_.size(); ++s) DELTOS_TRY(add(rows, row, s));
  count_++;
  return {};
}

Status RowBlock::add(const record::Reader &rows, std::uint64_t row, std::size_t s) {
  const record::Slot &facts = schema_.slots()[s];
  Slot &slot = slots_[s];
  value::Item item;
  DELTOS_TRY(rows.read(row, s, &item));
  Bytes image;
  if (is_value(facts.type)) {
    DELTOS_ASSIGN(image, rows.value_image(row, s));
  }
  const bool absent = image.empty() && (item.kind == value::Kind::null || item.kind == value::Kind::end);
  slot.states.push_back(!absent                          ? record::kIsPresent
                        : item.kind == value::Kind::null ? record::kIsNull
                                                         : record::kIsUnset);
  if (facts.type == Type::record) return {};
  if (is_item(facts.type)) {
    const record::Reader::Strided all = rows.items(s);
    const std::byte *const at = rows.image().data() + all.place + row * all.step;
    slot.items.insert(slot.items.end(), at, at + facts.bytes);
  } else if (is_value(facts.type)) {
    slot.texts.push_back({image.data(), image.size()});
  } else {
    slot.texts.push_back({absent ? nullptr : item.data, absent ? 0 : item.count});
  }
  return {};
}

record::GivenRows RowBlock::given() {
  columns_.assign(slots_.size(), Column());
  presence_.clear();
  for (std::size_t s = 0; s < slots_.size(); ++s) {
    const record::Slot &facts = schema_.slots()[s];
    presence_.push_back(slots_[s].states.data());
    Column &column = columns_[s];
    column.count = count_;
    if (is_item(facts.type)) {
      column.data = slots_[s].items.data();
      column.item_bytes = facts.bytes;
    } else {
      column.layout = ColumnLayout::slices;
      column.data = reinterpret_cast<const std::byte *>(slots_[s].texts.data());
    }
  }
  return {columns_, presence_, count_};
}

void encode_row(const record::Schema &schema, const record::Window &rows, std::uint64_t i, Buffer *to) {
  to->clear();
  for (std::size_t s = 0; s < schema.slots().size(); ++s) {
    const record::Slot &facts = schema.slots()[s];
    const std::uint8_t *const states = rows.states(s);
    const std::uint8_t state = states != nullptr ? states[i] : record::kIsPresent;
    *to->extend(1) = static_cast<std::byte>(state);
    if (state != record::kIsPresent || facts.type == Type::record) continue;
    if (is_item(facts.type)) {
      to->append({rows.column(s).item(rows.first() + i), static_cast<std::size_t>(facts.bytes)});
      continue;
    }
    const Bytes text = rows.column(s).text(rows.first() + i);
    const std::uint64_t bytes = text.size();
    to->append(std::as_bytes(std::span(&bytes, 1)));
    to->append(text);
  }
}

}  // namespace deltos::map
