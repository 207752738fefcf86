// Header, superblocks, ring entries, names, keys and the places of extents.
#include "format/validate.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace deltos::format {
namespace {

constexpr Uuid kUuid = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

template <class T>
Bytes bytes_of_struct(const T &value) {
  return {reinterpret_cast<const std::byte *>(&value), sizeof value};
}

// Changes every bit in turn; `accepts` must say no each time.
template <class T, class Accepts>
void expect_every_flip_refused(const T &sealed, Accepts accepts) {
  ASSERT_TRUE(accepts(sealed));
  std::size_t accepted = 0;
  for (std::size_t bit = 0; bit < 8 * sizeof(T); ++bit) {
    T copy = sealed;
    reinterpret_cast<std::byte *>(&copy)[bit / 8] ^= std::byte{1} << (bit % 8);
    if (accepts(copy)) ++accepted;
  }
  EXPECT_EQ(accepted, 0U);
}

// ---- header ---------------------------------------------------------------------------------------------------------

Header header() {
  Header header{};
  header.magic = kMagic;
  header.major = kMajor;
  header.minor = kMinor;
  header.block_bytes = kBlockBytes;
  header.uuid = kUuid;
  seal_header(&header);
  return header;
}

Code header_code(Header changed) {
  seal_header(&changed);
  return check_header(bytes_of_struct(changed)).code();
}

TEST(Header, IsReadBackAsWritten) {
  const auto read = check_header(bytes_of_struct(header()));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->uuid, kUuid);
}

TEST(Header, IsRefusedAfterAnySingleBitFlips) {
  expect_every_flip_refused(header(), [](const Header &copy) { return check_header(bytes_of_struct(copy)).ok(); });
}

TEST(Header, OfOtherFilesIsNotDeltos) {
  EXPECT_EQ(check_header({}).code(), Code::not_deltos);
  EXPECT_EQ(check_header(bytes_of_struct(header()).first(255)).code(), Code::not_deltos);
  EXPECT_EQ(check_header(bytes_of(std::string(4096, '\0'))).code(), Code::not_deltos);
}

TEST(Header, TellsWhenLineEndsWereConverted) {
  std::string text(text_of(bytes_of_struct(header())));
  text.erase(6, 1);
  text.append(1, '\0');
  const auto read = check_header(bytes_of(text));
  EXPECT_EQ(read.code(), Code::not_deltos);
  EXPECT_NE(read.error().message.find("binary mode"), std::string::npos);
}

TEST(Header, OfANewerFormatNamesWhatIsUnknown) {
  Header newer = header();
  newer.major = kMajor + 1;
  EXPECT_EQ(header_code(newer), Code::feature);
  Header blocks = header();
  blocks.block_bytes = 16384;
  EXPECT_EQ(header_code(blocks), Code::feature);
  Header features = header();
  features.incompatible = 0x40;
  EXPECT_EQ(header_code(features), Code::feature);
  seal_header(&features);
  EXPECT_NE(check_header(bytes_of_struct(features)).error().message.find("0x40"), std::string::npos);
}

TEST(Header, OfANewerMinorVersionIsRead) {
  Header newer = header();
  newer.minor = 9;
  newer.compatible = ~std::uint64_t{0};
  newer.read_only_compatible = 1;
  newer.reserved[3] = 5;
  EXPECT_EQ(header_code(newer), Code::ok);
}

// ---- superblock -----------------------------------------------------------------------------------------------------

Superblock superblock() {
  Superblock superblock{};
  superblock.magic = kSuperblockMagic;
  superblock.transaction = kFirstTransaction + 7;
  superblock.previous_strong = kFirstTransaction + 6;
  superblock.root_block = kFirstDataBlock + 3;
  superblock.root_transaction = kFirstTransaction + 7;
  superblock.height = 2;
  superblock.zone_count = 2;
  superblock.file_blocks = 1024;
  superblock.next_id = 5;
  superblock.object_count = 4;
  superblock.uuid = kUuid;
  superblock.zones[0] = {256, 512};
  superblock.zones[1] = {kFirstDataBlock, 16};
  seal_superblock(&superblock);
  return superblock;
}

bool whole(Superblock changed) {
  seal_superblock(&changed);
  return read_superblock(bytes_of_struct(changed), kUuid).has_value();
}

TEST(Superblock, IsReadBackAsWritten) {
  const auto read = read_superblock(bytes_of_struct(superblock()), kUuid);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->root_block, kFirstDataBlock + 3);
}

