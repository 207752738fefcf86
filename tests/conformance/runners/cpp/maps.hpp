// Keys, values and pairs of maps in the notation of ../../README.md.
#pragma once

#include "records.hpp"

namespace conformance {

inline const Words<deltos::KeyKind> kKeys{{"bytes", deltos::KeyKind::bytes},
                                          {"utf8", deltos::KeyKind::utf8},
                                          {"u64", deltos::KeyKind::u64},
                                          {"value", deltos::KeyKind::value}};
inline const Words<deltos::MapValueKind> kMapValues{{"u64", deltos::MapValueKind::u64},
                                                    {"bytes", deltos::MapValueKind::bytes},
                                                    {"utf8", deltos::MapValueKind::utf8},
                                                    {"value", deltos::MapValueKind::value},
                                                    {"record", deltos::MapValueKind::record}};
inline const Words<deltos::MapShape> kMapShapes{{"simple", deltos::MapShape::simple},
                                                {"multi", deltos::MapShape::multi},
                                                {"approximate", deltos::MapShape::approximate}};

// What the library is given for a key or a value.
enum class Form { bytes, number, image, record };
Form form_of(deltos::KeyKind key);
Form form_of(deltos::MapValueKind value);

// The bytes of a node.
Bytes encoded(const Json &node, Form form);
std::string_view text_of(const Bytes &bytes);
// PAIRS and KEYS with numbers written out.
Json written_pairs(const Json &pairs, Form key, Form value);
Json written_keys(const Json &keys, Form key);

// Keys or values on their way into the library.
class GivenColumn {
 public:
  void add(const Json &node, Form form);
  deltos::MapColumn column(Form form) const;

 private:
  std::deque<Bytes> bytes_;
  std::vector<std::uint64_t> numbers_;
};
GivenColumn given_keys(const Json &keys, Form form);
GivenColumn given_part(const Json &pairs, std::size_t part, Form form);

// Throws Mismatch where a key or a value is not as written.
void expect_encoded(const Json &expected, Form form, std::string_view actual);

// What a hash map has, compared with how it is written.
class MapReading {
 public:
  explicit MapReading(const deltos::HashMap &map);
  const deltos::HashMapInfo &info() const { return info_; }
  Form key() const { return key_; }
  // Asks for a key in every way there is.
  void expect_key(const Json &key, const Json &values) const;
  void expect_first(const deltos::MapEntry &entry, const Json &value) const;
  bool has_numbers() const { return value_ == Form::number || value_ == Form::record; }
  // Goes through all of it.
  void expect_pairs(const Json &pairs) const;

 private:
  void expect_one(const Json &expected, std::string_view bytes, std::uint64_t number) const;
  void expect_each_once() const;
  void expect_order() const;

  const deltos::HashMap &map_;
  deltos::HashMapInfo info_;
  Form key_, value_;
  deltos::RecordTable table_;
  std::vector<deltos::Slot> slots_;
};

// What a step or a description says of a map that is to be built, with the schema where it has one.
deltos::HashMapOptions map_options(const Json &step, const deltos::Schema *schema);
void add_pairs_to(deltos::HashMapBuilder &builder, const Json &pairs, deltos::KeyKind key, deltos::MapValueKind value,
                  const deltos::Schema *schema);

deltos::Object create_map(deltos::Transaction &transaction, const Json &described);
void expect_map(const deltos::HashMap &map, const Json &described);
deltos::Object create_sorted_map(deltos::Transaction &transaction, const Json &described);
void expect_sorted_map(const deltos::Snapshot &snapshot, const deltos::SortedMap &map, const Json &described);

}  // namespace conformance
