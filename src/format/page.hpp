// A catalogue page's bytes: reading, checking and in-memory editing. Pure functions.
#pragma once

#include <optional>

#include "base/bytes.hpp"
#include "base/status.hpp"
#include "format/layout.hpp"

namespace deltos::format {

struct PageEntry {
  Bytes key;
  Bytes value;
  bool spilled;
};

// The whole check of one page of 4,096 hostile bytes: magic, own block, transaction, storage, level, count, every offset
// and length inside the page, no two entries overlapping, keys strictly ascending, values of inner pages being Child, first
// inner key empty, checksum. corrupt, naming block and what is wrong.
Status check_page(const std::byte *page, const Child &expected, unsigned level, std::uint64_t uuid_low);

// On a checked page (or one being edited):
unsigned page_count(const std::byte *page);
unsigned page_level(const std::byte *page);
PageEntry page_entry(const std::byte *page, unsigned index);
Child page_child(const std::byte *page, unsigned index);  // inner pages
unsigned page_lower_bound(const std::byte *page, Bytes key);  // first index whose key is >= key; count when none
unsigned page_child_index(const std::byte *page, Bytes key);  // inner pages: the child that holds key
std::size_t page_free_bytes(const std::byte *page);           // that an insertion may use, holes included
std::size_t page_used_bytes(const std::byte *page);

// Editing; the checksum is not kept up until seal_page.
void init_page(std::byte *page, const Child &self, unsigned level, std::uint64_t uuid_low);
bool page_insert(std::byte *page, unsigned index, Bytes key, Bytes value, bool spilled);  // false: does not fit (compacts first)
void page_erase(std::byte *page, unsigned index);
void page_set_child(std::byte *page, unsigned index, const Child &child);
void page_set_identity(std::byte *page, const Child &self);  // copied into another block
void seal_page(std::byte *page);                             // fills the checksum in; unused bytes become zero

}  // namespace deltos::format