TEST(Superblock, IsIgnoredAfterAnySingleBitFlips) {
  expect_every_flip_refused(
      superblock(), [](const Superblock &copy) { return read_superblock(bytes_of_struct(copy), kUuid).has_value(); });
}

TEST(Superblock, IsIgnoredWhenTornOrForeign) {
  const Superblock sealed = superblock();
  EXPECT_FALSE(read_superblock(bytes_of_struct(sealed).first(1023), kUuid).has_value());
  EXPECT_FALSE(read_superblock({}, kUuid).has_value());
  EXPECT_FALSE(read_superblock(bytes_of_struct(sealed), Uuid{}).has_value());
  Superblock torn = sealed;
  const Superblock blank{};
  std::memcpy(reinterpret_cast<std::byte *>(&torn) + 512, reinterpret_cast<const std::byte *>(&blank) + 512, 512);
  EXPECT_FALSE(read_superblock(bytes_of_struct(torn), kUuid).has_value());
}

TEST(Superblock, IsIgnoredWithNumbersOutOfRange) {
  const auto changed = [](auto change) {
    Superblock copy = superblock();
    change(copy);
    return whole(copy);
  };
  EXPECT_FALSE(changed([](Superblock &s) { s.flags = 2; }));
  EXPECT_FALSE(changed([](Superblock &s) { s.transaction = kFirstTransaction - 1; }));
  EXPECT_FALSE(changed([](Superblock &s) { s.transaction = kMaxTransaction + 1; }));
  EXPECT_FALSE(changed([](Superblock &s) { s.previous_strong = s.transaction; }));
  EXPECT_FALSE(changed([](Superblock &s) { s.root_block = s.file_blocks; }));
  EXPECT_FALSE(changed([](Superblock &s) { s.root_block = kFirstDataBlock - 1; }));
  EXPECT_FALSE(changed([](Superblock &s) { s.root_block = 200; })) << "the root lies in no zone";
  EXPECT_FALSE(changed([](Superblock &s) { s.root_transaction = s.transaction + 1; }));
  EXPECT_FALSE(changed([](Superblock &s) { s.root_transaction = 0; }));
  EXPECT_FALSE(changed([](Superblock &s) { s.height = kMaxHeight + 1; }));
  EXPECT_FALSE(changed([](Superblock &s) { s.height = 0; })) << "an empty catalogue has no root";
  EXPECT_FALSE(changed([](Superblock &s) { s.file_blocks = kMaxBlocks + 1; }));
  EXPECT_FALSE(changed([](Superblock &s) { s.next_id = 0; }));
  EXPECT_FALSE(changed([](Superblock &s) { s.object_count = s.next_id; }));
  EXPECT_TRUE(changed([](Superblock &s) { s.height = 0, s.root_block = 0, s.root_transaction = 0; }));
}

TEST(Superblock, IsIgnoredWithZonesOutOfRange) {
  const auto changed = [](auto change) {
    Superblock copy = superblock();
    change(copy);
    return whole(copy);
  };
  EXPECT_FALSE(changed([](Superblock &s) { s.zone_count = kMaxZones + 1; }));
  EXPECT_FALSE(changed([](Superblock &s) { s.zones[0].first_block = 640; })) << "beyond the file";
  EXPECT_FALSE(changed([](Superblock &s) { s.zones[0].first_block = 264; })) << "not on a region";
  EXPECT_FALSE(changed([](Superblock &s) { s.zones[0].blocks = 500; })) << "not of whole regions";
  EXPECT_FALSE(changed([](Superblock &s) { s.zones[0].blocks = 0; }));
  EXPECT_FALSE(changed([](Superblock &s) { s.zones[0].first_block = kFirstDataBlock; })) << "overlapping";
  EXPECT_FALSE(changed([](Superblock &s) { s.zones[0].blocks = ~std::uint64_t{15}; }));
  EXPECT_FALSE(changed([](Superblock &s) { s.zones[0].first_block = ~std::uint64_t{15}; }));
  EXPECT_FALSE(changed([](Superblock &s) { s.zones[1].first_block = 0; })) << "over the header";
  EXPECT_TRUE(changed([](Superblock &s) { s.zones[2] = {1, 1}; })) << "beyond zone_count";
}

