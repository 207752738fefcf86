#include "value/repack.hpp"

#include <unordered_set>

#include "value/array.hpp"

namespace deltos::value {
namespace {

class Repack {
 public:
  Repack(Bytes image, Builder *into) : reader_(Reader::unfinished(image)), into_(*into) {}

  Status run() {
    Item root;
    DELTOS_TRY(reader_.read(0, &root));
    DELTOS_TRY(put(root, false));
    while (!open_.empty()) {
      Open &innermost = open_.back();
      const bool is_key = innermost.kind == Kind::set || (innermost.kind == Kind::dict && innermost.given % 2 == 0);
      Item item;
      bool given = false;
      DELTOS_TRY(innermost.elements.next(&item, &given));
      ++innermost.given;
      if (given) {
        DELTOS_TRY(put(item, is_key));
      } else {
        open_.pop_back();
        DELTOS_TRY(put_word(Kind::end, 0));
      }
    }
    return {};
  }

 private:
  struct Open {
    Kind kind;
    Elements elements;
    std::uint64_t given = 0;
  };

  Status put_word(Kind kind, std::uint64_t name) {
    Item item;
    item.kind = kind;
    item.node = name;
    return into_.put({&item, 1});
  }

  // A node is named after its place. Keys that are texts lie as they are, whatever becomes of the same text elsewhere.
  Status put(Item item, bool is_key) {
    const Cell node = item.node;
    const bool is_text = item.kind == Kind::utf8 || item.kind == Kind::bytes;
    const bool named = is_container(item.kind) || item.kind == Kind::ndarray || item.kind == Kind::decimal ||
                       item.kind == Kind::datetime || (is_text && !is_key);
    item.node = named ? payload_of(node) : 0;
    if (named && !seen_.insert(item.node).second) return put_word(Kind::share, item.node);
    if (item.kind == Kind::ndarray) {
      DELTOS_ASSIGN(const ArrayElements array, elements_of_array(reader_, node));
      return into_.put_array(array.format, array.shape, array.bytes, item.node);
    }
    if (!is_container(item.kind) || item.data != nullptr) return into_.put({&item, 1});
    item.detail = 0;  // bits are put one by one
    DELTOS_TRY(into_.put({&item, 1}));
    item.node = node;
    DELTOS_ASSIGN(Elements elements, Elements::of(reader_, item));
    open_.push_back({item.kind, elements});
    return {};
  }

  const Reader reader_;
  Builder &into_;
  std::vector<Open> open_;
  std::unordered_set<std::uint64_t> seen_;
};

}  // namespace

Status repack(Bytes image, Builder *into) { return Repack(image, into).run(); }

}  // namespace deltos::value
