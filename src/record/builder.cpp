#include "record/builder.hpp"

#include <algorithm>

namespace deltos::record {
namespace {

template <class Item>
void copy_present(std::byte *to, std::uint64_t to_step, const std::byte *from, std::int64_t from_step,
                  std::uint64_t count, const std::uint8_t *states) {
  for (std::uint64_t i = 0; i < count; ++i, to += to_step, from += from_step) {
    if (states == nullptr || states[i] == kIsPresent) save(to, load<Item>(from));
  }
}

struct Sixteen {
  std::uint64_t halves[2];
};

// Takes back what an addition has done unless it is kept, also when memory runs out.
class Addition {
 public:
  explicit Addition(Assembly *assembly) : assembly_(assembly) { assembly_->mark(); }
  ~Addition() {
    if (assembly_ != nullptr) assembly_->take_back();
  }
  Addition(const Addition &) = delete;
  Addition &operator=(const Addition &) = delete;
  void keep() { assembly_ = nullptr; }

 private:
  Assembly *assembly_;
};

}  // namespace

void copy_items(std::byte *to, std::uint64_t to_step, const std::byte *from, std::int64_t from_step,
                std::uint64_t count, std::uint64_t item_bytes, const std::uint8_t *states) {
  switch (item_bytes) {
    case 1:
      return copy_present<std::uint8_t>(to, to_step, from, from_step, count, states);
    case 2:
      return copy_present<std::uint16_t>(to, to_step, from, from_step, count, states);
    case 4:
      return copy_present<std::uint32_t>(to, to_step, from, from_step, count, states);
    case 8:
      return copy_present<std::uint64_t>(to, to_step, from, from_step, count, states);
    case 16:
      return copy_present<Sixteen>(to, to_step, from, from_step, count, states);
    default:
      break;
  }
  for (std::uint64_t i = 0; i < count; ++i, to += to_step, from += from_step) {
    if (states == nullptr || states[i] == kIsPresent) std::memcpy(to, from, static_cast<std::size_t>(item_bytes));
  }
}

Status ImageSink::pad_to(std::uint64_t place) {
  static constexpr std::byte zeros[kPieceAlignment] = {};
  while (at_ < place)
    DELTOS_TRY(add(Bytes(zeros, static_cast<std::size_t>(std::min<std::uint64_t>(place - at_, sizeof zeros)))));
  return {};
}

Builder::Builder(SchemaPtr schema, BuildOptions options)
    : schema_(std::move(schema)), layout_(options.layout), progress_(std::move(options.progress)) {
  const std::uint64_t memory = options.memory_bytes != 0 ? options.memory_bytes : kDefaultMemory;
  const auto assemble = layout_ == Layout::rows ? assemble_rows : assemble_columns;
  assembly_ = assemble(schema_, {memory, std::move(options.spill_directories)});
}

Status Builder::ask(std::uint64_t done, std::uint64_t total) const {
  if (!progress_ || !progress_(done, total)) return {};
  return fail(Code::cancelled, "the progress function has cancelled the building of a record table");
}

Status Builder::add(const GivenRows &rows) {
  if (head_.magic != 0) return fail(Code::invalid, "the record table is finished; nothing can be added");
  DELTOS_TRY(check_given(*schema_, rows));
  std::uint64_t all = 0, bytes = 0;
  if (!checked_add(rows_, rows.count, &all) || !checked_mul(all, schema_->row_bytes() + 16, &bytes) ||
      all > std::uint64_t{1} << 60)
    return fail(Code::limit, "more rows than can be counted");
  Window window(*schema_, rows);
  DELTOS_TRY(window.check_columns());
  DELTOS_TRY(check(window, rows.count));
  Addition addition(assembly_.get());
  DELTOS_TRY(put(window, rows.count));
  addition.keep();
  rows_ = all;
  return {};
}

Status Builder::check(Window &window, std::uint64_t count) const {
  for (std::uint64_t first = 0; first < count; first += window.count()) {
    DELTOS_TRY(window.move(first, std::min(count - first, kRowsAtOnce)));
    DELTOS_TRY(window.check_items());
    DELTOS_TRY(ask(rows_ * schema_->row_bytes(), 0));
  }
  return {};
}

Status Builder::put(Window &window, std::uint64_t count) {
  for (std::uint64_t first = 0; first < count; first += window.count()) {
    DELTOS_TRY(window.move(first, std::min(count - first, kRowsAtOnce)));
    DELTOS_TRY(assembly_->put(window));
    DELTOS_TRY(ask((rows_ + first + window.count()) * schema_->row_bytes(), 0));
  }
  return {};
}

Result<std::uint64_t> Builder::finish() {
  if (head_.magic != 0) return head_.bytes;
  DELTOS_ASSIGN(schema_image_, schema_->pack());
  ImageHead head{};
  head.magic = kImageMagic;
  head.layout = static_cast<std::uint32_t>(layout_);
  head.rows = rows_;
  head.row_bytes = schema_->row_bytes();
  head.schema = sizeof head;
  head.schema_bytes = schema_image_.size();
  const std::uint64_t at = round_up(head.schema + head.schema_bytes, kPieceAlignment);
  head.bytes = assembly_->plan(at, &head);
  head_ = head;
  return head_.bytes;
}

Status Builder::write(const Sink &sink) const {
  std::uint64_t done = 0;
  const Sink counted = [&](Bytes bytes) -> Status {
    DELTOS_TRY(sink(bytes));
    done += bytes.size();
    return done < head_.bytes ? ask(done, head_.bytes) : Status();
  };
  ImageSink image(counted);
  DELTOS_TRY(image.add(std::as_bytes(std::span(&head_, 1))));
  DELTOS_TRY(image.add(schema_image_));
  DELTOS_TRY(image.pad_to(head_.content));
  DELTOS_TRY(assembly_->write(image));
  DELTOS_TRY(image.pad_to(head_.bytes));
  return ask(head_.bytes, head_.bytes);
}

}  // namespace deltos::record
