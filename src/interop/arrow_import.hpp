// Rows of another library's Arrow, as a record table takes them: a schema for its type, and for each batch columns,
// which are the library's own memory wherever that lies as a record table wants it.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "interop/arrow_type.hpp"
#include "record/columns.hpp"

namespace deltos::interop {

// unsupported, naming the column; and what Schema::make() says: names, limits.
Result<record::SchemaPtr> schema_of(const Imported &rows);

// One batch as columns. What they point to is the array's or the batch's.
class Batch {
 public:
  // `schema` is schema_of(rows). invalid: data that is not of its type. range: a time that microseconds cannot say.
  // unsupported: null within a fixed-size list.
  Status read(const Imported &rows, const record::Schema &schema, const ArrowArray &array);
  record::GivenRows rows() const { return {columns_, presence_, count_}; }

 private:
  struct Part {
    const Imported &type;
    const ArrowArray &array;
    std::int64_t base;  // where the first row is, before the array's own offset
  };
  Status add(const Part &part);
  const std::uint8_t *states(const Part &part);
  Result<record::Column> column(const Part &part, record::Type type);
  record::Column items(const Part &part, std::uint64_t item_bytes) const;
  record::Column booleans(const Part &part);
  Result<record::Column> pieces(const Part &part);
  Result<record::Column> named_pieces(const Part &part);
  record::Column texts(const Part &part);
  Result<record::Column> dates(const Part &part);
  Result<record::Column> times(const Part &part);
  Result<record::Column> lists_of_numbers(const Part &part);
  Result<record::Column> values(const Part &part);
  template <class Work>
  Status each_valid(const Part &part, const Work &work) const;
  template <class T>
  T *room(std::uint64_t count);

  const record::Schema *schema_ = nullptr;
  std::uint64_t count_ = 0;
  std::vector<record::Column> columns_;
  std::vector<const std::uint8_t *> presence_;
  std::vector<std::unique_ptr<std::byte[]>> rooms_;
};

// The rows of a stream. The caller's, who releases it.
class Stream {
 public:
  // invalid: what the stream says; and as read_type(), schema_of().
  static Result<Stream> open(ArrowArrayStream *stream);
  const record::SchemaPtr &schema() const { return schema_; }
  // Gives the next batch to `take`, a Status(const record::GivenRows &); false: there are no more.
  template <class Take>
  Result<bool> next(Take &&take) {
    Held array;
    DELTOS_ASSIGN(const bool more, get(&array.array));
    if (!more) return false;
    Batch batch;
    DELTOS_TRY(batch.read(rows_, *schema_, array.array));
    DELTOS_TRY(take(batch.rows()));
    return true;
  }

 private:
  struct Held {
    ArrowArray array{};
    ~Held() {
      if (array.release != nullptr) array.release(&array);
    }
  };
  explicit Stream(ArrowArrayStream *stream) : stream_(stream) {}
  Error said(int number, const char *when) const;
  Result<bool> get(ArrowArray *array);

  ArrowArrayStream *stream_;
  Imported rows_;
  record::SchemaPtr schema_;
};

}  // namespace deltos::interop
