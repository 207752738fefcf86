// The examples of the headers of C++, extracted from the comments that show them, compiled and run.
#include "hpp_examples.hpp"

#include "fixture.hpp"

using namespace deltos_hpp_tests;

namespace {

class Example : public WithStorage {
 protected:
  void SetUp() override {
    WithStorage::SetUp();
    before_ = std::filesystem::current_path();
    std::filesystem::current_path(path().parent_path());
  }
  void TearDown() override { std::filesystem::current_path(before_); }

 private:
  std::filesystem::path before_;
};

TEST_F(Example, storage_creates_a_file) {
  example_storage();
  EXPECT_TRUE(std::filesystem::exists("example.deltos"));
}

TEST_F(Example, transaction_creates_a_buffer_with_its_unit) {
  example_transaction(storage_);
  EXPECT_EQ(storage_.view<const double>("a/grid")[2], 3);
  EXPECT_EQ(storage_.snapshot().metadata("a/grid", "unit")->text(), "K");
}

TEST_F(Example, element_makes_a_struct_an_element) {
  deltos::Transaction transaction = storage_.transaction();
  transaction.create("places", std::vector<Place>{{1, 2, 3}});
  transaction.commit();
  EXPECT_EQ(storage_.view<const Place>("places")[0].population, 3);
}

TEST_F(Example, array_grows_and_is_summed) {
  testing::internal::CaptureStdout();
  example_array();
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "1003 elements, 499504\n");
}

TEST_F(Example, elements_are_filled_found_and_set) {
  testing::internal::CaptureStdout();
  example_elements(storage_);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "there is a 4\n");
  EXPECT_EQ(storage_.view<const double>("grid")(0, 2), 0.5);
  EXPECT_EQ(storage_.view<const double>("grid")(1, 2), 7);
}

TEST_F(Example, table_is_reached_by_pointers_and_copied) {
  testing::internal::CaptureStdout();
  example_table();
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "14\n");
}

TEST_F(Example, value_is_read_in_place_and_as_a_map) {
  testing::internal::CaptureStdout();
  example_value();
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "birds: 3, owl3wren1, no gull, 2\n");
}

TEST_F(Example, value_builder_takes_part_after_part) {
  testing::internal::CaptureStdout();
  example_value_builder();
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "Ulm, 478, 2 mayors\n");
}

TEST_F(Example, value_kinds_compare_decimals_as_numbers) {
  testing::internal::CaptureStdout();
  example_value_kinds();
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "19.90 is equal\n");
}

TEST_F(Example, value_of_makes_structs_values) {
  deltos::Transaction transaction = storage_.transaction();
  transaction.put("city", City{"Ulm", 126405, {48.4, 9.98}});
  transaction.put("heat", Celsius{21.5});
  transaction.commit();
  EXPECT_EQ(storage_.value("city")["population"].as<int>(), 126405);
  EXPECT_EQ(storage_.value("city")->as<City>().place[1], 9.98);
  EXPECT_EQ(storage_.value("heat")->as<Celsius>().degrees, 21.5);
}

TEST_F(Example, schema_finds_slots_within_slots) {
  testing::internal::CaptureStdout();
  example_schema();
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "4 3 40\n");
}

TEST_F(Example, records_are_packed_and_read) {
  testing::internal::CaptureStdout();
  example_records();
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "elm 2.5\n");
}

TEST_F(Example, whole_program_counts_birds) {
  testing::internal::CaptureStdout();
  EXPECT_EQ(example_deltos(), 0);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "6 birds; DELTOS_E_NOT_FOUND\n");
}

}  // namespace
