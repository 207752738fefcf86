// Statuses, errors, Result and the two forms of every operation.
#include <set>

#include "fixture.hpp"

using namespace deltos_hpp_tests;
using deltos::Status;

namespace {

TEST(Error, has_a_name_for_every_status) {
  EXPECT_STREQ(name_of(Status::pinned), "DELTOS_E_PINNED");
  EXPECT_STREQ(name_of(static_cast<Status>(-12345)), "DELTOS_E_UNKNOWN");
}

TEST(Error, tells_the_versions_of_the_library) {
  EXPECT_STREQ(deltos::version(), DELTOS_VERSION);
  EXPECT_EQ(deltos::abi_version(), unsigned{DELTOS_ABI_VERSION});
}

TEST(Error, cuts_a_long_message_of_the_callers) {
  const deltos::Error error(Status::range, std::string(1000, 'x').c_str());
  EXPECT_EQ(std::string(error.message()).size(), 495U);
  EXPECT_EQ(error.status(), Status::range);
  EXPECT_EQ(error.os_errno(), 0);
}

TEST_F(Directory, a_failure_is_thrown_with_its_status_and_message) {
  try {
    static_cast<void>(deltos::Storage::open(path("absent")));
    FAIL() << "opened what is not there";
  } catch (const std::exception &caught) {
    const auto &exception = dynamic_cast<const deltos::Exception &>(caught);
    EXPECT_EQ(exception.status(), Status::not_found);
    EXPECT_NE(std::string(exception.what()).find("absent"), std::string::npos);
    EXPECT_EQ(exception.error().os_errno(), ENOENT);
  }
}

TEST_F(Directory, the_same_failure_is_returned_by_the_other_form) {
  const deltos::Result<deltos::Storage> result = deltos::Storage::try_open(path("absent"));
  EXPECT_FALSE(result);
  EXPECT_FALSE(result.has_value());
  EXPECT_EQ(result.status(), Status::not_found);
  EXPECT_EQ(result.error().status(), Status::not_found);
  EXPECT_NE(std::string(result.error().message()).find("absent"), std::string::npos);
}

TEST_F(Directory, the_value_of_a_failure_is_an_exception) {
  deltos::Result<deltos::Storage> result = deltos::Storage::try_open(path("absent"));
  EXPECT_EQ(status_of([&] { result.value(); }), Status::not_found);
  EXPECT_EQ(status_of([&] { static_cast<void>(std::move(result).value()); }), Status::not_found);
  EXPECT_EQ(status_of([&] { deltos::Storage::try_open(path("absent")).value(); }), Status::not_found);
}

TEST_F(Directory, a_result_gives_its_value_away) {
  deltos::Result<deltos::Storage> result = deltos::Storage::try_open(path(), writing());
  ASSERT_TRUE(result);
  EXPECT_EQ(result.status(), Status::ok);
  EXPECT_TRUE(*result);
  EXPECT_NE(result->get(), nullptr);
  const deltos::Storage storage = std::move(result).value();
  EXPECT_TRUE(storage);
  EXPECT_FALSE(*result);
}

TEST(Text, with_a_nul_inside_is_refused_and_not_cut) {
  using namespace std::string_literals;
  EXPECT_EQ(deltos::Storage::try_open("a\0b"s).status(), Status::invalid);
  EXPECT_EQ(deltos::Storage::try_open(std::filesystem::path("a\0b"s)).status(), Status::invalid);
  EXPECT_EQ(deltos::Storage::try_open(nullptr).status(), Status::invalid);
  deltos::Storage storage = deltos::Storage::open_anonymous();
  deltos::Transaction transaction = storage.transaction();
  const std::vector<double> values{1, 2};
  EXPECT_EQ(transaction.try_create("a\0b"s, values).status(), Status::invalid);
  EXPECT_EQ(transaction.try_create_zeroed("a", "d\0"s, {2}).status(), Status::format);
  EXPECT_EQ(transaction.try_set_metadata("", "a\0b"s, 1).status(), Status::invalid);
  EXPECT_EQ(storage.try_view<const double>("a\0b"s).status(), Status::invalid);
}

TEST(Empty, handles_are_false_and_answer_invalid) {
  deltos::Storage storage;
  deltos::Snapshot snapshot;
  deltos::Transaction transaction;
  deltos::Object object;
  deltos::View view;
  deltos::Cursor cursor;
  EXPECT_FALSE(storage || snapshot || transaction || object || view || cursor || deltos::TypedView<int>());
  EXPECT_EQ(storage.try_snapshot().status(), Status::invalid);
  EXPECT_EQ(storage.try_transaction().status(), Status::invalid);
  EXPECT_EQ(storage.try_info().status(), Status::invalid);
  EXPECT_EQ(snapshot.try_object("x").status(), Status::invalid);
  EXPECT_EQ(snapshot.try_refresh().status(), Status::invalid);
  EXPECT_EQ(snapshot.id(), 0U);
  EXPECT_EQ(transaction.try_remove("x").status(), Status::invalid);
  EXPECT_EQ(transaction.try_commit().status(), Status::invalid);
  EXPECT_EQ(transaction.snapshot().try_list().status(), Status::invalid);
  EXPECT_EQ(object.try_view().status(), Status::invalid);
  EXPECT_EQ(object.try_info().status(), Status::invalid);
  EXPECT_EQ(view.try_share().status(), Status::invalid);
  EXPECT_EQ(std::move(view).try_as<int>().status(), Status::invalid);
  deltos::Entry entry;
  EXPECT_EQ(cursor.try_next(deltos::Span<deltos::Entry>(&entry, 1)).status(), Status::invalid);
  EXPECT_TRUE(storage.try_close());
  storage.detach();
  transaction.abort();
}

template <class T>
constexpr bool is_owner = std::is_nothrow_default_constructible_v<T> &&std::is_nothrow_move_constructible_v<T>
                              &&std::is_nothrow_move_assignable_v<T> &&std::is_nothrow_destructible_v<T> &&
                          !std::is_copy_constructible_v<T> && !std::is_copy_assignable_v<T>;

TEST(Owners, are_moved_without_failing_and_never_copied) {
  EXPECT_TRUE(is_owner<deltos::Storage>);
  EXPECT_TRUE(is_owner<deltos::Snapshot>);
  EXPECT_TRUE(is_owner<deltos::Transaction>);
  EXPECT_TRUE(is_owner<deltos::Object>);
  EXPECT_TRUE(is_owner<deltos::View>);
  EXPECT_TRUE(is_owner<deltos::TypedView<double>>);
  EXPECT_TRUE(std::is_nothrow_move_constructible_v<deltos::Cursor> && !std::is_copy_constructible_v<deltos::Cursor>);
  EXPECT_TRUE(std::is_nothrow_move_constructible_v<deltos::Result<deltos::Storage>>);
  EXPECT_TRUE(std::is_nothrow_copy_constructible_v<deltos::Exception>);
}

}  // namespace
