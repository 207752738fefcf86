// Tables: rows reached by pointers, in memory, of views, of the program's own, and stored.
#include <numeric>

#include "fixture.hpp"

using namespace deltos_hpp_tests;
using deltos::Request;
using deltos::Status;
using deltos::Table;

namespace {

TEST(Tables, give_row_pointers_for_calls_that_take_them) {
  const Table table = Table::create<double>(3, 4);
  const auto sum_of = [](double *const *rows, int count, int columns) {
    double sum = 0;
    for (int i = 0; i < count; ++i) sum = std::accumulate(rows[i], rows[i] + columns, sum);
    return sum;
  };
  deltos::TableRows<double> rows = table.rows<double>();
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows.lengths()[1], 4);
  rows[1][2] = 7;
  rows.row(2)[0] = 1;
  EXPECT_EQ(sum_of(rows.data(), 3, 4), 8);
  EXPECT_EQ(rows.try_at(3).status(), Status::range);
  EXPECT_EQ(rows.at(1)[2], 7);
  const deltos::TableInfo info = table.table_info();
  EXPECT_EQ(info.rows, 3);
  EXPECT_EQ(info.columns, 4);
  EXPECT_EQ(info.format, "d");
  EXPECT_EQ(info.exports, 1U);
  EXPECT_FALSE(info.stored || info.ragged || info.readonly || info.sealed);
  EXPECT_EQ(table.info().kind, deltos::Kind::table);
  EXPECT_EQ(table.info().name, "");
}

TEST(Tables, keep_their_rows_after_them) {
  deltos::TableRows<int> rows = Table::create<int>(2, 2).rows<int>();
  rows[1][1] = 5;
  deltos::TableRows<int> moved = std::move(rows);
  EXPECT_EQ(moved[1][1], 5);
  EXPECT_EQ(moved.pin().ndim(), 2);
}

TEST(Tables, check_the_type_of_their_elements) {
  const Table table = Table::create<double>(1, 1);
  EXPECT_EQ(table.try_rows<float>().status(), Status::type);
  EXPECT_EQ(table.try_rows<std::int64_t>().status(), Status::type);
  EXPECT_EQ(table.try_row<const float>(0).status(), Status::type);
  EXPECT_TRUE(table.try_rows<const double>());
}

TEST(Tables, may_be_ragged) {
  const deltos::Shape lengths{2, 0, 3};
  const Table table = Table::create<int>(3, lengths);
  const deltos::TableRows<int> rows = table.rows<int>();
  std::size_t count = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) count += rows.row(i).size();
  EXPECT_EQ(count, 5U);
  EXPECT_TRUE(table.table_info().ragged);
  EXPECT_EQ(table.table_info().columns, -1);
  EXPECT_EQ(table.try_to_dense().status(), Status::layout);
  EXPECT_EQ(table.try_view().status(), Status::layout);
  EXPECT_EQ(Table::try_create<int>(2, lengths).status(), Status::invalid);
  EXPECT_EQ(Table::create<int>(0, deltos::Shape()).table_info().rows, 0);
  EXPECT_TRUE(Table::create<int>(0, deltos::Shape()).rows<int>().empty());
}

TEST(Tables, give_rows_as_views_and_a_dense_copy) {
  const Table table = Table::create("i", 2, 3);
  table.row<int>(1)[2] = 9;
  EXPECT_EQ(table.row(1).nbytes(), 12U);
  EXPECT_EQ(table.to_dense().as<int>()(1, 2), 9);
  EXPECT_EQ(table.try_row(2).status(), Status::range);
  EXPECT_EQ(status_of([&] { static_cast<void>(table.row(-1)); }), Status::range);
}

