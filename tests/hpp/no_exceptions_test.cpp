// deltos.hpp in a program without exceptions: the try_ forms do all, and the others end the program with the message.
#include <gtest/gtest.h>

#include <deltos/deltos.hpp>
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
