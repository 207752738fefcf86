// Builds the image of a record table from columns, in bounded memory: what goes beyond it waits in a temporary file.
//
// What rows become is the business of an Assembly, one for each layout; the builder sees to it that a call adds all of
// its rows or none, and that the image comes out in one stream whose length is known before.
#pragma once

#include <functional>

#include "record/columns.hpp"
#include "record/image.hpp"
#include "record/spool.hpp"

namespace deltos::record {

// (done, total), total 0: unknown. True cancels.
using Progress = std::function<bool(std::uint64_t, std::uint64_t)>;

struct BuildOptions {
  Layout layout = Layout::rows;
  std::uint64_t memory_bytes = 0;                         // 0: kDefaultMemory
  std::vector<std::string> spill_directories = {"/tmp"};  // the first that takes a file
  Progress progress;
};
constexpr std::uint64_t kDefaultMemory = std::uint64_t{64} << 20;

// Where the image goes, in order; it knows how far it is.
class ImageSink {
 public:
  explicit ImageSink(const Sink &sink) : sink_(sink) {}
  Status add(Bytes bytes) {
    at_ += bytes.size();
    return bytes.empty() ? Status() : sink_(bytes);
  }
  Status pad_to(std::uint64_t place);  // zeros
  std::uint64_t at() const { return at_; }

 private:
  const Sink &sink_;
  std::uint64_t at_ = 0;
};

class Assembly {
 public:
  virtual ~Assembly() = default;
  // Rows that have been checked. On failure take_back() is called.
  virtual Status put(const Window &rows) = 0;
  virtual void mark() = 0;  // what take_back() goes back to
  virtual void take_back() noexcept = 0;
  // Places the pieces behind `at`, as the head says them, and tells the end.
  virtual std::uint64_t plan(std::uint64_t at, ImageHead *head) = 0;
  virtual Status write(ImageSink &sink) const = 0;  // as planned
};
std::unique_ptr<Assembly> assemble_rows(SchemaPtr schema, Spool::Limits limits);
std::unique_ptr<Assembly> assemble_columns(SchemaPtr schema, Spool::Limits limits);

// Items from a column, `from_step` bytes apart, to memory, `to_step` apart; only those that are present, where states
// tell. `to` is zero before.
void copy_items(std::byte *to, std::uint64_t to_step, const std::byte *from, std::int64_t from_step,
                std::uint64_t count, std::uint64_t item_bytes, const std::uint8_t *states);

class Builder {
 public:
  Builder(SchemaPtr schema, BuildOptions options);

  const SchemaPtr &schema() const { return schema_; }
  // All of them or none. invalid, type, range, limit, cancelled; io and no_space of the temporary file.
  Status add(const GivenRows &rows);
  // Ends the table and tells the size of its image. Repeatable.
  Result<std::uint64_t> finish();
  // The whole image, in order. After finish(); repeatable.
  Status write(const Sink &sink) const;

 private:
  Status check(Window &window, std::uint64_t count) const;
  Status put(Window &window, std::uint64_t count);
  Status ask(std::uint64_t done, std::uint64_t total) const;

  SchemaPtr schema_;
  Layout layout_;
  Progress progress_;
  std::unique_ptr<Assembly> assembly_;
  std::uint64_t rows_ = 0;
  ImageHead head_{};  // once it is finished
  std::vector<std::byte> schema_image_;
};

}  // namespace deltos::record
