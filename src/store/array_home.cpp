#include "store/array_home.hpp"

#include <algorithm>
#include <cstring>

#include "os/file.hpp"

namespace deltos::store {
namespace {

using ull = unsigned long long;
constexpr std::uint64_t kDoubledBytes = std::uint64_t{256} << 20;  // beyond, room grows by a quarter
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 60;       // rounding up cannot wrap
constexpr std::uint64_t kLeastWindow = std::uint64_t{64} << 30;
constexpr std::uint64_t kMostWindow = std::uint64_t{1} << 40;

}  // namespace

std::array<std::uint64_t, 2> this_boot() {
  std::array<std::uint64_t, 2> words;
  std::memcpy(words.data(), os::boot_id().data(), sizeof words);
  return words;
}

std::uint64_t array_growth(std::uint64_t room, std::uint64_t needed) {
  const std::uint64_t share = room <= kDoubledBytes ? room : room / 4;
  return round_up(std::max(needed, room + share), kArrayStepBytes);
}

Status check_array_bytes(std::uint64_t bytes, std::uint64_t max_bytes, const std::string &label) {
  const std::uint64_t most = max_bytes == 0 ? kMostBytes : std::min(max_bytes, kMostBytes);
  if (bytes <= most) return {};
  return fail(Code::limit, "%s would have %llu bytes; its limit is %llu", label.c_str(), static_cast<ull>(bytes),
              static_cast<ull>(most));
}

std::uint64_t array_window_bytes(std::uint64_t bytes, std::uint64_t asked) {
  if (asked != 0) return std::max(asked, bytes);
  const std::uint64_t generous =
      std::clamp(bytes > kMostWindow / 16 ? kMostWindow : bytes * 16, kLeastWindow, kMostWindow);
  return std::max(bytes, std::min(generous, os::address_space_limit() / 16));
}

Result<std::shared_ptr<os::Mapping>> reserve_array_window(const os::File &file, std::uint64_t wanted,
                                                          std::uint64_t least, std::uint64_t mapped,
                                                          os::Protection protection) {
  for (;;) {
    auto window = os::Mapping::reserve(file, wanted, mapped, protection);
    if (window.ok() || wanted / 2 < least || window.code() != Code::address_space) return window;
    wanted /= 2;
  }
}

ArrayExport::ArrayExport(std::shared_ptr<ArrayHome> home, std::shared_ptr<os::Mapping> window, std::byte *data,
                         std::uint64_t bytes)
    : home_(std::move(home)), window_(std::move(window)), data_(data), bytes_(bytes) {
  const std::lock_guard lock(home_->exports_mutex_);
  next_ = home_->first_export_;
  if (next_ != nullptr) next_->previous_ = this;
  home_->first_export_ = this;
}

ArrayExport::~ArrayExport() {
  const std::lock_guard lock(home_->exports_mutex_);
  if (previous_ != nullptr) previous_->next_ = next_;
  if (next_ != nullptr) next_->previous_ = previous_;
  if (home_->first_export_ == this) home_->first_export_ = next_;
}

std::uint64_t ArrayHome::view_count() const {
  const std::lock_guard lock(exports_mutex_);
  std::uint64_t count = 0;
  for (const ArrayExport *one = first_export_; one != nullptr; one = one->next_)
    count += static_cast<std::uint64_t>(std::max(1L, one->weak_from_this().use_count()));
  return count;
}

std::uint64_t ArrayHome::highest_end() const {
  const std::lock_guard lock(exports_mutex_);
  std::uint64_t end = 0;
  for (const ArrayExport *one = first_export_; one != nullptr; one = one->next_) end = std::max(end, one->bytes_);
  return end;
}

Status ArrayHome::check_unused() const {
  const std::uint64_t views = view_count();
  if (views == 0) return {};
  return fail(Code::pinned, "%s cannot be closed while %llu view%s of it %s alive; release them first", label_.c_str(),
              static_cast<ull>(views), views == 1 ? "" : "s", views == 1 ? "is" : "are");
}

// The word goes down before the others are looked for: who comes later sees it. When somebody is there, it goes back.
Status ArrayHome::check_cut(std::uint64_t bytes) {
  const std::uint64_t before = own_length();
  if (bytes >= before) return {};
  if (const std::uint64_t end = highest_end(); end > bytes) {
    return fail(
        Code::pinned,
        "%s cannot be cut to %llu bytes while %llu views of it are alive, one of which shows %llu; release them "
        "first",
        label_.c_str(), static_cast<ull>(bytes), static_cast<ull>(view_count()), static_cast<ull>(end));
  }
  DELTOS_TRY(share_length());
  set_length(bytes);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  Status others = check_others(bytes);
  set_length(before);
  return others;
}

}  // namespace deltos::store
