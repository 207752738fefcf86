#include "map/image_out.hpp"

namespace deltos::map {
namespace {

void add_to_word(std::byte *at, std::uint64_t added) { save(at, load<std::uint64_t>(at) + added); }

}  // namespace

ImageOut::ImageOut(const Plan &plan, std::uint64_t area_bytes, const record::Spool::Limits &limits)
    : plan_(plan), area_bytes_(area_bytes), spool_(kStreams, limits), words_(1, {1 << 20, limits.directories}) {}

Start ImageOut::start(std::uint64_t line) const {
  return {line, spool_.bytes(kOverflow) / sizeof(Line), spool_.bytes(kEntries), area_bytes_ + spool_.bytes(kRuns)};
}

Status ImageOut::take(Output *output) {
  DELTOS_TRY(spool_.append(kLines, output->lines.bytes()));
  DELTOS_TRY(spool_.append(kOverflow, output->overflow.bytes()));
  DELTOS_TRY(spool_.append(kEntries, output->entries.bytes()));
  DELTOS_TRY(spool_.append(kRuns, output->area.bytes()));
  keys_ += output->keys;
  pairs_ += output->pairs;
  output->clear();
  return {};
}

Status ImageOut::take_moved(Output *output) {
  const Start moved = start(0);
  move_lines(&output->lines, moved);
  move_lines(&output->overflow, moved);
  for (const std::uint64_t at : output->entry_places) add_to_word(output->entries.data() + at, moved.area);
  for (const std::uint64_t at : output->area_places) add_to_word(output->area.data() + at, moved.area);
  return take(output);
}

void ImageOut::move_lines(Buffer *lines, const Start &start) const {
  const std::uint64_t base = start.entries / (plan_.form.paired ? sizeof(Pair) : kUnit);
  static_assert(offsetof(Line, base_count) == 0 && offsetof(PairsLine, base) == 0);
  for (std::size_t at = 0; at < lines->size(); at += sizeof(Line)) {
    std::byte *const line = lines->data() + at;
    add_to_word(line, base);
    const auto next = load<std::uint64_t>(line + offsetof(Line, next));
    if (!plan_.form.paired && next != 0) add_to_word(line + offsetof(Line, next), start.overflow);
  }
}

Status ImageOut::gather_words() {
  DELTOS_TRY(words_.each(0, [&](Bytes words) { return spool_.append(kRuns, words); }));
  words_.cut(0, 0);
  return {};
}

Status ImageOut::each_of_directory(const record::Sink &sink) const {
  DELTOS_TRY(spool_.each(kLines, sink));
  return spool_.each(kOverflow, sink);
}

}  // namespace deltos::map
