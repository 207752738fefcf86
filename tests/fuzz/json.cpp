// JSON texts: any bytes. What is taken comes back as it was, and the text of that is always the same.
#include "value/json.hpp"

#include "fuzz/target.hpp"
#include "value/compare.hpp"

namespace deltos::fuzz {
namespace {

using namespace value;

Result<Seed> read_json(std::string_view text) {
  Builder builder;
  DELTOS_TRY(put_json(builder, text));
  DELTOS_TRY(builder.finish());
  return Seed(builder.image().begin(), builder.image().end());
}

std::string json_of(const Reader &reader) {
  std::uint64_t bytes = 0;
  require(write_json(reader, 0, 0, {}, &bytes).ok(), "what was JSON can be written as JSON");
  std::string text(bytes, '\0');
  require(write_json(reader, 0, 0, text, &bytes).ok() && bytes == text.size(), "JSON has the size it was said to have");
  return text;
}

bool are_equal(const Reader &a, const Reader &b) {
  Item left, right;
  bool equal = false;
  return a.read(0, &left).ok() && b.read(0, &right).ok() && Comparison(&a, &b).equal(left, right, &equal).ok() && equal;
}

}  // namespace

void one(Bytes input) {
  const auto image = read_json(text_of(input));
  if (!image.ok()) return;
  const Reader reader = *Reader::open(*image);
  const std::string text = json_of(reader);
  const auto again = read_json(text);
  require(again.ok(), "what was written can be read");
  const Reader second = *Reader::open(*again);
  require(are_equal(reader, second), "it is the same");
  require(json_of(second) == text, "so is its text");
}

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  for (const char *text :
       {"null", "[true,false,[]]", "{\"a\":{\"b\":[1,-2,3.5,1e300,-0.0]},\"\":\"\\u00e4\\n\\ud83d\\ude00\"}",
        "[18446744073709551615,18446744073709551616,-9223372036854775808,-9223372036854775809]",
        "\"\xc3\xa4\xe2\x82\xac\"", "[[[[[[[[1]]]]]]]]", " [ 1 , 2 ]\n", "[1,2,", "{\"a\":1,\"a\":2}", "1e400",
        "5e-324", "[0.1,0.2,0.30000000000000004]"}) {
    const Bytes bytes = bytes_of(text);
    all.emplace_back(bytes.begin(), bytes.end());
  }
  return all;
}

}  // namespace deltos::fuzz