TEST(Superblock, CountsWhenWeakOnlyInItsBootAndFile) {
  const std::array<std::uint8_t, 16> boot = {9, 9, 9};
  Superblock weak = superblock();
  EXPECT_TRUE(superblock_counts(weak, boot, 1, 2));
  weak.flags = kSuperblockWeak;
  weak.boot_id = boot;
  weak.device = 1;
  weak.inode = 2;
  EXPECT_TRUE(superblock_counts(weak, boot, 1, 2));
  EXPECT_FALSE(superblock_counts(weak, boot, 1, 3));
  EXPECT_FALSE(superblock_counts(weak, boot, 2, 2));
  EXPECT_FALSE(superblock_counts(weak, {}, 1, 2));
}

// ---- ring -----------------------------------------------------------------------------------------------------------

TEST(RingEntry, IsValidOnlyWholeAndForItsTransaction) {
  RingEntry entry{};
  entry.transaction = kFirstTransaction + 40;
  entry.root_block = kFirstDataBlock;
  entry.root_transaction = kFirstTransaction;
  entry.height = 1;
  entry.file_blocks = 200;
  entry.next_id = 1;
  seal_ring_entry(&entry);
  EXPECT_FALSE(ring_entry_valid(entry, kFirstTransaction + 41));
  expect_every_flip_refused(entry,
                            [](const RingEntry &copy) { return ring_entry_valid(copy, kFirstTransaction + 40); });
  entry.height = std::uint64_t{1} << 32;
  seal_ring_entry(&entry);
  EXPECT_FALSE(ring_entry_valid(entry, kFirstTransaction + 40));
}

// ---- names and keys -------------------------------------------------------------------------------------------------

