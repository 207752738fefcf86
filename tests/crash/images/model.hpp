// What a storage should hold: the state each transaction leaves, and the bytes that belong to it.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "crash/images/disk.hpp"
#include "store/transaction.hpp"

namespace deltos::crash {

// The bytes of one payload. Every block says whose it is (id, content number, transaction), so that a byte of another
// object, or of another time, shows. `word` is the last word of the first block; in-place stores change it alone.
struct Content {
  std::uint64_t number = 0;  // of this payload: no two share it
  std::uint64_t id = 0, seed = 0, transaction = 0;
  std::uint64_t bytes = 0;  // multiple of 8
  bool zero = false;        // as allocated; only `word` was ever written
  std::uint64_t word = 0;

  std::uint64_t word_offset() const;
  void fill(std::byte *data) const;
  // Whether the bytes are these, the word apart.
  bool matches(const std::byte *data) const;
};

struct Item {  // metadata: `bytes` times a byte that comes from `seed`
  std::uint64_t seed = 0, bytes = 0;
  format::Metadatum metadatum() const;
  bool operator==(const Item &) const = default;
};

// Of a growable array: 16 KiB, of which the first word tells whose it is, so that few pages are dirtied.
constexpr std::uint64_t kElementBytes = 4 * kPage;
std::uint64_t element_word(std::uint64_t id, std::uint64_t index);

struct ModelObject {
  std::uint64_t id = 0;
  bool sealed = false;
  Content content;
  std::map<std::string, Item> items;
  bool array = false;
  std::uint64_t length = 0;     // array: elements that the commit has told of
  bool length_is_live = false;  // array: there are no others
};

struct Model {
  std::map<std::string, ModelObject> objects;
  std::map<std::string, Item> items;  // of the storage
};

struct InPlaceStore {
  std::uint64_t content, word;
  std::size_t event;  // the first that shows it
};

// The number of elements that an array tells of from an event on. committed: there is room for all of them in the
// newest commit; else those beyond it go when the process is killed.
struct LengthStore {
  std::uint64_t id, length;
  std::size_t event;
  bool committed;
};

// All states of one run by transaction, the stores made in place, and the lengths of arrays.
struct History {
  std::map<std::uint64_t, std::shared_ptr<const Model>> states;
  std::vector<InPlaceStore> stores;
  std::vector<LengthStore> lengths;
};

// Values the word of a content may have.
class Words {
 public:
  // After a crash behind `events` events, the last barrier among them having index `barrier` (-1: none). alive: the
  // page cache survives.
  Words(const History &history, std::size_t events, std::int64_t barrier, bool alive);
  bool allows(const Content &content, std::uint64_t word) const;
  // nullptr: what the record says counts.
  const LengthStore *length_of(std::uint64_t id) const;

 private:
  std::map<std::uint64_t, LengthStore> lengths_;
  std::map<std::uint64_t, std::vector<std::uint64_t>> allowed_;
};

store::NewObject new_object(std::uint64_t bytes);

// How many elements there are to be where an array is as the record says; what is wrong with that is told.
std::string expected_elements(const ModelObject &wanted, const format::Object &found, const Words *words,
                              std::uint64_t *count);

// Compares; what differs is told, empty: nothing. `words` nullptr: words are not looked at.
std::string difference(const Model &model, const store::Snapshot &snapshot, const Words *words);

}  // namespace deltos::crash
