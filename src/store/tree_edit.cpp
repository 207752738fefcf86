// Inserting into the catalogue's tree. Everything that can fail comes first: the path is read, the pages that may be
// needed are reserved; only then is a page touched.
#include <algorithm>

#include "store/tree_path.hpp"

namespace deltos::store {
namespace {

using format::Child;
using format::PageEntry;

constexpr std::size_t kEntryOverhead = 2 + 4;  // its place in the offset array, and its head
constexpr std::size_t kLargestSeparatorEntry = kEntryOverhead + format::kMaxKeyBytes + sizeof(Child);

// The caller's key and value may lie in a page that is about to change.
class OwnEntry {
 public:
  OwnEntry(Bytes key, Bytes value, bool spilled)
      : key_bytes_(key.size()), value_bytes_(value.size()), spilled_(spilled) {
    std::copy(key.begin(), key.end(), key_.begin());
    std::copy(value.begin(), value.end(), value_.begin());
  }
  PageEntry view() const { return {{key_.data(), key_bytes_}, {value_.data(), value_bytes_}, spilled_}; }
  std::size_t bytes() const { return kEntryOverhead + key_bytes_ + value_bytes_; }

 private:
  std::array<std::byte, format::kMaxKeyBytes> key_;
  std::array<std::byte, format::kMaxInlineValueBytes> value_;
  std::size_t key_bytes_, value_bytes_;
  bool spilled_;
};

Status check_sizes(Bytes key, Bytes value, bool spilled) {
  if (key.size() > format::kMaxKeyBytes) {
    return fail(Code::limit, "catalogue key has %zu bytes, at most %zu are allowed; shorten it", key.size(),
                format::kMaxKeyBytes);
  }
  const bool reference = value.size() == sizeof(format::Spill) || value.size() == format::kObjectValueBytes;
  if (spilled ? !reference : value.size() > format::kMaxInlineValueBytes) {
    return fail(Code::limit, "catalogue value has %zu bytes, at most %zu fit in a page; store it in an extent",
                value.size(), format::kMaxInlineValueBytes);
  }
  return {};
}

// ---- splitting ------------------------------------------------------------------------------------------------------

// A full page's entries with one more at `index`.
class Entries {
 public:
  Entries(const std::byte *page, unsigned index, const PageEntry &added) : page_(page), index_(index), added_(added) {}
  unsigned count() const { return format::page_count(page_) + 1; }
  PageEntry at(unsigned index) const {
    if (index == index_) return added_;
    return format::page_entry(page_, index < index_ ? index : index - 1);
  }
  std::size_t bytes_at(unsigned index) const {
    const PageEntry entry = at(index);
    return kEntryOverhead + entry.key.size() + entry.value.size();
  }
  std::size_t bytes(unsigned begin, unsigned end) const {
    std::size_t sum = 0;
    for (unsigned index = begin; index < end; ++index) sum += bytes_at(index);
    return sum;
  }

