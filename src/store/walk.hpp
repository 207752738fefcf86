// The full structural check of a catalogue: what opening for writing rests on, what verify() reports, what a copy
// copies.
#pragma once

#include "format/page.hpp"
#include "store/options.hpp"
#include "store/storage.hpp"

namespace deltos::store {

// Hears of everything a root reaches. Each call may end the walk with an error.
class WalkVisitor {
 public:
  virtual Status page(std::uint64_t block) = 0;
  virtual Status extent(const format::Extent &extent, bool sealed, std::uint64_t object_id) = 0;
  virtual Status object(const format::Object &object) = 0;
  // One of a sorted map whose leaves are looked at; its long value has been told of.
  virtual Status pair(const format::Object &, const format::PageEntry &) { return {}; }
  // Whether to look at the leaves of sorted maps whose records say that they refer to nothing: their number is the
  // number of their pages, otherwise.
  virtual bool reads_plain_leaves() const { return true; }
  // Something is wrong. Returning ok goes on with what can still be read.
  virtual Status finding(const Finding &finding) = 0;

 protected:
  ~WalkVisitor() = default;
};

// Every page, of sorted maps as well, every record; names and objects lead to each other, metadata to an object, ids
// lie below next_id, the number of objects is right, and maps hold what their records say. (That no two things share a
// place is for the visitor to see.)
Status walk_catalogue(const Snapshot::Scope &scope, std::uint64_t next_id, std::uint64_t object_count,
                      WalkVisitor &visitor, const Progress &progress);

// Checks a sealed object's payload against its sums; corrupt when it does not match.
Status check_sums(const Snapshot::Scope &scope, const format::Object &object);
// The digest of `payload`, and the chunk sums when there is more than one chunk.
std::uint64_t payload_digest(Bytes payload, std::vector<std::uint64_t> *sums);

}  // namespace deltos::store
