"""XXH3 with 64 bits in plain Python: the checksum of src/format/FORMAT.md, section 1; with a seed, that of section 20.

Slow (some 10 MB a minute), and meant to be: it shares nothing with the library that it checks.
"""

from __future__ import annotations

import functools
import struct

MASK = (1 << 64) - 1
P32_1, P32_2, P32_3 = 0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D
P64_1, P64_2, P64_3 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
P64_4, P64_5 = 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5
MIX_1, MIX_2 = 0x165667919E3779F9, 0x9FB21C651E98DF25

SECRET = bytes.fromhex(
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f"
    "cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c"
    "3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8"
    "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364"
    "eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e"
    "2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e"
)
STRIPE, STRIPES_A_BLOCK = 64, (192 - 64) // 8


def u32(data: bytes, at: int) -> int:
    return int(struct.unpack_from("<I", data, at)[0])


def u64(data: bytes, at: int) -> int:
    return int(struct.unpack_from("<Q", data, at)[0])


def rotated(number: int, bits: int) -> int:
    return (number << bits | number >> (64 - bits)) & MASK


def folded(one: int, other: int) -> int:
    """The two halves of a product of 128 bits, combined."""
    product = one * other
    return (product & MASK) ^ (product >> 64)


def avalanche(number: int) -> int:
    number ^= number >> 37
    number = number * MIX_1 & MASK
    return number ^ number >> 32


def avalanche_of_xxh64(number: int) -> int:
    number ^= number >> 33
    number = number * P64_2 & MASK
    number ^= number >> 29
    number = number * P64_3 & MASK
    return number ^ number >> 32


def mixed(data: bytes, at: int, secret: int, seed: int) -> int:
    low, high = u64(SECRET, secret) + seed & MASK, u64(SECRET, secret + 8) - seed & MASK
    return folded(u64(data, at) ^ low, u64(data, at + 8) ^ high)


def up_to_16(data: bytes, seed: int) -> int:
    length = len(data)
    if length > 8:
        low = u64(data, 0) ^ (u64(SECRET, 24) ^ u64(SECRET, 32)) + seed & MASK
        high = u64(data, length - 8) ^ (u64(SECRET, 40) ^ u64(SECRET, 48)) - seed & MASK
        swapped = int.from_bytes(low.to_bytes(8, "little"), "big")
        return avalanche(length + swapped + high + folded(low, high) & MASK)
    if length >= 4:
        seed ^= int.from_bytes((seed & 0xFFFFFFFF).to_bytes(4, "little"), "big") << 32
        number = u32(data, length - 4) + (u32(data, 0) << 32)
        number ^= (u64(SECRET, 8) ^ u64(SECRET, 16)) - seed & MASK
        number ^= rotated(number, 49) ^ rotated(number, 24)
        number = number * MIX_2 & MASK
        number ^= (number >> 35) + length
        number = number * MIX_2 & MASK
        return number ^ number >> 28
    if length:
        combined = data[0] << 16 | data[length >> 1] << 24 | data[length - 1] | length << 8
        return avalanche_of_xxh64(combined ^ (u32(SECRET, 0) ^ u32(SECRET, 4)) + seed & MASK)
    return avalanche_of_xxh64(seed ^ u64(SECRET, 56) ^ u64(SECRET, 64))


def up_to_128(data: bytes, seed: int) -> int:
    length = len(data)
    total = length * P64_1
    for pair in range((length - 1) // 32 + 1):
        total += mixed(data, 16 * pair, 32 * pair, seed)
        total += mixed(data, length - 16 * (pair + 1), 32 * pair + 16, seed)
    return avalanche(total & MASK)


def up_to_240(data: bytes, seed: int) -> int:
    length = len(data)
    total = length * P64_1 + sum(mixed(data, 16 * i, 16 * i, seed) for i in range(8))
    total = avalanche(total & MASK)
    total += sum(mixed(data, 16 * i, 16 * (i - 8) + 3, seed) for i in range(8, length // 16))
    total += mixed(data, length - 16, 136 - 17, seed)
    return avalanche(total & MASK)


def accumulate(totals: list[int], words: tuple[int, ...], keys: tuple[int, ...]) -> None:
    for i in range(8):
        keyed = words[i] ^ keys[i]
        totals[i ^ 1] += words[i]
        totals[i] = totals[i] + (keyed & 0xFFFFFFFF) * (keyed >> 32) & MASK


def scramble(totals: list[int], keys: tuple[int, ...]) -> None:
    for i in range(8):
        number = totals[i] & MASK
        totals[i] = (number ^ number >> 47 ^ keys[i]) * P32_1 & MASK


@functools.cache
def secret_of(seed: int) -> tuple[bytes, list[tuple[int, ...]]]:
    """The secret that a seed makes of the default one, and the keys of each stripe."""
    words = struct.unpack("<24Q", SECRET)
    secret = struct.pack("<24Q", *(word + (-seed if i % 2 else seed) & MASK for i, word in enumerate(words)))
    return secret, [struct.unpack_from("<8Q", secret, 8 * stripe) for stripe in range(STRIPES_A_BLOCK + 1)]


def longer(data: bytes, seed: int) -> int:
    length = len(data)
    secret, keys = secret_of(seed)
    totals = [P32_3, P64_1, P64_2, P64_3, P64_4, P32_2, P64_5, P32_1]
    for number in range((length - 1) // STRIPE):
        stripe = number % STRIPES_A_BLOCK
        if number and not stripe:
            scramble(totals, keys[STRIPES_A_BLOCK])
        accumulate(totals, struct.unpack_from("<8Q", data, number * STRIPE), keys[stripe])
    if (length - 1) // STRIPE % STRIPES_A_BLOCK == 0:
        scramble(totals, keys[STRIPES_A_BLOCK])
    last = struct.unpack_from("<8Q", data, length - STRIPE)
    accumulate(totals, last, struct.unpack_from("<8Q", secret, len(secret) - 64 - 7))
    result = length * P64_1
    for i in range(4):
        one, other = totals[2 * i] & MASK, totals[2 * i + 1] & MASK
        result += folded(one ^ u64(secret, 11 + 16 * i), other ^ u64(secret, 19 + 16 * i))
    return avalanche(result & MASK)


def xxh3(data: bytes, seed: int = 0) -> int:
    """The checksum of some bytes, or their hash with a seed."""
    if len(data) <= 16:
        return up_to_16(data, seed)
    if len(data) <= 128:
        return up_to_128(data, seed)
    return up_to_240(data, seed) if len(data) <= 240 else longer(data, seed)
