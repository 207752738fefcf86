// os/mapping.cpp: addresses that stay, show the file, and grow in place.
#include <fcntl.h>
#include <sys/mman.h>

#include <cinttypes>
#include <fstream>
#include <vector>

#include "os/mapping.hpp"
#include "os/sigbus.hpp"
#include "support/faulty_io.hpp"

namespace deltos::os {
namespace {

using test::Call;
using test::FaultyIo;

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kGibibyte = std::uint64_t{1} << 30;

TEST(Mapping, ShowsTheFileFromAnyByte) {
  const File file = test::file_of(0);
  std::vector<std::byte> content(5 * kPage);
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<std::byte>(i * 7 + i / 256);
  ASSERT_TRUE(file.write(content, 0).ok());
  for (const std::uint64_t offset : {0, 1, 4095, 4096, 4097, 10'000}) {
    for (const std::uint64_t bytes : {1, 4095, 4096, 4097, 10'000}) {
      const auto mapping = Mapping::map(file, offset, bytes, Protection::read);
      ASSERT_TRUE(mapping.ok());
      EXPECT_EQ((*mapping)->bytes(), bytes);
      EXPECT_EQ(std::memcmp((*mapping)->data(), content.data() + offset, bytes), 0);
    }
  }
}

TEST(Mapping, OfNothingMapsNothing) {
  const File file = test::file_of(kPage);
  FaultyIo faulty;
  const auto mapping = Mapping::map(file, 17, 0, Protection::read);
  ASSERT_TRUE(mapping.ok());
  EXPECT_EQ((*mapping)->bytes(), 0u);
  EXPECT_NE((*mapping)->data(), nullptr);
  EXPECT_FALSE((*mapping)->owned());
  EXPECT_EQ(faulty.calls(Call::mmap), 0);
  const auto anonymous = Mapping::anonymous(0);
  ASSERT_TRUE(anonymous.ok());
  EXPECT_EQ((*anonymous)->bytes(), 0u);
}

TEST(Mapping, StoresReachTheFile) {
  const File file = test::file_of(kPage);
  const auto mapping = Mapping::map(file, 0, kPage, Protection::read_write);
  ASSERT_TRUE(mapping.ok());
  (*mapping)->data()[100] = std::byte{42};
  std::array<std::byte, 1> back;
  ASSERT_TRUE(file.read(back, 100).ok());
  EXPECT_EQ(back[0], std::byte{42});
}

TEST(Mapping, IsUnmappedByItsLastOwner) {
  const File file = test::file_of(kPage);
  auto mapping = *Mapping::map(file, 0, kPage, Protection::read);
  std::byte *data = mapping->data();
  auto second = mapping;
  mapping.reset();
  EXPECT_EQ(::msync(data, kPage, MS_ASYNC), 0);
  second.reset();
  EXPECT_EQ(::msync(data, kPage, MS_ASYNC), -1);
}

TEST(Mapping, BorrowedMemoryStaysTheCallers) {
  std::vector<std::byte> memory(100, std::byte{7});
  {
    const auto mapping = Mapping::borrow(memory.data(), memory.size());
    EXPECT_EQ(mapping->data(), memory.data());
    EXPECT_EQ(mapping->bytes(), 100u);
    EXPECT_FALSE(mapping->owned());
    mapping->advise(0, 100, MADV_DONTNEED);
  }
  EXPECT_EQ(memory[99], std::byte{7});
}

TEST(Mapping, AnonymousMemoryIsZeroAndWritable) {
  const auto mapping = Mapping::anonymous(10'000);
  ASSERT_TRUE(mapping.ok());
  EXPECT_EQ((*mapping)->data()[9999], std::byte{0});
  (*mapping)->data()[9999] = std::byte{1};
  EXPECT_EQ(Mapping::anonymous(UINT64_MAX).code(), Code::no_memory);
  EXPECT_EQ(Mapping::anonymous(std::uint64_t{1} << 60).code(), Code::no_memory);
}

TEST(Mapping, GrowKeepsBaseAddress) {
  const File file = test::file_of(kPage);
  const auto mapping = Mapping::reserve(file, kGibibyte, kPage, Protection::read_write);
  ASSERT_TRUE(mapping.ok());
  std::byte *base = (*mapping)->data();
  base[0] = std::byte{1};
  for (std::uint64_t bytes = 2 * kPage; bytes <= 1024 * kPage; bytes *= 2) {
    ASSERT_TRUE(file.grow(bytes / 2, bytes).ok());
    ASSERT_TRUE((*mapping)->extend(file, bytes, Protection::read_write).ok());
    EXPECT_EQ((*mapping)->data(), base);
    EXPECT_EQ((*mapping)->bytes(), bytes);
    base[bytes - 1] = std::byte{2};
    std::array<std::byte, 1> back;
    ASSERT_TRUE(file.read(back, bytes - 1).ok());
    EXPECT_EQ(back[0], std::byte{2});
  }
  EXPECT_EQ(base[0], std::byte{1});
}

TEST(Mapping, ManyStepsOfGrowthStayOneMapArea) {
  const File file = test::file_of(512 * kPage);
  const auto mapping = Mapping::reserve(file, kGibibyte, kPage, Protection::read_write);
  ASSERT_TRUE(mapping.ok());
  for (std::uint64_t pages = 2; pages <= 512; ++pages) {
    ASSERT_TRUE((*mapping)->extend(file, pages * kPage, Protection::read_write).ok());
  }
  EXPECT_EQ(test::map_areas((*mapping)->data(), 512 * kPage), 1);
}

TEST(Mapping, AReservationIsAlignedAndKeptOutOfDumps) {
  const File file = test::file_of(kPage);
  for (int i = 0; i < 8; ++i) {
    const auto mapping = Mapping::reserve(file, 3 * kPage, kPage, Protection::read);
    ASSERT_TRUE(mapping.ok());
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>((*mapping)->data()) % 65'536, 0u);
    EXPECT_GE((*mapping)->reserved_bytes(), 3 * kPage);
  }
  const auto mapping = Mapping::reserve(file, kGibibyte, 0, Protection::read);
  std::ifstream maps("/proc/self/smaps");
  const auto wanted = reinterpret_cast<std::uintptr_t>((*mapping)->data()) + kGibibyte / 2;
  bool inside = false, found = false;
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t from = 0, to = 0;
    if (std::sscanf(line.c_str(), "%" SCNxPTR "-%" SCNxPTR " ", &from, &to) == 2)
      inside = from <= wanted && wanted < to;
    if (inside && line.starts_with("VmFlags:")) found = line.find(" dd") != std::string::npos;
  }
  EXPECT_TRUE(found);
}

TEST(Mapping, AReservationMayBeFarLargerThanMemory) {
  const File file = test::file_of(kPage);
  const auto mapping = Mapping::reserve(file, 64 * kGibibyte, kPage, Protection::read);
  ASSERT_TRUE(mapping.ok()) << mapping.error().message;
  EXPECT_EQ((*mapping)->data()[0], std::byte{0});
}

TEST(Mapping, ARefusedReservationIsAddressSpace) {
  const File file = test::file_of(kPage);
  EXPECT_EQ(Mapping::reserve(file, std::uint64_t{1} << 50, kPage, Protection::read).code(), Code::address_space);
  EXPECT_EQ(Mapping::reserve(file, UINT64_MAX, kPage, Protection::read).code(), Code::address_space);
  EXPECT_EQ(Mapping::reserve(file, kPage, 2 * kPage, Protection::read).code(), Code::address_space);
  FaultyIo faulty;
  faulty.fail(Call::mmap, ENOMEM, 1);
  EXPECT_EQ(Mapping::reserve(file, kGibibyte, kPage, Protection::read).code(), Code::address_space);
}

TEST(Mapping, AUsedUpReservationIsAddressSpace) {
  const File file = test::file_of(64 * kPage);
  const auto mapping = Mapping::reserve(file, 16 * kPage, kPage, Protection::read);
  ASSERT_TRUE(mapping.ok());
  EXPECT_TRUE((*mapping)->extend(file, 16 * kPage, Protection::read).ok());
  EXPECT_EQ((*mapping)->extend(file, 17 * kPage, Protection::read).code(), Code::address_space);
  EXPECT_EQ((*mapping)->bytes(), 16 * kPage);
  const auto exact = Mapping::map(file, 0, kPage, Protection::read);
  EXPECT_EQ((*exact)->extend(file, 2 * kPage, Protection::read).code(), Code::address_space);
}

TEST(Mapping, AFailedGrowthLeavesWhatIsThereAndCanBeRepeated) {
  const File file = test::file_of(2 * kPage);
  const auto mapping = Mapping::reserve(file, kGibibyte, kPage, Protection::read_write);
  ASSERT_TRUE(mapping.ok());
  (*mapping)->data()[0] = std::byte{5};
  {
    FaultyIo faulty;
    faulty.fail(Call::mmap, ENOMEM, 1);
    EXPECT_EQ((*mapping)->extend(file, 2 * kPage, Protection::read_write).code(), Code::address_space);
  }
  EXPECT_EQ((*mapping)->bytes(), kPage);
  EXPECT_EQ((*mapping)->data()[0], std::byte{5});
  EXPECT_TRUE((*mapping)->extend(file, 2 * kPage, Protection::read_write).ok());
  (*mapping)->data()[kPage] = std::byte{6};
}

TEST(Mapping, GrowthWithinAPageShowsWhatTheFileGains) {
  const File file = test::file_of(100);
  const auto mapping = Mapping::reserve(file, kGibibyte, 100, Protection::read);
  ASSERT_TRUE(mapping.ok());
  ASSERT_TRUE(file.write(bytes_of("gained"), 200).ok());
  ASSERT_TRUE((*mapping)->extend(file, 206, Protection::read).ok());
  EXPECT_EQ(text_of({(*mapping)->data() + 200, 6}), "gained");
  ASSERT_TRUE(file.write(bytes_of("gained"), 3 * kPage).ok());
  ASSERT_TRUE((*mapping)->extend(file, 3 * kPage + 6, Protection::read).ok());
  EXPECT_EQ(text_of({(*mapping)->data() + 3 * kPage, 6}), "gained");
}

TEST(Mapping, NeverShrinks) {
  const File file = test::file_of(4 * kPage);
  const auto mapping = Mapping::reserve(file, kGibibyte, 4 * kPage, Protection::read);
  ASSERT_TRUE((*mapping)->extend(file, kPage, Protection::read).ok());
  EXPECT_EQ((*mapping)->bytes(), 4 * kPage);
}

TEST(Mapping, NamesEachRefusal) {
  const File file = test::file_of(kPage);
  const Result<File> reading = file.reopen(O_RDONLY);
  EXPECT_EQ(Mapping::map(*reading, 0, kPage, Protection::read_write).code(), Code::readonly);
  EXPECT_EQ(Mapping::map(file, UINT64_MAX - 10, 20, Protection::read).code(), Code::limit);
  EXPECT_EQ(Mapping::map(file, 0, INT64_MAX, Protection::read).code(), Code::limit);
  FaultyIo faulty;
  faulty.fail(Call::mmap, ENOMEM, 1);
  EXPECT_EQ(Mapping::map(file, 0, kPage, Protection::read).code(), Code::address_space);
  faulty.fail(Call::mmap, ENODEV, 1);
  EXPECT_EQ(Mapping::map(file, 0, kPage, Protection::read).code(), Code::filesystem);
  faulty.fail(Call::mmap, EIO, 1);
  EXPECT_EQ(Mapping::map(file, 0, kPage, Protection::read).code(), Code::io);
}

TEST(Mapping, TakesNoMoreThanAQuarterOfTheMapAreasForParts) {
  const File file = test::file_of(kPage);
  const std::uint64_t allowed = max_map_count() / 4;
  for (int round = 0; round < 2; ++round) {  // what was mapped before has been given back
    const auto window = *Mapping::reserve(file, (allowed + 1) * kPage, 0, Protection::read);
    for (std::uint64_t i = 0; i < allowed; ++i) ASSERT_TRUE(window->append(file, 0, kPage, Protection::read).ok());
    const Status refused = window->append(file, 0, kPage, Protection::read);
    EXPECT_EQ(refused.code(), Code::address_space);
    EXPECT_NE(refused.error().message.find("max_map_count"), std::string::npos);
    EXPECT_EQ(window->bytes(), allowed * kPage);
  }
}

TEST(Mapping, ProtectionKeepsStoresOut) {
  const File file = test::file_of(4 * kPage);
  const auto mapping = Mapping::map(file, 0, 4 * kPage, Protection::read_write);
  ASSERT_TRUE(mapping.ok());
  ASSERT_TRUE((*mapping)->protect(kPage, kPage, Protection::read).ok());
  std::byte *data = (*mapping)->data();
  data[0] = data[2 * kPage] = std::byte{1};
  const int status = test::in_child([&] {
    ::signal(SIGSEGV, SIG_DFL);
    *const_cast<volatile std::byte *>(data + kPage) = std::byte{1};
    return 0;
  });
  EXPECT_TRUE(test::killed_by(status, SIGSEGV));
  ASSERT_TRUE((*mapping)->protect(kPage, kPage, Protection::read_write).ok());
  data[kPage] = std::byte{1};
}

TEST(Mapping, ProtectsOnlyPagesOfItsOwn) {
  const File file = test::file_of(4 * kPage);
  const auto mapping = Mapping::map(file, 0, 4 * kPage, Protection::read);
  EXPECT_EQ((*mapping)->protect(1, kPage, Protection::read).code(), Code::internal);
  EXPECT_EQ((*mapping)->protect(0, 100, Protection::read).code(), Code::internal);
  EXPECT_EQ((*mapping)->protect(kPage, 4 * kPage, Protection::read).code(), Code::internal);
  FaultyIo faulty;
  faulty.fail(Call::mprotect, ENOMEM, 1);
  EXPECT_EQ((*mapping)->protect(0, kPage, Protection::none).code(), Code::address_space);
  faulty.fail(Call::mprotect, EACCES, 1);
  EXPECT_EQ((*mapping)->protect(0, kPage, Protection::read_write).code(), Code::readonly);
}

TEST(Mapping, KnowsWhetherItWasEverWritable) {
  const File file = test::file_of(4 * kPage);
  const auto reading = Mapping::map(file, 0, kPage, Protection::read);
  EXPECT_FALSE((*reading)->writable());
  ASSERT_TRUE((*reading)->protect(0, kPage, Protection::read_write).ok());
  EXPECT_TRUE((*reading)->writable());
  const auto growing = Mapping::reserve(file, kGibibyte, kPage, Protection::read);
  EXPECT_FALSE((*growing)->writable());
  ASSERT_TRUE((*growing)->extend(file, 2 * kPage, Protection::read_write).ok());
  EXPECT_TRUE((*growing)->writable());
}

TEST(Mapping, AdviceIsAHint) {
  const File file = test::file_of(0);
  ASSERT_TRUE(file.write(bytes_of("content"), kPage + 5).ok());
  const auto mapping = Mapping::map(file, 5, kPage + 7, Protection::read);
  ASSERT_TRUE(mapping.ok());
  (*mapping)->advise(0, kPage + 7, MADV_WILLNEED);
  (*mapping)->advise(100, 1, MADV_RANDOM);
  (*mapping)->advise(0, UINT64_MAX, MADV_DONTNEED);
  EXPECT_EQ(text_of({(*mapping)->data() + kPage, 7}), "content");
}

}  // namespace
}  // namespace deltos::os
