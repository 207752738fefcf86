// Record tables: any bytes as the image of one. Opening, every slot of the first rows, offsets, the whole check.
#include <gtest/gtest.h>

#include <algorithm>

#include "fuzz/target.hpp"
#include "object/record_table.hpp"
#include "support/random_records.hpp"

namespace deltos::fuzz {
namespace {

using record::ImageHead;
using record::Layout;
using record::Reader;

constexpr std::uint64_t kMostRows = 20;

// The image with a head that is believed, so that what is behind it is reached.
Seed with_head(Bytes input) {
  Seed image(input.begin(), input.end());
  image.resize(image.size() / record::kPieceAlignment * record::kPieceAlignment);
  save(image.data() + offsetof(ImageHead, magic), record::kImageMagic);
  save(image.data() + offsetof(ImageHead, flags), std::uint32_t{0});
  save(image.data() + offsetof(ImageHead, bytes), std::uint64_t{image.size()});
  save(image.data() + offsetof(ImageHead, reserved), std::uint32_t{0});
  std::fill_n(image.data() + offsetof(ImageHead, reserved_too), sizeof(ImageHead::reserved_too), std::byte{0});
  return image;
}

void look_at(const object::RecordTable &table, std::uint64_t row, std::size_t slot) {
  value::Item item;
  if (table.reader().read(row, slot, &item).ok() && (item.kind == value::Kind::bytes || item.kind == value::Kind::utf8))
    touch({item.data, static_cast<std::size_t>(item.count)});
  const auto image = table.reader().value_image(row, slot);
  if (image.ok()) touch(*image);
  const auto value = table.value(row, slot);
  if (value.ok() && *value) (void)(*value)->reader().read(0, &item);
}

void look(Bytes image) {
  const auto opened = object::RecordTable::in_memory(image, nullptr);
  if (!opened.ok()) return;
  const object::RecordTable &table = **opened;
  const std::uint64_t rows = std::min(table.reader().rows(), kMostRows);
  for (std::size_t slot = 0; slot < table.reader().schema()->slots().size(); ++slot) {
    (void)table.column(nullptr, slot, dtype::kRequestFullReadOnly);
    if (table.has_offsets(slot)) (void)table.offsets(nullptr, slot, dtype::kRequestFullReadOnly);
    (void)table.presence(nullptr, slot, false, dtype::kRequestFullReadOnly);
    for (std::uint64_t row = 0; row < rows; ++row) look_at(table, row, slot);
  }
  (void)table.rows(nullptr, dtype::kRequestFullReadOnly);
  (void)table.heap(nullptr, dtype::kRequestFullReadOnly);
  (void)table.reader().verify([](std::uint64_t done, std::uint64_t) {
    return done > 10'000 ? Status(fail(Code::cancelled, "enough")) : Status();
  });
}

}  // namespace

void one(Bytes input) {
  look(input);
  if (input.size() >= sizeof(ImageHead)) look(with_head(input));
}

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    test::RandomRecords random(seed);
    const record::SchemaPtr schema = random.schema(2);
    const auto cells = random.rows(*schema, random.below(6));
    record::BuildOptions options;
    options.layout = seed % 2 == 0 ? Layout::rows : Layout::columns;
    record::Builder builder(schema, options);
    const test::GivenCells given(*schema, cells, 0, cells[0].size(), &random);
    require(builder.add(given.rows()).ok(), "random rows are taken");
    const auto image = test::image_of(builder);
    const Bytes bytes = image->bytes();
    if (bytes.size() <= 4096) all.emplace_back(bytes.begin(), bytes.end());
  }
  return all;
}

}  // namespace deltos::fuzz
