// What the call at work has done to a transaction, so that a call that fails leaves no trace. Private to L4.
#pragma once

#include <cstdint>
#include <vector>

#include "format/layout.hpp"
#include "store/page_buffers.hpp"
#include "store/page_source.hpp"
#include "store/sorted_map.hpp"

namespace deltos::store {

// A call that ends with one change of the tree needs no copies of pages: that change happens whole or not at all.
enum class Steps { one, many };
// Removals may use the catalogue pages that everything else leaves free.
enum class Purpose { change, removal };

// Blocks and extents that were the transaction's own before the call are given back when the call has succeeded, not
// earlier: until then they may be needed again.
struct Undo {
  bool active = false, copies = false;
  Purpose purpose = Purpose::change;
  std::uint64_t call = 0;  // number of the call; pages created or copied by it carry it

  Root root;
  std::uint64_t object_count = 0, next_id = 0, written_bytes = 0;
  std::size_t freed_pages = 0, freed_extents = 0, seal_locks = 0, dirty_pages = 0;  // as many as there were

  std::vector<std::uint64_t> created;               // blocks, some perhaps discarded again
  std::vector<PageTable::node_type> originals;      // copies of own pages that were edited
  std::vector<std::uint64_t> loaded;                // own pages that had been written early
  std::vector<PageTable::node_type> discarded;      // own pages of before
  std::vector<format::Extent> allocated, released;  // released: own ones
  struct Map {
    std::uint64_t id;
    bool known;  // to the transaction, before
    OpenMap before;
  };
  std::vector<Map> maps;  // as they were
};

}  // namespace deltos::store
