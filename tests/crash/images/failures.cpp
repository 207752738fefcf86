#include "crash/images/failures.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "format/validate.hpp"
#include "os/file.hpp"
#include "store/create.hpp"

namespace deltos::crash {

Session::Session(Recorder *io, PagePool *pool, const Script &script, std::uint64_t seed, int failing_barrier)
    : recorder(io) {
  const os::File made(::dup(file.fd()), "a storage in memory");
  const Status empty = store::write_empty_storage(made, {});
  if (!empty.ok()) {
    wrong = empty.error().message;
    return;
  }
  trace.start.durable = file.image(pool);
  recorder->watch(file.fd(), file.view(), pool, &trace);
  recorder->durable = recorder->published = recorder->attempted = format::kFirstTransaction;
  recorder->fail_barrier(failing_barrier);
  run = std::make_unique<Run>(recorder, &file, script, seed);
  run->trace_ = &trace;
  run->run();
  barriers = recorder->barriers();
  wrong = run->wrong();
}

Session::~Session() {
  run.reset();
  recorder->fail_barrier(0);
}

std::string explore_script(Recorder *recorder, PagePool *pool, Explorer *explorer, const Script &script,
                           std::uint64_t seed, int *barriers) {
  Session session(recorder, pool, script, seed, 0);
  if (!session.wrong.empty()) return "while running: " + session.wrong;
  *barriers = session.barriers;
  session.run->close(true);
  recorder->tick("closed");
  return explorer->explore({&session.trace, &session.run->history(), session.file.inode()});
}

// ---- barriers that fail

namespace {

std::uint64_t newest_strong(const std::byte *file) {
  std::uint64_t newest = 0;
  const auto header = load<format::Header>(file);
  for (const unsigned slot : {format::kSlotA, format::kSlotB}) {
    const Bytes bytes(file + format::kSlotOffset[slot], sizeof(format::Superblock));
    if (const auto superblock = format::read_superblock(bytes, header.uuid)) {
      newest = std::max(newest, superblock->transaction);
    }
  }
  return newest;
}

std::string open_again(Session *session, History *history, std::size_t *redirtied) {
  Recorder &recorder = *session->recorder;
  store::OpenOptions options = writing();
  auto refused = store::Storage::open_fd(session->file.fd(), options);
  if (refused.ok()) return "opens for writing after a failed barrier";
  if (refused.code() != Code::io) return "open after a failed barrier: " + refused.error().message;
  options.redirty = true;
  const std::uint64_t attempted = recorder.attempted;
  recorder.attempted = attempted + 1;
  auto opened = store::Storage::open_fd(session->file.fd(), options);
  if (!opened.ok()) return "open with REDIRTY: " + opened.error().message;
  auto snapshot = (*opened)->begin_snapshot();
  if (!snapshot.ok()) return "snapshot after REDIRTY: " + snapshot.error().message;
  // The commit in doubt may have arrived.
  std::uint64_t found = 0;
  for (const std::uint64_t number : {recorder.published, attempted}) {
    const auto state = history->states.find(number);
    if (found == 0 && state != history->states.end() && difference(*state->second, **snapshot, nullptr).empty()) {
      found = number;
    }
  }
  if (found == 0) return "REDIRTY shows a state that never was";
  history->states[(*snapshot)->id()] = history->states[found];
  recorder.durable = newest_strong(session->file.view());
  recorder.published = recorder.attempted = (*snapshot)->id();
  *redirtied = session->trace.events.size();
  recorder.tick("redirtied");
  auto transaction = (*opened)->begin_transaction();
  if (!transaction.ok()) return "begin after REDIRTY: " + transaction.error().message;
  Model model = *history->states[found];
  model.items["after"] = {7, 2000};
  const Status set = (*transaction)->set_metadatum(0, "after", model.items["after"].metadatum());
  if (!set.ok()) return "change after REDIRTY: " + set.error().message;
  recorder.attempted = (*transaction)->snapshot()->id();
  history->states[recorder.attempted] = std::make_shared<const Model>(model);
  auto committed = (*transaction)->commit(store::Durability::sync);
  if (!committed.ok()) return "commit after REDIRTY: " + committed.error().message;
  recorder.durable = recorder.published = *committed;
  recorder.tick("committed after REDIRTY");
  const Status closed = (*opened)->close();
  return closed.ok() ? "" : "close after REDIRTY: " + closed.error().message;
}

}  // namespace

std::string explore_failed_barrier(Recorder *recorder, PagePool *pool, Explorer *explorer, const Script &script,
                                   std::uint64_t seed, int which) {
  Session session(recorder, pool, script, seed, which);
  if (!session.wrong.empty()) return "while running: " + session.wrong;
  if (!session.run->failed()) return "a failed barrier was not noticed";
  const auto failed = std::find_if(session.trace.events.begin(), session.trace.events.end(),
                                   [](const Event &event) { return event.kind == Event::Kind::failed_barrier; });
  const auto first = static_cast<std::size_t>(failed - session.trace.events.begin());
  if (std::string wrong = session.run->after_failure(); !wrong.empty()) return wrong;
  History history = session.run->history();
  std::size_t redirtied = SIZE_MAX;
  std::string wrong = open_again(&session, &history, &redirtied);
  if (!wrong.empty()) return wrong;
  return explorer->explore({&session.trace, &history, session.file.inode(), first, redirtied});
}

// ---- damage

namespace {

using Versions = std::map<std::uint32_t, std::set<PageId>>;

Versions versions_of(const Trace &trace) {
  Versions versions;
  for (const Event &event : trace.events) {
    for (const auto &[page, content] : event.pages) {
      if (content != 0 && page >= format::kFirstDataBlock) versions[page].insert(content);
    }
  }
  return versions;
}

bool is_catalogue(const std::byte *page) { return load<std::uint32_t>(page) == format::kPageMagic; }

class Damage {
 public:
  Damage(PagePool *pool, Checker *checker, const History *history, Image whole, std::uint64_t newest)
      : pool_(pool), checker_(checker), history_(history), whole_(std::move(whole)), newest_(newest) {}