TEST(Tables, are_viewed_by_those_who_follow_pointers) {
  const Table table = Table::create<int>(2, 3);
  const deltos::View view = table.view(Request::full);
  ASSERT_EQ(view.suboffsets().size(), 2U);
  const int values[6] = {1, 2, 3, 4, 5, 6};
  copy(view, {values, {2, 3}});
  EXPECT_EQ(table.rows<const int>()[1][0], 4);
  EXPECT_EQ(table.try_view(Request::strides).status(), Status::layout);
  EXPECT_EQ(table.try_view<const int>().status(), Status::layout);
}

TEST(Tables, wrap_pointers_and_tell_when_they_are_done) {
  std::vector<float> first{1, 2}, second{3, 4};
  float *pointers[2] = {first.data(), second.data()};
  int released = 0;
  {
    deltos::TableRows<float> rows;
    {
      const Table table = Table::wrap(pointers, 2, 2, [&] { ++released; });
      rows = table.rows<float>();
    }
    EXPECT_EQ(rows.data(), pointers);
    rows[1][0] = 30;
    EXPECT_EQ(released, 0);
  }
  EXPECT_EQ(released, 1);
  EXPECT_EQ(second[0], 30);
}

TEST(Tables, that_are_refused_are_not_released) {
  float *pointers[1] = {nullptr};
  int released = 0;
  EXPECT_EQ(Table::try_wrap(pointers, 1, 2, [&] { ++released; }).status(), Status::invalid);
  EXPECT_EQ(Table::try_wrap(pointers, 1, deltos::Shape{1, 1}, [&] { ++released; }).status(), Status::invalid);
  EXPECT_EQ(released, 0);
  EXPECT_TRUE(Table::try_wrap(pointers, 1, 0));
}

TEST(Tables, of_const_rows_are_read_only) {
  const int row[2] = {1, 2};
  const int *pointers[1] = {row};
  const Table table = Table::wrap(pointers, 1, 2);
  EXPECT_TRUE(table.table_info().readonly);
  EXPECT_EQ(table.try_rows<int>().status(), Status::readonly);
  EXPECT_EQ(table.rows<const int>()[0][1], 2);
}

TEST(Tables, wrap_elements_of_a_type_chosen_at_run_time) {
  std::int16_t row[2] = {1, 2};
  void *pointers[1] = {row};
  int released = 0;
  EXPECT_EQ(Table::wrap(pointers, "h", 1, 2).rows<std::int16_t>()[0][1], 2);
  EXPECT_TRUE(Table::wrap(pointers, "h", 1, 2, true).table_info().readonly);
  Table::wrap(pointers, "h", 1, 2, true, [&] { ++released; }).reset();
  EXPECT_EQ(released, 1);
  EXPECT_EQ(Table::try_wrap(pointers, "no such format", 1, 2, true, [&] { ++released; }).status(), Status::format);
  EXPECT_EQ(released, 1);
}

TEST(Tables, with_rows_out_of_place_are_not_typed) {
  alignas(8) unsigned char bytes[24] = {};
  void *pointers[2] = {bytes, bytes + 9};
  const Table table = Table::wrap(pointers, "d", 2, 1);
  EXPECT_EQ(table.try_rows<double>().status(), Status::layout);
  EXPECT_EQ(table.to_dense().as<double>().size(), 2U);
}

TEST(Tables, show_rows_and_columns_of_a_view) {
  std::vector<int> values(6);
  std::iota(values.begin(), values.end(), 0);
  deltos::View view = deltos::View::wrap({values.data(), {2, 3}});
  const Table rows = Table::from_view(view);
  const Table columns = Table::from_view(deltos::View::wrap({values.data(), {3, 2}, {4, 12}}), deltos::Axis::columns);
  view.reset();
  EXPECT_EQ(rows.rows<int>()[1], values.data() + 3);
  EXPECT_EQ(columns.rows<int>()[1], values.data() + 3);
  EXPECT_EQ(Table::try_from_view(deltos::View()).status(), Status::invalid);
  EXPECT_EQ(Table::try_from_view(deltos::View::wrap({values.data(), {2, 3}}), deltos::Axis::columns).status(),
            Status::layout);
}

