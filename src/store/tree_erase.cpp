// Erasing from the catalogue's tree. A plan is made first, from pages that are only read; all that can fail is in it.
// Carrying it out then edits each page of the path at most once.
//
// From the leaf up to some depth pages lose an entry and then vanish (they ran empty) or take in a neighbour (they ran
// low), which costs the page above an entry in turn. The first page that does neither ends this; above it only
// references are brought up to date. A root left with one child gives way to it.
#include <memory>

#include "store/tree_path.hpp"

namespace deltos::store {
namespace {

using format::Child;
using format::PageEntry;

constexpr std::size_t kLowBytes = format::kPageCapacity / 3;
constexpr unsigned kNone = UINT32_MAX;

using PageCopy = std::array<std::byte, format::kBlockBytes>;

enum class Fate { keep, vanish, take_left, take_right };

struct Level {
  Fate fate = Fate::keep;
  unsigned erased = kNone;           // index of the entry that the page loses
  Child neighbour{};                 // taken in
  std::unique_ptr<PageCopy> copy;    // of the neighbour, as it must be readable while pages change
  std::vector<std::byte> separator;  // key of the right one of the two in the page above
};

struct Plan {
  std::array<Level, format::kMaxHeight> levels;  // by depth
  std::vector<Child> given_up;                   // root and what hangs below it by one thread
  std::optional<Root> new_root;                  // set when the root gives way to a page that is not edited
  bool collapses = false;
};

// What is left of a page that loses an entry.
struct Rest {
  unsigned count;
  std::size_t used;
};
Rest rest_of(const std::byte *page, unsigned erased) {
  const unsigned count = format::page_count(page);
  std::size_t used = format::page_used_bytes(page) - format::page_entry_bytes(page, erased);
  const bool key_emptied = format::page_level(page) > 0 && erased == 0 && count > 1;
  if (key_emptied) used -= format::page_entry(page, 1).key.size();
  return {count - 1, used};
}

// ---- planning -------------------------------------------------------------------------------------------------------

// Plans taking in the neighbour of the page at `depth` if both fit in one page.
Result<bool> plan_taking(PageEditor &pages, const Path &path, unsigned depth, bool left, const Rest &rest,
                         Level *plan) {
  const PathStep &parent = path.steps[depth - 1];
  const unsigned level = path.height - 1 - depth;
  if (left ? parent.index == 0 : parent.index + 1 == format::page_count(parent.page)) return false;
  const unsigned right_index = left ? parent.index : parent.index + 1;
  const Child neighbour = format::page_child(parent.page, left ? parent.index - 1 : right_index);
  DELTOS_ASSIGN(const std::byte *page, pages.page(neighbour, level));
  if (level == 0) {
    const unsigned index = left ? parent.index - 1 : right_index;
    DELTOS_TRY(check_place_in_tree(path, {neighbour, page, index}, pages.transaction()));
  }
  const Bytes separator = format::page_entry(parent.page, right_index).key;
  std::size_t used = rest.used + format::page_used_bytes(page);
  if (level > 0) used += separator.size();
  if (used > format::kPageCapacity) return false;
  plan->fate = left ? Fate::take_left : Fate::take_right;
  plan->neighbour = neighbour;
  plan->copy = std::make_unique<PageCopy>();
  std::copy_n(page, plan->copy->size(), plan->copy->begin());
  plan->separator.assign(separator.begin(), separator.end());
  return true;
}

Status plan_level(PageEditor &pages, const Path &path, unsigned depth, Level *plan) {
  const Rest rest = rest_of(path.steps[depth].page, plan->erased);
  if (rest.count == 0) {
    plan->fate = Fate::vanish;
    return {};
  }
  if (depth == 0 || rest.used >= kLowBytes) return {};
  DELTOS_ASSIGN(const bool taken, plan_taking(pages, path, depth, true, rest, plan));
  if (taken) return {};
  DELTOS_TRY(plan_taking(pages, path, depth, false, rest, plan));
  return {};
}

// The root loses its last but one child.
Status plan_collapse(PageSource &pages, const Root &root, const Path &path, Plan *plan) {
  const PathStep &top = path.steps[0];
  plan->collapses = true;
  plan->given_up.push_back(top.child);
  if (plan->levels[1].fate != Fate::vanish) return {};
  Child child = format::page_child(top.page, plan->levels[0].erased == 0 ? 1 : 0);
  unsigned level = root.height - 2;
  while (true) {
    DELTOS_ASSIGN(const std::byte *page, pages.page(child, level));
    if (level == 0 || format::page_count(page) > 1) break;
    plan->given_up.push_back(child);
    child = format::page_child(page, 0);
    --level;
  }
  plan->new_root = Root{child.block, child.transaction, level + 1};
  return {};
}

Status make_plan(PageEditor &pages, const Root &root, const Path &path, Plan *plan) {
  unsigned depth = path.height - 1;
  plan->levels[depth].erased = path.leaf().index;
  while (true) {
    Level &level = plan->levels[depth];
    DELTOS_TRY(plan_level(pages, path, depth, &level));
    if (level.fate == Fate::keep || depth == 0) break;
    --depth;
    plan->levels[depth].erased = path.steps[depth].index + (level.fate == Fate::take_right ? 1 : 0);
  }
  const bool root_is_inner = path.height > 1;
  if (depth != 0 || !root_is_inner || plan->levels[0].fate == Fate::vanish) return {};
  if (rest_of(path.steps[0].page, plan->levels[0].erased).count > 1) return {};
  return plan_collapse(pages, root, path, plan);
}

// ---- carrying out ---------------------------------------------------------------------------------------------------

void set_first_key(std::byte *page, Bytes key) {
  const Child child = format::page_child(page, 0);
  format::page_erase(page, 0);
  insert(page, 0, {key, {reinterpret_cast<const std::byte *>(&child), sizeof child}, false});
}

void erase_entry(std::byte *page, unsigned index) {
  format::page_erase(page, index);
  if (index == 0 && format::page_level(page) > 0) set_first_key(page, {});
}

void take_in(std::byte *page, const Level &plan) {
  const std::byte *neighbour = plan.copy->data();
  const bool inner = format::page_level(page) > 0;
  const bool right = plan.fate == Fate::take_right;
  if (inner && !right) set_first_key(page, plan.separator);
  const unsigned begin = right ? format::page_count(page) : 0;
  const unsigned count = format::page_count(neighbour);
  for (unsigned index = 0; index < count; ++index) {
    PageEntry entry = format::page_entry(neighbour, index);
    if (inner && right && index == 0) entry.key = plan.separator;
    insert(page, begin + index, entry);
  }
}

// Edits what stays of the path, from the root down, and ties each page to the one above. Bytes of the others: null.
std::array<EditedPage, format::kMaxHeight> edit_what_stays(PageEditor &pages, const Path &path, const Plan &plan) {
  std::array<EditedPage, format::kMaxHeight> edited{};
  for (unsigned depth = plan.collapses ? 1 : 0; depth < path.height; ++depth) {
    const Fate fate = plan.levels[depth].fate;
    if (fate == Fate::vanish) break;
    edited[depth] = pages.edit(path.steps[depth].child, path.height - 1 - depth);
    if (depth == 0 || edited[depth - 1].bytes == nullptr) continue;
    const unsigned index = path.steps[depth - 1].index - (fate == Fate::take_left ? 1 : 0);
    format::page_set_child(edited[depth - 1].bytes, index, {edited[depth].block, pages.transaction()});
  }
  return edited;
}

Root carry_out(PageEditor &pages, const Path &path, const Plan &plan) {
  const auto edited = edit_what_stays(pages, path, plan);
  for (unsigned depth = path.height; depth-- > 0;) {
    const Level &level = plan.levels[depth];
    if (level.fate == Fate::vanish) pages.discard(path.steps[depth].child);
    if (edited[depth].bytes == nullptr || level.erased == kNone) continue;
    erase_entry(edited[depth].bytes, level.erased);
    if (level.fate == Fate::keep) continue;
    take_in(edited[depth].bytes, level);
    pages.discard(level.neighbour);
  }
  for (const Child &child : plan.given_up) pages.discard(child);
  if (plan.levels[0].fate == Fate::vanish) return {};
  if (plan.new_root) return *plan.new_root;
  const unsigned top = plan.collapses ? 1 : 0;
  return {edited[top].block, pages.transaction(), path.height - top};
}

}  // namespace

Result<Root> Tree::erase(PageEditor &pages, const Root &root, Bytes key, OldValue *old) {
  *old = {};
  if (root.height == 0) return root;
  Path path;
  DELTOS_TRY(descend(pages, root, key, &path));
  const PathStep &leaf = path.leaf();
  if (leaf.index == format::page_count(leaf.page)) return root;
  const PageEntry entry = format::page_entry(leaf.page, leaf.index);
  if (format::compare_keys(entry.key, key) != 0) return root;
  DELTOS_TRY(check_place_in_tree(path, end_of(path), pages.transaction()));
  OldValue erased;
  keep_value(entry, &erased);  // whose page may be gone after reserve()
  Plan plan;
  DELTOS_TRY(make_plan(pages, root, path, &plan));
  DELTOS_TRY(pages.reserve(path.height));
  *old = erased;
  return carry_out(pages, path, plan);
}

}  // namespace deltos::store
