#include "value/verify.hpp"

#include <unordered_set>
#include <vector>

#include "format/validate.hpp"
#include "value/array.hpp"
#include "value/compare.hpp"

namespace deltos::value {
namespace {

class Verify {
 public:
  explicit Verify(const Reader &reader)
      : reader_(reader), comparison_(&reader, &reader), budget_(8 * (reader.image().size() + 4096)) {}

  Status run() {
    Item root;
    DELTOS_TRY(reader_.read(0, &root));
    DELTOS_TRY(look_at(root));
    while (!open_.empty()) {
      Open &innermost = open_.back();
      Item item;
      bool given = false;
      DELTOS_TRY(innermost.elements.next(&item, &given));
      if (given) {
        DELTOS_TRY(take(&innermost, item));
      } else {
        const Item ended = innermost.container;
        const std::uint64_t count = innermost.count;
        open_.pop_back();
        if (count != ended.count) return damaged(ended, "it has another number of members than it says");
      }
    }
    return {};
  }

 private:
  struct Open {
    Item container;
    Elements elements;
    std::uint64_t count;
  };

  static Status damaged(const Item &item, const char *what) {
    return fail(Code::corrupt, "the value at place %llu: %s", static_cast<unsigned long long>(payload_of(item.node)),
                what);
  }
  Status spend(std::uint64_t units) {
    if (units > budget_) return fail(Code::limit, "the value is entangled beyond its size");
    budget_ -= units;
    return {};
  }

  // An element of the innermost container; of a dict a key, with the value behind it.
  Status take(Open *open, const Item &item) {
    ++open->count;
    const Item container = open->container;
    if (container.kind != Kind::set && container.kind != Kind::dict) return look_at(item);
    Item value = item, found;
    bool given = false;
    if (container.kind == Kind::dict) DELTOS_TRY(open->elements.next(&value, &given));
    DELTOS_TRY(comparison_.find(Comparison::Side::a, container.node, item, &found));
    if (found.kind == Kind::end) return damaged(container, "a key or member is not found in it");
    if (found.node != value.node) return damaged(container, "a key is there twice");
    DELTOS_TRY(look_at(item));  // opens what is behind it: `open` may have moved
    return container.kind == Kind::dict ? look_at(value) : Status();
  }
  Status look_at(const Item &item) {
    constexpr std::uint64_t kBytesForOne = 64;
    DELTOS_TRY(spend(1 + (item.kind == Kind::decimal ? item.count / kBytesForOne : 0)));
    if (item.kind == Kind::ndarray) {
      DELTOS_TRY(elements_of_array(reader_, item.node));
    }
    if (item.kind == Kind::reference && item.u64 == 0) return damaged(item, "it refers to no object");
    if (item.kind == Kind::utf8) {
      if (item.count > kBytesForOne && !seen_.insert(item.node).second) return {};
      DELTOS_TRY(spend(item.count / kBytesForOne));
      if (!format::is_utf8(text_of({item.data, static_cast<std::size_t>(item.count)})))
        return damaged(item, "a text is not valid UTF-8");
    }
    const bool are_numbers = item.detail != 0 && (item.kind == Kind::list || item.kind == Kind::tuple);
    if (!is_container(item.kind) || are_numbers || !seen_.insert(item.node).second) return {};
    DELTOS_ASSIGN(Elements elements, Elements::of(reader_, item));
    DELTOS_TRY(spend(elements.words()));
    open_.push_back({item, elements, 0});
    return {};
  }

  const Reader &reader_;
  Comparison comparison_;
  std::uint64_t budget_;
  std::vector<Open> open_;
  std::unordered_set<Cell> seen_;  // containers and long texts
};

}  // namespace

Status verify(Bytes image) {
  Texts texts;
  DELTOS_ASSIGN(const Reader reader, Reader::open(image, &texts));
  return Verify(reader).run();
}

}  // namespace deltos::value
