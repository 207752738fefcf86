// Tables against a naive model: vectors of rows. Whatever they are made of, they show what the model holds; stored ones
// come back after a reopening, and a hostile index never leads outside the payload.
#include "object/table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <thread>

#include "dtype/copy.hpp"
#include "format/table.hpp"
#include "support/storages.hpp"

namespace deltos::object {
namespace {

using testing_support::must;
using Row = std::vector<std::byte>;

struct TypeName {
  const char *format;
  std::int64_t item_bytes;
};
constexpr TypeName kTypes[] = {{"B", 1}, {"h", 2}, {"5s", 5}, {"d", 8}, {"Zd", 16}};

std::int64_t below(std::mt19937 &random, std::int64_t limit) {
  return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(limit));
}

dtype::Format type_of(const char *format) { return must(element_type(format, 0, 0)); }

// A two-dimensional view of random memory, its strides of any sign and order.
struct Plane {
  std::vector<std::byte> bytes;
  std::int64_t shape[2], strides[2], start = 0, item_bytes;
  std::vector<std::byte *> pointers;  // indirect: of the rows

  std::byte *at(std::int64_t i, std::int64_t j) { return bytes.data() + start + i * strides[0] + j * strides[1]; }
  Row row(std::int64_t axis, std::int64_t index) {
    Row row;
    for (std::int64_t k = 0; k < shape[1 - axis]; ++k) {
      const std::byte *item = axis == 0 ? at(index, k) : at(k, index);
      row.insert(row.end(), item, item + item_bytes);
    }
    return row;
  }
  View view(const char *format, bool indirect) {
    const std::int64_t pointer_strides[2] = {8, strides[1]}, suboffsets[2] = {0, -1};
    Description given;
    given.data = bytes.data() + start;
    given.ndim = 2;
    given.shape = shape;
    given.strides = strides;
    given.format = format;
    if (indirect) {
      for (std::int64_t i = 0; i < shape[0]; ++i) pointers.push_back(at(i, 0));
      given.data = reinterpret_cast<std::byte *>(pointers.data());
      given.strides = pointer_strides;
      given.suboffsets = suboffsets;
    }
    return View::whole(must(Memory::describe(given, nullptr)));
  }
};

Plane random_plane(std::mt19937 &random, std::int64_t item_bytes) {
  Plane plane;
  plane.item_bytes = item_bytes;
  const bool columns_first = random() % 2 == 0;
  const int fast = columns_first ? 0 : 1, slow = 1 - fast;
  for (std::int64_t &length : plane.shape) length = random() % 16 == 0 ? 0 : 1 + below(random, 9);
  plane.strides[fast] = item_bytes * (random() % 4 == 0 ? 2 : 1);
  plane.strides[slow] = plane.strides[fast] * std::max<std::int64_t>(plane.shape[fast], 1) + below(random, 20);
  for (int d = 0; d < 2; ++d) {
    if (random() % 4 != 0) continue;
    plane.start += std::max<std::int64_t>(plane.shape[d] - 1, 0) * plane.strides[d];
    plane.strides[d] = -plane.strides[d];
  }
  const std::int64_t size =
      std::abs(plane.strides[slow]) * (plane.shape[slow] + 1) + std::abs(plane.strides[fast]) * (plane.shape[fast] + 1);
  plane.bytes.resize(static_cast<std::size_t>(size));
  for (std::byte &byte : plane.bytes) byte = static_cast<std::byte>(random());
  return plane;
}

Row bytes_at(const std::byte *data, std::int64_t bytes) { return Row(data, data + bytes); }

Row content_of(const View &view) {
  Row bytes(view.memory()->bytes());
  must(dtype::copy_out(view.memory()->layout(), bytes));
  return bytes;
}

Row joined(const std::vector<Row> &rows) {
  Row all;
  for (const Row &row : rows) all.insert(all.end(), row.begin(), row.end());
  return all;
}

// Every way out of the table shows the model.
void expect_shows(const Table &table, const std::vector<Row> &model, std::int64_t item_bytes) {
  const Table::RowPointers found = must(table.rows(false, true));
  for (std::size_t i = 0; i < model.size(); ++i) {
    const auto bytes = static_cast<std::int64_t>(model[i].size());
    ASSERT_EQ(found.lengths[i], bytes / item_bytes) << "row " << i;
    if (bytes > 0) {
      ASSERT_EQ(bytes_at(found.pointers[i], bytes), model[i]) << "row " << i;
    }
    ASSERT_EQ(content_of(must(table.row(static_cast<std::int64_t>(i), dtype::kRequestFullReadOnly))), model[i]);
  }
  if (must(table.facts()).shown->ragged()) return;
  ASSERT_EQ(content_of(must(table.acquire(dtype::kRequestFullReadOnly))), joined(model));
  ASSERT_EQ(content_of(must(table.to_dense())), joined(model));
}

std::vector<Row> fill(const Table &table, std::mt19937 &random, std::int64_t item_bytes) {
  const Table::RowPointers found = must(table.rows(true, true));
  std::vector<Row> model(static_cast<std::size_t>(must(table.facts()).shown->rows()));
  for (std::size_t i = 0; i < model.size(); ++i) {
    model[i].resize(static_cast<std::size_t>(found.lengths[i] * item_bytes));
    for (std::byte &byte : model[i]) byte = static_cast<std::byte>(random());
    std::copy(model[i].begin(), model[i].end(), found.pointers[i]);
  }
  return model;
}

TEST(TableTest, RowsAndColumnsOfAViewAreItsRowsAndColumns) {
  std::mt19937 random(20261121);
  int refused = 0, shown = 0;
  for (int round = 0; round < 3000; ++round) {
    const TypeName &type = kTypes[random() % std::size(kTypes)];
    Plane plane = random_plane(random, type.item_bytes);
    const int axis = static_cast<int>(random() % 2);
    const bool indirect = axis == 0 && random() % 4 == 0;
    const View view = plane.view(type.format, indirect);
    const bool packed =
        plane.shape[1 - axis] <= 1 || plane.shape[axis] == 0 || plane.strides[1 - axis] == type.item_bytes;
    auto table = Table::of_view(view, axis);
    ASSERT_EQ(table.ok(), packed) << "round " << round;
    if (!packed) {
      EXPECT_EQ(table.code(), Code::layout);
      ++refused;
      continue;
    }
    std::vector<Row> model;
    for (std::int64_t i = 0; i < plane.shape[axis]; ++i) model.push_back(plane.row(axis, i));
    ASSERT_NO_FATAL_FAILURE(expect_shows(*table.value(), model, type.item_bytes)) << "round " << round;
    ++shown;
  }
  EXPECT_GT(refused, 500);
  EXPECT_GT(shown, 500);
}

TEST(TableTest, AViewWithoutDimensionsOrWithThreeIsNoTable) {
  std::int64_t shape[3] = {1, 1, 1};
  std::byte byte{};
  Description given;
  given.data = &byte;
  given.shape = shape;
  for (const int ndim : {0, 3}) {
    given.ndim = ndim;
    EXPECT_EQ(Table::of_view(View::whole(must(Memory::describe(given, nullptr))), 0).code(), Code::layout);
  }
  given.ndim = 1;
  for (const int axis : {0, 1}) {
    const auto table = must(Table::of_view(View::whole(must(Memory::describe(given, nullptr))), axis));
    EXPECT_EQ(must(table->facts()).shown->rows(), 1);
    EXPECT_EQ(must(table->facts()).shown->columns(), 1);
  }
}

TEST(TableTest, ANewTableIsZeroedAlignedAndKeepsWhatIsWritten) {
  std::mt19937 random(1);
  for (int round = 0; round < 500; ++round) {
    const TypeName &type = kTypes[random() % std::size(kTypes)];
    std::vector<std::int64_t> lengths(static_cast<std::size_t>(below(random, 40)));
    for (std::int64_t &length : lengths) length = below(random, 30);
    const bool ragged = random() % 2 == 0;
    const auto rows = static_cast<std::int64_t>(lengths.size());
    const RowLengths given{rows, ragged ? -1 : below(random, 30), ragged ? lengths.data() : nullptr};
    const auto table = must(Table::zeroed(type_of(type.format), given));
    std::vector<Row> zeros;
    for (std::int64_t i = 0; i < rows; ++i) zeros.emplace_back(static_cast<std::size_t>(given.of(i) * type.item_bytes));
    ASSERT_NO_FATAL_FAILURE(expect_shows(*table, zeros, type.item_bytes)) << "round " << round;
    const Table::RowPointers found = must(table->rows(false, false));
    for (std::int64_t i = 0; i < rows; ++i) ASSERT_EQ(reinterpret_cast<std::uintptr_t>(found.pointers[i]) % 64, 0u);
    const std::vector<Row> model = fill(*table, random, type.item_bytes);
    ASSERT_NO_FATAL_FAILURE(expect_shows(*table, model, type.item_bytes)) << "round " << round;
  }
}

TEST(TableTest, SeparateViewsBecomeRows) {
  std::mt19937 random(2);
  for (int round = 0; round < 500; ++round) {
    const TypeName &type = kTypes[random() % std::size(kTypes)];
    const std::int64_t columns = below(random, 12);
    std::vector<Row> model(static_cast<std::size_t>(1 + below(random, 20)));
    std::vector<View> views;
    std::vector<const View *> given;
    bool readonly = false;
    for (Row &row : model) {
      row.resize(static_cast<std::size_t>(columns * type.item_bytes));
      for (std::byte &byte : row) byte = static_cast<std::byte>(random());
      Description described;
      described.data = row.data();
      described.ndim = 1;
      described.shape = &columns;
      described.format = type.format;
      described.readonly = random() % 16 == 0;
      readonly = readonly || described.readonly;
      views.push_back(View::whole(must(Memory::describe(described, nullptr))));
    }
    for (const View &view : views) given.push_back(&view);
    const auto table = must(Table::of_views(given, -1, std::nullopt));
    EXPECT_EQ(table->readonly(), readonly);
    ASSERT_NO_FATAL_FAILURE(expect_shows(*table, model, type.item_bytes)) << "round " << round;
    EXPECT_EQ(Table::of_views(given, columns + 1, std::nullopt).code(), Code::type);
    EXPECT_EQ(Table::of_views(given, columns, type_of("I")).code(), Code::type);
  }
}

TEST(TableTest, CopiesGoBetweenATableAndAnyLayout) {
  std::mt19937 random(3);
  for (int round = 0; round < 500; ++round) {
    Plane plane = random_plane(random, 8);
    const View view = plane.view("d", false);
    const auto table = must(Table::zeroed(type_of("d"), {plane.shape[0], plane.shape[1], nullptr}));
    must(copy_items(*must(table->acquire(dtype::kRequestFull)).memory(), *view.memory()));
    std::vector<Row> model;
    for (std::int64_t i = 0; i < plane.shape[0]; ++i) model.push_back(plane.row(0, i));
    ASSERT_NO_FATAL_FAILURE(expect_shows(*table, model, 8)) << "round " << round;
    model = fill(*table, random, 8);
    must(copy_items(*view.memory(), *must(table->acquire(dtype::kRequestFullReadOnly)).memory()));
    ASSERT_EQ(content_of(view), joined(model)) << "round " << round;
  }
}

TEST(TableTest, ReinterpretingThereAndBackBringsEverythingBack) {
  std::mt19937 random(4);
  for (int round = 0; round < 500; ++round) {
    const TypeName &from = kTypes[random() % std::size(kTypes)], &to = kTypes[random() % std::size(kTypes)];
    const std::int64_t columns = below(random, 20);
    const auto table = must(Table::zeroed(type_of(from.format), {3, columns, nullptr}));
    const std::vector<Row> model = fill(*table, random, from.item_bytes);
    must(table->reinterpret(type_of(to.format)));
    EXPECT_EQ(must(table->facts()).shown->columns(), columns * from.item_bytes / to.item_bytes);
    std::vector<Row> cut = model;
    for (Row &row : cut)
      row.resize(row.size() / static_cast<std::size_t>(to.item_bytes) * static_cast<std::size_t>(to.item_bytes));
    ASSERT_NO_FATAL_FAILURE(expect_shows(*table, cut, to.item_bytes));
    must(table->reinterpret(type_of(from.format)));
    ASSERT_NO_FATAL_FAILURE(expect_shows(*table, model, from.item_bytes));
  }
}

TEST(TableTest, SizesThatCannotBeCountedAreRefused) {
  const std::int64_t wide[2] = {INT64_MAX / 2, INT64_MAX / 2};
  EXPECT_EQ(Table::zeroed(type_of("d"), {INT64_MAX, 1, nullptr}).code(), Code::limit);
  EXPECT_EQ(Table::zeroed(type_of("d"), {INT64_MAX, 0, nullptr}).code(), Code::limit);
  EXPECT_EQ(Table::zeroed(type_of("d"), {1, INT64_MAX, nullptr}).code(), Code::limit);
  EXPECT_EQ(Table::zeroed(type_of("B"), {1, INT64_MAX, nullptr}).code(), Code::limit);
  EXPECT_EQ(Table::zeroed(type_of("B"), {2, -1, wide}).code(), Code::limit);
  EXPECT_EQ(Table::zeroed(type_of("d"), {2, -1, wide}).code(), Code::limit);
}

// ---- stored
// ------------------------------------------------------------------------------------------------------------

Table::Pointer open_table(const std::shared_ptr<store::Storage> &storage, const std::string &name) {
  return Table::stored(must(store::ObjectRef::open_newest(storage, name, kKindTable)));
}

TEST(TableTest, StoredTablesComeBackAfterReopening) {
  testing_support::ScratchDirectory directory;
  const std::string path = directory.path + "/t.deltos", copy = directory.path + "/c.deltos";
  std::mt19937 random(5);
  constexpr int kTables = 60;
  std::vector<std::vector<Row>> models;
  std::vector<ObjectPtr> to_seal;
  std::vector<std::int64_t> item_bytes;
  auto storage = must(store::Storage::open(path, testing_support::opening(store::Mode::write, store::Create::fresh)));
  {
    auto transaction = must(storage->begin_transaction());
    for (int i = 0; i < kTables; ++i) {
      const TypeName &type = kTypes[random() % std::size(kTypes)];
      std::vector<std::int64_t> lengths(static_cast<std::size_t>(below(random, i % 10 == 0 ? 3000 : 20)));
      for (std::int64_t &length : lengths) length = below(random, 30);
      const bool ragged = random() % 2 == 0;
      const RowLengths given{static_cast<std::int64_t>(lengths.size()), ragged ? -1 : below(random, 30),
                             ragged ? lengths.data() : nullptr};
      auto object = must(create_table(*transaction, "t" + std::to_string(i), type_of(type.format), given));
      models.push_back(fill(*Table::stored(object), random, type.item_bytes));
      item_bytes.push_back(type.item_bytes);
      if (i % 3 == 0) to_seal.push_back(object);
    }
    for (const ObjectPtr &object : to_seal) must(transaction->seal(*object));
    must(transaction->commit(store::Durability::sync));
  }
  must(must(storage->begin_snapshot())->compact_to(copy, false, {}));
  must(storage->close());
  for (const std::string &place : {path, copy}) {
    for (const store::Mode mode : {store::Mode::read, store::Mode::in_place, store::Mode::immutable}) {
      storage = must(store::Storage::open(place, testing_support::opening(mode)));
      EXPECT_TRUE(must(storage->verify(store::VerifyLevel::full, {})).empty());
      for (std::size_t i = 0; i < kTables; ++i) {
        const auto table = open_table(storage, "t" + std::to_string(i));
        ASSERT_NO_FATAL_FAILURE(expect_shows(*table, models[i], item_bytes[i])) << place << " table " << i;
        EXPECT_EQ(must(table->facts()).sealed, i % 3 == 0);
      }
      EXPECT_TRUE(must(storage->pins()).empty());
      must(storage->close());
    }
  }
}

TEST(TableTest, ItsRowsAreWrittenInPlaceAndSeenByOthers) {
  testing_support::ScratchDirectory directory;
  const std::string path = directory.path + "/t.deltos";
  std::mt19937 random(6);
  {
    auto storage = must(store::Storage::open(path, testing_support::opening(store::Mode::write, store::Create::fresh)));
    auto transaction = must(storage->begin_transaction());
    must(create_table(*transaction, "t", type_of("d"), {100, 7, nullptr}));
    must(transaction->commit(store::Durability::async));
    must(storage->close());
  }
  auto writer = must(store::Storage::open(path, testing_support::opening(store::Mode::in_place)));
  auto reader = must(store::Storage::open(path, testing_support::opening(store::Mode::read)));
  const auto written = open_table(writer, "t"), read = open_table(reader, "t");
  EXPECT_EQ(read->rows(true, false).code(), Code::readonly);
  for (int round = 0; round < 3; ++round) {
    const std::vector<Row> model = fill(*written, random, 8);
    ASSERT_NO_FATAL_FAILURE(expect_shows(*read, model, 8));
  }
}

TEST(TableTest, ChangesAndExportsOfManyThreadsNeverMeet) {
  const auto table = must(Table::zeroed(type_of("d"), {3, 8, nullptr}));
  std::atomic<int> changed{0}, torn{0};
  const auto look = [&] {
    for (int i = 0; i < 4000; ++i) {
      const auto view = table->acquire(dtype::kRequestFull);
      if (view.ok()) torn += view->memory()->bytes() != 3 * 64;
      if (!view.ok()) torn += view.code() != Code::readonly;
    }
  };
  const auto change = [&] {
    for (int i = 0; i < 4000; ++i) {
      const Status done = table->reinterpret(type_of(i % 2 == 0 ? "f" : "d"));
      changed += done.ok();
      torn += !done.ok() && done.code() != Code::pinned;
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) threads.emplace_back(look);
  for (int i = 0; i < 2; ++i) threads.emplace_back(change);
  for (std::thread &thread : threads) thread.join();
  EXPECT_EQ(torn, 0);
  EXPECT_GT(changed, 0);
  EXPECT_EQ(must(table->facts()).exports, 0u);
}

TEST(TableTest, ThePayloadIsWhatTheFormatSays) {
  store::OpenOptions options;
  options.mode = store::Mode::write;
  auto storage = must(store::Storage::open_anonymous("test", options));
  auto transaction = must(storage->begin_transaction());
  const std::int64_t lengths[4] = {3, 0, 9, 1};
  const auto object = must(create_table(*transaction, "t", type_of("d"), {4, -1, lengths}));
  const std::uint64_t index[8] = {64, 3, 128, 0, 128, 9, 256, 1};
  const auto payload = must(storage->export_payload(*object, false));
  ASSERT_EQ(payload->bytes(), 264u);
  EXPECT_EQ(bytes_at(payload->data(), 64), bytes_at(reinterpret_cast<const std::byte *>(index), 64));
  EXPECT_EQ(bytes_at(payload->data() + 64, 200), Row(200));
  EXPECT_EQ(object->record().shape, std::vector<std::int64_t>{4});
  EXPECT_EQ(object->record().kind, 3);
}

// The payload of a table as whoever writes to the file sees it.
class HostileTableTest : public testing::Test {
 protected:
  HostileTableTest() {
    store::OpenOptions options;
    options.mode = store::Mode::write;
    storage_ = must(store::Storage::open_anonymous("test", options));
  }
  void create(const RowLengths &lengths) {
    auto transaction = must(storage_->begin_transaction());
    must(create_table(*transaction, "t", type_of("d"), lengths));
    must(transaction->commit(store::Durability::async));
    object_ = must(store::ObjectRef::open_newest(storage_, "t", kKindTable));
    payload_ = must(storage_->export_payload(*object_, true));
  }
  void put(std::size_t row, format::TableRow entry) { save(payload_->data() + row * 16, entry); }
  format::TableRow get(std::size_t row) { return load<format::TableRow>(payload_->data() + row * 16); }
  Code opened() { return Table::stored(object_)->rows(false, true).code(); }

  std::shared_ptr<store::Storage> storage_;
  std::shared_ptr<store::ObjectRef> object_;
  std::shared_ptr<store::Export> payload_;
};

TEST_F(HostileTableTest, ARowThatLiesWhereItCannotIsFound) {
  for (const bool ragged : {false, true}) {
    const std::int64_t lengths[4] = {3, 3, 3, 3};
    create({4, ragged ? -1 : 3, ragged ? lengths : nullptr});
    const format::TableRow whole = get(1);
    ASSERT_EQ(opened(), Code::ok);
    const std::uint64_t end = payload_->bytes();
    const format::TableRow bad[] = {
        {whole.offset + 8, 3}, {0, 3},        {get(0).offset, 3},         {round_up(end, 64), 3},
        {UINT64_MAX - 63, 3},  {1u << 20, 3}, {whole.offset, UINT64_MAX}, {whole.offset, std::uint64_t{1} << 61},
        {whole.offset, end},
    };
    for (const format::TableRow &entry : bad) {
      put(1, entry);
      EXPECT_EQ(opened(), Code::corrupt) << entry.offset << " " << entry.count;
      EXPECT_EQ(must(storage_->verify(store::VerifyLevel::full, {})).size(), 1u);
      EXPECT_TRUE(must(storage_->verify(store::VerifyLevel::structure, {})).empty());
    }
    put(1, {whole.offset, 2});
    EXPECT_EQ(opened(), ragged ? Code::ok : Code::corrupt);
    put(1, whole);
    EXPECT_EQ(opened(), Code::ok);
    payload_.reset();
    auto transaction = must(storage_->begin_transaction());
    must(transaction->remove("t"));
    must(transaction->commit(store::Durability::async));
  }
}

TEST_F(HostileTableTest, NoIndexLeadsOutsideThePayloadOrToSharedBytes) {
  std::mt19937_64 random(7);
  const std::int64_t lengths[6] = {1, 20, 0, 9, 8, 30};
  create({6, -1, lengths});
  std::vector<format::TableRow> whole;
  for (std::size_t i = 0; i < 6; ++i) whole.push_back(get(i));
  int accepted = 0, refused = 0;
  for (int round = 0; round < 20000; ++round) {
    for (std::size_t i = 0; i < 6; ++i) put(i, whole[i]);
    for (int change = 0; change < 2; ++change) {
      const std::size_t same = random() % 6;
      format::TableRow entry = whole[same];
      const std::uint64_t value = random() % 4 == 0 ? random() >> (random() % 64) : random() % 40 * 8;
      (random() % 2 == 0 ? entry.offset : entry.count) = random() % 4 == 0 ? value : value / 64 * 64;
      put(same, entry);
    }
    auto found = Table::stored(object_)->rows(false, true);
    if (!found.ok()) {
      ASSERT_EQ(found.code(), Code::corrupt);
      ++refused;
      continue;
    }
    ++accepted;
    const std::byte *floor = payload_->data() + 6 * 16, *end = payload_->data() + payload_->bytes();
    for (std::size_t i = 0; i < 6; ++i) {
      ASSERT_GE(found->pointers[i], floor);
      floor = found->pointers[i] + found->lengths[i] * 8;
      ASSERT_LE(floor, end);
    }
  }
  EXPECT_GT(accepted, 200);
  EXPECT_GT(refused, 2000);
}

TEST_F(HostileTableTest, ARecordWhoseTypeDoesNotFitIsCorrupt) {
  auto transaction = must(storage_->begin_transaction());
  store::NewObject object;
  object.kind = kKindTable;
  object.dtype = 12;
  object.item_bytes = 4;
  object.format = "d";
  object.shape = {0, 3};
  const auto table = Table::stored(must(transaction->create("t", object, true)));
  EXPECT_EQ(table->facts().code(), Code::corrupt);
  EXPECT_EQ(table->acquire(dtype::kRequestFullReadOnly).code(), Code::corrupt);
  EXPECT_EQ(table->reinterpret(type_of("d")).code(), Code::corrupt);
}

TEST_F(HostileTableTest, ARecordWhoseRowsCannotFitIsCorrupt) {
  struct Case {
    std::vector<std::int64_t> shape;
    std::uint64_t payload_bytes;
  };
  const Case cases[] = {{{}, 64},
                        {{1, 1, 1}, 64},
                        {{5}, 64},
                        {{4, 1}, 64},
                        {{2, 5}, 64},
                        {{-1}, 64},
                        {{1, -1}, 64},
                        {{INT64_MAX}, 64},
                        {{INT64_MAX, 0}, 64},
                        {{1, INT64_MAX}, 64},
                        {{std::int64_t{1} << 60}, 64}};
  int number = 0;
  for (const Case &hostile : cases) {
    auto transaction = must(storage_->begin_transaction());
    store::NewObject object;
    object.kind = kKindTable;
    object.dtype = 12;
    object.item_bytes = 8;
    object.format = "d";
    object.shape = hostile.shape;
    object.payload_bytes = hostile.payload_bytes;
    const std::string name = "h" + std::to_string(number++);
    must(transaction->create(name, object, true));
    EXPECT_EQ(transaction->snapshot()->find(name).code(), Code::corrupt) << name;
    transaction->abort();
  }
}

}  // namespace
}  // namespace deltos::object
