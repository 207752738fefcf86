// Storage, Snapshot, Transaction and their callbacks.
#include <fcntl.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>

#include "fixture.hpp"

using namespace deltos_hpp_tests;
using deltos::Status;

namespace {

// A file's bytes at an address where elements are aligned.
class FileBytes {
 public:
  explicit FileBytes(const std::filesystem::path &path) {
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    size_ = text.size();
    blocks_.resize(size_ / sizeof(Block) + 1);
    std::memcpy(blocks_.data(), text.data(), size_);
  }
  deltos::Span<const std::byte> span() const { return {blocks_.data()->bytes, size_}; }

 private:
  struct alignas(64) Block {
    std::byte bytes[64];
  };
  std::vector<Block> blocks_;
  std::size_t size_ = 0;
};

TEST_F(WithStorage, moving_moves_the_handle_and_empties_the_source) {
  deltos_storage *const raw = storage_.get();
  deltos::Storage moved = std::move(storage_);
  EXPECT_EQ(moved.get(), raw);
  EXPECT_FALSE(storage_);
  deltos::Storage &self = moved;
  moved = std::move(self);
  EXPECT_EQ(moved.get(), raw);
  storage_ = deltos::Storage::open_anonymous();
  storage_ = std::move(moved);
  EXPECT_EQ(storage_.get(), raw);
  EXPECT_EQ(storage_.info().object_count, 1U);
}

TEST_F(WithStorage, a_handle_is_given_up_and_taken_over) {
  deltos_storage *raw = storage_.release();
  EXPECT_FALSE(storage_);
  storage_ = deltos::Storage(raw);
  deltos::Snapshot snapshot(storage_.snapshot().release());
  deltos::Object object(snapshot.object("grid").release());
  deltos::View view(object.view().release());
  deltos::Cursor cursor(snapshot.list().release());
  EXPECT_EQ(std::distance(cursor.begin(), cursor.end()), 1);
  deltos::Transaction transaction(storage_.transaction().release());
  EXPECT_TRUE(transaction && view);
}

TEST_F(WithStorage, closing_refuses_while_a_view_lives_and_names_it) {
  deltos::View view = storage_.object("grid").view();
  const deltos::Result<void> refused = storage_.try_close();
  EXPECT_EQ(refused.status(), Status::pinned);
  EXPECT_NE(std::string(refused.error().message()).find("grid"), std::string::npos);
  EXPECT_TRUE(storage_);
  const std::vector<deltos::Pin> pins = storage_.pins();
  ASSERT_EQ(pins.size(), 1U);
  EXPECT_STREQ(pins[0].name, "grid");
  view.reset();
  EXPECT_TRUE(storage_.pins().empty());
  storage_.close();
  EXPECT_FALSE(storage_);
  storage_.close();
}

TEST_F(WithStorage, children_answer_closed_after_close) {
  const deltos::Snapshot snapshot = storage_.snapshot();
  const deltos::Object object = snapshot.object("grid");
  deltos::Cursor cursor = snapshot.list();
  storage_.close();
  EXPECT_EQ(snapshot.try_object("grid").status(), Status::closed);
  EXPECT_EQ(object.try_view().status(), Status::closed);
  EXPECT_EQ(status_of([&] { static_cast<void>(cursor.begin()); }), Status::closed);
  EXPECT_EQ(object.info().name, "grid");
}

TEST_F(WithStorage, destroying_a_storage_leaves_its_views_valid) {
  const deltos::TypedView<const double> view = storage_.view<const double>("grid");
  storage_ = deltos::Storage();
  EXPECT_EQ(view(1, 2), 6);
}

TEST_F(WithStorage, destroying_a_transaction_aborts_it) {
  {
    deltos::Transaction transaction = storage_.transaction();
    transaction.remove("grid");
    EXPECT_EQ(storage_.try_transaction().status(), Status::busy);
  }
  EXPECT_EQ(storage_.info().object_count, 1U);
  deltos::Transaction transaction = storage_.transaction();
  transaction.abort();
  EXPECT_FALSE(transaction);
}

TEST_F(WithStorage, a_commit_empties_the_transaction_and_tells_its_number) {
  deltos::Transaction transaction = storage_.transaction();
  transaction.create_zeroed<float>("z", {2});
  const std::uint64_t id = transaction.commit(deltos::Durability::lazy);
  EXPECT_FALSE(transaction);
  EXPECT_EQ(storage_.snapshot().id(), id);
  transaction = storage_.transaction();
  transaction.create_zeroed<float>("y", {2});
  EXPECT_GT(transaction.commit(deltos::Durability::async), id);
  storage_.sync();
}

TEST_F(WithStorage, a_snapshot_keeps_its_state_until_it_is_refreshed) {
  deltos::Snapshot snapshot = storage_.snapshot();
  EXPECT_FALSE(snapshot.refresh());
  deltos::Transaction transaction = storage_.transaction();
  transaction.rename("grid", "net");
  EXPECT_TRUE(transaction.snapshot().try_object("net"));
  transaction.commit();
  EXPECT_TRUE(snapshot.try_object("grid"));
  EXPECT_TRUE(snapshot.refresh());
  EXPECT_EQ(snapshot.try_object("grid").status(), Status::not_found);
  deltos::Snapshot moved = std::move(snapshot);
  EXPECT_FALSE(snapshot);
  EXPECT_EQ(snapshot.id(), 0U);
  EXPECT_TRUE(moved.try_object("net"));
  snapshot = std::move(moved);
  EXPECT_FALSE(moved);
  EXPECT_TRUE(snapshot.try_object("net"));
  snapshot.reset();
  EXPECT_EQ(storage_.info().snapshot_count, 0U);
}

TEST_F(WithStorage, moving_a_snapshot_onto_itself_changes_nothing) {
  deltos::Snapshot snapshot = storage_.snapshot();
  deltos::Snapshot &self = snapshot;
  snapshot = std::move(self);
  EXPECT_TRUE(snapshot.try_object("grid"));
}

TEST_F(WithStorage, opens_by_descriptor_and_in_every_mode) {
  const deltos::Storage by_descriptor = deltos::Storage::open_fd(storage_.fd());
  EXPECT_EQ(by_descriptor.view<const double>("grid")(0, 1), 2);
  EXPECT_EQ(deltos::Storage::try_open_fd(-1).status(), Status::invalid);
  deltos::OpenOptions options;
  options.mode = deltos::Mode::in_place;
  deltos::Storage in_place = deltos::Storage::open(path(), options);
  in_place.view<double>("grid")(0, 1) = 20;
  EXPECT_EQ(by_descriptor.view<const double>("grid")(0, 1), 20);
  EXPECT_EQ(in_place.try_transaction().status(), Status::readonly);
  options.mode = deltos::Mode::fixed;
  EXPECT_EQ(deltos::Storage::open(path(), options).info().mode, DELTOS_MODE_STATIC);
  EXPECT_EQ(deltos::Storage::try_open(path(), writing()).status(), Status::locked);
  EXPECT_EQ(deltos::Storage::try_open(path(), writing(deltos::Create::only_new)).status(), Status::exists);
}

TEST_F(WithStorage, flags_are_joined) {
  deltos::OpenOptions options;
  options.flags = deltos::OpenFlags::copy | deltos::OpenFlags::verify;
  const deltos::Storage copy = deltos::Storage::open(path(), options);
  EXPECT_EQ(copy.try_fd().status(), Status::unsupported);
}

TEST(Anonymous, storage_lives_without_a_file) {
  deltos::Storage storage = deltos::Storage::open_anonymous("scratch");
  deltos::Transaction transaction = storage.transaction();
  transaction.create("x", std::vector<int>{1, 2});
  transaction.commit();
  const deltos::Storage other = deltos::Storage::open_fd(storage.fd());
  EXPECT_EQ(other.view<const int>("x")[1], 2);
}

TEST_F(WithStorage, memory_is_opened_and_told_when_it_is_no_longer_used) {
  storage_.close();
  const FileBytes bytes(path());
  int released = 0;
  std::optional<deltos::TypedView<const double>> view;
  {
    const deltos::Storage storage = deltos::Storage::open_memory(bytes.span(), {}, [&released] { ++released; });
    view = storage.view<const double>("grid");
  }
  EXPECT_EQ(released, 0);
  EXPECT_EQ((*view)(1, 0), 4);
  view.reset();
  EXPECT_EQ(released, 1);
  EXPECT_EQ(deltos::Storage::open_memory(bytes.span()).info().object_count, 1U);
}

TEST(Memory, that_cannot_be_opened_is_released_at_once) {
  const std::vector<std::byte> bytes(100);
  int released = 0;
  EXPECT_EQ(deltos::Storage::try_open_memory(bytes, {}, [&] { ++released; }).status(), Status::not_deltos);
  EXPECT_EQ(released, 1);
  EXPECT_EQ(deltos::Storage::try_open_memory(bytes, writing(), [&] { ++released; }).status(), Status::invalid);
  EXPECT_EQ(released, 2);
  EXPECT_EQ(deltos::Storage::try_open_memory({}, {}, [&] { ++released; }).status(), Status::invalid);
  EXPECT_EQ(released, 3);
}

TEST_F(WithStorage, copies_and_compacts_with_progress) {
  const deltos::Snapshot snapshot = storage_.snapshot();
  int calls = 0;
  deltos::CopyOptions options;
  options.progress = [&](std::uint64_t done, std::uint64_t total) {
    ++calls;
    EXPECT_LE(done, total);
  };
  snapshot.copy_to(path("copy"), options);
  EXPECT_GT(calls, 0);
  EXPECT_EQ(snapshot.try_copy_to(path("copy"), options).status(), Status::exists);
  options.replace = true;
  snapshot.compact_to(path("copy"), options);
  EXPECT_EQ(deltos::Storage::open(path("copy")).view<const double>("grid")(1, 1), 5);
}

TEST_F(WithStorage, a_callback_that_says_no_cancels) {
  deltos::CopyOptions options;
  options.progress = [](std::uint64_t, std::uint64_t) { return false; };
  EXPECT_EQ(storage_.snapshot().try_copy_to(path("copy"), options).status(), Status::cancelled);
  EXPECT_FALSE(std::filesystem::exists(path("copy")));
}

struct Thrown {
  int number;
};

TEST_F(WithStorage, what_a_callback_throws_comes_out_of_the_call_in_either_form) {
  deltos::CopyOptions options;
  options.progress = [](std::uint64_t, std::uint64_t) { throw Thrown{7}; };
  const deltos::Snapshot snapshot = storage_.snapshot();
  const auto thrown_by = [](auto &&call) {
    try {
      call();
    } catch (const Thrown &thrown) {
      return thrown.number;
    }
    return 0;
  };
  EXPECT_EQ(thrown_by([&] { snapshot.copy_to(path("copy"), options); }), 7);
  EXPECT_EQ(thrown_by([&] { static_cast<void>(snapshot.try_compact_to(path("copy"), options)); }), 7);
  EXPECT_EQ(thrown_by([&] { static_cast<void>(storage_.verify(deltos::Level::full, options.progress)); }), 7);
  EXPECT_FALSE(std::filesystem::exists(path("copy")));
  deltos::OpenOptions opening;
  opening.flags = deltos::OpenFlags::verify;
  opening.progress = options.progress;
  EXPECT_EQ(thrown_by([&] { static_cast<void>(deltos::Storage::try_open(path(), opening)); }), 7);
}

TEST_F(WithStorage, a_sound_storage_has_no_findings) {
  const deltos::Findings findings = storage_.verify(deltos::Level::full);
  EXPECT_EQ(findings.count, 0U);
  EXPECT_TRUE(findings.first.empty());
}

TEST_F(WithStorage, damage_is_a_finding) {
  std::uint64_t offset = 0;
  {
    deltos::Transaction transaction = storage_.transaction();
    deltos::Object object = transaction.snapshot().object("grid");
    transaction.seal(object);
    transaction.commit();
    offset = object.file_offset();
  }
  storage_.close();
  {
    std::fstream file(path(), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(offset));
    file.write("damage", 6);
  }
  const deltos::Storage storage = deltos::Storage::open(path());
  const deltos::Findings findings = storage.verify(deltos::Level::full);
  ASSERT_EQ(findings.count, 1U);
  ASSERT_EQ(findings.first.size(), 1U);
  EXPECT_EQ(findings.first[0].status, DELTOS_E_CORRUPT);
  EXPECT_TRUE(storage.verify(deltos::Level::full, {}, 0).first.empty());
}

#if __cplusplus >= 202002L
TEST_F(Directory, options_are_named_in_place) {
  const deltos::Storage storage = deltos::Storage::open(
      path(), {.mode = deltos::Mode::write, .create = deltos::Create::only_new, .max_file_bytes = 1 << 24});
  EXPECT_TRUE(storage);
}
#endif

}  // namespace
