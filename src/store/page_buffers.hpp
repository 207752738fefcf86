// Memory for the catalogue pages that a transaction changes. Private to L4.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "format/layout.hpp"

namespace deltos::store {

struct alignas(64) PageBuffer {
  std::byte bytes[format::kBlockBytes];
  std::uint64_t call;  // that created it or has kept a copy of it
  bool created;        // by that call
};

// By block. nullptr: written early (the dirty catalogue grew large); read back when it is edited again.
using PageTable = std::unordered_map<std::uint64_t, std::unique_ptr<PageBuffer>>;

// Room for `more` entries, so that adding them cannot fail. Grows by halves at least: asked for before every change,
// exact growth would move everything every time.
template <class Type>
void make_room(std::vector<Type> &list, std::size_t more) {
  if (list.capacity() - list.size() < more) list.reserve(list.size() + std::max(more, list.size() / 2));
}

template <class Key, class Value>
void make_room(std::unordered_map<Key, Value> &table, std::size_t more) {
  const auto room = static_cast<std::size_t>(static_cast<double>(table.bucket_count()) * table.max_load_factor());
  if (room < table.size() + more) table.reserve(table.size() + std::max(more, table.size()));
}

// Entries ready to be put into a PageTable without allocating. What they hold is what was in them before.
class SparePages {
 public:
  void reserve(std::size_t count) {
    make_room(nodes_, std::max(count, nodes_.size()) - nodes_.size());
    while (nodes_.size() < count) {
      PageTable one;
      one.emplace(0, std::make_unique_for_overwrite<PageBuffer>());
      nodes_.push_back(one.extract(one.begin()));
    }
  }
  PageTable::node_type take() {
    PageTable::node_type node = std::move(nodes_.back());
    nodes_.pop_back();
    return node;
  }
  // What take() gave and nobody needs any more. Allocates nothing.
  void give_back(PageTable::node_type node) {
    if (nodes_.size() < nodes_.capacity()) nodes_.push_back(std::move(node));
  }
  // Keeps some of a table's entries for later; the table is empty afterwards. Allocates nothing.
  void keep(PageTable &table) {
    while (!table.empty() && nodes_.size() < std::min(nodes_.capacity(), kKept)) {
      PageTable::node_type node = table.extract(table.begin());
      if (node.mapped()) nodes_.push_back(std::move(node));
    }
    table.clear();
    while (nodes_.size() > kKept) nodes_.pop_back();
  }

 private:
  static constexpr std::size_t kKept = 64;
  std::vector<PageTable::node_type> nodes_;
};

}  // namespace deltos::store
