// A catalogue page's bytes: reading, checking and in-memory editing. Pure functions.
#pragma once

#include <optional>

#include "base/bytes.hpp"
#include "base/status.hpp"
#include "format/layout.hpp"

namespace deltos::format {

// What entries and their offsets may take of a page.
constexpr std::size_t kPageCapacity = kPageChecksumOffset - sizeof(PageHeader);

struct PageEntry {
  Bytes key;
  Bytes value;
  bool spilled;
};

// Byte order, shorter first: negative, 0, positive.
int compare_keys(Bytes left, Bytes right);

// The whole check of one page of 4,096 hostile bytes: magic, own block, transaction, storage, level, count, every
// offset and length inside the page, entries packed (so no two overlap), keys strictly ascending, values of inner pages
// being Child and not younger than the page, first inner key empty, checksum. corrupt, naming block and what is wrong.
// Whether a child's block lies in the file and in a zone is for the caller to see.
Status check_page(const std::byte *page, const Child &expected, unsigned level, std::uint64_t uuid_low);

// The part of it that does not look at entries: header and checksum.
Status check_page_frame(const std::byte *page, const Child &expected, unsigned level, std::uint64_t uuid_low);

// A look-up in a page that nobody else can write, of which the frame was checked: in an inner page the entry whose
// child holds `key`, in a leaf the entry with this key. Each entry that it meets is checked for itself; neither the
// others nor the order of keys are. nullopt: it came upon none, or upon one that is not sound; check_page() tells
// which.
std::optional<PageEntry> probe_page(const std::byte *page, const Child &self, Bytes key);

std::uint64_t page_checksum(const std::byte *page);  // as it stands there

// On a checked page (or one being edited):
unsigned page_count(const std::byte *page);
unsigned page_level(const std::byte *page);
unsigned page_tree(const std::byte *page);  // whose it is
PageEntry page_entry(const std::byte *page, unsigned index);
Child page_child(const std::byte *page, unsigned index);      // inner pages
unsigned page_lower_bound(const std::byte *page, Bytes key);  // first index whose key is >= key; count when none
unsigned page_child_index(const std::byte *page, Bytes key);  // inner pages: the child that holds key
std::optional<PageEntry> page_find(const std::byte *page, Bytes key);  // the entry with this key
std::size_t page_free_bytes(const std::byte *page);                    // that an insertion may use, holes included
bool page_has_room(const std::byte *page, std::size_t bytes);          // as many are free; quick where there is plenty
std::size_t page_used_bytes(const std::byte *page);                    // of kPageCapacity
std::size_t page_entry_bytes(const std::byte *page, unsigned index);   // its part of page_used_bytes
bool page_is_newest(const std::byte *page, unsigned index);  // the last one inserted, as far as the page still shows it

// Editing; the checksum is not kept up until seal_page. Keys and values passed in must not lie in the page itself.
void init_page(std::byte *page, const Child &self, unsigned level, std::uint64_t uuid_low);
void page_clear(std::byte *page);  // no entries; the rest of the header stays
// false: does not fit, even after compaction.
bool page_insert(std::byte *page, unsigned index, Bytes key, Bytes value, bool spilled);
void page_erase(std::byte *page, unsigned index);
// In place; false: of another size or form.
bool page_overwrite(std::byte *page, unsigned index, Bytes value, bool spilled);
void page_set_child(std::byte *page, unsigned index, const Child &child);
void page_set_tree(std::byte *page, std::uint16_t tree);
void page_set_identity(std::byte *page, const Child &self);  // copied into another block
// Packs the entries, makes unused bytes zero and fills the checksum in. Entries may move.
void seal_page(std::byte *page);

}  // namespace deltos::format