 private:
  const std::byte *page_;
  unsigned index_;
  PageEntry added_;
};

// First entry of the right page. Both pages take their part: no entry is larger than half a page, so an even cut leaves
// at most half of all plus half an entry on a side.
unsigned even_cut(const Entries &entries) {
  const std::size_t total = entries.bytes(0, entries.count());
  unsigned best = 1;
  std::size_t best_larger = total;
  std::size_t left = 0;
  for (unsigned cut = 1; cut < entries.count(); ++cut) {
    left += entries.bytes_at(cut - 1);
    const std::size_t larger = std::max(left, total - left);
    if (larger >= best_larger) break;
    best = cut;
    best_larger = larger;
  }
  return best;
}

// Keys that arrive in order should leave full pages behind. With nothing behind the new entry it goes to a page of its
// own; otherwise what is behind it does, and the sequence goes on at the end of its page.
unsigned cut_for(const Entries &entries, unsigned index, bool in_sequence) {
  if (!in_sequence) return even_cut(entries);
  const std::size_t total = entries.bytes(0, entries.count());
  const std::size_t before = entries.bytes(0, index);
  const std::size_t with_new = before + entries.bytes_at(index);
  if (with_new < total && with_new <= format::kPageCapacity && 2 * with_new >= total) return index + 1;
  return 2 * before >= total ? index : even_cut(entries);
}

// What a split leaves to be put into the parent.
struct Split {
  std::array<std::byte, format::kMaxKeyBytes> key;
  std::size_t key_bytes;
  Child right;
  PageEntry view() const { return {{key.data(), key_bytes}, bytes_of_child(right), false}; }
};

void fill(std::byte *page, const Entries &entries, unsigned begin, unsigned end, bool first_key_empty) {
  format::page_clear(page);
  for (unsigned index = begin; index < end; ++index) {
    PageEntry entry = entries.at(index);
    if (index == begin && first_key_empty) entry.key = {};
    insert(page, index - begin, entry);
  }
}

// Spreads a page's entries and the one that does not fit over the page and a new one to its right.
Split split_page(PageEditor &pages, const EditedPage &left, unsigned level, unsigned index, const PageEntry &added,
                 bool in_sequence) {
  std::array<std::byte, format::kBlockBytes> old;
  std::copy_n(left.bytes, old.size(), old.begin());
  const Entries entries(old.data(), index, added);
  const unsigned cut = cut_for(entries, index, in_sequence);
  const EditedPage right = pages.create(level);
  fill(left.bytes, entries, 0, cut, level > 0);
  fill(right.bytes, entries, cut, entries.count(), level > 0);
  Bytes separator = entries.at(cut).key;
  if (level == 0) separator = separator_between(entries.at(cut - 1).key, separator);
  Split split;
  std::copy(separator.begin(), separator.end(), split.key.begin());
  split.key_bytes = separator.size();
  split.right = {right.block, pages.transaction()};
  return split;
}

// ---- put ------------------------------------------------------------------------------------------------------------

struct EditedPath {
  std::array<EditedPage, format::kMaxHeight> pages{};
  unsigned height = 0;
};

Result<Root> plant(PageEditor &pages, const PageEntry &entry) {
  DELTOS_TRY(pages.reserve(1));
  const EditedPage leaf = pages.create(0);
  insert(leaf.bytes, 0, entry);
  return Root{leaf.block, pages.transaction(), 1};
}

// New pages that an overflowing leaf may ask for: one a level as far up as a separator may not fit, and a root.
Result<unsigned> pages_for_splits(const Path &path) {
  unsigned splits = 1;
  while (splits < path.height) {
    const std::byte *page = path.steps[path.height - 1 - splits].page;
    if (format::page_free_bytes(page) >= kLargestSeparatorEntry) return splits;
    ++splits;
  }
  if (path.height == format::kMaxHeight) {
    return fail(Code::limit, "catalogue has reached its limit of %u levels; use shorter names or a second storage",
                format::kMaxHeight);
  }
  return splits + 1;
}

EditedPath edit_path(PageEditor &pages, const Path &path) {
  EditedPath edited;
  edited.height = path.height;
  for (unsigned depth = 0; depth < path.height; ++depth) {
    const PathStep &step = path.steps[depth];
    edited.pages[depth] = pages.edit(step.child, path.height - 1 - depth);
    if (depth == 0) continue;
    const Child child{edited.pages[depth].block, pages.transaction()};
    format::page_set_child(edited.pages[depth - 1].bytes, path.steps[depth - 1].index, child);
  }
  return edited;
}

bool continues_sequence(const std::byte *page, unsigned index) {
  return index == format::page_count(page) || (index > 0 && format::page_is_newest(page, index - 1));
}

Root grow(PageEditor &pages, const Root &root, const Split &split) {
  const EditedPage top = pages.create(root.height);
  const Child left = child_of(root);
  insert(top.bytes, 0, {{}, bytes_of_child(left), false});
  insert(top.bytes, 1, split.view());
  return {top.block, pages.transaction(), root.height + 1};
}

// The leaf is full: splits it and as many pages above as need be.
Root insert_splitting(PageEditor &pages, const Path &path, const EditedPath &edited, const PageEntry &entry,
                      bool in_sequence) {
  const Root root{edited.pages[0].block, pages.transaction(), path.height};
  unsigned depth = path.height - 1;
  Split split = split_page(pages, edited.pages[depth], 0, path.leaf().index, entry, in_sequence);
  while (depth-- > 0) {
    const EditedPage &page = edited.pages[depth];
    const unsigned index = path.steps[depth].index + 1;
    const PageEntry separator = split.view();
    if (format::page_insert(page.bytes, index, separator.key, separator.value, false)) return root;
    split = split_page(pages, page, path.height - 1 - depth, index, separator, continues_sequence(page.bytes, index));
  }
  return grow(pages, root, split);
}

}  // namespace

Bytes separator_between(Bytes left, Bytes right) {
  std::size_t common = 0;
  while (common < left.size() && left[common] == right[common]) ++common;
  return right.first(common + 1);
}

void keep_value(const PageEntry &entry, OldValue *old) {
  old->there = true;
  old->spilled = entry.spilled;
  old->bytes = entry.value.size();
  if (entry.spilled) std::copy(entry.value.begin(), entry.value.end(), old->spill.begin());
}

namespace {

// There is room for it.
void put_into_leaf(std::byte *page, unsigned index, bool exists, const PageEntry &entry) {
  if (exists && format::page_overwrite(page, index, entry.value, entry.spilled)) return;
  if (exists) format::page_erase(page, index);
  insert(page, index, entry);
}

}  // namespace

Result<Root> Tree::put(PageEditor &pages, const Root &root, Bytes key, Bytes value, bool spilled, OldValue *old) {
  DELTOS_TRY(check_sizes(key, value, spilled));
  const OwnEntry own(key, value, spilled);
  const PageEntry entry = own.view();
  if (root.height == 0) return plant(pages, entry);

  Path path;
  DELTOS_TRY(descend(pages, root, entry.key, &path));
  DELTOS_TRY(check_place_in_tree(path, end_of(path), pages.transaction()));
  const PathStep &leaf = path.leaf();
  const bool exists = leaf.index < format::page_count(leaf.page) &&
                      format::compare_keys(format::page_entry(leaf.page, leaf.index).key, entry.key) == 0;
  if (old != nullptr && exists) keep_value(format::page_entry(leaf.page, leaf.index), old);
  const std::size_t room = exists ? format::page_entry_bytes(leaf.page, leaf.index) : 0;
  unsigned new_pages = 0;
  if (room < own.bytes() && !format::page_has_room(leaf.page, own.bytes() - room)) {
    DELTOS_ASSIGN(new_pages, pages_for_splits(path));
  } else if (std::byte *page =
                 pages.editable(leaf.child, leaf.page)) {  // so are the pages above, which stay as they are
    put_into_leaf(page, leaf.index, exists, entry);
    return root;
  }
  DELTOS_TRY(pages.reserve(path.height + new_pages));

  const EditedPath edited = edit_path(pages, path);
  std::byte *page = edited.pages[path.height - 1].bytes;
  const Root changed{edited.pages[0].block, pages.transaction(), root.height};
  if (exists && format::page_overwrite(page, leaf.index, entry.value, spilled)) return changed;
  const bool in_sequence = !exists && continues_sequence(page, leaf.index);
  if (exists) format::page_erase(page, leaf.index);
  if (format::page_insert(page, leaf.index, entry.key, entry.value, spilled)) return changed;
  return insert_splitting(pages, path, edited, entry, in_sequence);
}

}  // namespace deltos::store
