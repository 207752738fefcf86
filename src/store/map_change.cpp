// Changing sorted maps in a transaction.
//
// The state of a map that is being changed lives in the transaction (OpenMap); its record in the catalogue follows with
// the commit. The record is written once when the map is changed first, so that the pages on the way to it are the
// transaction's own and the commit need not ask for any.
#include <algorithm>
#include <cinttypes>
#include <cstring>

#include "format/page.hpp"
#include "store/catalogue.hpp"
#include "store/transaction_state.hpp"
#include "store/tree_path.hpp"

namespace deltos::store {

using format::SortedMap;

namespace {

// New pages of a map are marked as such.
class MapEditor final : public PageEditor {
 public:
  explicit MapEditor(TransactionState *state) : state_(state) {}
  Result<const std::byte *> page(const format::Child &child, unsigned level) override {
    return state_->page(child, level);
  }
  const std::byte *known(const format::Child &child, unsigned level) noexcept override {
    return state_->known(child, level);
  }
  std::byte *editable(const format::Child &child, const std::byte *page) noexcept override {
    return state_->editable(child, page);
  }
  std::uint64_t transaction() const override { return state_->number; }
  Status reserve(unsigned count) override { return state_->reserve(count); }
  EditedPage create(unsigned level) override {
    const EditedPage page = state_->create(level);
    format::page_set_tree(page.bytes, format::kMapTree);
    return page;
  }
  EditedPage edit(const format::Child &child, unsigned level) override { return state_->edit(child, level); }
  void discard(const format::Child &child) override { state_->discard(child); }

