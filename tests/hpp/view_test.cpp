// Element types, memory of the caller's, views and typed views.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <thread>

#include "fixture.hpp"

using namespace deltos_hpp_tests;
using deltos::Dtype;
using deltos::Request;
using deltos::Status;

struct Place {
  double latitude, longitude;
  std::int32_t population;
};
template <>
struct deltos::format_of<Place> {
  static constexpr const char *value = "T{d:latitude:d:longitude:i:population:4x}";
};

struct Unlike {
  double latitude, longitude;
  std::int32_t people;
};
template <>
struct deltos::format_of<Unlike> {
  static constexpr const char *value = "T{d:latitude:d:longitude:i:people:4x}";
};

struct Malformed {
  int x;
};
template <>
struct deltos::format_of<Malformed> {
  static constexpr const char *value = "T{i:x";
};

struct TooLarge {
  std::int64_t x, y;
};
template <>
struct deltos::format_of<TooLarge> {
  static constexpr const char *value = "T{q:x:}";
};

namespace {

template <class T>
class Element : public testing::Test {};
using Elements = testing::Types<bool, char, signed char, unsigned char, short, unsigned short, int, unsigned, long,
                                unsigned long, long long, unsigned long long, float, double, long double,
                                std::complex<float>, std::complex<double>, std::complex<long double>, std::byte,
                                char32_t, std::array<char, 1>, std::array<char, 12>, std::array<char32_t, 10>,
                                deltos::Float16, deltos::Bfloat16, deltos::Float8E4M3, deltos::Float8E5M2, Place>;
TYPED_TEST_SUITE(Element, Elements);

TYPED_TEST(Element, is_stored_and_viewed_as_itself) {
  deltos::Storage storage = deltos::Storage::open_anonymous();
  deltos::Transaction transaction = storage.transaction();
  TypeParam values[3];
  std::memset(static_cast<void *>(values), 1, sizeof values);
  transaction.create("x", {values, {3}});
  transaction.create_zeroed<TypeParam>("zeros", {2, 2});
  transaction.commit();
  const deltos::TypedView<const TypeParam> view = storage.view<const TypeParam>("x");
  ASSERT_EQ(view.size(), 3U);
  EXPECT_EQ(view.itemsize(), sizeof(TypeParam));
  EXPECT_EQ(std::memcmp(view.data(), values, sizeof values), 0);
  EXPECT_EQ(storage.view<TypeParam>("zeros").ndim(), 2);
}

TYPED_TEST(Element, has_a_format_that_is_canonical) {
  const deltos::FormatInfo info = deltos::describe_format(deltos::format_of<TypeParam>::value);
  EXPECT_EQ(info.canonical, deltos::format_of<TypeParam>::value);
  EXPECT_EQ(info.itemsize, sizeof(TypeParam));
}

TEST(Format, is_described_or_refused) {
  const deltos::FormatInfo info = deltos::describe_format("<d");
  EXPECT_EQ(info.dtype, Dtype::f64);
  EXPECT_EQ(info.alignment, 8U);
  EXPECT_EQ(info.canonical, "d");
  EXPECT_EQ(deltos::try_describe_format("T{").status(), Status::format);
}

TEST_F(WithStorage, elements_of_another_type_are_refused) {
  deltos::Transaction transaction = storage_.transaction();
  const Place places[2] = {{1, 2, 3}, {4, 5, 6}};
  transaction.create("places", places);
  transaction.create("bits", {places, deltos::ElementType("H", Dtype::bf16), {4}});
  transaction.create("big", {places, deltos::ElementType(">d"), {2}});
  transaction.create_zeroed("large", "T{q:x:}", {1});
  transaction.commit();
  const deltos::Result<deltos::TypedView<const float>> refused = storage_.try_view<const float>("grid");
  EXPECT_EQ(refused.status(), Status::type);
  EXPECT_NE(std::string(refused.error().message()).find("\"d\""), std::string::npos);
  EXPECT_EQ(storage_.try_view<const std::int64_t>("grid").status(), Status::type);
  EXPECT_EQ(storage_.try_view<const Unlike>("places").status(), Status::type);
  EXPECT_EQ(storage_.try_view<const Malformed>("places").status(), Status::format);
  EXPECT_EQ(storage_.try_view<const TooLarge>("large").status(), Status::type);
  EXPECT_EQ(storage_.try_view<const std::uint16_t>("bits").status(), Status::type);
  EXPECT_EQ(storage_.try_view<const double>("big").status(), Status::type);
  EXPECT_EQ(storage_.view<const Place>("places")[1].population, 6);
}

TEST_F(WithStorage, a_readonly_view_does_not_become_a_writable_one) {
  deltos::View view = storage_.object("grid").view(Request::full_ro);
  EXPECT_TRUE(view.readonly());
  EXPECT_EQ(view.writable_data(), nullptr);
  EXPECT_EQ(std::move(view).try_as<double>().status(), Status::readonly);
  ASSERT_TRUE(view) << "a view that is refused stays";
  EXPECT_EQ(std::move(view).as<const double>()(0, 0), 1);
  EXPECT_FALSE(view);
  const deltos::Storage reader = deltos::Storage::open(path());
  EXPECT_EQ(reader.try_view<double>("grid").status(), Status::readonly);
  EXPECT_NE(storage_.object("grid").view(Request::full).writable_data(), nullptr);
}

TEST_F(WithStorage, a_view_tells_its_layout) {
  const deltos::View view = storage_.object("grid").view();
  EXPECT_EQ(view.ndim(), 2);
  EXPECT_EQ(view.shape()[1], 3);
  EXPECT_EQ(view.strides()[0], 24);
  EXPECT_TRUE(view.suboffsets().empty());
  EXPECT_EQ(view.dtype(), Dtype::f64);
  EXPECT_STREQ(view.format(), "d");
  EXPECT_EQ(view.nbytes(), 48U);
  EXPECT_TRUE(view.is_c_contiguous());
  EXPECT_FALSE(view.sealed());
  const deltos::View plain = storage_.object("grid").view(Request::simple);
  EXPECT_TRUE(plain.shape().empty());
  EXPECT_TRUE(plain.is_c_contiguous());
  EXPECT_EQ(storage_.object("grid").try_view(Request::f).status(), Status::layout);
}

TEST_F(WithStorage, elements_are_reached_by_indices) {
  const deltos::TypedView<double> view = storage_.view<double>("grid");
  EXPECT_EQ(view(0, 0), 1);
  EXPECT_EQ(view(1, 2), 6);
  view(1, 1) = 50;
  EXPECT_EQ(view.span()[4], 50);
  EXPECT_EQ(view.extent(0), 2);
  EXPECT_EQ(view.at(0, 2), 3);
  EXPECT_EQ(view.try_at(2, 0).status(), Status::range);
  EXPECT_EQ(view.try_at(0, -1).status(), Status::range);
  EXPECT_EQ(view.try_at(0).status(), Status::range);
  EXPECT_EQ(status_of([&] { static_cast<void>(view.at(0, 3)); }), Status::range);
}

TEST_F(WithStorage, zero_dimensions_and_no_elements_are_views_as_well) {
  deltos::Transaction transaction = storage_.transaction();
  const double one = 1.5;
  transaction.create("scalar", {&one, {}});
  transaction.create("empty", std::vector<double>());
  transaction.create_zeroed<int>("hollow", {2, 0, 3});
  transaction.commit();
  const deltos::TypedView<const double> scalar = storage_.view<const double>("scalar");
  EXPECT_EQ(scalar(), 1.5);
  EXPECT_EQ(scalar.span().size(), 1U);
  EXPECT_TRUE(storage_.view<const double>("empty").span().empty());
  EXPECT_TRUE(storage_.view<const int>("hollow").span().empty());
  EXPECT_EQ(storage_.view<const int>("hollow").try_at(0, 0, 0).status(), Status::range);
}

TEST(Wrapped, strided_and_reversed_memory_is_read_where_it_lies) {
  std::vector<int> values(12);
  std::iota(values.begin(), values.end(), 0);
  const deltos::TypedView<const int> turned =
      deltos::View::wrap({values.data(), {4, 3}, {4, 16}}).as<const int>();  // 3 rows of 4, transposed
  EXPECT_EQ(turned(3, 2), 11);
  EXPECT_EQ(turned(1, 2), 9);
  EXPECT_FALSE(turned.is_c_contiguous());
  EXPECT_EQ(turned.try_span().status(), Status::layout);
  const deltos::TypedView<int> backwards = deltos::View::wrap({&values[11], {12}, {-4}}).as<int>();
  EXPECT_EQ(backwards[0], 11);
  backwards[11] = 100;
  EXPECT_EQ(values[0], 100);
}

TEST(Wrapped, const_memory_is_readonly_and_other_memory_is_not) {
  std::array<double, 2> values{1, 2};
  const std::array<double, 2> fixed = values;
  EXPECT_FALSE(deltos::View::wrap(values).readonly());
  EXPECT_TRUE(deltos::View::wrap(fixed).readonly());
  EXPECT_TRUE(deltos::View::wrap({static_cast<const void *>(values.data()), "d", {2}}).readonly());
  EXPECT_FALSE(deltos::View::wrap({static_cast<void *>(values.data()), Dtype::f64, {2}}).readonly());
}

TEST(Wrapped, memory_is_released_once_when_the_last_view_goes) {
  auto values = std::make_unique<std::vector<double>>(3, 7.0);
  int released = 0;
  std::thread::id where;
  deltos::View shared;
  {
    const deltos::Memory memory(*values);
    deltos::View view = deltos::View::wrap(memory, [&, owner = std::move(values)] {
      ++released;
      where = std::this_thread::get_id();
    });
    shared = view.share(Request::c);
  }
  EXPECT_EQ(released, 0);
  EXPECT_EQ(std::move(shared).as<const double>()[2], 7);
  EXPECT_EQ(released, 1);
  EXPECT_EQ(where, std::this_thread::get_id());
}

TEST(Wrapped, memory_that_is_refused_is_not_released) {
  const double values[2] = {};
  int released = 0;
  const deltos::Memory wrong(values, deltos::ElementType("no such format"), {2});
  EXPECT_EQ(deltos::View::try_wrap(wrong, [&] { ++released; }).status(), Status::format);
  EXPECT_EQ(released, 0);
}

TEST(Wrapped, strides_that_are_not_one_for_each_dimension_are_refused) {
  double values[6] = {};
  EXPECT_EQ(deltos::View::try_wrap({values, {2, 3}, {24}}).status(), Status::invalid);
  EXPECT_EQ(deltos::View::try_wrap({values, {2, 3}, {8, 8, 8}}).status(), Status::invalid);
  EXPECT_EQ(deltos::View::try_wrap({values, {}, {8}}).status(), Status::invalid);
}

TEST(Wrapped, memory_that_cannot_be_typed_is_refused) {
  alignas(8) unsigned char bytes[64] = {};
  const auto as_doubles = [](const deltos::Memory &memory) {
    return deltos::View::wrap(memory).try_as<const double>().status();
  };
  EXPECT_EQ(as_doubles({static_cast<void *>(bytes), "d", {4}}), Status::ok);
  EXPECT_EQ(as_doubles({static_cast<void *>(bytes + 1), "d", {4}}), Status::layout);
  EXPECT_EQ(as_doubles({static_cast<void *>(bytes), "d", {4}, {12}}), Status::layout);
  EXPECT_EQ(as_doubles({static_cast<void *>(bytes), "d", {1}, {12}}), Status::ok);
  double first[2] = {1, 2}, second[2] = {3, 4};
  double *rows[2] = {first, second};
  deltos::Memory indirect(static_cast<void *>(rows), "d", {2, 2}, {8, 8});
  indirect.set_suboffsets({0, -1});
  EXPECT_EQ(as_doubles(indirect), Status::layout);
  deltos::View simple = deltos::View::wrap({static_cast<void *>(bytes), "d", {4}}).share(Request::simple);
  EXPECT_EQ(std::move(simple).try_as<const double>().status(), Status::layout);
  double flat[4] = {};
  copy(deltos::Memory(flat, {2, 2}), indirect);
  EXPECT_EQ(flat[3], 4);
}

TEST_F(WithStorage, elements_are_copied_between_layouts) {
  double turned[6] = {};
  const deltos::Memory target(turned, {2, 3}, {8, 16});  // Fortran order
  copy(target, storage_.object("grid").view());
  EXPECT_EQ(turned[1], 4);
  turned[1] = 40;
  copy(storage_.view<double>("grid"), target);
  EXPECT_EQ(storage_.view<const double>("grid")(1, 0), 40);
  EXPECT_EQ(try_copy(storage_.view<const double>("grid"), target).status(), Status::readonly);
  float other[6];
  EXPECT_EQ(deltos::try_copy({other, {2, 3}}, storage_.view<const double>("grid")).status(), Status::type);
}

TEST_F(WithStorage, content_is_created_from_whatever_holds_elements) {
  deltos::Transaction transaction = storage_.transaction();
  std::array<float, 2> array{1, 2};
  const int plain[3] = {1, 2, 3};
  const deltos::Span<const int> span(plain, 2);
  transaction.create("vector", std::vector<double>{1, 2});
  transaction.create("array", array);
  transaction.create("plain", plain);
  transaction.create("span", span);
  transaction.create("text", std::string("abc"));
  transaction.create("view", transaction.snapshot().object("grid").view());
  transaction.create("typed", transaction.snapshot().view<const double>("grid"));
  transaction.create("fortran", {kGrid, {3, 2}, {8, 24}});
  transaction.commit();
  EXPECT_EQ(storage_.view<const float>("array")[1], 2);
  EXPECT_EQ(storage_.view<const int>("span").size(), 2U);
  EXPECT_EQ(storage_.view<const char>("text")[2], 'c');
  EXPECT_EQ(storage_.view<const double>("typed")(1, 2), 6);
  EXPECT_EQ(storage_.view<const double>("view")(1, 0), 4);
  EXPECT_EQ(storage_.view<const double>("fortran")(2, 1), 6);
}

TEST_F(WithStorage, a_span_serves_the_algorithms_of_the_standard) {
  const deltos::TypedView<double> view = storage_.view<double>("grid");
  const deltos::Span<double> span = view.span();
  EXPECT_EQ(std::accumulate(span.begin(), span.end(), 0.0), 21);
  std::sort(span.begin(), span.end(), [](double left, double right) { return left > right; });
  EXPECT_EQ(view(0, 0), 6);
  EXPECT_EQ(span.subspan(1, 2).size(), 2U);
  EXPECT_EQ(span.front() + span.back() + span[1], 12);
}

}  // namespace
