// Sorting what was added, and putting the image together.
#include <algorithm>

#include "map/in_order.hpp"
#include "map/sort.hpp"
#include "map/work.hpp"
#include "os/threads.hpp"

namespace deltos::map {
namespace {

// From so many lines on, each partition gets as many as the others, however many partitions there are.
constexpr std::uint64_t kManyLines = 16 * kMostPartitions;

unsigned threads_of(const BuildOptions &options) {
  constexpr unsigned kMostAsked = 256;
  if (options.threads != 0) return std::min(options.threads, kMostAsked);
  return std::min(os::processors(), kMostThreads);
}

}  // namespace

// From the number of keys, or of pairs, that there will be: more or fewer make the lines a little fuller or emptier.
std::uint64_t Builder::Work::home_lines() const {
  const bool simple = options_.kinds.shape == Shape::simple;
  const bool all_count = simple ? options_.duplicates == Duplicates::error : plan_.form.paired;
  const std::uint64_t count = all_count ? pairs_ : std::min(distinct_.count(), pairs_);
  const std::uint64_t lines = count / (plan_.form.paired ? kParts * kMeanPairs : kMeanTags) + 1;
  return lines < kManyLines ? lines : round_up(lines, kMostPartitions);
}

Result<std::uint64_t> Builder::Work::prepare() {
  if (head_.magic != 0) return head_.bytes;
  DELTOS_TRY(check_open());
  DELTOS_TRY(ask(0, waiting_bytes()));
  if (known_) known_->forget();
  DELTOS_TRY(waiting_.settle());
  DELTOS_TRY(area_.settle());
  plan_.homes = home_lines();
  image_ = std::make_unique<ImageOut>(plan_, round_up(area_.bytes(0), kTextAlignment),
                                      record::Spool::Limits{shares_.image, options_.spill_directories});
  sorted_bytes_ = 0;
  Status assembled = assemble();
  if (!assembled.ok()) {
    image_.reset();
    return std::move(assembled).error();
  }
  DELTOS_TRY(end_image());
  waiting_ = record::Spool(0, {});
  return head_.bytes;
}

std::uint64_t Builder::Work::waiting_bytes() const {
  std::uint64_t bytes = 0;
  for (unsigned part = 0; part < 1U << bits_; ++part) bytes += waiting_.bytes(part);
  return bytes;
}

Status Builder::Work::ask_sorting() const { return ask(sorted_bytes_, all_bytes_); }

// A partition is sorted in memory with its places, which are at most as large as itself, and what it becomes; each slot
// has one of those.
Status Builder::Work::assemble() {
  const unsigned threads = threads_of(options_);
  const std::uint64_t room = shares_.sorting / (2 * threads + slots_of(threads));
  all_bytes_ = waiting_bytes();
  std::uint64_t largest = 0;
  for (unsigned part = 0; part < 1U << bits_; ++part) largest = std::max(largest, waiting_.bytes(part));
  if (plan_.homes < kManyLines) return assemble_one_by_one();
  // Where some are too large, half of the memory is for them.
  return assemble_in_parallel(threads, largest <= room ? room : room / 2);
}

Status Builder::Work::feed(Sorter &sorter, unsigned part, std::uint64_t memory_bytes, Assembly *to) {
  if (waiting_.bytes(part) <= memory_bytes / 4) return sorter.feed(waiting_, part, to);
  const Sorter::Limits limits{memory_bytes, options_.spill_directories, [this] { return ask_sorting(); }};
  return sorter.feed_large(waiting_, part, limits, to);
}

Status Builder::Work::assemble_one_by_one() {
  Sorter sorter(plan_.form, bits_);
  Output output;
  const auto assembly = Assembly::make(plan_, image_->start(0), plan_.homes, &output, image_.get());
  for (unsigned part = 0; part < 1U << bits_; ++part) {
    DELTOS_TRY(feed(sorter, part, shares_.sorting, assembly.get()));
    sorted_bytes_ += waiting_.bytes(part);
    DELTOS_TRY(ask_sorting());
  }
  DELTOS_TRY(assembly->finish());
  return image_->take(&output);
}

// Every partition has lines of its own.
Status Builder::Work::assemble_in_parallel(unsigned threads, std::uint64_t most) {
  const std::uint64_t lines = plan_.homes >> bits_;
  std::vector<Sorter> sorters;  // of the threads, and of the calling one
  for (unsigned i = 0; i <= threads; ++i) sorters.emplace_back(plan_.form, bits_);
  std::vector<Output> outputs(slots_of(threads));
  Jobs jobs;
  jobs.count = std::size_t{1} << bits_;
  jobs.threads = threads;
  jobs.make = [&](std::size_t job, unsigned thread, std::size_t slot) -> Status {
    if (waiting_.bytes(job) > most) return {};
    outputs[slot].clear();
    Start start;
    start.line = job * lines;
    const auto assembly = Assembly::make(plan_, start, start.line + lines, &outputs[slot], nullptr);
    DELTOS_TRY(sorters[thread].feed(waiting_, job, assembly.get()));
    return assembly->finish();
  };
  jobs.take = [&](std::size_t job, std::size_t slot) -> Status {
    sorted_bytes_ += waiting_.bytes(job);
    if (waiting_.bytes(job) <= most) return image_->take_moved(&outputs[slot]);
    Output output;
    const auto assembly = Assembly::make(plan_, image_->start(job * lines), (job + 1) * lines, &output, image_.get());
    DELTOS_TRY(feed(sorters.back(), static_cast<unsigned>(job), shares_.sorting / 2, assembly.get()));
    DELTOS_TRY(assembly->finish());
    return image_->take(&output);
  };
  jobs.ask = [this] { return ask_sorting(); };
  return do_in_order(jobs);
}

Status Builder::Work::end_image() {
  ImageHead head{};
  head.magic = kImageMagic;
  head.key = static_cast<std::uint8_t>(options_.kinds.key);
  head.value = static_cast<std::uint8_t>(options_.kinds.value);
  head.shape = static_cast<std::uint8_t>(options_.kinds.shape);
  head.layout = static_cast<std::uint8_t>(options_.kinds.layout());
  head.seed = plan_.form.seed;
  head.pairs = image_->pairs();
  head.keys = image_->keys();
  head.homes = plan_.homes;
  std::uint64_t at = sizeof head;
  const auto lay = [&](Section *section, std::uint64_t bytes) {
    *section = {at, bytes};
    at = round_up(at + bytes, kAlignment);
  };
  lay(&head.directory, image_->directory_bytes());
  lay(&head.entries, image_->entry_bytes());
  const std::uint64_t runs = image_->run_bytes();
  lay(&head.area, runs == 0 ? area_.bytes(0) : round_up(area_.bytes(0), kTextAlignment) + runs);
  if (records_) {
    DELTOS_ASSIGN(const std::uint64_t bytes, records_->finish());
    lay(&head.records, bytes);
  }
  head.bytes = at;
  head_ = head;
  return {};
}

Status Builder::Work::write(const record::Sink &sink) const {
  std::uint64_t done = 0;
  const record::Sink counted = [&](Bytes bytes) -> Status {
    DELTOS_TRY(sink(bytes));
    done += bytes.size();
    return done < head_.bytes ? ask(done, head_.bytes) : Status();
  };
  record::ImageSink image(counted);
  const record::Sink add = [&](Bytes bytes) { return image.add(bytes); };
  DELTOS_TRY(image.add(std::as_bytes(std::span(&head_, 1))));
  DELTOS_TRY(image_->each_of_directory(add));
  DELTOS_TRY(image.pad_to(head_.entries.place));
  DELTOS_TRY(image_->each_of_entries(add));
  DELTOS_TRY(image.pad_to(head_.area.place));
  DELTOS_TRY(area_.each(0, add));
  if (image_->run_bytes() > 0) {
    DELTOS_TRY(image.pad_to(head_.area.place + head_.area.bytes - image_->run_bytes()));
    DELTOS_TRY(image_->each_of_runs(add));
  }
  if (records_) {
    DELTOS_TRY(image.pad_to(head_.records.place));
    DELTOS_TRY(records_->write(add));
  }
  DELTOS_TRY(image.pad_to(head_.bytes));
  return ask(head_.bytes, head_.bytes);
}

}  // namespace deltos::map
