// deltos.hpp in a program without exceptions: the try_ forms do all, and the others end the program with the message.
#include <gtest/gtest.h>

#include <deltos/deltos.hpp>
#include <string>
#include <vector>

using deltos::Status;

namespace {

static_assert(DELTOS_HPP_EXCEPTIONS == 0, "this test is about programs that are compiled with -fno-exceptions");

TEST(WithoutExceptions, everything_is_done_through_results) {
  deltos::Result<deltos::Storage> storage = deltos::Storage::try_open_anonymous();
  ASSERT_TRUE(storage);
  deltos::Result<deltos::Transaction> transaction = storage->try_transaction();
  ASSERT_TRUE(transaction);
  ASSERT_TRUE(transaction->try_create("x", std::vector<int>{1, 2, 3}));
  ASSERT_TRUE(transaction->try_set_metadata("x", "unit", "m"));
  ASSERT_TRUE(transaction->try_commit());
  const deltos::Result<deltos::TypedView<const int>> view = storage->try_view<const int>("x");
  ASSERT_TRUE(view);
  EXPECT_EQ((*view)[2], 3);
  EXPECT_EQ(view->try_at(3).status(), Status::range);
  EXPECT_EQ(storage->try_view<const float>("x").status(), Status::type);
  EXPECT_EQ(storage->try_close().status(), Status::pinned);
}

TEST(WithoutExceptions, parts_of_views_and_their_elements_are_results_too) {
  std::vector<int> values{1, 2, 3, 4};
  const deltos::Result<deltos::View> view = deltos::View::try_wrap(values);
  ASSERT_TRUE(view);
  const deltos::Result<deltos::View> backwards = view->try_slice({{{}, {}, -1}});
  ASSERT_TRUE(backwards);
  const deltos::Result<std::int64_t> found = deltos::try_find(*backwards, 4);
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, 0);
  EXPECT_EQ(view->try_slice({4}).status(), Status::range);
  EXPECT_EQ(deltos::try_fill(*view, 0.5).status(), Status::type);
  const deltos::Result<deltos::Table> table = deltos::Table::try_from_view(view->try_reshape({2, 2}).value());
  ASSERT_TRUE(table);
  EXPECT_EQ(table->try_rows<int>().value()[1][0], 3);
}

TEST(WithoutExceptions, arrays_are_made_and_opened_through_results) {
  deltos::Result<deltos::Storage> storage = deltos::Storage::try_open_anonymous();
  ASSERT_TRUE(storage);
  deltos::Result<deltos::Transaction> transaction = storage->try_transaction();
  ASSERT_TRUE(transaction);
  deltos::Result<deltos::TypedArray<int>> made = transaction->try_create_array<int>("log");
  ASSERT_TRUE(made);
  ASSERT_TRUE(made->try_push_back(5));
  ASSERT_TRUE(transaction->try_commit());
  const deltos::Result<deltos::TypedArray<int>> opened = storage->try_array<int>("log");
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->size(), 1U);
  EXPECT_EQ(storage->try_array<float>("log").status(), Status::type);
}

TEST(WithoutExceptions, values_are_built_and_read_through_results) {
  const deltos::Result<deltos::Value> value = deltos::Value::try_of(std::vector<std::string>{"a", "b"});
  ASSERT_TRUE(value);
  deltos::Elements elements = (*value)->elements();
  deltos::Node element;
  std::string all;
  while (elements.try_next(element).value()) all += *element.try_as<std::string>();
  EXPECT_EQ(all, "ab");
  EXPECT_EQ((*value)->try_at(2).status(), Status::range);
  EXPECT_EQ((*value)->try_as<std::vector<int>>().status(), Status::kind);
  deltos::ValueBuilder builder = deltos::ValueBuilder::try_begin().value();
  ASSERT_TRUE(builder.try_begin_list());
  EXPECT_EQ(builder.try_put("\xff").status(), Status::invalid);
  EXPECT_EQ(builder.try_pack().status(), Status::invalid);
}

TEST(WithoutExceptions, a_callback_cancels_by_its_answer) {
  deltos::Result<deltos::Storage> storage = deltos::Storage::try_open_anonymous();
  ASSERT_TRUE(storage);
  const auto stop = [](std::uint64_t, std::uint64_t) { return false; };
  EXPECT_EQ(storage->try_verify(deltos::Level::full, stop).status(), Status::cancelled);
}

TEST(WithoutExceptionsDeathTest, the_throwing_form_ends_the_program_with_the_message) {
  EXPECT_DEATH(static_cast<void>(deltos::Storage::open("absent/file")), "DELTOS_E_NOT_FOUND: absent/file");
}

}  // namespace
