// Random values of every kind as a tree of their own, which is the model that images are held against: written by a
// builder, read back through a reader, node by node.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "value/builder.hpp"
#include "value/compare.hpp"

namespace deltos::test {

using value::Item;
using value::Kind;

struct Tree {
  Kind kind = Kind::null;
  std::int32_t detail = 0;
  std::int64_t i64 = 0;
  std::uint64_t u64 = 0;
  double f64 = 0;
  std::string text;
  std::vector<Tree> parts;            // of a dict: keys and values in turn
  std::vector<std::int64_t> numbers;  // of an array of int64

  bool operator==(const Tree &) const = default;
};

class RandomValues {
 public:
  explicit RandomValues(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t below(std::uint64_t limit) { return engine_() % limit; }
  Tree any(int depth) {
    const auto kinds = static_cast<std::uint64_t>(depth > 0 ? 15 : 10);
    constexpr Kind kKinds[] = {Kind::null,     Kind::boolean, Kind::integer, Kind::unsigned_integer,
                               Kind::floating, Kind::bytes,   Kind::utf8,    Kind::date,
                               Kind::datetime, Kind::decimal, Kind::list,    Kind::tuple,
                               Kind::set,      Kind::dict,    Kind::ndarray};
    return of(kKinds[below(kinds)], depth);
  }
  Tree of(Kind kind, int depth) {
    Tree made;
    made.kind = kind;
    switch (kind) {
      case Kind::boolean:
        made.i64 = static_cast<std::int64_t>(below(2));
        break;
      case Kind::integer:
        made.i64 = number();
        break;
      case Kind::unsigned_integer:
        made.u64 = (std::uint64_t{1} << 63) + below(5);
        break;
      case Kind::floating:
        made.f64 = below(2) == 0 ? static_cast<double>(number()) : 0.5 * static_cast<double>(below(100));
        break;
      case Kind::bytes:
        made.text = letters(true);
        break;
      case Kind::utf8:
        made.text = letters(false);
        break;
      case Kind::date:
        made.i64 = static_cast<std::int64_t>(below(40000)) - 20000;
        break;
      case Kind::datetime:
        moment(&made);
        break;
      case Kind::decimal:
        decimal(&made);
        break;
      case Kind::ndarray:
        for (std::uint64_t i = below(9); i > 0; --i) made.numbers.push_back(number());
        break;
      case Kind::list:
      case Kind::tuple:
        elements(&made, depth);
        break;
      case Kind::set:
      case Kind::dict:
        entries(&made, depth);
        break;
      default:
        break;
    }
    return made;
  }

 private:
  std::int64_t number() {
    const auto bits = static_cast<unsigned>(below(64));
    const auto size = static_cast<std::int64_t>(engine_() >> 1 >> bits);
    return below(2) == 0 ? size : -size;
  }
  std::string letters(bool any_byte) {
    std::string text;
    for (std::uint64_t i = below(below(8) == 0 ? 200 : 6); i > 0; --i)
      text += any_byte ? std::string(1, static_cast<char>(below(256)))
                       : std::vector<std::string>{"a", "b", "\xc3\xa4", std::string(1, '\0')}[below(4)];
    return text;
  }
  void moment(Tree *made) {
    made->i64 = number() / 1000;
    made->u64 = below(1'000'000'000);
    made->detail = below(2) == 0 ? value::kNoZone : static_cast<std::int32_t>(below(86400)) - 43200;
  }
  void decimal(Tree *made) {
    made->u64 = below(2);
    made->i64 = static_cast<std::int64_t>(below(40)) - 20;
    for (std::uint64_t i = 1 + below(12); i > 0; --i) made->text += static_cast<char>('1' + below(9));
  }
  void elements(Tree *made, int depth) {
    const std::uint64_t count = below(6) == 0 ? below(40) : below(5);
    constexpr Kind kAlike[] = {Kind::integer, Kind::floating, Kind::boolean, Kind::utf8};
    const bool alike = below(2) == 0;
    const Kind kind = kAlike[below(4)];
    for (std::uint64_t i = 0; i < count; ++i) made->parts.push_back(alike ? of(kind, 0) : any(depth - 1));
  }
  // Keys differ: what equals an earlier one in the model is left out.
  void entries(Tree *made, int depth) {
    const std::uint64_t count = below(5) == 0 ? below(60) : below(12);
    const bool small = below(3) == 0;
    for (std::uint64_t i = 0; i < count; ++i) {
      Tree key = small ? of(Kind::integer, 0) : any(below(6) == 0 ? std::min(1, depth - 1) : 0);
      if (small) key.i64 = static_cast<std::int64_t>(below(100)) - 50;
      const std::size_t stride = made->kind == Kind::dict ? 2 : 1;
      bool is_new = true;
      for (std::size_t k = 0; k < made->parts.size(); k += stride) is_new = is_new && !alike(made->parts[k], key);
      if (!is_new) continue;
      made->parts.push_back(std::move(key));
      if (stride == 2) made->parts.push_back(any(depth - 1));
    }
  }
  static bool alike(const Tree &a, const Tree &b) {
    if (a.kind != b.kind || a.kind != Kind::set) return a == b || (a.kind == Kind::dict && b.kind == Kind::dict);
    return a.parts.size() == b.parts.size();  // any order: too much is left out, which does no harm
  }

  std::mt19937_64 engine_;
};

// Leaves only what comes back from JSON as it was.
inline void keep_json(Tree *tree) {
  const bool becomes_text = tree->kind == Kind::bytes || tree->kind == Kind::date || tree->kind == Kind::datetime;
  if (becomes_text || tree->kind == Kind::decimal || tree->kind == Kind::ndarray) tree->kind = Kind::null;
  if (tree->kind == Kind::tuple || tree->kind == Kind::set) tree->kind = Kind::list;
  for (std::size_t i = 0; tree->kind == Kind::dict && i < tree->parts.size(); i += 2) {
    tree->parts[i] = Tree();
    tree->parts[i].kind = Kind::utf8;
    tree->parts[i].text = "key \\ \xc3\xa4 " + std::to_string(i);
  }
  for (Tree &part : tree->parts) keep_json(&part);
}

inline Item item_of(const Tree &tree) {
  Item item;
  item.kind = tree.kind;
  item.detail = tree.detail;
  item.i64 = tree.i64;
  item.u64 = tree.u64;
  item.f64 = tree.f64;
  if (tree.kind == Kind::bytes || tree.kind == Kind::utf8 || tree.kind == Kind::decimal) {
    item.data = bytes_of(tree.text).data();
    item.count = tree.text.size();
  }
  return item;
}

inline Status put(value::Builder &builder, const Tree &tree) {
  if (tree.kind == Kind::ndarray) {
    DELTOS_ASSIGN(const dtype::Format format, dtype::parse_format("q"));
    const std::int64_t shape[] = {static_cast<std::int64_t>(tree.numbers.size())};
    return builder.put_array(format, shape, std::as_bytes(std::span(tree.numbers)), 0);
  }
  const Item item = item_of(tree);
  DELTOS_TRY(builder.put({&item, 1}));
  if (!value::is_container(tree.kind)) return {};
  for (const Tree &part : tree.parts) DELTOS_TRY(put(builder, part));
  Item end;
  end.kind = Kind::end;
  return builder.put({&end, 1});
}

inline Result<std::vector<std::byte>> image_of(value::Builder &builder) {
  DELTOS_ASSIGN(const std::uint64_t bytes, builder.finish());
  return std::vector<std::byte>(builder.image().begin(), builder.image().begin() + static_cast<std::ptrdiff_t>(bytes));
}

inline Result<std::vector<std::byte>> image_of(const Tree &tree) {
  value::Builder builder;
  DELTOS_TRY(put(builder, tree));
  return image_of(builder);
}

// Everything that a reader tells of a node, as a tree. `budget` bounds what hostile images can ask for.
inline Result<Tree> tree_of(const value::Reader &reader, value::Cell node, unsigned depth, std::uint64_t *budget) {
  Item item;
  DELTOS_TRY(reader.read(node, &item));
  if (depth > 100 || *budget == 0) return fail(Code::limit, "too much");
  --*budget;
  Tree tree;
  tree.kind = item.kind;
  tree.i64 = item.i64;
  tree.u64 = item.u64;
  tree.f64 = item.f64;
  if (item.kind == Kind::datetime || item.kind == Kind::decimal) tree.detail = item.detail;
  if (item.kind == Kind::bytes || item.kind == Kind::utf8 || item.kind == Kind::decimal)
    tree.text = text_of({item.data, static_cast<std::size_t>(item.count)});
  if (item.kind == Kind::ndarray) {
    value::Reader::ArrayFacts facts;
    DELTOS_TRY(reader.array(node, &facts));
    for (std::uint64_t at = 0; at + 8 <= facts.bytes; at += 8)
      tree.numbers.push_back(load<std::int64_t>(facts.data + at));
  }
  if (!value::is_container(item.kind)) return tree;
  const std::uint64_t parts = item.kind == Kind::dict ? 2 : 1;
  for (std::uint64_t first = 0; first < item.count;) {
    Item items[7];
    std::uint64_t given = 0;
    DELTOS_TRY(reader.children(node, first, items, 7, &given));
    if (given == 0) break;
    for (std::uint64_t i = 0; i < given; ++i) {
      DELTOS_ASSIGN(Tree part, tree_of(reader, items[i].node, depth + 1, budget));
      tree.parts.push_back(std::move(part));
    }
    first += given / parts;
  }
  return tree;
}

}  // namespace deltos::test