 private:
  TransactionState *state_;
};

Status check_key(Bytes key) {
  if (key.size() <= format::kMaxKeyBytes) return {};
  return fail(Code::limit, "a key of %zu bytes is too long for a sorted map, which takes at most %zu; shorten it",
              key.size(), format::kMaxKeyBytes);
}

void set_root(SortedMap *map, const Root &root) {
  map->root_block = root.block;
  map->root_transaction = root.transaction;
  map->height = root.height;
}

std::uint64_t minus(std::uint64_t from, std::uint64_t what) { return from - std::min(from, what); }

// What a reference in a page stands for; of one that is damaged, nothing.
std::uint64_t bytes_of_value(const OldValue &value) {
  if (!value.spilled || value.bytes != sizeof(format::Spill)) return value.bytes;
  return load<format::Spill>(value.spill.data()).bytes;
}

bool is_long(const OldValue &value) { return value.spilled && value.bytes == sizeof(format::Spill); }
bool is_object(const OldValue &value) { return value.spilled && value.bytes != sizeof(format::Spill); }

void add_value(SortedMap *map, std::uint64_t bytes, bool is_long, bool is_object) {
  map->value_bytes += bytes;
  map->long_values += is_long ? 1 : 0;
  map->objects += is_object ? 1 : 0;
}

void take_value(SortedMap *map, const OldValue &value) {
  map->value_bytes = minus(map->value_bytes, bytes_of_value(value));
  map->long_values = minus(map->long_values, is_long(value) ? 1 : 0);
  map->objects = minus(map->objects, is_object(value) ? 1 : 0);
}

Error in_pair(std::uint64_t index, Error error) {
  error.message = "pair " + std::to_string(index) + ": " + error.message;
  return error;
}

}  // namespace

// ---- the maps of a transaction
// --------------------------------------------------------------------------------------

Result<OpenMap *> TransactionState::open_map(std::uint64_t id) {
  const auto known = maps.by_id.find(id);
  if (known != maps.by_id.end() && !known->second.gone) return &known->second;
  DELTOS_ASSIGN(const SortedMap map, find_map(scope(), id));
  if (undo.active) undo.maps.push_back({id, false, {}});
  OpenMap &opened = maps.by_id[id];
  opened = {map, map, undo.active ? undo.call : 0, false, false};
  return &opened;
}

void TransactionState::note_map(std::uint64_t id, OpenMap *map) {
  if (map->call == undo.call) return;
  undo.maps.push_back({id, true, *map});
  map->call = undo.call;
}

Result<OpenMap *> TransactionState::change_map(std::uint64_t id) {
  DELTOS_ASSIGN(OpenMap * map, open_map(id));
  note_map(id, map);
  if (map->touched) return map;
  DELTOS_ASSIGN(auto object, find_object(scope(), id));
  object->changed = number;
  DELTOS_TRY(put_object(*object));
  map->stored = map->now;
  map->touched = true;
  return map;
}

bool TransactionState::has_changed_maps() const {
  return std::any_of(maps.by_id.begin(), maps.by_id.end(), [](const auto &entry) {
    const OpenMap &map = entry.second;
    return !map.gone && !(map.now == map.stored);
  });
}

Status TransactionState::put_map_records() {
  for (auto &[id, map] : maps.by_id) {
    if (map.gone || map.now == map.stored) continue;
    DELTOS_ASSIGN(auto object, find_object(scope(), id));
    object->changed = number;
    // A damaged map may not hold what its record said, and then its sums run out.
    DELTOS_TRY(format::decode_object(format::encode_object(*object), id, writer->space().file_blocks()));
    note_map(id, &map);
    DELTOS_TRY(put_object(*object));
    map.stored = map.now;
  }
  return {};
}

// ---- pairs
// ----------------------------------------------------------------------------------------------------------------

Result<format::Spill> TransactionState::store_long_value(Bytes value) {
  if (value.size() > format::kMaxMapValueBytes) {
    return fail(Code::limit,
                "a value of %zu bytes is too long for a sorted map, which takes at most %zu; store it as an object and "
                "put that",
                value.size(), format::kMaxMapValueBytes);
  }
  DELTOS_ASSIGN(const format::Extent place, allocate(value.size(), true, false));
  std::memcpy(writer->data() + place.offset, value.data(), value.size());
  return format::Spill{place.offset, place.bytes, place.transaction, hash64(value)};
}

// As it goes into a page.
struct TransactionState::StoredValue {
  std::array<std::byte, sizeof(format::Spill)> reference;
  Bytes in_place;  // not spilled
  std::size_t reference_bytes = 0;
  bool spilled() const { return reference_bytes != 0; }
  Bytes bytes() const { return spilled() ? Bytes(reference).first(reference_bytes) : in_place; }
};

Status TransactionState::store_value(const MapValue &value, StoredValue *stored) {
  if (value.object_id != 0) {
    save(stored->reference.data(), value.object_id);
    stored->reference_bytes = format::kObjectValueBytes;
  } else if (value.bytes.size() > format::kMaxInlineValueBytes) {
    DELTOS_ASSIGN(const format::Spill spill, store_long_value(value.bytes));
    save(stored->reference.data(), spill);
    stored->reference_bytes = sizeof spill;
  } else {
    stored->in_place = value.bytes;
  }
  return {};
}

// The change is made: what is damaged, or was never accounted for, stays out of use until the storage is opened again.
void TransactionState::release_value(std::uint64_t id, const OpenMap &map, const OldValue &old) {
  if (!is_long(old) || map.now.long_values == 0) return;
  const auto spill = format::decode_spill(old.spill, writer->space().file_blocks(), format::kMaxMapValueBytes);
  if (spill.ok() && writer->accounts_for(id, *spill)) release({spill->offset, spill->bytes, spill->transaction});
}

Result<bool> TransactionState::put_pair(std::uint64_t id, OpenMap *map, Bytes key, const MapValue &value) {
  DELTOS_TRY(check_key(key));
  StoredValue stored;
  DELTOS_TRY(store_value(value, &stored));
  expect_releases(1);
  MapEditor pages(this);
  OldValue old;
  DELTOS_ASSIGN(const Root root, Tree::put(pages, root_of(map->now), key, stored.bytes(), stored.spilled(), &old));
  set_root(&map->now, root);
  if (old.there) {
    release_value(id, *map, old);
    take_value(&map->now, old);
  } else {
    ++map->now.count;
    map->now.key_bytes += key.size();
  }
  const bool object = value.object_id != 0;
  add_value(&map->now, object ? format::kObjectValueBytes : value.bytes.size(), stored.spilled() && !object, object);
  return old.there;
}

Status TransactionState::append_pair(OpenMap *map, TreeAppender *tree, Bytes key, const MapValue &value) {
  DELTOS_TRY(check_key(key));
  if (const auto last = tree->last()) {
    const int order = format::compare_keys(*last, key);
    if (order == 0) return fail(Code::duplicate, "the key is the one before it; put pairs that are not in order");
    if (order > 0) return fail(Code::range, "the key lies below the one before it; put pairs that are not in order");
  }
  StoredValue stored;
  DELTOS_TRY(store_value(value, &stored));
  DELTOS_TRY(tree->add(key, stored.bytes(), stored.spilled()));
  ++map->now.count;
  map->now.key_bytes += key.size();
  const bool object = value.object_id != 0;
  add_value(&map->now, object ? format::kObjectValueBytes : value.bytes.size(), stored.spilled() && !object, object);
  return {};
}

Result<bool> TransactionState::remove_pair(std::uint64_t id, OpenMap *map, Bytes key) {
  expect_releases(1);
  MapEditor pages(this);
  OldValue old;
  DELTOS_ASSIGN(const Root root, Tree::erase(pages, root_of(map->now), key, &old));
  if (!old.there) return false;
  release_value(id, *map, old);
  set_root(&map->now, root);
  --map->now.count;
  map->now.key_bytes = minus(map->now.key_bytes, key.size());
  take_value(&map->now, old);
  return true;
}

Status TransactionState::empty_map(std::uint64_t id, OpenMap *map) {
  std::vector<format::Child> gone;
  std::vector<OldValue> values;
  const auto leaves = map->now.long_values == 0 ? Tree::Leaves::name : Tree::Leaves::read;
  DELTOS_TRY(Tree::walk(
      *this, root_of(map->now),
      [&](const format::Child &child, unsigned level, const std::byte *page) -> Status {
        gone.push_back(child);
        if (level != 0 || page == nullptr) return {};
        const unsigned count = format::page_count(page);
        for (unsigned i = 0; i < count; ++i) {
          const format::PageEntry entry = format::page_entry(page, i);
          if (entry.spilled) keep_value(entry, &values.emplace_back());
        }
        return {};
      },
      leaves));
  expect_releases(values.size());
  make_room(freed_pages, gone.size());
  make_room(undo.discarded, gone.size());
  for (const OldValue &value : values) release_value(id, *map, value);
  for (const format::Child &child : gone) discard(child);
  map->now = {.key = map->now.key};
  return {};
}

Status TransactionState::drop_map(std::uint64_t id) {
  DELTOS_ASSIGN(OpenMap * map, open_map(id));
  note_map(id, map);
  DELTOS_TRY(empty_map(id, map));
  map->gone = true;
  return {};
}

// ---- as calls
// -------------------------------------------------------------------------------------------------------------

namespace {

// The first change of a map takes two steps: its record, and what is in it.
Steps steps_of(const TransactionState &state, std::uint64_t map) {
  const OpenMap *known = state.maps.find(map);
  return known != nullptr && known->touched ? Steps::one : Steps::many;
}

}  // namespace

Result<std::shared_ptr<ObjectRef>> Transaction::create_map(std::string_view name, std::uint32_t key) {
  DELTOS_TRY(check_free(name));
  return create_map_as(state_->next_id, name, key);
}

Result<std::shared_ptr<ObjectRef>> Transaction::create_map_as(std::uint64_t id, std::string_view name,
                                                              std::uint32_t key) {
  return state_->all_or_nothing(Steps::many, Purpose::change, [&]() -> Result<std::shared_ptr<ObjectRef>> {
    format::Object record;
    record.id = id;
    record.kind = format::kKindSortedMap;
    record.created = record.changed = state_->number;
    record.name = name;
    record.set_map({.key = key});
    DELTOS_TRY(enter(id, record));
    return own(std::move(record));
  });
}

Result<bool> Transaction::put_pair(std::uint64_t map, Bytes key, const MapValue &value) {
  DELTOS_ASSIGN(const auto storage, this->storage());
  DELTOS_TRY(state_->check());
  std::vector<std::byte> own_key, own_value;
  MapValue put = value;
  if (state_->writes_early()) {  // which gives up the pages that key and value may lie in
    own_key.assign(key.begin(), key.end());
    key = own_key;
    if (value.bytes.size() <= format::kMaxInlineValueBytes) {
      own_value.assign(value.bytes.begin(), value.bytes.end());
      put.bytes = own_value;
    }
  }
  return state_->all_or_nothing(steps_of(*state_, map), Purpose::change, [&]() -> Result<bool> {
    DELTOS_ASSIGN(OpenMap * changed, state_->change_map(map));
    return state_->put_pair(map, changed, key, put);
  });
}

Result<bool> Transaction::remove_pair(std::uint64_t map, Bytes key) {
  DELTOS_ASSIGN(const auto storage, this->storage());
  DELTOS_TRY(state_->check());
  DELTOS_ASSIGN(const OpenMap *known, state_->open_map(map));
  DELTOS_ASSIGN(const auto found, Tree::find(*state_, root_of(known->now), key));
  if (!found) return false;
  const std::vector<std::byte> own_key(key.begin(), key.end());
  return state_->all_or_nothing(steps_of(*state_, map), Purpose::removal, [&]() -> Result<bool> {
    DELTOS_ASSIGN(OpenMap * changed, state_->change_map(map));
    return state_->remove_pair(map, changed, own_key);
  });
}

Result<std::uint64_t> Transaction::remove_pairs(std::uint64_t map, const MapBounds &bounds) {
  DELTOS_ASSIGN(const auto storage, this->storage());
  DELTOS_TRY(state_->check());
  DELTOS_ASSIGN(const OpenMap *known, state_->open_map(map));
  if (bounds.none() || known->now.count == 0) return std::uint64_t{0};
  return state_->all_or_nothing(Steps::many, Purpose::removal, [&]() -> Result<std::uint64_t> {
    DELTOS_ASSIGN(OpenMap * changed, state_->change_map(map));
    const std::uint64_t before = changed->now.count;
    if (bounds.all()) {
      DELTOS_TRY(state_->empty_map(map, changed));
      return before;
    }
    for (;;) {
      TreeCursor cursor(*state_, root_of(changed->now));
      DELTOS_TRY(cursor.seek(bounds.low));
      if (!cursor.valid() || !bounds.holds(cursor.key())) return before - changed->now.count;
      const std::vector<std::byte> key(cursor.key().begin(), cursor.key().end());
      DELTOS_TRY(state_->remove_pair(map, changed, key));
    }
  });
}

Result<std::uint64_t> Transaction::put_pairs(std::uint64_t map, const Pairs &pairs, std::uint64_t count) {
  DELTOS_ASSIGN(const auto storage, this->storage());
  DELTOS_TRY(state_->check());
  return state_->all_or_nothing(Steps::many, Purpose::change, [&]() -> Result<std::uint64_t> {
    DELTOS_ASSIGN(OpenMap * changed, state_->change_map(map));
    const std::uint64_t before = changed->now.count;
    for (std::uint64_t i = 0; i < count; ++i) {
      auto pair = pairs(i);
      if (!pair.ok()) return in_pair(i, std::move(pair).error());
      auto put = state_->put_pair(map, changed, pair->key, pair->value);
      if (!put.ok()) return in_pair(i, std::move(put).error());
    }
    return changed->now.count - before;
  });
}

Status Transaction::append_pairs(std::uint64_t map, const Pairs &pairs, std::uint64_t count) {
  DELTOS_ASSIGN(const auto storage, this->storage());
  DELTOS_TRY(state_->check());
  return state_->all_or_nothing(Steps::many, Purpose::change, [&]() -> Status {
    DELTOS_ASSIGN(OpenMap * changed, state_->change_map(map));
    MapEditor pages(state_.get());
    TreeAppender tree(pages, root_of(changed->now));
    DELTOS_TRY(tree.begin());
    TransactionState::WriteBehind behind;
    for (std::uint64_t i = 0; i < count; ++i) {
      auto pair = pairs(i);
      if (!pair.ok()) return in_pair(i, std::move(pair).error());
      Status added = state_->append_pair(changed, &tree, pair->key, pair->value);
      if (!added.ok()) return in_pair(i, std::move(added).error());
      DELTOS_TRY(state_->write_behind(tree, &behind));
    }
    set_root(&changed->now, tree.root());
    return {};
  });
}

}  // namespace deltos::store