TEST(Utf8, IsAcceptedExactlyWhenWellFormed) {
  for (const char *good : {"", "a", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                           "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "gr\xC3\xBC\xC3\x9F"}) {
    EXPECT_TRUE(is_utf8(good)) << good;
  }
  for (const char *bad : {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2\x7F", "\xC2\xC0", "\xE0\x9F\xBF",
                          "\xE0\xA0", "\xED\xA0\x80", "\xED\xBF\xBF", "\xE1\x80\x41", "\xF0\x8F\xBF\xBF",
                          "\xF0\x90\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFE", "\xFF", "ok\xE2\x82"}) {
    EXPECT_FALSE(is_utf8(bad)) << bad;
  }
}

TEST(Name, FollowsItsRules) {
  for (const std::string &good : {std::string("a"), std::string("a/b/c"), std::string(1023, 'n'), std::string("..."),
                                  std::string(".a/b."), std::string(" "), std::string("\xE6\x97\xA5/1")}) {
    EXPECT_TRUE(check_name(good).ok()) << good;
  }
  for (const std::string &bad :
       {std::string(), std::string(1024, 'n'), std::string("a\0b", 3), std::string("/a"), std::string("a/"),
        std::string("a//b"), std::string("/"), std::string("."), std::string("a/.."), std::string("./a"),
        std::string("a/../b"), std::string("\xC0\x80")}) {
    const Status status = check_name(bad);
    EXPECT_EQ(status.code(), Code::invalid) << bad;
  }
}

TEST(MetadataKey, FollowsItsRules) {
  EXPECT_TRUE(check_metadata_key("units").ok());
  EXPECT_TRUE(check_metadata_key("/any//.. thing").ok());
  EXPECT_TRUE(check_metadata_key(std::string(255, 'k')).ok());
  EXPECT_EQ(check_metadata_key("").code(), Code::invalid);
  EXPECT_EQ(check_metadata_key(std::string(256, 'k')).code(), Code::invalid);
  EXPECT_EQ(check_metadata_key(std::string("k\0", 2)).code(), Code::invalid);
  EXPECT_EQ(check_metadata_key("\xFF").code(), Code::invalid);
}

TEST(CatalogueKey, OrdersIdsByNumber) {
  EXPECT_EQ(text_of(name_key("a/b")), "\1a/b");
  EXPECT_EQ(text_of(object_key(0x0102030405060708)), "\2\1\2\3\4\5\6\7\x8");
  EXPECT_EQ(text_of(metadatum_key(258, "unit")), std::string("\3\0\0\0\0\0\0\1\2unit", 13));
  EXPECT_LT(object_key(255), object_key(256));
}

// ---- extents --------------------------------------------------------------------------------------------------------

TEST(SlotClass, IsTheSmallestThatHolds) {
  EXPECT_EQ(kSlotClasses[slot_class(1)], 64U);
  EXPECT_EQ(kSlotClasses[slot_class(64)], 64U);
  EXPECT_EQ(kSlotClasses[slot_class(65)], 128U);
  EXPECT_EQ(kSlotClasses[slot_class(2049)], 3072U);
  EXPECT_EQ(kSlotClasses[slot_class(kMaxSlotBytes)], kMaxSlotBytes);
}

TEST(ExtentBlocks, CountsWholeBlocks) {
  EXPECT_EQ(extent_blocks(0), 0U);
  EXPECT_EQ(extent_blocks(3072), 0U);
  EXPECT_EQ(extent_blocks(3073), 1U);
  EXPECT_EQ(extent_blocks(4096), 1U);
  EXPECT_EQ(extent_blocks(4097), 2U);
  EXPECT_EQ(extent_blocks(std::numeric_limits<std::uint64_t>::max()), std::uint64_t{1} << 52);
}

TEST(ExtentPlace, IsAlignedAndInsideTheStorage) {
  constexpr std::uint64_t kBlocks = 128;
  constexpr std::uint64_t kEnd = kBlocks * kBlockBytes;
  const auto good = [](std::uint64_t offset, std::uint64_t bytes) {
    return extent_fault(offset, bytes, kBlocks) == nullptr;
  };
  EXPECT_TRUE(good(0, 0));
  EXPECT_FALSE(good(kFirstDataOffset, 0));
  EXPECT_TRUE(good(kFirstDataOffset, kEnd - kFirstDataOffset));
  EXPECT_FALSE(good(kFirstDataOffset, kEnd - kFirstDataOffset + 1));
  EXPECT_FALSE(good(kFirstDataOffset - kBlockBytes, 4096));
  EXPECT_FALSE(good(kFirstDataOffset + 64, 4096));
  EXPECT_TRUE(good(kFirstDataOffset + 64, 64));
  EXPECT_FALSE(good(kFirstDataOffset + 32, 64));
  EXPECT_FALSE(good(kFirstDataOffset + 64, 192)) << "slots begin at multiples of their size in the slab";
  EXPECT_TRUE(good(kFirstDataOffset + 192, 192));
  EXPECT_TRUE(good(kFirstDataOffset + 20 * 3072, 3000));
  EXPECT_FALSE(good(kFirstDataOffset + 21 * 3072, 3000)) << "the last slot must end in its slab";
  EXPECT_FALSE(good(kEnd, 64));
  EXPECT_FALSE(good(std::numeric_limits<std::uint64_t>::max() - 4095, 4096));
  EXPECT_FALSE(good(kFirstDataOffset, std::numeric_limits<std::uint64_t>::max()));
  EXPECT_NE(extent_fault(kFirstDataOffset, 64, std::numeric_limits<std::uint64_t>::max()), nullptr);
}

TEST(ChunkSums, TakeEightBytesForEachBegunChunk) {
  EXPECT_EQ(chunk_sum_bytes(0), 0U);
  EXPECT_EQ(chunk_sum_bytes(1), 8U);
  EXPECT_EQ(chunk_sum_bytes(65536), 8U);
  EXPECT_EQ(chunk_sum_bytes(65537), 16U);
}

TEST(Hash, IsTheOneOfTheFormatDocument) {
  EXPECT_EQ(hash64({}), 0x2D06800538D394C2U);
  EXPECT_EQ(hash64(bytes_of("Deltos")), 0x2FA519F2791BA939U);
  std::string long_text;
  for (int index = 0; index < 4088; ++index) long_text.push_back(static_cast<char>(index));
  EXPECT_EQ(hash64(bytes_of(long_text)), 0x65F4ADC8831043FDU);
}

// The two are made by different code wherever the processor has wide vectors.
TEST(Hash64, IsTheSameInOnePieceAndInTwoAtEveryLengthAndPlace) {
  std::vector<std::byte> data(6000);
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::byte>(i * i >> 3 ^ i);
  for (std::size_t bytes = 0; bytes < 5000; bytes += bytes < 600 ? 1 : 61) {
    const Bytes piece = Bytes(data).subspan(bytes % 67, bytes);
    Hasher hasher;
    hasher.add(piece.first(bytes / 3));
    hasher.add(piece.subspan(bytes / 3));
    EXPECT_EQ(hash64(piece), hasher.digest()) << bytes;
  }
}

}  // namespace
}  // namespace deltos::format