TEST(Tables, collect_separate_views) {
  std::vector<int> first{1, 2}, second{3, 4};
  std::vector<deltos::TypedView<int>> views;
  views.push_back(deltos::View::wrap(first).as<int>());
  views.push_back(deltos::View::wrap(second).as<int>());
  const Table table = Table::from_views(views);
  views.clear();
  EXPECT_EQ(table.rows<int>()[1][1], 4);
  EXPECT_EQ(Table::try_from_views(views).status(), Status::invalid);
  EXPECT_EQ(Table::from_views(views, 4, "d").table_info().columns, 4);
  views.push_back(deltos::View::wrap(first).as<int>());
  EXPECT_EQ(Table::try_from_views(views, 3).status(), Status::type);
}

TEST(Tables, are_reinterpreted_and_made_read_only_while_nobody_looks) {
  Table table = Table::create<std::int32_t>(2, 4);
  {
    const deltos::TableRows<std::int32_t> rows = table.rows<std::int32_t>();
    EXPECT_EQ(table.try_reinterpret("q").status(), Status::pinned);
    EXPECT_EQ(table.try_make_readonly().status(), Status::pinned);
  }
  table.reinterpret(deltos::Dtype::i64);
  EXPECT_EQ(table.rows<std::int64_t>().lengths()[0], 2);
  table.make_readonly();
  EXPECT_EQ(table.try_rows<std::int64_t>().status(), Status::readonly);
  EXPECT_EQ(status_of([&] { table.reinterpret("no such format"); }), Status::format);
}

TEST_F(WithStorage, a_stored_table_is_there_again_after_reopening) {
  {
    deltos::Transaction transaction = storage_.transaction();
    const Table table = transaction.create_table<double>("table", 2, 3);
    table.rows<double>()[1][2] = 8;
    transaction.create_table("ragged", "h", 3, deltos::Shape{1, 0, 2});
    EXPECT_EQ(transaction.try_create_table<int>("table", 1, 1).status(), Status::exists);
    EXPECT_EQ(transaction.try_create_table<int>("other", 1, deltos::Shape{1, 2}).status(), Status::invalid);
    EXPECT_EQ(transaction.try_create_table<int>(std::string("a\0b", 3), 1, 1).status(), Status::invalid);
    transaction.commit();
    storage_.close();
  }
  storage_ = deltos::Storage::open(path());
  const Table table = storage_.table("table");
  EXPECT_TRUE(table.table_info().stored);
  EXPECT_EQ(table.rows<const double>()[1][2], 8);
  EXPECT_EQ(table.try_rows<double>().status(), Status::readonly);
  const deltos::Snapshot snapshot = storage_.snapshot();
  EXPECT_EQ(snapshot.table("ragged").rows<const std::int16_t>().lengths()[2], 2);
  EXPECT_EQ(snapshot.try_table("grid").status(), Status::kind);
  EXPECT_EQ(storage_.try_table("absent").status(), Status::not_found);
  EXPECT_EQ(Table(snapshot.object("table")).rows<const double>()[0][0], 0);
  EXPECT_EQ(Table(snapshot.object("grid")).try_rows<const double>().status(), Status::kind);
}

TEST_F(WithStorage, an_empty_transaction_makes_no_table_in_memory_instead) {
  deltos::Transaction empty;
  EXPECT_EQ(empty.try_create_table<int>("table", 1, 1).status(), Status::invalid);
}

TEST(EmptyTable, answers_invalid) {
  Table empty;
  EXPECT_FALSE(empty);
  EXPECT_EQ(empty.try_table_info().status(), Status::invalid);
  EXPECT_EQ(empty.try_rows<int>().status(), Status::invalid);
  EXPECT_EQ(empty.try_row(0).status(), Status::invalid);
  EXPECT_EQ(empty.try_to_dense().status(), Status::invalid);
  EXPECT_EQ(empty.try_reinterpret("d").status(), Status::invalid);
  EXPECT_EQ(empty.try_make_readonly().status(), Status::invalid);
}

}  // namespace
