// Buffers and views above the store: any layout goes in and comes out the same, and a record whose type does not fit
// its elements is never exported. Metadata that contradicts itself is found when it is read.
#include "object/buffer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "dtype/copy.hpp"
#include "object/metadata.hpp"
#include "store/storage.hpp"
#include "support/storages.hpp"

namespace deltos::object {
namespace {

using dtype::Layout;
using testing_support::must;

class BufferTest : public testing::Test {
 protected:
  BufferTest() {
    store::OpenOptions options;
    options.mode = store::Mode::write;
    storage_ = must(store::Storage::open_anonymous("test", options));
  }
  std::shared_ptr<store::Storage> storage_;
};

// Memory with some layout over it, and what its items are in C order.
struct Sample {
  std::vector<std::byte> bytes;
  std::vector<std::int64_t> shape, strides;
  std::int64_t start = 0;
  std::uint64_t item_bytes = 1;

  Description description(std::string_view format) {
    Description given;
    given.data = bytes.data() + start;
    given.ndim = static_cast<std::int32_t>(shape.size());
    given.shape = shape.data();
    given.strides = strides.data();
    given.format = format;
    return given;
  }
  std::vector<std::byte> in_c_order() const {
    std::vector<std::byte> items;
    std::vector<std::int64_t> index(shape.size(), 0);
    for (std::int64_t extent : shape) {
      if (extent == 0) return items;
    }
    for (;;) {
      std::int64_t at = start;
      for (std::size_t d = 0; d < shape.size(); ++d) at += index[d] * strides[d];
      items.insert(items.end(), bytes.begin() + at, bytes.begin() + at + static_cast<std::int64_t>(item_bytes));
      std::size_t d = shape.size();
      while (d > 0 && ++index[d - 1] == shape[d - 1]) index[--d] = 0;
      if (d == 0) return items;
    }
  }
};

// Dimensions in any order of memory, gaps between them, some backwards, some repeated.
Sample random_sample(std::mt19937 &random, std::uint64_t item_bytes) {
  const auto draw = [&](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
  Sample sample;
  sample.item_bytes = item_bytes;
  const int ndim = draw(5);
  sample.shape.resize(static_cast<std::size_t>(ndim));
  sample.strides.resize(static_cast<std::size_t>(ndim));
  std::vector<std::size_t> order(static_cast<std::size_t>(ndim));
  for (std::size_t d = 0; d < order.size(); ++d) order[d] = d;
  std::shuffle(order.begin(), order.end(), random);
  std::int64_t step = static_cast<std::int64_t>(item_bytes);
  for (const std::size_t d : order) {
    sample.shape[d] = draw(12) == 0 ? 0 : 1 + draw(7);
    const int manner = draw(6);
    sample.strides[d] = manner == 0 ? 0 : step + (manner == 1 ? static_cast<std::int64_t>(item_bytes) : 0);
    if (manner == 2) {
      sample.strides[d] = -sample.strides[d];
      sample.start += std::max<std::int64_t>(sample.shape[d] - 1, 0) * step;
    }
    step = std::max(step, std::abs(sample.strides[d]) * std::max<std::int64_t>(sample.shape[d], 1));
  }
  sample.bytes.resize(static_cast<std::size_t>(sample.start + step * 2) + item_bytes);
  for (auto &byte : sample.bytes) byte = static_cast<std::byte>(random());
  return sample;
}

std::vector<std::byte> content_of(const View &view) {
  std::vector<std::byte> items(view.memory()->bytes());
  must(dtype::copy_out(view.memory()->layout(), items));
  return items;
}

TEST_F(BufferTest, AnyLayoutComesBackInCOrder) {
  constexpr int kRounds = 600;
  const std::pair<const char *, std::uint64_t> types[] = {{"B", 1}, {"h", 2}, {"5s", 5}, {"d", 8}, {"Zd", 16}};
  std::mt19937 random(20261121);
  std::size_t empty = 0, scalar = 0;
  auto transaction = must(storage_->begin_transaction());
  for (int round = 0; round < kRounds; ++round) {
    const auto &[format, item_bytes] = types[random() % std::size(types)];
    Sample sample = random_sample(random, item_bytes);
    const auto memory = must(Memory::describe(sample.description(format), nullptr));
    const auto buffer = must(create_buffer(*transaction, "n" + std::to_string(round), *memory));
    const View view = must(export_buffer(*buffer, dtype::kRequestFullReadOnly));
    ASSERT_EQ(view.memory()->shape(), sample.shape) << "round " << round;
    ASSERT_EQ(content_of(view), sample.in_c_order()) << "round " << round;
    empty += view.memory()->bytes() == 0;
    scalar += sample.shape.empty();
  }
  must(transaction->commit(store::Durability::async));
  EXPECT_GT(empty, 20u);
  EXPECT_GT(scalar, 50u);
}

TEST_F(BufferTest, CopyBetweenViewsIsTheInverseOfReading) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    Sample from = random_sample(random, 4);
    Sample to;
    to.item_bytes = 4;
    to.shape = from.shape;
    to.strides.resize(from.shape.size());
    must(dtype::fill_f_strides(to.shape, 4, to.strides));
    to.bytes.resize(from.in_c_order().size() + 4);
    const auto source = must(Memory::describe(from.description("i"), nullptr));
    const auto target = must(Memory::describe(to.description("i"), nullptr));
    must(copy_items(*target, *source));
    ASSERT_EQ(to.in_c_order(), from.in_c_order()) << "round " << round;
  }
}

TEST_F(BufferTest, ARecordWhoseTypeDoesNotFitIsCorrupt) {
  struct Case {
    std::string format;
    std::uint16_t dtype;
    std::uint64_t item_bytes;
  };
  const Case cases[] = {
      {"d", 12, 1},  {"d", 11, 8}, {"", 0, 1},       {"P", 0, 8},
      {"<d", 12, 8}, {"B", 99, 1}, {"T{d:x", 17, 8}, {"2000000000d", 17, 8},
  };
  auto transaction = must(storage_->begin_transaction());
  for (std::size_t i = 0; i < std::size(cases); ++i) {
    store::NewObject object;
    object.kind = kKindBuffer;
    object.dtype = cases[i].dtype;
    object.item_bytes = cases[i].item_bytes;
    object.payload_bytes = 10 * cases[i].item_bytes;
    object.shape = {10};
    object.format = cases[i].format;
    const auto created = must(transaction->create("n" + std::to_string(i), object, true));
    const auto exported = export_buffer(*created, dtype::kRequestFullReadOnly);
    EXPECT_EQ(exported.code(), Code::corrupt) << cases[i].format;
    EXPECT_EQ(copy_buffer(*transaction, *created).code(), Code::corrupt) << cases[i].format;
  }
}

TEST_F(BufferTest, ARequestThatCannotBeServedExportsNothing) {
  auto transaction = must(storage_->begin_transaction());
  const auto type = must(element_type("d", 0, 0));
  const auto created = must(create_zeroed_buffer(*transaction, "n", type, {3, 4}));
  EXPECT_EQ(export_buffer(*created, dtype::kRequestF).code(), Code::layout);
  EXPECT_EQ(export_buffer(*created, 1 << 30).code(), Code::invalid);
  EXPECT_TRUE(must(storage_->pins()).empty());
  {
    const View view = must(export_buffer(*created, dtype::kRequestFull));
    const View shared = must(view.share(dtype::kRequestFullReadOnly));
    ASSERT_EQ(must(storage_->pins()).size(), 1u);
    EXPECT_EQ(must(storage_->pins())[0].view_count, 2u);
    EXPECT_EQ(shared.share(dtype::kRequestFull).code(), Code::readonly);
  }
  EXPECT_TRUE(must(storage_->pins()).empty());
}

TEST_F(BufferTest, MetadataThatContradictsItselfIsCorrupt) {
  auto transaction = must(storage_->begin_transaction());
  format::Metadatum item;
  item.format = "d";
  item.shape = {3};
  item.data.resize(8);
  must(transaction->set_metadatum(0, "k", item));
  MetadataReader reader(transaction->snapshot());
  EXPECT_EQ(reader.get("", "k").code(), Code::corrupt);
  EXPECT_EQ(reader.list("").code(), Code::corrupt);
  item.data.resize(24);
  must(transaction->set_metadatum(0, "k", item));
  EXPECT_EQ(must(reader.list("")).size(), 1u);
}

TEST_F(BufferTest, LentMetadataStaysWhileItIsUnchanged) {
  auto transaction = must(storage_->begin_transaction());
  format::Metadatum item;
  item.format = "B";
  item.data.resize(100, std::byte{1});
  must(transaction->set_metadatum(0, "k", item));
  MetadataReader reader(transaction->snapshot());
  const auto first = must(reader.get("", "k"));
  ASSERT_TRUE(first);
  must(set_metadatum(*transaction, "", "other", item));
  EXPECT_EQ(must(reader.get("", "k"))->value, first->value);
  item.data[0] = std::byte{2};
  must(set_metadatum(*transaction, "", "k", item));
  EXPECT_EQ(must(reader.get("", "k"))->value->data[0], std::byte{2});
}

}  // namespace
}  // namespace deltos::object
