// The notation of values: what is put, and what is compared with what is there.
#include "trees.hpp"

#include <cstring>
#include <functional>

namespace conformance {

std::uint64_t word_of_number(const Json &number) {
  if (!number.is_string()) return static_cast<std::uint64_t>(number.get<std::int64_t>());
  const Bytes bytes = bytes_of(number);
  std::uint64_t word = 0;
  std::memcpy(&word, bytes.data(), std::min(bytes.size(), sizeof word));
  return word;
}
std::int64_t integer_of(const Json &number) { return static_cast<std::int64_t>(word_of_number(number)); }

double float_of(const Json &digits) {
  const std::uint64_t bits = word_of_number(digits);
  double number = 0;
  std::memcpy(&number, &bits, sizeof number);
  return number;
}

std::string text_of(const Json &text) {
  if (text.is_string()) return text.get<std::string>();
  const Bytes bytes = bytes_of(text.at("data"));
  return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

namespace {

using deltos::Node;
using deltos::ValueBuilder;
using deltos::ValueKind;

const Words<deltos::DecimalKind> kSpecials{{"finite", deltos::DecimalKind::finite},
                                           {"infinite", deltos::DecimalKind::infinite},
                                           {"nan", deltos::DecimalKind::nan},
                                           {"signalling-nan", deltos::DecimalKind::signalling_nan}};

// The kind of a node, and what its field holds.
std::pair<std::string, Json> kind_of(const Json &node) {
  for (const auto &[field, content] : node.items()) {
    if (field != "node") return {field, content};
  }
  throw Mismatch("a node has no kind");
}

deltos::Decimal decimal_of(const Json &content) {
  deltos::Decimal decimal;
  decimal.kind = number_of(kSpecials, word(content, "special", "finite"));
  decimal.negative = content.value("negative", false);
  decimal.digits = text_of(content.at("digits"));
  decimal.exponent = content.contains("exponent") ? integer_of(content.at("exponent")) : 0;
  return decimal;
}

deltos_item time_of(const Json &content) {
  deltos_item item{};
  item.kind = DELTOS_VALUE_DATETIME;
  item.i64 = integer_of(content.at(0));
  item.u64 = word_of_number(content.at(1));
  item.detail = content.at(2).is_null() ? DELTOS_VALUE_NO_ZONE : content.at(2).get<std::int32_t>();
  return item;
}

// Elements without short forms, one level deep; of a dict pairs.
std::vector<Json> elements_of(const std::string &kind, const Json &content) {
  if (content.is_array()) return content.get<std::vector<Json>>();
  if (content.contains("repeat"))
    return std::vector<Json>(content.at("times").get<std::size_t>(), content.at("repeat"));
  std::vector<Json> elements;
  const auto first = content.value("from", std::int64_t{0}), step = content.value("step", std::int64_t{1});
  for (std::int64_t i = 0; i < content.at("count").get<std::int64_t>(); ++i) {
    const Json number{{"int", first + i * step}};
    elements.push_back(kind == "dict" ? Json::array({number, number}) : number);
  }
  return elements;
}

bool is_container(const std::string &kind) {
  return kind == "list" || kind == "tuple" || kind == "set" || kind == "dict";
}

// One level of a nest.
Json unnested(const Json &node) {
  if (!node.contains("nested")) return node;
  Json nest = node.at("nested");
  const auto depth = nest.at("depth").get<std::int64_t>();
  if (depth == 0) return unnested(nest.at("value"));
  nest["depth"] = depth - 1;
  return Json{{text(nest, "in"), Json::array({Json{{"nested", nest}}})}};
}

// Building

template <class T>
void put_numbers(ValueBuilder &builder, const std::string &kind, const Bytes &bytes) {
  std::vector<T> numbers(bytes.size() / sizeof(T));
  std::memcpy(static_cast<void *>(numbers.data()), bytes.data(), numbers.size() * sizeof(T));
  const deltos::Span<const T> span(numbers.data(), numbers.size());
  if (kind == "tuple") {
    builder.put_tuple(span);
  } else {
    builder.put(numbers);
  }
}

void put_elements_in_one(ValueBuilder &builder, const std::string &kind, const Json &content) {
  using Put = void (*)(ValueBuilder &, const std::string &, const Bytes &);
  static const Words<Put> kPuts{{"I8", put_numbers<std::int8_t>},    {"I16", put_numbers<std::int16_t>},
                                {"I32", put_numbers<std::int32_t>},  {"I64", put_numbers<std::int64_t>},
                                {"U8", put_numbers<std::uint8_t>},   {"U16", put_numbers<std::uint16_t>},
                                {"U32", put_numbers<std::uint32_t>}, {"U64", put_numbers<std::uint64_t>},
                                {"F32", put_numbers<float>},         {"F64", put_numbers<double>}};
  const Bytes bytes = bytes_of(content.at("data"));
  const std::string dtype = text(content, "dtype");
  if (kPuts.count(dtype) != 0) return number_of(kPuts, dtype)(builder, kind, bytes);
  // No type of C++ is of these; the library refuses them.
  deltos_item item{};
  item.kind = kind == "tuple" ? DELTOS_VALUE_TUPLE : DELTOS_VALUE_LIST;
  item.detail = static_cast<std::int32_t>(number_of(kDtypes, dtype));
  item.data = bytes.data();
  item.count = bytes.size();
  builder.put_items({&item, 1});
}

void put_tree(ValueBuilder &builder, const Json &written);

void put_container(ValueBuilder &builder, const std::string &kind, const Json &content) {
  if (kind == "list") builder.begin_list();
  if (kind == "tuple") builder.begin_tuple();
  if (kind == "set") builder.begin_set();
  if (kind == "dict") builder.begin_dict();
  for (const Json &element : elements_of(kind, content)) {
    if (kind != "dict") {
      put_tree(builder, element);
    } else {
      for (const Json &part : element) put_tree(builder, part);
    }
  }
  builder.end();
}

using PutScalar = std::function<void(ValueBuilder &, const Json &)>;
const Words<PutScalar> kPutScalar{
    {"null", [](ValueBuilder &to, const Json &) { to.put(nullptr); }},
    {"bool", [](ValueBuilder &to, const Json &content) { to.put(content.get<bool>()); }},
    {"int", [](ValueBuilder &to, const Json &content) { to.put(integer_of(content)); }},
    {"uint", [](ValueBuilder &to, const Json &content) { to.put(word_of_number(content)); }},
    {"float", [](ValueBuilder &to, const Json &content) { to.put(float_of(content)); }},
    {"bytes", [](ValueBuilder &to, const Json &content) { to.put(bytes_of(content)); }},
    {"utf8", [](ValueBuilder &to, const Json &content) { to.put(text_of(content)); }},
    {"date", [](ValueBuilder &to, const Json &content) { to.put(deltos::Date{integer_of(content)}); }},
    {"decimal", [](ValueBuilder &to, const Json &content) { to.put(decimal_of(content)); }},
    {"ndarray", [](ValueBuilder &to, const Json &content) { to.put_array(GivenMemory(content).memory()); }},
    {"reference", [](ValueBuilder &to, const Json &content) { to.put(deltos::Reference{word_of_number(content)}); }},
    {"share", [](ValueBuilder &to, const Json &content) { to.put_again(word_of_number(content)); }},
};

void put_tree(ValueBuilder &builder, const Json &written) {
  const Json node = unnested(written);
  const auto [kind, content] = kind_of(node);
  if (node.contains("node")) builder.name(word_of_number(node.at("node")));
  if (kind == "datetime") {
    // As an item: nanoseconds of C++ are narrower than those that are to be refused.
    deltos_item item = time_of(content);
    if (node.contains("node")) item.node = word_of_number(node.at("node"));
    builder.name(0).put_items({&item, 1});
  } else if (!is_container(kind)) {
    number_of(kPutScalar, kind)(builder, content);
  } else if (content.is_object() && content.contains("dtype")) {
    put_elements_in_one(builder, kind, content);
  } else {
    put_container(builder, kind, content);
  }
}

// Comparing

Mismatch differ_from(const Json &written, const Node &node) {
  return Mismatch("expected " + shown(written) + ", got " + word_of(kValueKinds, node.kind()) + " of " +
                  std::to_string(node.size()) + ", " + digits_of_word(static_cast<std::uint64_t>(node.item().i64)) +
                  " " + digits_of_word(node.item().u64));
}

std::uint64_t bits_of(double number) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, &number, sizeof bits);
  return bits;
}

bool same_time(const Json &content, const deltos::DateTime &time) {
  const deltos_item wanted = time_of(content);
  return time.seconds == wanted.i64 && time.nanoseconds == wanted.u64 &&
         time.zone.value_or(DELTOS_VALUE_NO_ZONE) == wanted.detail;
}

bool same_decimal(const deltos::Decimal &a, const deltos::Decimal &b) {
  return a.kind == b.kind && a.negative == b.negative && a.digits == b.digits && a.exponent == b.exponent;
}

bool same_bytes(const Bytes &bytes, deltos::Span<const std::byte> actual) {
  return Bytes(actual.begin(), actual.end()) == bytes;
}

using SameScalar = std::function<bool(const Node &, const Json &)>;
const Words<SameScalar> kSameScalar{
    {"null", [](const Node &node, const Json &) { return node.is_null(); }},
    {"bool", [](const Node &node, const Json &content) { return node.as<bool>() == content.get<bool>(); }},
    {"int", [](const Node &node, const Json &content) { return node.as<std::int64_t>() == integer_of(content); }},
    {"uint", [](const Node &node, const Json &content) { return node.as<std::uint64_t>() == word_of_number(content); }},
    {"float",
     [](const Node &node, const Json &content) { return bits_of(node.as<double>()) == word_of_number(content); }},
    {"bytes",
     [](const Node &node, const Json &content) {
       return same_bytes(bytes_of(content), node.as<deltos::Span<const std::byte>>());
     }},
    {"utf8", [](const Node &node, const Json &content) { return node.as<std::string_view>() == text_of(content); }},
    {"date", [](const Node &node, const Json &content) { return node.as<deltos::Date>().days == integer_of(content); }},
    {"datetime", [](const Node &node, const Json &content) { return same_time(content, node.as<deltos::DateTime>()); }},
    {"decimal", [](const Node &node,
                   const Json &content) { return same_decimal(node.as<deltos::Decimal>(), decimal_of(content)); }},
    {"reference",
     [](const Node &node, const Json &content) { return node.as<deltos::Reference>().id == word_of_number(content); }},
};

// Goes through a tree, and remembers the nodes that have names.
class Comparison {
 public:
  void expect(const Json &written, const Node &node) {
    const Json wanted = unnested(written);
    const auto [kind, content] = kind_of(wanted);
    if (wanted.contains("node")) names_[word_of_number(wanted.at("node"))] = node.item().node;
    if (kind == "share") {
      if (names_.at(word_of_number(content)) != node.item().node) throw differ_from(wanted, node);
    } else if (kind != word_of(kValueKinds, node.kind())) {
      throw differ_from(wanted, node);
    } else if (kind == "ndarray" || (content.is_object() && content.contains("dtype"))) {
      expect_view(content, node.view());
    } else if (is_container(kind)) {
      expect_elements(wanted, kind, elements_of(kind, content), node);
    } else if (!number_of(kSameScalar, kind)(node, content)) {
      throw differ_from(wanted, node);
    }
  }