  std::uint64_t images = 0;

  std::string stale_pages(const Versions &versions) {
    for (const auto &[page, contents] : versions) {
      if (page >= whole_.size() || !is_catalogue(pool_->data(whole_[page]))) continue;
      for (const PageId content : contents) {
        if (content == whole_[page] || !is_catalogue(pool_->data(content))) continue;
        Image image = whole_;
        image[page] = content;
        if (std::string wrong = look(image); !wrong.empty()) return "a page of an earlier time: " + wrong;
      }
    }
    return {};
  }

  std::string cut_short() {
    for (std::size_t pages = whole_.size(); pages-- > format::kFirstDataBlock - 8;
         pages -= std::min<std::size_t>(pages, 6)) {
      Image image = whole_;
      image.resize(pages);
      if (std::string wrong = look(image); !wrong.empty()) return "cut short: " + wrong;
    }
    return {};
  }

  std::string changed_superblocks() {
    for (const std::uint64_t offset : format::kSlotOffset) {
      for (std::size_t byte = 0; byte < 72; ++byte) {
        std::byte page[kPage];
        std::memcpy(page, pool_->data(whole_[offset / kPage]), kPage);
        page[byte] ^= std::byte{1};
        Image image = whole_;
        image[offset / kPage] = pool_->intern(page);
        if (std::string wrong = look(image); !wrong.empty()) return "a superblock with a changed byte: " + wrong;
      }
    }
    return {};
  }

 private:
  std::string look(const Image &image) {
    ++images;
    return checker_->check_damaged({&image, history_, nullptr, newest_, UINT64_MAX, ++inode_});
  }

  PagePool *pool_;
  Checker *checker_;
  const History *history_;
  Image whole_;
  std::uint64_t newest_;
  std::uint64_t inode_ = std::uint64_t{1} << 41;
};

}  // namespace

std::string explore_damage(Recorder *recorder, PagePool *pool, Checker *checker, const Script &script,
                           std::uint64_t seed, std::uint64_t *images) {
  Session session(recorder, pool, script, seed, 0);
  if (!session.wrong.empty()) return "while running: " + session.wrong;
  session.run->reopen(writing());
  session.run->close(true);
  recorder->tick("closed");
  Damage damage(pool, checker, &session.run->history(), session.file.image(pool), recorder->durable);
  std::string wrong = damage.stale_pages(versions_of(session.trace));
  if (wrong.empty()) wrong = damage.cut_short();
  if (wrong.empty()) wrong = damage.changed_superblocks();
  *images += damage.images;
  return wrong;
}

}  // namespace deltos::crash
