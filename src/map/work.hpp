// What a builder of hash maps has and does. Private to it.
#pragma once

#include "map/builder.hpp"
#include "map/entries.hpp"
#include "map/estimate.hpp"
#include "map/image_out.hpp"
#include "map/known.hpp"
#include "record/spool.hpp"

namespace deltos::map {

constexpr std::uint64_t kMostPartitions = 1024;  // always a power of two

class Sorter;

class Builder::Work {
 public:
  explicit Work(BuildOptions options);

  const BuildOptions &options() const { return options_; }
  Status add(const record::Column &keys, const record::Column &values);
  Status add_records(const record::Column &keys, const record::GivenRows &rows);
  Status add_map(const Reader &map);
  Result<std::uint64_t> prepare();
  Status write(const record::Sink &sink) const;

 private:
  // How memory_bytes is divided, in sixteenths. The area has its share to the end; when sorting begins, what is known
  // is forgotten.
  struct Shares {
    std::uint64_t waiting, area, image, records, sorting;
  };
  class Addition;
  // Values of an addition: a column, or rows whose numbers are consecutive, or those of a list.
  struct Values {
    const record::Column *column = nullptr;
    std::uint64_t first_row = 0;
    const std::uint64_t *rows = nullptr;
  };

  static Shares shares_of(const BuildOptions &options);
  Status ask(std::uint64_t done, std::uint64_t total) const;
  Status check_open() const;
  Status check_count(std::uint64_t more) const;
  std::uint64_t window(const record::Column &keys, const record::Column *values, std::uint64_t first) const;
  Status check_all(const record::Column &keys, const record::Column *values);
  Status check_texts(const record::Column &column, std::uint64_t first, std::uint64_t count, const char *what) const;
  Status check_images(const record::Column &column, std::uint64_t first, std::uint64_t count, const char *what) const;
  Status check_hashes(const record::Column &keys, std::uint64_t first, std::uint64_t count) const;
  Status put_all(const record::Column &keys, const Values &values, Addition *addition);
  Status put(const record::Column &keys, const Values &values, std::uint64_t i);
  Status hash(Bytes *key, std::uint64_t *hash) const;
  Status put_tagged(Bytes key, std::uint64_t hash, const Values &values, std::uint64_t i);
  Status put_paired(std::uint64_t word, const Values &values, std::uint64_t i);
  Status put_record(std::uint64_t hash, Bytes record);
  Status put_text(Bytes text, std::uint64_t *place);
  Status put_image(Bytes image, std::uint64_t *place);
  Status put_known(Bytes content, bool must, bool *away, std::uint64_t *place);

  struct NewRows;
  Status find_rows(const record::GivenRows &rows, NewRows *found);
  Status add_new_rows(const record::GivenRows &rows, const NewRows &found);
  struct Moved;
  using MoveRow = std::function<Status(std::uint64_t *row)>;
  Status add_rows_of(const Reader &map, std::uint64_t *rows, std::vector<std::uint64_t> *numbers);
  Status add_pairs_of(const Reader &map, const MoveRow &move_row);
  void add_key(Bytes key, std::uint64_t count, Moved *moved) const;
  Status put_moved(Moved *moved);

  std::uint64_t home_lines() const;
  std::uint64_t waiting_bytes() const;
  Status ask_sorting() const;
  Status assemble();
  Status assemble_one_by_one();
  Status assemble_in_parallel(unsigned threads, std::uint64_t most);
  Status feed(Sorter &sorter, unsigned part, std::uint64_t memory_bytes, Assembly *to);
  Status end_image();

  BuildOptions options_;
  Shares shares_;
  unsigned bits_;  // of a hash, that name a partition
  Plan plan_;
  record::Spool waiting_;  // a stream for each partition
  record::Spool area_;     // one stream
  std::unique_ptr<record::Builder> records_;
  std::unique_ptr<Known> known_;  // where equal values are kept once
  DistinctEstimate distinct_;
  std::uint64_t pairs_ = 0, rows_ = 0, added_bytes_ = 0;
  bool broken_ = false;
  bool quiet_ = false;  // rows are added that cannot be taken back
  std::uint64_t sorted_bytes_ = 0, all_bytes_ = 0;
  std::unique_ptr<ImageOut> image_;
  ImageHead head_{};  // once it is prepared
};

}  // namespace deltos::map