 private:
  static void expect_view(const Json &content, const deltos::View &view) {
    conformance::expect(
        content,
        {{"format", view.format()}, {"dtype", word_of(kDtypes, view.dtype())}, {"shape", list_of(view.shape())}});
    expect_bytes(bytes_of(content.at("data")),
                 {static_cast<const std::byte *>(view.data()), static_cast<std::size_t>(view.nbytes())});
  }

  void expect_elements(const Json &wanted, const std::string &kind, const std::vector<Json> &elements,
                       const Node &node) {
    if (elements.size() != node.size()) throw differ_from(wanted, node);
    auto one = elements.begin();
    if (kind == "dict") {
      for (const auto &[key, value] : node.entries()) {
        expect(one->at(0), key);
        expect((one++)->at(1), value);
      }
    } else {
      for (const Node &element : node.elements()) expect(*one++, element);
    }
    if (one != elements.end()) throw Mismatch("a container has fewer elements than it says");
  }

  std::map<std::uint64_t, std::uint64_t> names_;
};

}  // namespace

deltos::ValueBuilder built(const Json &node) {
  ValueBuilder builder = ValueBuilder::begin();
  put_tree(builder, node);
  return builder;
}

deltos::Node root_of(const deltos::Object &value) {
  deltos_item item;
  deltos_error error;
  if (deltos_value_read(value.get(), 0, &item, &error) != DELTOS_OK) throw deltos::Exception(deltos::Error(error));
  return {value.get(), item};
}

void expect_tree(const Json &written, const Node &node) { Comparison().expect(written, node); }

std::optional<Node> look_for(const Node &node, const Json &key) {
  const auto [kind, content] = kind_of(key);
  if (kind == "bool") return node.find(content.get<bool>());
  if (kind == "int") return node.find(integer_of(content));
  if (kind == "uint") return node.find(word_of_number(content));
  if (kind == "utf8") return node.find(text_of(content));
  // Any other: a node of a value that holds it.
  const deltos::Value holder = built(key).pack().open();
  return node.find(holder.root());
}

std::string digits_of_word(std::uint64_t number) {
  return digits_of({reinterpret_cast<const std::byte *>(&number), sizeof number});
}

}  // namespace conformance
