// Objects, listings and metadata.
#include <algorithm>
#include <cstring>
#include <limits>

#include "fixture.hpp"

using namespace deltos_hpp_tests;
using deltos::Status;

struct Reading {
  float value;
  std::int16_t station;
  std::int16_t quality;
};

template <>
struct deltos::format_of<Reading> {
  static constexpr const char *value = "T{f:value:h:station:h:quality:}";
};

namespace {

TEST_F(WithStorage, an_object_tells_what_it_is) {
  const deltos::Snapshot snapshot = storage_.snapshot();
  const deltos::Object object = snapshot.object("grid", deltos::Kind::buffer);
  const deltos::ObjectInfo info = object.info();
  EXPECT_EQ(info.name, "grid");
  EXPECT_EQ(info.format, "d");
  EXPECT_EQ(info.dtype, deltos::Dtype::f64);
  EXPECT_EQ(info.shape, (deltos::Shape{2, 3}));
  EXPECT_EQ(info.count, 6U);
  EXPECT_EQ(info.payload_bytes, 48U);
  EXPECT_TRUE(info.current && info.stored && info.writable && !info.sealed);
  EXPECT_EQ(snapshot.object_by_id(info.id).info().name, "grid");
  EXPECT_EQ(snapshot.try_object_by_id(info.id + 1000).status(), Status::not_found);
  object.advise(deltos::Advice::will_need);
  EXPECT_GT(object.file_offset(), 0U);
}

TEST_F(WithStorage, refreshing_an_object_follows_its_replacement) {
  deltos::Object object = storage_.object("grid");
  EXPECT_FALSE(object.refresh());
  deltos::Transaction transaction = storage_.transaction();
  transaction.replace(object, std::vector<float>{1, 2});
  transaction.commit();
  EXPECT_EQ(object.try_view().status(), Status::stale);
  EXPECT_TRUE(object.refresh());
  EXPECT_EQ(object.view<const float>()[1], 2);
}

TEST_F(WithStorage, a_private_copy_is_changed_before_the_commit) {
  const deltos::TypedView<const double> before = storage_.view<const double>("grid");
  deltos::Transaction transaction = storage_.transaction();
  const deltos::Object copy = transaction.replace_with_copy(storage_.object("grid"));
  copy.view<double>()(0, 0) = 100;
  transaction.commit();
  EXPECT_EQ(before(0, 0), 1);
  EXPECT_EQ(storage_.view<const double>("grid")(0, 0), 100);
  EXPECT_EQ(storage_.view<const double>("grid")(1, 2), 6);
}

TEST_F(WithStorage, sealing_makes_an_object_read_only_and_unsealing_undoes_it) {
  deltos::Transaction transaction = storage_.transaction();
  deltos::Object object = transaction.snapshot().object("grid");
  transaction.seal(object);
  transaction.commit();
  EXPECT_TRUE(object.info().sealed);
  EXPECT_TRUE(storage_.view<const double>("grid").sealed());
  EXPECT_EQ(storage_.try_view<double>("grid").status(), Status::sealed);
  transaction = storage_.transaction();
  transaction.unseal(object);
  transaction.commit();
  EXPECT_TRUE(storage_.try_view<double>("grid"));
}

TEST_F(WithStorage, names_are_changed_and_deleted) {
  deltos::Transaction transaction = storage_.transaction();
  transaction.create("a/x", std::vector<int>{1});
  transaction.create("a/y", std::vector<int>{2});
  EXPECT_EQ(transaction.try_rename("a/x", "grid").status(), Status::exists);
  transaction.rename("a/x", "grid", deltos::Existing::replace);
  EXPECT_EQ(transaction.remove_prefix("a/"), 1U);
  EXPECT_EQ(transaction.remove_prefix("a/"), 0U);
  transaction.commit();
  EXPECT_EQ(storage_.view<const int>("grid")[0], 1);
  transaction = storage_.transaction();
  transaction.remove("grid");
  EXPECT_EQ(transaction.try_remove("grid").status(), Status::not_found);
}

std::vector<std::string> names_of(deltos::Cursor cursor) {
  std::vector<std::string> names;
  for (const deltos::Entry &entry : cursor) names.emplace_back(entry.name);
  return names;
}

TEST_F(WithStorage, a_listing_is_looped_over_also_when_it_is_long) {
  std::vector<std::string> expected{"grid"};
  deltos::Transaction transaction = storage_.transaction();
  for (int i = 100; i < 300; ++i) {
    expected.push_back("list/" + std::to_string(i));
    transaction.create_zeroed<int>(expected.back(), {1});
  }
  EXPECT_EQ(names_of(transaction.snapshot().list()), expected);
  transaction.commit();
  const deltos::Snapshot snapshot = storage_.snapshot();
  EXPECT_EQ(names_of(snapshot.list()), expected);
  EXPECT_EQ(names_of(snapshot.list("list/29")).size(), 10U);
  EXPECT_EQ(names_of(snapshot.list("", deltos::Depth::one_level)), (std::vector<std::string>{"grid", "list/"}));
  EXPECT_TRUE(names_of(snapshot.list("none")).empty());
}

TEST_F(WithStorage, a_listing_is_an_input_range) {
  deltos::Cursor cursor = storage_.snapshot().list();
  const auto found =
      std::find_if(cursor.begin(), cursor.end(), [](const deltos::Entry &entry) { return entry.payload_bytes == 48; });
  ASSERT_NE(found, cursor.end());
  EXPECT_STREQ(found->name, "grid");
#if __cplusplus >= 202002L
  static_assert(std::ranges::input_range<deltos::Cursor>);
#endif
}

TEST_F(WithStorage, a_listing_is_read_in_batches_without_exceptions) {
  deltos::Cursor cursor = storage_.snapshot().list();
  std::vector<deltos::Entry> entries(4);
  EXPECT_EQ(cursor.next(entries), 1U);
  EXPECT_STREQ(entries[0].name, "grid");
  EXPECT_EQ(*cursor.try_next(entries), 0U);
}

TEST_F(WithStorage, metadata_comes_back_as_it_was_set) {
  deltos::Transaction transaction = storage_.transaction();
  const std::vector<float> weights{0.5F, 0.25F};
  const std::int16_t corners[4] = {1, -2, 3, -4};
  transaction.set_metadata("grid", "unit", "K");
  transaction.set_metadata("grid", "author", std::string("Zo\xc3\xab\0!", 6));
  transaction.set_metadata("grid", "scale", 2.5);
  transaction.set_metadata("grid", "count", std::numeric_limits<std::int64_t>::min());
  transaction.set_metadata("grid", "valid", true);
  transaction.set_metadata("grid", "weights", weights);
  transaction.set_metadata("grid", "corners", corners);
  transaction.set_metadata("grid", "first", Reading{1.5F, 7, 2});
  transaction.set_metadata("", "made by", std::string_view("a test"));
  const std::byte raw[4] = {std::byte{1}, std::byte{0}, std::byte{2}, std::byte{0}};
  transaction.set_metadata("grid", "square", deltos::MetadataValue("H", raw, {2, 1}));
  transaction.commit();

  const deltos::Snapshot snapshot = storage_.snapshot();
  EXPECT_EQ(snapshot.metadata("grid", "unit")->text(), "K");
  EXPECT_EQ(snapshot.metadata("grid", "author")->text(), std::string_view("Zo\xc3\xab\0!", 6));
  EXPECT_EQ(snapshot.metadata("grid", "scale")->scalar<double>(), 2.5);
  EXPECT_EQ(snapshot.metadata("grid", "count")->scalar<std::int64_t>(), std::numeric_limits<std::int64_t>::min());
  EXPECT_TRUE(snapshot.metadata("grid", "valid")->scalar<bool>());
  EXPECT_EQ(snapshot.metadata("grid", "weights")->vector<float>(), weights);
  EXPECT_EQ(snapshot.metadata("grid", "corners")->vector<std::int16_t>()[3], -4);
  EXPECT_EQ(snapshot.metadata("grid", "first")->scalar<Reading>().station, 7);
  EXPECT_EQ(snapshot.metadata("", "made by")->text(), "a test");
  EXPECT_EQ(snapshot.metadata("grid", "square")->shape()[0], 2);
  EXPECT_EQ(snapshot.metadata("grid", "square")->bytes().size(), 4U);
  EXPECT_FALSE(snapshot.metadata("grid", "absent"));
  EXPECT_EQ(snapshot.try_metadata("absent", "unit").status(), Status::not_found);
}

TEST_F(WithStorage, metadata_is_listed_and_removed) {
  deltos::Transaction transaction = storage_.transaction();
  transaction.set_metadata("grid", "b", 1);
  transaction.set_metadata("grid", "a", 2);
  const std::vector<deltos::Metadatum> list = transaction.snapshot().metadata("grid");
  ASSERT_EQ(list.size(), 2U);
  EXPECT_STREQ(list[0].key(), "a");
  EXPECT_STREQ(list[1].key(), "b");
  transaction.remove_metadata("grid", "a");
  EXPECT_EQ(transaction.try_remove_metadata("grid", "a").status(), Status::not_found);
  EXPECT_EQ(transaction.snapshot().metadata("grid").size(), 1U);
  EXPECT_TRUE(transaction.snapshot().metadata("").empty());
}

TEST_F(WithStorage, metadata_of_another_type_is_refused) {
  deltos::Transaction transaction = storage_.transaction();
  transaction.set_metadata("grid", "unit", "K");
  transaction.set_metadata("grid", "pair", std::vector<double>{1, 2});
  const deltos::SnapshotRef snapshot = transaction.snapshot();
  EXPECT_EQ(snapshot.metadata("grid", "unit")->try_scalar<char>().status(), Status::type);
  EXPECT_EQ(snapshot.metadata("grid", "pair")->try_text().status(), Status::type);
  EXPECT_EQ(snapshot.metadata("grid", "pair")->try_vector<float>().status(), Status::type);
  EXPECT_EQ(status_of([&] { static_cast<void>(snapshot.metadata("grid", "pair")->scalar<double>()); }), Status::type);
}

}  // namespace
