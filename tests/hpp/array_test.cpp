// Arrays: growing in a storage, in a flat file and in anonymous memory, typed and not, one element at a time and many.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <numeric>
#include <random>

#include "fixture.hpp"

using namespace deltos_hpp_tests;
using deltos::Appender;
using deltos::Array;
using deltos::Mode;
using deltos::Status;
using deltos::TypedArray;

namespace {

template <class T>
std::vector<T> all_of(const TypedArray<T> &array) {
  const deltos::TypedView<const T> view = array.elements();
  const deltos::Span<const T> span = view.span();
  return {span.begin(), span.end()};
}

deltos::ArrayOptions created(deltos::Create create) {
  deltos::ArrayOptions options;
  options.create = create;
  return options;
}

TEST(Arrays, grow_like_a_vector) {
  TypedArray<int> array = TypedArray<int>::open_anonymous();
  EXPECT_TRUE(array.empty());
  array.push_back(3);
  array.append(std::vector<int>{4, 5});
  array.insert(0, 1);
  array.insert(1, std::vector<int>{2, 9});
  array.insert(-1, 7);
  EXPECT_EQ(all_of(array), (std::vector<int>{1, 2, 9, 3, 4, 7, 5}));
  EXPECT_EQ(array.pop_back(), 5);
  int removed[2] = {};
  array.remove(1, 2, removed);
  EXPECT_EQ(removed[1], 9);
  EXPECT_EQ(all_of(array), (std::vector<int>{1, 3, 4, 7}));
  array.reverse();
  array.resize(5);
  EXPECT_EQ(all_of(array), (std::vector<int>{7, 4, 3, 1, 0}));
  array.clear();
  EXPECT_EQ(array.size(), 0U);
  EXPECT_EQ(array.try_pop_back().status(), Status::range);
  EXPECT_EQ(array.try_remove(0).status(), Status::range);
  EXPECT_EQ(array.try_insert(1, 1).status(), Status::range);
}

TEST(Arrays, are_what_a_vector_is_after_random_changes) {
  TypedArray<std::int64_t> array = TypedArray<std::int64_t>::open_anonymous();
  std::vector<std::int64_t> model;
  std::mt19937_64 random(11);
  for (int round = 0; round < 2000; ++round) {
    const auto at = static_cast<std::int64_t>(random() % (model.size() + 1));
    const auto value = static_cast<std::int64_t>(random());
    switch (random() % 6) {
      case 0:
        array.push_back(value);
        model.push_back(value);
        break;
      case 1:
        array.insert(at, value);
        model.insert(model.begin() + at, value);
        break;
      case 2:
        if (at < static_cast<std::int64_t>(model.size())) {
          array.remove(at);
          model.erase(model.begin() + at);
        }
        break;
      case 3: {
        Appender<std::int64_t> appender = array.appender();
        for (std::int64_t k = 0; k < value % 50; ++k) {
          appender.push_back(k);
          model.push_back(k);
        }
        break;
      }
      case 4:
        array.resize(static_cast<std::uint64_t>(at));
        model.resize(static_cast<std::size_t>(at));
        break;
      default:
        array.reverse();
        std::reverse(model.begin(), model.end());
    }
    ASSERT_EQ(array.size(), model.size());
  }
  EXPECT_EQ(all_of(array), model);
}

TEST(Arrays, never_move_their_memory) {
  TypedArray<int> array = TypedArray<int>::open_anonymous();
  array.push_back(1);
  deltos::TypedView<int> before = array.writable_elements();
  array.append(std::vector<int>(1000000, 2));
  EXPECT_EQ(before.size(), 1U);
  before[0] = 10;
  {
    const deltos::TypedView<const int> after = array.elements();
    EXPECT_EQ(after.size(), 1000001U);
    EXPECT_EQ(after[0], 10);
    EXPECT_EQ(after.data(), before.data());
  }
  EXPECT_EQ(array.try_clear().status(), Status::pinned);
  EXPECT_EQ(array.try_close().status(), Status::pinned);
  EXPECT_EQ(array.size(), 1000001U);
  before = {};
  array.close();
  EXPECT_FALSE(array);
  array.close();
}

TEST(Appenders, publish_what_they_wrote_in_portions_and_at_the_end) {
  TypedArray<int> array = TypedArray<int>::open_anonymous();
  {
    Appender<int> appender = array.appender();
    appender.push_back(1);
    EXPECT_EQ(appender.pending(), 1U);
    EXPECT_EQ(array.size(), 0U);
    appender.publish();
    EXPECT_EQ(appender.pending(), 0U);
    EXPECT_EQ(array.size(), 1U);
    for (int k = 0; k < 100000; ++k) appender.push_back(k);
    EXPECT_GE(array.size(), 65537U);
    Appender<int> moved = std::move(appender);
    moved.push_back(-1);
    EXPECT_EQ(appender.pending(), 0U);
  }
  EXPECT_EQ(array.size(), 100002U);
  EXPECT_EQ(array.elements()[100001], -1);
  EXPECT_EQ(array.elements()[65537], 65536);
}

TEST(Appenders, serve_the_algorithms_of_the_standard) {
  TypedArray<double> array = TypedArray<double>::open_anonymous();
  {
    Appender<double> appender = array.appender();
    std::fill_n(std::back_inserter(appender), 10, 0.5);
  }
  EXPECT_EQ(array.size(), 10U);
  EXPECT_EQ(deltos::count(array.elements(), 0.5), 10U);
}

TEST(Appenders, say_why_they_cannot_go_on) {
  deltos::ArrayOptions options;
  options.max_bytes = 65536;
  TypedArray<std::int64_t> array = TypedArray<std::int64_t>::open_anonymous(options);
  Appender<std::int64_t> appender = array.appender();
  for (int k = 0; k < 8192; ++k) appender.push_back(k);
  EXPECT_EQ(appender.try_push_back(0).status(), Status::limit);
  EXPECT_EQ(array.size(), 8192U);
  EXPECT_EQ(status_of([&] { appender.push_back(0); }), Status::limit);
  EXPECT_EQ(array.try_push_back(0).status(), Status::limit);
}

TEST(Arrays, of_a_type_chosen_at_run_time_take_addresses) {
  Array array = Array::open_anonymous("h");
  const std::int16_t values[3] = {1, 2, 3};
  array.append(values, 3);
  array.insert(0, values + 2, 1);
  const Array::Tail tail = array.tail(2);
  ASSERT_GE(tail.room, 2U);
  std::fill_n(static_cast<std::int16_t *>(tail.data), 2, std::int16_t{9});
  array.advance(2);
  EXPECT_EQ(array.try_advance(array.capacity()).status(), Status::range);
  array.extend(deltos::Memory(values + 2, {3}, {-2}));
  EXPECT_EQ(array.size(), 9U);
  EXPECT_EQ(array.try_extend(std::vector<float>{1}).status(), Status::type);
  array.byteswap();
  array.byteswap();
  EXPECT_EQ(std::move(array).try_as<int>().status(), Status::type);
  const TypedArray<std::int16_t> typed = std::move(array).as<std::int16_t>();
  EXPECT_EQ(typed.elements()[4], 9);
  EXPECT_FALSE(array);
  EXPECT_EQ(Array(deltos::Object(deltos::Table::create<int>(1, 1))).try_as<int>().status(), Status::kind);
  EXPECT_EQ(TypedArray<float>::try_open_fd(typed.fd()).status(), Status::type);
}

TEST(Arrays, are_opened_again_by_their_descriptor) {
  TypedArray<int> array = TypedArray<int>::open_anonymous();
  array.push_back(1);
  const TypedArray<int> reader = TypedArray<int>::open_fd(array.fd());
  array.push_back(2);
  EXPECT_EQ(reader.size(), 2U);
  EXPECT_EQ(all_of(reader), (std::vector<int>{1, 2}));
  EXPECT_EQ(TypedArray<int>::try_open_fd(array.fd(), Mode::write).status(), Status::locked);
  EXPECT_EQ(Array::try_open_fd(-1).status(), Status::invalid);
  TypedArray<int> storing = TypedArray<int>::open_fd(array.fd(), Mode::in_place);
  storing.reverse();
  EXPECT_EQ(array.elements()[0], 2);
  EXPECT_EQ(storing.try_push_back(3).status(), Status::readonly);
}

TEST_F(Directory, a_flat_file_is_its_content) {
  const auto file = path("numbers");
  EXPECT_EQ(TypedArray<int>::try_open_file(file, Mode::write).status(), Status::not_found);
  TypedArray<int> array = TypedArray<int>::open_file(file, Mode::write, created(deltos::Create::only_new));
  array.append(std::vector<int>{1, 2, 3});
  array.reserve(100000);
  EXPECT_GE(array.capacity(), 100000U);
  array.shrink();
  array.flush(true);
  EXPECT_EQ(std::filesystem::file_size(file), 12U);
  EXPECT_EQ(TypedArray<int>::try_open_file(file, Mode::write).status(), Status::locked);
  array.push_back(4);
  const TypedArray<int> reader = TypedArray<int>::open_file(file);
  EXPECT_EQ(reader.size(), 4U);
  EXPECT_EQ(reader.elements()[3], 4);
  array.close();
  EXPECT_EQ(std::filesystem::file_size(file), 16U);
  EXPECT_EQ(TypedArray<double>::open_file(file).size(), 2U);
  std::ofstream(file, std::ios::app) << "x";
  EXPECT_EQ(TypedArray<int>::try_open_file(file).status(), Status::layout);
}

TEST_F(Directory, an_array_that_is_dropped_leaves_its_content) {
  const auto file = path("numbers");
  {
    TypedArray<int> array = TypedArray<int>::open_file(file, Mode::write, created(deltos::Create::if_absent));
    Appender<int> appender = array.appender();
    for (int k = 0; k < 10; ++k) appender.push_back(k);
  }
  EXPECT_EQ(std::filesystem::file_size(file), 40U);
  EXPECT_EQ(all_of(TypedArray<int>::open_file(file))[9], 9);
}

TEST_F(WithStorage, arrays_are_made_appended_to_and_opened_by_name) {
  deltos::Transaction transaction = storage_.transaction();
  TypedArray<double> made = transaction.create_array<double>("log");
  made.append(std::vector<double>{1, 2, 3});
  EXPECT_EQ(transaction.try_create_array<double>("log").status(), Status::exists);
  EXPECT_EQ(transaction.snapshot().array("log").size(), 3U);
  transaction.commit();
  {
    Appender<double> appender = made.appender();
    for (int k = 0; k < 100000; ++k) appender.push_back(k);
  }
  EXPECT_EQ(made.size(), 100003U);
  EXPECT_EQ(storage_.object("log").info().kind, deltos::Kind::array);
  EXPECT_EQ(storage_.object("log").info().count, 100003U);

  TypedArray<double> again = storage_.array<double>("log");
  again.push_back(-1);
  EXPECT_EQ(made.pop_back(), -1);
  const deltos::Snapshot snapshot = storage_.snapshot();
  EXPECT_EQ(snapshot.array<double>("log").elements()[100002], 99999);
  EXPECT_EQ(Array(storage_.object("log", deltos::Kind::array)).size(), 100003U);
  EXPECT_EQ(made.try_fd().status(), Status::unsupported);
}

TEST_F(WithStorage, arrays_that_are_not_there_or_are_of_another_type_say_so) {
  deltos::Transaction transaction = storage_.transaction();
  transaction.create_array("log", "h");
  transaction.commit();
  const deltos::Snapshot snapshot = storage_.snapshot();
  EXPECT_EQ(storage_.array("log").size(), 0U);
  EXPECT_EQ(storage_.try_array("none").status(), Status::not_found);
  EXPECT_EQ(storage_.try_array<double>("grid").status(), Status::kind);
  EXPECT_EQ(storage_.try_array<double>("log").status(), Status::type);
  EXPECT_EQ(snapshot.try_array("grid").status(), Status::kind);
  EXPECT_EQ(snapshot.try_array<double>("none").status(), Status::not_found);
  EXPECT_EQ(snapshot.try_array<double>("log").status(), Status::type);
  EXPECT_EQ(status_of([&] { static_cast<void>(storage_.array<int>("log")); }), Status::type);
}

TEST_F(WithStorage, a_reader_sees_what_is_appended_to_a_stored_array_and_cannot_append) {
  deltos::Transaction transaction = storage_.transaction();
  TypedArray<int> array = transaction.create_array<int>("log");
  transaction.commit();
  array.push_back(1);
  deltos::Storage reading = deltos::Storage::open(path());
  TypedArray<int> reader = reading.array<int>("log");
  const deltos::TypedView<const int> before = reader.elements();
  array.push_back(2);
  EXPECT_EQ(reader.size(), 2U);
  EXPECT_FALSE(reader.refresh());
  array.append(std::vector<int>(100000, 3));
  EXPECT_LT(reader.size(), 100002U);
  EXPECT_TRUE(reader.refresh());
  EXPECT_EQ(reader.size(), 100002U);
  EXPECT_EQ(reader.elements()[100001], 3);
  EXPECT_EQ(before.size(), 1U);
  EXPECT_EQ(before[0], 1);
  EXPECT_EQ(reader.try_push_back(4).status(), Status::readonly);
}

TEST_F(WithStorage, an_abort_takes_away_the_array_it_made_and_no_element_of_others) {
  deltos::Transaction transaction = storage_.transaction();
  TypedArray<int> kept = transaction.create_array<int>("kept");
  transaction.commit();
  transaction = storage_.transaction();
  TypedArray<int> lost = transaction.create_array<int>("lost");
  lost.push_back(1);
  const deltos::TypedView<const int> seen = lost.elements();
  kept.append(std::vector<int>(100000, 7));
  transaction.abort();
  EXPECT_EQ(lost.try_push_back(2).status(), Status::stale);
  EXPECT_EQ(seen[0], 1);
  EXPECT_EQ(storage_.try_array("lost").status(), Status::not_found);
  EXPECT_EQ(deltos::count(kept.elements(), 7), 100000U);
}

TEST_F(WithStorage, options_of_a_stored_array_are_obeyed_or_refused) {
  deltos::ArrayOptions options;
  options.capacity = 1000000;
  options.max_bytes = 8000000;
  deltos::Transaction transaction = storage_.transaction();
  TypedArray<double> array = transaction.create_array<double>("log", options);
  EXPECT_GE(array.capacity(), 1000000U);
  array.resize(1000000);
  EXPECT_EQ(array.try_reserve(2000000).status(), Status::limit);
  EXPECT_EQ(transaction.try_create_array<double>("other", created(deltos::Create::only_new)).status(), Status::invalid);
  options = {};
  options.sigbus_guard = true;
  EXPECT_EQ(transaction.try_create_array<double>("other", options).status(), Status::invalid);
  EXPECT_EQ(transaction.try_create_array("other", "!!").status(), Status::format);
  transaction.commit();
}

TEST(EmptyArray, answers_invalid_and_has_no_elements) {
  Array empty;
  EXPECT_EQ(empty.size(), 0U);
  EXPECT_EQ(empty.capacity(), 0U);
  EXPECT_EQ(empty.try_append("", 0).status(), Status::invalid);
  EXPECT_EQ(empty.try_tail(1).status(), Status::invalid);
  EXPECT_EQ(empty.try_advance(0).status(), Status::invalid);
  EXPECT_EQ(empty.try_flush().status(), Status::invalid);
  EXPECT_EQ(empty.try_fd().status(), Status::invalid);
  EXPECT_TRUE(empty.try_close());
}

}  // namespace
