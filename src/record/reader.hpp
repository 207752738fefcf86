// Reading a record table where it lies: what one call checks is what it touches. Opening looks at head, schema and
// directory; references and offsets are checked at each use, or all of them at once.
//
// Errors are corrupt where the image is at fault, and range for a row or slot that is not there.
#pragma once

#include <functional>

#include "dtype/number.hpp"
#include "record/image.hpp"
#include "record/schema.hpp"
#include "value/item.hpp"

namespace deltos::record {

class Reader {
 public:
  // not_deltos, feature, corrupt, limit. The bytes stay the caller's.
  static Result<Reader> open(Bytes image);

  Bytes image() const { return image_; }
  const SchemaPtr &schema() const { return schema_; }
  Layout layout() const { return static_cast<Layout>(head_.layout); }
  std::uint64_t rows() const { return head_.rows; }
  std::uint64_t row_bytes() const { return head_.row_bytes; }
  std::uint64_t heap_bytes() const { return head_.heap_bytes; }

  // Not there: kind end (unset) or null.
  Status read(std::uint64_t row, std::uint64_t slot, value::Item *item) const;
  // The image of a value, no longer than it says; empty: null or unset. type: the slot holds none.
  Result<Bytes> value_image(std::uint64_t row, std::uint64_t slot) const;

  // Where something lies in the image, once a row. The slot is there.
  struct Strided {
    std::uint64_t place = 0;
    std::uint64_t step = 0;  // bytes from a row to the next
  };
  Status check_slot(std::uint64_t slot) const;
  Strided all_rows() const { return {head_.content, head_.row_bytes}; }
  std::uint64_t heap_place() const { return head_.heap; }
  // Of items; in rows of any slot: of item, reference or record.
  Strided items(std::size_t slot) const;
  // Of text and values in columns.
  const ColumnEntry &column(std::size_t slot) const { return directory_[slot]; }
  // Whether offsets begin with 0, never fall and end with the bytes: every one of them.
  Status check_offsets(std::size_t slot) const;
  // Whether all that open() has left is sound: offsets, references, text, whole values. `ask`: rows done, of all slots;
  // what it says ends the check.
  Status verify(const std::function<Status(std::uint64_t done, std::uint64_t total)> &ask) const;

 private:
  Reader(Bytes image, const ImageHead &head) : image_(image), head_(head) {}
  Status open_schema();
  Status open_rows();
  Status open_columns();
  Status take(std::uint64_t place, std::uint64_t bytes, std::uint64_t *at) const;
  Status check_entry(std::size_t slot, std::uint64_t *at) const;
  Status damaged(std::uint64_t row, std::size_t slot, const char *what) const;
  bool bit(std::uint64_t row, std::int32_t in_row, std::uint64_t bitmap) const;
  std::uint8_t state(std::uint64_t row, std::size_t slot) const;  // kIsPresent, kIsNull or kIsUnset
  Status text(std::uint64_t row, std::size_t slot, Bytes *text) const;
  Status value(std::uint64_t row, std::size_t slot, Bytes *image, value::Item *root) const;
  void item(std::uint64_t row, std::size_t slot, value::Item *item) const;
  Status verify_cell(std::uint64_t row, std::size_t slot, std::uint64_t *left) const;

  Bytes image_;
  ImageHead head_;
  SchemaPtr schema_;
  std::vector<ColumnEntry> directory_;
  std::vector<std::optional<dtype::Number>> numbers_;  // by slot
};

// Opens a record table and verifies it.
Status verify(Bytes image);

}  // namespace deltos::record
