// Schemas: any bytes as the image of one. What is taken is the same when it is written and read again.
#include <gtest/gtest.h>

#include "fuzz/target.hpp"
#include "support/random_records.hpp"
#include "value/image.hpp"

namespace deltos::fuzz {
namespace {

using record::Schema;
using value::ImageHead;

void look(Bytes image) {
  const auto schema = Schema::unpack(image);
  if (!schema.ok()) return;
  const auto packed = (*schema)->pack();
  require(packed.ok(), "a schema that was read can be written");
  const auto again = Schema::unpack(*packed);
  require(again.ok(), "and read again");
  require((*again)->slots().size() == (*schema)->slots().size() && (*again)->row_bytes() == (*schema)->row_bytes(),
          "with the same slots");
  require(*(*again)->pack() == *packed, "and the same bytes");
  (void)record::check_readable(**schema, **again);
  for (std::size_t slot = 0; slot < (*schema)->slots().size(); ++slot) (void)(*schema)->find((*schema)->path_of(slot));
}

}  // namespace

void one(Bytes input) {
  look(input);
  if (input.size() < sizeof(ImageHead)) return;
  Seed image(input.begin(), input.end());
  save(image.data() + offsetof(ImageHead, magic), value::kImageMagic);
  save(image.data() + offsetof(ImageHead, flags), std::uint32_t{0});
  save(image.data() + offsetof(ImageHead, bytes), std::uint64_t{image.size()});
  save(image.data() + offsetof(ImageHead, reserved), std::uint64_t{0});
  look(image);
}

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    auto image = test::RandomRecords(seed).schema(3)->pack();
    require(image.ok(), "a random schema is written");
    if (image->size() <= 4096) all.push_back(std::move(*image));
  }
  return all;
}

}  // namespace deltos::fuzz
