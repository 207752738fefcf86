// What the fields of the corpus stand for in C++: bytes, numbers behind words, and differences in words.
#pragma once

#include <cstddef>
#include <deltos/deltos.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace conformance {

using Json = nlohmann::json;
using Bytes = std::vector<std::byte>;

// What was expected and what came.
class Mismatch : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

inline Json read_json(const std::string &path) {
  std::ifstream file(path);
  if (!file) throw Mismatch("cannot read " + path);
  return Json::parse(file);
}

inline Bytes bytes_of_digits(const std::string &digits) {
  Bytes bytes;
  for (std::size_t at = 0; at + 1 < digits.size(); at += 2) {
    bytes.push_back(static_cast<std::byte>(std::stoi(digits.substr(at, 2), nullptr, 16)));
  }
  return bytes;
}

inline Bytes bytes_of(const Json &data) {
  if (data.is_string()) return bytes_of_digits(data.get<std::string>());
  const Bytes unit = bytes_of_digits(data.at("repeat").get<std::string>());
  Bytes bytes;
  for (std::uint64_t times = data.at("times").get<std::uint64_t>(); times > 0; --times) {
    bytes.insert(bytes.end(), unit.begin(), unit.end());
  }
  return bytes;
}

inline std::string digits_of(deltos::Span<const std::byte> bytes) {
  std::string digits;
  for (const std::byte byte : bytes) {
    for (const int nibble : {std::to_integer<int>(byte) >> 4, std::to_integer<int>(byte) & 15}) {
      digits.push_back("0123456789abcdef"[nibble]);
    }
  }
  return digits;
}

inline std::string shown(const Json &value) {
  const std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  return text.size() <= 200 ? text : text.substr(0, 200) + "...";
}

inline Mismatch differ(const std::string &field, const Json &expected, const Json &actual) {
  return Mismatch("expected " + field + " " + shown(expected) + ", got " + shown(actual));
}

inline void expect_bytes(const Bytes &expected, deltos::Span<const std::byte> actual) {
  if (Bytes(actual.begin(), actual.end()) != expected) throw differ("data", digits_of(expected), digits_of(actual));
}

inline Json list_of(deltos::Span<const std::int64_t> values) {
  return Json(deltos::Shape(values.begin(), values.end()));
}

// A number with the word that the corpus has for it.
template <class Number>
using Words = std::map<std::string, Number>;

template <class Number>
Number number_of(const Words<Number> &words, const std::string &word) {
  const auto found = words.find(word);
  if (found == words.end()) throw Mismatch("the word " + word + " is not known");
  return found->second;
}

template <class Number>
std::string word_of(const Words<Number> &words, Number number) {
  for (const auto &[word, value] : words) {
    if (value == number) return word;
  }
  return "?";
}

inline const Words<deltos::Dtype> kDtypes{
    {"OTHER", deltos::Dtype::other}, {"BOOL", deltos::Dtype::boolean},    {"I8", deltos::Dtype::i8},
    {"I16", deltos::Dtype::i16},     {"I32", deltos::Dtype::i32},         {"I64", deltos::Dtype::i64},
    {"U8", deltos::Dtype::u8},       {"U16", deltos::Dtype::u16},         {"U32", deltos::Dtype::u32},
    {"U64", deltos::Dtype::u64},     {"F16", deltos::Dtype::f16},         {"F32", deltos::Dtype::f32},
    {"F64", deltos::Dtype::f64},     {"C64", deltos::Dtype::c64},         {"C128", deltos::Dtype::c128},
    {"BYTES", deltos::Dtype::bytes}, {"UCS4", deltos::Dtype::ucs4},       {"STRUCT", deltos::Dtype::structure},
    {"BF16", deltos::Dtype::bf16},   {"F8_E4M3", deltos::Dtype::f8_e4m3}, {"F8_E5M2", deltos::Dtype::f8_e5m2},
};
inline const Words<deltos::Mode> kModes{{"read", deltos::Mode::read},
                                        {"in-place", deltos::Mode::in_place},
                                        {"write", deltos::Mode::write},
                                        {"static", deltos::Mode::fixed}};
inline const Words<deltos::Create> kCreations{{"never", deltos::Create::never},
                                              {"if-absent", deltos::Create::if_absent},
                                              {"new", deltos::Create::only_new},
                                              {"replace", deltos::Create::replace}};
inline const Words<deltos::OpenFlags> kOpenFlags{{"sigbus-guard", deltos::OpenFlags::sigbus_guard},
                                                 {"verify", deltos::OpenFlags::verify},
                                                 {"rollback", deltos::OpenFlags::rollback},
                                                 {"redirty", deltos::OpenFlags::redirty},
                                                 {"copy", deltos::OpenFlags::copy},
                                                 {"no-trim", deltos::OpenFlags::no_trim},
                                                 {"force", deltos::OpenFlags::force},
                                                 {"sparse", deltos::OpenFlags::sparse}};
