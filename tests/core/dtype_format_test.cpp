// Format texts: what they describe, how they are written again, and what is refused.
#include "dtype/format.hpp"

#include <gtest/gtest.h>

#include <random>

#include "dtype_format_tables.hpp"

namespace deltos::dtype {
namespace {

// The notation of kStructures.
std::string fields_of(const Format &format, std::uint64_t base = 0) {
  std::string text;
  for (const Field &field : format.fields) {
    if (!text.empty()) text += " ";
    text += field.name + "@" + std::to_string(base + field.offset);
    for (std::int64_t length : field.shape) text += "x" + std::to_string(length);
    if (field.format.dtype == Dtype::structure) {
      text += "{" + fields_of(field.format, base + field.offset) + "}";
    } else {
      text += ":" + std::to_string(field.format.item_bytes);
    }
  }
  return text;
}

Format format_from(std::string_view text) {
  Result<Format> format = parse_format(text);
  EXPECT_TRUE(format.ok()) << text << ": " << (format.ok() ? "" : format.error().message);
  return format.ok() ? std::move(*format) : Format();
}

std::string canonical(std::string_view text) { return format_from(text).text; }

struct Refusal {
  Code code;
  std::string message;
};

Refusal refusal_of(std::string_view text) {
  const Result<Format> format = parse_format(text);
  return format.ok() ? Refusal{Code::ok, format->text} : Refusal{format.code(), format.error().message};
}

std::string repeated(std::string_view text, std::size_t count) {
  std::string result;
  for (std::size_t i = 0; i < count; ++i) result += text;
  return result;
}

TEST(Dtype, ItemSizesAreThoseOfTheirCodes) {
  for (std::int32_t number = 0; number < kDtypeCount; ++number) {
    const auto dtype = static_cast<Dtype>(number);
    if (item_bytes(dtype) == 0) continue;
    EXPECT_EQ(item_bytes(dtype), format_from(pep3118_code(dtype)).item_bytes) << name(dtype);
    EXPECT_EQ(format_from(pep3118_code(dtype)).dtype == dtype, !is_tagged_raw(dtype)) << name(dtype);
  }
}

TEST(Dtype, NumbersBeyondTheLastAreUnknown) {
  EXPECT_FALSE(is_dtype(-1));
  EXPECT_FALSE(is_dtype(kDtypeCount));
  EXPECT_EQ(name(static_cast<Dtype>(kDtypeCount)), "unknown");
  EXPECT_EQ(item_bytes(static_cast<Dtype>(-7)), 0u);
}

TEST(Format, PlainTextsHaveTheSizesOfTheStructModule) {
  for (const PlainText &each : kPlainTexts) EXPECT_EQ(format_from(each.text).item_bytes, each.item_bytes) << each.text;
}

TEST(Format, StructuresLieAsInNumPy) {
  for (const Structure &each : kStructures) {
    const Format format = format_from(each.text);
    EXPECT_EQ(format.item_bytes, each.item_bytes) << each.text;
    EXPECT_EQ(fields_of(format), each.fields) << each.text;
  }
}

TEST(Format, CanonicalTextDescribesTheSameItem) {
  for (const Structure &each : kStructures) {
    const Format format = format_from(each.text);
    const Format again = format_from(format.text);
    EXPECT_EQ(again.text, format.text) << each.text;
    EXPECT_EQ(again.item_bytes, format.item_bytes) << each.text;
    EXPECT_EQ(again.alignment, format.alignment) << each.text;
    EXPECT_EQ(fields_of(again), fields_of(format)) << each.text;
  }
  for (const PlainText &each : kPlainTexts) EXPECT_EQ(canonical(canonical(each.text)), canonical(each.text));
}

TEST(Format, NativeScalarsLoseTheirPrefix) {
  for (const char *prefix : {"", "@", "=", "<", "^"}) {
    for (const char *code :
         {"?", "b", "B", "h", "H", "i", "I", "q", "Q", "e", "f", "d", "g", "Zf", "Zd", "Zg", "5s", "3w"}) {
      EXPECT_EQ(canonical(std::string(prefix) + code), code) << prefix;
    }
  }
}

TEST(Format, NativeLongStaysAndStandardLongBecomesInt) {
  EXPECT_EQ(canonical("l"), "l");
  EXPECT_EQ(canonical("@L"), "L");
  EXPECT_EQ(canonical("n"), "n");
  EXPECT_EQ(canonical("N"), "N");
  EXPECT_EQ(canonical("=l"), "i");
  EXPECT_EQ(canonical("<L"), "I");
  EXPECT_EQ(canonical(">l"), ">i");
  EXPECT_EQ(format_from("l").dtype, Dtype::i64);
  EXPECT_EQ(format_from("N").dtype, Dtype::u64);
}

TEST(Format, SwappedScalarsKeepTheirPrefixAndHaveNoDtype) {
  for (const char *text : {">d", "!d"}) {
    const Format format = format_from(text);
    EXPECT_EQ(format.text, ">d");
    EXPECT_EQ(format.dtype, Dtype::other);
    EXPECT_TRUE(format.swapped);
    EXPECT_EQ(format.item_bytes, 8u);
  }
  EXPECT_EQ(canonical(">3w"), ">3w");
  EXPECT_EQ(canonical("!Zd"), ">Zd");
}

TEST(Format, SingleBytesHaveNoOrder) {
  for (const char *text : {">B", "!B", "<B"}) {
    const Format format = format_from(text);
    EXPECT_EQ(format.text, "B");
    EXPECT_EQ(format.dtype, Dtype::u8);
    EXPECT_FALSE(format.swapped);
  }
  EXPECT_EQ(canonical(">5s"), "5s");
}

TEST(Format, DtypesFollowTheText) {
  EXPECT_EQ(format_from("c").dtype, Dtype::bytes);
  EXPECT_EQ(format_from("7s").dtype, Dtype::bytes);
  EXPECT_EQ(format_from("7w").dtype, Dtype::ucs4);
  EXPECT_EQ(format_from("7w").item_bytes, 28u);
  EXPECT_EQ(format_from("7u").dtype, Dtype::other);
  EXPECT_EQ(format_from("7u").item_bytes, 14u);
  EXPECT_EQ(format_from("g").dtype, Dtype::other);
  EXPECT_EQ(format_from("g").item_bytes, 16u);
  EXPECT_EQ(format_from("Zf").dtype, Dtype::c64);
  EXPECT_EQ(format_from("7x").dtype, Dtype::other);
  EXPECT_EQ(format_from("3d").dtype, Dtype::structure);
  EXPECT_EQ(format_from("T{d:a:}").dtype, Dtype::structure);
}

TEST(Format, StructuresAreWrittenWithEveryPadByte) {
  EXPECT_EQ(canonical("T{i:a:d:b:}"), "T{i:a:4xd:b:}");
  EXPECT_EQ(canonical("T{i:a:xxxxd:b:}"), "T{i:a:4xd:b:}");
  EXPECT_EQ(canonical("T{d:a:i:b:}"), "T{d:a:i:b:4x}");
  EXPECT_EQ(canonical("T{=i:a:4xd:b:}"), "T{i:a:4xd:b:}");
  EXPECT_EQ(canonical("T{<d:a:<d:b:}"), "T{d:a:d:b:}");
  EXPECT_EQ(canonical("id"), "T{i4xd}");
  EXPECT_EQ(canonical("i:a:d:b:"), "T{i:a:4xd:b:}");
  EXPECT_EQ(canonical("T{b:a:T{b:x:d:y:}:b:}"), "T{b:a:7xT{b:x:7xd:y:}:b:}");
}

TEST(Format, PackedAndSwappedStructuresStartWithACaret) {
  EXPECT_EQ(canonical("T{i:a:=d:b:}"), "^T{i:a:d:b:}");
  EXPECT_EQ(canonical("di"), "^T{di}");
  EXPECT_EQ(canonical("T{b:a:=q:b:^g:c:}"), "^T{b:a:q:b:g:c:}");
  EXPECT_EQ(canonical("T{>d:a:i:b:}"), "^T{>d:a:i:b:}") << "an order holds until the next one";
  EXPECT_EQ(canonical("T{>d:a:@d:b:}"), "^T{>d:a:^d:b:}");
  EXPECT_EQ(canonical("T{b:a:(2,2)>h:b:@q:c:}"), "^T{b:a:(2,2)>h:b:7x^q:c:}");
  EXPECT_EQ(format_from("T{i:a:=d:b:}").alignment, 1u);
  EXPECT_EQ(format_from("T{i:a:d:b:}").alignment, 8u);
}

TEST(Format, CodesUnknownToNumPyGiveWayInStructures) {
  EXPECT_EQ(canonical("T{n:a:N:b:}"), "T{q:a:Q:b:}");
  EXPECT_EQ(canonical("T{l:a:L:b:}"), "T{l:a:L:b:}");
}

TEST(Format, CountsAreSubArrays) {
  EXPECT_EQ(canonical("3d"), "3d");
  EXPECT_EQ(canonical(">3d"), ">3d");
  EXPECT_EQ(canonical("(2,3)d"), "(2,3)d");
  EXPECT_EQ(canonical("( 2 , 3 ) d"), "(2,3)d");
  EXPECT_EQ(canonical("(2,3)4d"), "(2,3,4)d");
  EXPECT_EQ(canonical("(2)3s"), "(2)3s");
  EXPECT_EQ(canonical("(1)d"), "(1)d");
  EXPECT_EQ(canonical("1d"), "d");
  EXPECT_EQ(canonical("3T{=b:a:d:b:}"), "(3)^T{b:a:d:b:}");
  EXPECT_EQ(canonical("T{3d:a:}"), "T{(3)d:a:}");
  const Format format = format_from("(2,3)d");
  EXPECT_EQ(format.item_bytes, 48u);
  ASSERT_EQ(format.fields.size(), 1u);
  EXPECT_EQ(format.fields[0].shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(format.fields[0].format.dtype, Dtype::f64);
}

TEST(Format, FieldsCarryTheirOwnFormat) {
  const Format format = format_from("T{i:a:(2)T{>h:x:b:y:}:b:}");
  ASSERT_EQ(format.fields.size(), 2u);
  const Field &nested = format.fields[1];
  EXPECT_EQ(nested.name, "b");
  EXPECT_EQ(nested.format.text, "^T{>h:x:^b:y:}");
  ASSERT_EQ(nested.format.fields.size(), 2u);
  EXPECT_TRUE(nested.format.fields[0].format.swapped);
}

TEST(Format, SpacesBetweenPartsAreIgnored) {
  EXPECT_EQ(canonical(" T{ i:a: \n d :b: } "), "T{i:a:4xd:b:}");
  EXPECT_EQ(canonical("d 2i"), canonical("d2i"));
  EXPECT_EQ(refusal_of("2 i").code, Code::format);
}

TEST(Format, NamesMayHoldSpacesBracesAndUnicode) {
  EXPECT_EQ(format_from("T{i:a b:d:\xc3\xa9}:}").fields[0].name, "a b");
  EXPECT_EQ(format_from("T{i:a b:d:\xc3\xa9}:}").fields[1].name, "\xc3\xa9}");
  EXPECT_EQ(canonical("T{i::d::}"), "T{i4xd}") << "an empty name is none";
}

TEST(Format, ItemsWithoutBytesAreRefused) {
  for (const char *text : {"", " ", "0s", "0d", "T{}", "0x", "(2,0)d", "<", "T{0d}", "3T{}"}) {
    EXPECT_EQ(refusal_of(text).code, Code::format) << text;
  }
}

TEST(Format, AddressesAreRefusedWithTheReason) {
  for (const char *text : {"O", "P", "&d", "X{}", "T{i:a:<P:p:}", "3P", "(2)O"}) {
    EXPECT_EQ(refusal_of(text).code, Code::unsupported) << text;
    EXPECT_NE(refusal_of(text).message.find("another process"), std::string::npos) << text;
  }
}

TEST(Format, ErrorsNamePositionAndCharacter) {
  EXPECT_EQ(refusal_of("T{i:a:y:b:}").message,
            "format \"T{i:a:y:b:}\": unknown type code at position 6, character \"y\"");
  EXPECT_EQ(refusal_of("T{i:a:").message, "format \"T{i:a:\": a '}' is missing at its end");
}

TEST(Format, MalformedTextsAreRefused) {
  const char *texts[] = {"y",      "T",       "T{",    "T{d",   "}",     "d}",          "Z",    "Zi",   "(",   "()d",
                         "(2",     "(2d",     "(2,)d", "(-1)d", "2(2)d", "3",           "<3",   "T{3}", ":a:", "d:a",
                         "T{d:a}", "d:\xff:", "=n",    "<N",    ">g",    ">Zg",         "(a)d", "T[d]", "t",   "3t",
                         "T{d}}",  "@@d",     "-1d",   "\xff",  "3.5d",  "T{d:a:d:a:}", "T {d}"};
  for (const char *text : texts) EXPECT_EQ(refusal_of(text).code, Code::format) << text;
}

TEST(Format, TextsWithNulAreRefused) {
  EXPECT_EQ(refusal_of(std::string_view("d\0d", 3)).code, Code::format);
  EXPECT_EQ(refusal_of(std::string_view("\0", 1)).code, Code::format);
  EXPECT_EQ(refusal_of(std::string_view("d:a\0b:", 6)).code, Code::format);
}

TEST(Format, MessagesAreOneShortLineWhateverTheText) {
  const std::string message = refusal_of("y\n\x01\xff" + std::string(5000, 'y')).message;
  EXPECT_LT(message.size(), 200u);
  EXPECT_EQ(message.find('\n'), std::string::npos);
}

TEST(Format, NestingEndsAt64) {
  EXPECT_EQ(format_from(repeated("T{", 64) + "d" + repeated("}", 64)).item_bytes, 8u);
  EXPECT_EQ(refusal_of(repeated("T{", 65) + "d" + repeated("}", 65)).code, Code::limit);
  EXPECT_EQ(refusal_of(repeated("T{", 30000)).code, Code::limit);
}

TEST(Format, ItemsEndAt2To40Bytes) {
  EXPECT_EQ(format_from("1099511627776s").item_bytes, kMaxItemBytes);
  for (const char *text :
       {"1099511627777s", "9999999999999999999s", "274877906945w", "(1048576,1048577)b", "137438953473d",
        "(1099511627776,1099511627776)d", "(0,1099511627776,2)d", "1099511627776sb", "1099511627776T{b}b"}) {
    EXPECT_EQ(refusal_of(text).code, Code::limit) << text;
  }
  EXPECT_EQ(refusal_of(std::string(60000, '9') + "s").code, Code::limit);
}

TEST(Format, TextsEndAt64KiBGivenAndWritten) {
  EXPECT_EQ(refusal_of(std::string(kMaxFormatBytes + 1, 'x')).code, Code::limit);
  EXPECT_EQ(format_from(std::string(kMaxFormatBytes, 'x')).text, "65536x");
  EXPECT_EQ(refusal_of(repeated("bd", 30000)).code, Code::limit);
  EXPECT_EQ(format_from(repeated("d", 65000)).fields.size(), 65000u);
  EXPECT_EQ(refusal_of(repeated("d", 65536)).code, Code::limit) << "65,535 fields at most";
}

TEST(Format, SubArraysEndAt64Dimensions) {
  EXPECT_EQ(format_from("(1" + repeated(",1", 63) + ")d").item_bytes, 8u);
  EXPECT_EQ(refusal_of("(1" + repeated(",1", 64) + ")d").code, Code::limit);
  EXPECT_EQ(refusal_of("(1" + repeated(",1", 63) + ")2d").code, Code::limit);
}

TEST(Format, RandomTextsAreReadOrRefusedAndReadTheSameAgain) {
  constexpr std::string_view kAlphabet = "T{}():,@=<>^!xcbB?hHiIlLqQnNefdgsZwuOP0123456789 a";
  std::mt19937 random(3118);
  int read = 0;
  for (int round = 0; round < 50000; ++round) {
    std::string text;
    for (unsigned length = random() % 24 + 1; length > 0; --length) text += kAlphabet[random() % kAlphabet.size()];
    const Result<Format> format = parse_format(text);
    if (!format.ok()) continue;
    ++read;
    const Result<Format> again = parse_format(format->text);
    ASSERT_TRUE(again.ok()) << text << " became " << format->text;
    EXPECT_EQ(again->text, format->text) << text;
    EXPECT_EQ(again->item_bytes, format->item_bytes) << text;
  }
  EXPECT_GT(read, 1000);
}

TEST(FormatOf, EmptyTextComesFromTheTag) {
  EXPECT_EQ(format_of("", Dtype::other)->text, "B");
  EXPECT_EQ(format_of("", Dtype::f64)->text, "d");
  EXPECT_EQ(format_of("", Dtype::c64)->text, "Zf");
  EXPECT_EQ(format_of("", Dtype::bf16)->text, "H");
  EXPECT_EQ(format_of("", Dtype::bf16)->dtype, Dtype::bf16);
  EXPECT_EQ(format_of("", Dtype::f8_e5m2)->text, "B");
  EXPECT_EQ(format_of("", Dtype::structure).code(), Code::format);
}

TEST(FormatOf, ATagWithItsOwnCodeIsWhatReadingTheCodeGives) {
  for (std::int32_t number = 0; number < kDtypeCount; ++number) {
    const auto tag = static_cast<Dtype>(number);
    if (item_bytes(tag) == 0) continue;
    const Result<Format> read = parse_format(pep3118_code(tag)), known = format_of(pep3118_code(tag), tag);
    ASSERT_TRUE(read.ok() && known.ok()) << name(tag);
    EXPECT_EQ(known->dtype, tag);
    EXPECT_EQ(known->text, read->text) << name(tag);
    EXPECT_EQ(known->item_bytes, read->item_bytes) << name(tag);
    EXPECT_EQ(known->alignment, read->alignment) << name(tag);
    EXPECT_FALSE(known->swapped || read->swapped) << name(tag);
  }
}

TEST(FormatOf, TagAndTextMustAgree) {
  EXPECT_EQ(format_of("<l", Dtype::i32)->text, "i");
  EXPECT_EQ(format_of("l", Dtype::i64)->text, "l");
  EXPECT_EQ(format_of("T{i:a:}", Dtype::structure)->item_bytes, 4u);
  EXPECT_EQ(format_of("d", Dtype::f32).code(), Code::format);
  EXPECT_EQ(format_of(">d", Dtype::f64).code(), Code::format);
  EXPECT_EQ(format_of("d", static_cast<Dtype>(99)).code(), Code::invalid);
}

TEST(FormatOf, RawTypesCarryTheirTag) {
  EXPECT_EQ(format_of("=H", Dtype::bf16)->dtype, Dtype::bf16);
  EXPECT_EQ(format_of("B", Dtype::f8_e4m3)->dtype, Dtype::f8_e4m3);
  EXPECT_EQ(format_of("h", Dtype::bf16).code(), Code::format);
  EXPECT_EQ(format_of(">H", Dtype::bf16).code(), Code::format);
  EXPECT_EQ(format_of("H", Dtype::f8_e4m3).code(), Code::format);
}

TEST(FormatOfItems, ItemSizeSettlesTrailingPadding) {
  EXPECT_EQ(format_of_items("di", Dtype::other, 12)->text, "^T{di}");
  EXPECT_EQ(format_of_items("di", Dtype::other, 16)->text, "T{di4x}");
  EXPECT_EQ(format_of_items("di", Dtype::other, 20).code(), Code::format);
}

TEST(FormatOfItems, PrefixedStructuresOfAlignedItemsAreAligned) {
  EXPECT_EQ(format_of_items("T{<i:a:(3)<d:b:(4)<c:c:}", Dtype::other, 40)->text, "T{i:a:4x(3)d:b:(4)c:c:4x}");
  EXPECT_EQ(format_of_items("T{<b:a:<q:b:<g:l:<b:z:}", Dtype::other, 48)->text, "T{b:a:7xq:b:g:l:b:z:15x}");
  EXPECT_EQ(format_of_items("T{<b:a:>d:b:}", Dtype::other, 16)->text, "^T{b:a:7x>d:b:}");
  EXPECT_EQ(fields_of(*format_of_items("T{<h:h:(2)T{<b:a:<q:b:<g:l:<b:z:}:q:}", Dtype::other, 112)),
            "h@0:2 q@16x2{a@16:1 b@24:8 l@32:16 z@48:1}");
}

TEST(FormatOfItems, WideCharactersOfFourBytesAreUcs4) {
  EXPECT_EQ(format_of_items("<u", Dtype::other, 4)->text, "w");
  EXPECT_EQ(format_of_items("<u", Dtype::other, 2)->text, "u");
  EXPECT_EQ(fields_of(*format_of_items("T{<b:a:(3)<u:w:}", Dtype::other, 16)), "a@0:1 w@4x3:4");
}

TEST(FormatOfItems, UndescribedItemsAreRawBytes) {
  EXPECT_EQ(format_of_items("B", Dtype::other, 9)->text, "9x");
  EXPECT_EQ(format_of_items("", Dtype::other, 9)->item_bytes, 9u);
  EXPECT_EQ(format_of_items("", Dtype::other, 1)->text, "B");
}

TEST(FormatOfItems, TaggedStringsTakeTheirLengthFromTheItem) {
  EXPECT_EQ(format_of_items("", Dtype::bytes, 5)->text, "5s");
  EXPECT_EQ(format_of_items("", Dtype::ucs4, 20)->text, "5w");
  EXPECT_EQ(format_of_items("", Dtype::ucs4, 21).code(), Code::format);
  EXPECT_EQ(format_of_items("", Dtype::f64, 16).code(), Code::format);
  EXPECT_EQ(format_of_items("d", Dtype::f64, 4).code(), Code::format);
  EXPECT_EQ(format_of_items("", Dtype::bytes, 0).code(), Code::format);
}

}  // namespace
}  // namespace deltos::dtype
