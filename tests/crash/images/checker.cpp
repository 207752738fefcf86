#include "crash/images/checker.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "format/validate.hpp"
#include "os/file.hpp"

namespace deltos::crash {
namespace {

constexpr PageId kUnknown = UINT32_MAX;
constexpr std::uint64_t kContentBase = std::uint64_t{1} << 40;  // content numbers of the checker, apart from a run's

std::string at(const char *where, const Error &error) { return std::string(where) + ": " + error.message; }

const std::shared_ptr<const Model> *state_of(const History &history, std::uint64_t transaction) {
  const auto found = history.states.find(transaction);
  return found == history.states.end() ? nullptr : &found->second;
}

}  // namespace

// ---- the file

void Checker::load(const Image &image) {
  if (image.size() != current_.size()) {
    if (::ftruncate(file_.fd(), static_cast<off_t>(image.size() * kPage)) != 0) std::abort();
    current_.resize(image.size(), 0);
  }
  for (std::size_t page = 0; page < image.size(); ++page) {
    if (image[page] == current_[page]) continue;
    std::memcpy(file_.view() + page * kPage, pool_->data(image[page]), kPage);
    current_[page] = image[page];
  }
}

void Checker::forget_changes() {
  current_.resize(file_.pages(), kUnknown);
  for (const std::uint32_t page : recorder_->dirtied()) {
    if (page < current_.size()) current_[page] = kUnknown;
  }
}

store::OpenOptions Checker::limited(const Probe &probe) const {
  store::OpenOptions options = writing();
  options.max_file_bytes = (probe.image->size() + 160) * kPage;  // a zone with the pages left for removals, and a MiB
  return options;
}

std::string Checker::verify(store::Storage &storage) {
  auto findings = storage.verify(store::VerifyLevel::full, {});
  if (!findings.ok()) return at("verify", findings.error());
  return findings->empty() ? "" : "verify: " + findings->front().message;
}

// Of any whole superblock and, where it counts, of the live page: numbers are never used twice. *counting: of those
// superblocks only that count.
std::uint64_t Checker::highest_number(std::uint64_t inode, std::uint64_t *counting) const {
  std::uint64_t highest = 0;
  *counting = 0;
  const auto header = deltos::load<format::Header>(file_.view());
  for (const std::uint64_t offset : format::kSlotOffset) {
    const auto superblock = format::read_superblock({file_.view() + offset, sizeof(format::Superblock)}, header.uuid);
    if (!superblock) continue;
    highest = std::max(highest, superblock->transaction);
    const bool weak = (superblock->flags & format::kSuperblockWeak) != 0;
    if (!weak || superblock->inode == inode) *counting = std::max(*counting, superblock->transaction);
  }
  const auto live = deltos::load<format::LivePage>(file_.view() + format::kLiveOffset);
  std::uint64_t boot[2];
  std::memcpy(boot, os::boot_id().data(), sizeof boot);
  const bool alive = live.inode == inode && live.boot_id[0] == boot[0] && live.boot_id[1] == boot[1];
  return alive ? std::max(highest, live.published) : highest;
}

// ---- the checks

std::string Checker::check(const Probe &probe, std::uint64_t *shown, Recording *recording) {
  load(*probe.image);
  recorder_->watch(file_.fd(), file_.view(), pool_, nullptr);
  recorder_->show_as(probe.inode);
  std::string wrong = read(probe, shown);
  if (wrong.empty()) {
    const auto live = deltos::load<format::LivePage>(file_.view() + format::kLiveOffset);
    const bool failed = live.io_failed != 0 && live.inode == probe.inode;
    wrong = failed ? refused(probe, *shown) : write(probe, *shown, recording);
  }
  forget_changes();
  recorder_->show_as(0);
  return wrong;
}

std::string Checker::read(const Probe &probe, std::uint64_t *shown) {
  auto storage = store::Storage::open_fd(file_.fd(), {});
  if (!storage.ok()) return at("open for reading", storage.error());
  auto snapshot = (*storage)->begin_snapshot();
  if (!snapshot.ok()) return at("snapshot", snapshot.error());
  *shown = (*snapshot)->id();
  if (*shown < probe.lowest || *shown > probe.highest) {
    return "shows transaction " + std::to_string(*shown) + ", not one of " + std::to_string(probe.lowest) + " to " +
           std::to_string(probe.highest);
  }
  const auto *model = state_of(*probe.history, *shown);
  if (model == nullptr) return "shows transaction " + std::to_string(*shown) + ", which nobody has committed";
  std::string wrong = difference(**model, **snapshot, probe.words);
  if (wrong.empty()) wrong = array_difference(**model, *snapshot, probe.words);
  return wrong.empty() ? verify(**storage) : "read: " + wrong;
}

// After a failed barrier in this boot, only REDIRTY opens for writing.
std::string Checker::refused(const Probe &probe, std::uint64_t shown) {
  auto storage = store::Storage::open_fd(file_.fd(), limited(probe));
  if (storage.ok()) return "opens for writing after a failed barrier";
  if (storage.code() != Code::io) return at("open after a failed barrier", storage.error());
  store::OpenOptions options = limited(probe);
  options.redirty = true;
  storage = store::Storage::open_fd(file_.fd(), options);
  if (!storage.ok()) return at("open with REDIRTY", storage.error());
  auto snapshot = (*storage)->begin_snapshot();
  if (!snapshot.ok()) return at("snapshot", snapshot.error());
  // What is in doubt may have become the newest state.
  std::string wrong = difference(**state_of(*probe.history, shown), **snapshot, probe.words);
  const auto *newest = state_of(*probe.history, probe.highest);
  if (!wrong.empty() && newest != nullptr) wrong = difference(**newest, **snapshot, probe.words);
  return wrong.empty() ? verify(**storage) : "redirtied: " + wrong;
}

std::string Checker::write(const Probe &probe, std::uint64_t shown, Recording *recording) {
  // A writer that was killed between superblock and publication: readers are still shown the state before, the next
  // writer goes on from the one behind.
  std::uint64_t newest = 0;
  const std::uint64_t highest = highest_number(probe.inode, &newest);
  const auto *ahead = newest > shown && newest <= probe.highest ? state_of(*probe.history, newest) : nullptr;
  const std::shared_ptr<const Model> &model = ahead != nullptr ? *ahead : *state_of(*probe.history, shown);
  if (recording != nullptr) {
    recorder_->watch(file_.fd(), file_.view(), pool_, &recording->trace);
    recorder_->attempted = highest + 1;
    recorder_->published = shown;
    recorder_->durable = probe.durable != 0 ? probe.durable : shown;
    recording->history = *probe.history;
    recording->history.states[highest + 1] = model;
  }
  auto opened = store::Storage::open_fd(file_.fd(), limited(probe));
  if (!opened.ok()) return at("open for writing", opened.error());
  store::Storage &storage = **opened;
  if (recorder_->slot_writes() != 0) return "recovery wrote a superblock";
  auto snapshot = storage.begin_snapshot();
  if (!snapshot.ok()) return at("snapshot of the writer", snapshot.error());
  if ((*snapshot)->id() <= highest) {
    return "recovery published under " + std::to_string((*snapshot)->id()) + ", which is taken";
  }
  std::string wrong = difference(*model, **snapshot, probe.words);
  if (wrong.empty()) wrong = array_difference(*model, *snapshot, probe.words);
  if (!wrong.empty()) return "recovered: " + wrong;
  snapshot->reset();
  recorder_->tick("recovered");
  wrong = commit_one_more(probe, storage, *model, recording);
  if (!wrong.empty()) return wrong;
  const Status closed = storage.close();
  if (!closed.ok()) return at("close", closed.error());
  return recorder_->violation();
}

std::string Checker::commit_one_more(const Probe &probe, store::Storage &storage, Model model, Recording *recording) {
  auto begun = storage.begin_transaction();
  if (!begun.ok()) return at("begin", begun.error());
  store::Transaction &transaction = **begun;
  const std::uint64_t number = transaction.snapshot()->id();
  // Large enough, where crashes follow, to need what the recovered state has left free.
  for (const std::uint64_t bytes : {std::uint64_t{5000}, std::uint64_t{recording == nullptr ? 512U : 24'000U}}) {
    const std::string name = "zz/" + std::to_string(number) + "/" + std::to_string(bytes);
    auto object = transaction.create(name, new_object(bytes), false);
    if (!object.ok()) return at("create after recovery", object.error());
    for (const auto &[other, known] : model.objects) {
      if (known.id >= (*object)->record().id) return "the id of " + other + " was handed out again";
    }
    Content content = contents_.make(bytes, (*object)->record().id, number, false);
    content.number += kContentBase;
    std::vector<std::byte> payload(bytes);
    content.fill(payload.data());
    auto filler = transaction.fill(**object);
    if (!filler.ok()) return at("fill after recovery", filler.error());
    Status filled = (*filler)->add(payload);
    if (!filled.ok()) return at("fill after recovery", filled.error());
    model.objects[name] = {(*object)->record().id, false, content, {}};
  }
  if (std::string wrong = append_to_arrays(transaction, &model); !wrong.empty())
    return "append after recovery: " + wrong;
  if (recording != nullptr) {
    recording->history.states[number] = std::make_shared<const Model>(model);
    recorder_->attempted = number;
    recorder_->tick("before the commit after recovery");
  }
  recorder_->syncing = number;
  auto committed = transaction.commit(store::Durability::sync);
  recorder_->syncing = 0;
  if (!committed.ok()) return at("commit after recovery", committed.error());
  recorder_->durable = recorder_->published = number;
  recorder_->tick("committed after recovery");
  auto snapshot = storage.begin_snapshot();
  if (!snapshot.ok()) return at("snapshot after recovery", snapshot.error());
  std::string wrong = difference(model, **snapshot, probe.words);
  if (wrong.empty()) wrong = array_difference(model, *snapshot, probe.words);
  return wrong.empty() ? verify(storage) : "after one more commit: " + wrong;
}

std::string Checker::check_damaged(const Probe &probe) {
  load(*probe.image);
  recorder_->watch(file_.fd(), file_.view(), pool_, nullptr);
  recorder_->show_as(probe.inode);
  std::string wrong;
  for (const store::Mode mode : {store::Mode::read, store::Mode::write}) {
    store::OpenOptions options = mode == store::Mode::write ? limited(probe) : store::OpenOptions();
    auto storage = store::Storage::open_fd(file_.fd(), options);
    if (!storage.ok()) continue;
    auto snapshot = (*storage)->begin_snapshot();
    if (!snapshot.ok() || !verify(**storage).empty()) continue;
    const std::uint64_t shown = (*snapshot)->id();
    const auto *model = state_of(*probe.history, shown);
    if (mode == store::Mode::read && model == nullptr) wrong = "shows a state that never was";
    // Of an older state the blocks may be in use again.
    if (mode == store::Mode::read && model != nullptr && shown >= probe.lowest)
      wrong = difference(**model, **snapshot, nullptr);
    if (!wrong.empty()) break;
  }
  forget_changes();
  recorder_->show_as(0);
  return wrong;
}

}  // namespace deltos::crash