inline const Words<deltos::Request> kRequests{{"writable", deltos::Request::writable},
                                              {"format", deltos::Request::format},
                                              {"nd", deltos::Request::nd},
                                              {"strides", deltos::Request::strides},
                                              {"c", deltos::Request::c},
                                              {"f", deltos::Request::f},
                                              {"any", deltos::Request::any},
                                              {"indirect", deltos::Request::indirect},
                                              {"full-ro", deltos::Request::full_ro},
                                              {"full", deltos::Request::full}};
inline const Words<deltos::Durability> kDurabilities{
    {"sync", deltos::Durability::sync}, {"lazy", deltos::Durability::lazy}, {"async", deltos::Durability::async}};
inline const Words<deltos::Level> kLevels{{"struct", deltos::Level::structure}, {"full", deltos::Level::full}};
inline const Words<deltos::Depth> kDepths{{"all", deltos::Depth::all}, {"one-level", deltos::Depth::one_level}};

inline const Words<deltos::ValueKind> kValueKinds{
    {"null", deltos::ValueKind::null},         {"bool", deltos::ValueKind::boolean},
    {"int", deltos::ValueKind::integer},       {"uint", deltos::ValueKind::large_integer},
    {"float", deltos::ValueKind::floating},    {"bytes", deltos::ValueKind::bytes},
    {"utf8", deltos::ValueKind::text},         {"list", deltos::ValueKind::list},
    {"tuple", deltos::ValueKind::tuple},       {"set", deltos::ValueKind::set},
    {"dict", deltos::ValueKind::dict},         {"date", deltos::ValueKind::date},
    {"datetime", deltos::ValueKind::datetime}, {"decimal", deltos::ValueKind::decimal},
    {"ndarray", deltos::ValueKind::ndarray},   {"reference", deltos::ValueKind::reference}};

// The element type that a step's format and dtype say.
inline deltos::ElementType element_type(const Json &step) {
  const deltos::Dtype dtype =
      step.contains("dtype") ? number_of(kDtypes, step.at("dtype").get<std::string>()) : deltos::Dtype::other;
  if (!step.contains("format")) return dtype;
  return {step.at("format").get<std::string>(), dtype};
}

inline deltos::Shape shape_of(const Json &step) { return step.value("shape", deltos::Shape()); }

inline std::string text(const Json &step, const char *field) { return step.at(field).get<std::string>(); }
inline std::string word(const Json &step, const char *field, const char *otherwise) {
  return step.value(field, std::string(otherwise));
}

// Compares those of the values that came whose fields the step has.
inline void expect(const Json &step, const Json &actual) {
  for (const auto &[field, value] : actual.items()) {
    if (step.contains(field) && step.at(field) != value) throw differ(field, step.at(field), value);
  }
}

template <class Flags>
Flags flags_of(const Json &step, const Words<Flags> &words, Flags otherwise) {
  if (!step.contains("flags")) return otherwise;
  Flags flags{};
  for (const Json &flag : step.at("flags")) flags = flags | number_of(words, flag.get<std::string>());
  return flags;
}

inline Bytes read_file(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Mismatch("cannot read " + path);
  Bytes bytes(static_cast<std::size_t>(std::filesystem::file_size(path)));
  file.read(reinterpret_cast<char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

// The memory that a step's data, shape, strides and start describe.
class GivenMemory {
 public:
  explicit GivenMemory(const Json &step)
      : bytes_(bytes_of(step.at("data"))),
        memory_(static_cast<const void *>(at(step.value("start", std::size_t{0}))), element_type(step), shape_of(step),
                step.value("strides", deltos::Shape())) {}
  const deltos::Memory &memory() const { return memory_; }

 private:
  // Room for a byte even where there is none, so that the address is never missing.
  const std::byte *at(std::size_t start) {
    bytes_.push_back(std::byte{0});
    return bytes_.data() + start;
  }
  Bytes bytes_;
  deltos::Memory memory_;
};

// A metadata value of a step or a description, as an argument; it borrows from itself.
class GivenValue {
 public:
  explicit GivenValue(const Json &item) : is_text_(item.contains("text")) {
    if (is_text_) {
      text_ = item.at("text").get<std::string>();
    } else {
      bytes_ = bytes_of(item.at("data"));
      format_ = item.at("format").get<std::string>();
      shape_ = shape_of(item);
    }
  }
  deltos::MetadataValue value() const {
    if (is_text_) return deltos::MetadataValue(text_);
    return deltos::MetadataValue(format_, bytes_, shape_);
  }

 private:
  bool is_text_;
  std::string text_, format_;
  Bytes bytes_;
  deltos::Shape shape_;
};

// Compares a stored value with the fields of a step or a description.
inline void expect_value(const deltos::Metadatum &actual, const Json &expected) {
  if (expected.contains("text")) {
    const Json text = actual.text();
    if (text != expected.at("text")) throw differ("text", expected.at("text"), text);
  }
  if (expected.contains("format") && expected.at("format") != actual.format()) {
    throw differ("format", expected.at("format"), actual.format());
  }
  if (expected.contains("shape") && expected.at("shape") != list_of(actual.shape())) {
    throw differ("shape", expected.at("shape"), list_of(actual.shape()));
  }
  if (expected.contains("data")) expect_bytes(bytes_of(expected.at("data")), actual.bytes());
}

}  // namespace conformance
