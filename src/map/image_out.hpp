// The image of a hash map while it is put together: its sections as streams, in memory and then in a temporary file.
#pragma once

#include "map/assembly.hpp"
#include "record/spool.hpp"

namespace deltos::map {

class ImageOut final : public Outlet {
 public:
  // `area_bytes`: what lies in the area already, a multiple of 8.
  ImageOut(const Plan &plan, std::uint64_t area_bytes, const record::Spool::Limits &limits);

  Start start(std::uint64_t line) const;
  Status take(Output *output) override;  // whose places are final
  // The next one of those whose places count from where they will lie.
  Status take_moved(Output *output);
  Status keep_words(Bytes words) override { return words_.append(0, words); }
  Status gather_words() override;

  std::uint64_t keys() const { return keys_; }
  std::uint64_t pairs() const { return pairs_; }
  std::uint64_t directory_bytes() const { return spool_.bytes(kLines) + spool_.bytes(kOverflow); }
  std::uint64_t entry_bytes() const { return spool_.bytes(kEntries); }
  std::uint64_t run_bytes() const { return spool_.bytes(kRuns); }
  Status each_of_directory(const record::Sink &sink) const;
  Status each_of_entries(const record::Sink &sink) const { return spool_.each(kEntries, sink); }
  Status each_of_runs(const record::Sink &sink) const { return spool_.each(kRuns, sink); }

 private:
  enum Stream : std::size_t { kLines, kOverflow, kEntries, kRuns, kStreams };
  void move_lines(Buffer *lines, const Start &start) const;

  const Plan &plan_;
  std::uint64_t area_bytes_, keys_ = 0, pairs_ = 0;
  record::Spool spool_, words_;
};

}  // namespace deltos::map
