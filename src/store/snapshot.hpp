// The state of the catalogue that a commit published, pinned. Private to L4.
#pragma once

#include "store/state.hpp"

namespace deltos::store {

class PublishedSnapshot final : public Snapshot {
 public:
  // Pins the newest commit until the snapshot is destroyed. PinKind::call: for one thread.
  static Result<std::shared_ptr<const PublishedSnapshot>> begin(const std::shared_ptr<Storage> &storage, PinKind kind);
  // Takes over a pin already held.
  static Result<std::shared_ptr<const PublishedSnapshot>> adopt(const std::shared_ptr<Storage> &storage,
                                                                const PinnedRoot &pinned, PinKind kind);
  ~PublishedSnapshot() override;
  PublishedSnapshot(const PublishedSnapshot &) = delete;
  PublishedSnapshot &operator=(const PublishedSnapshot &) = delete;

  std::uint64_t id() const override { return pinned_.transaction; }
  Result<std::shared_ptr<Storage>> storage() const override;
  Result<Scope> scope() const override;
  std::uint64_t object_count() const override { return pinned_.object_count; }
  Result<format::SortedMap> map(std::uint64_t id) const override;
  const PinnedRoot &pinned() const { return pinned_; }
  const std::shared_ptr<os::Mapping> &mapping() const { return mapping_; }

 private:
  PublishedSnapshot(std::weak_ptr<Storage> storage, PinnedRoot pinned, PinKind kind,
                    std::shared_ptr<os::Mapping> mapping, StorageState &state);
  std::weak_ptr<Storage> storage_;
  PinnedRoot pinned_;
  PinKind kind_;
  std::shared_ptr<os::Mapping> mapping_;
  mutable MappedPages pages_;
  std::unique_ptr<FirstPages> first_;  // set: used instead
};

}  // namespace deltos::store
