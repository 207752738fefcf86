"""What a consumer may ask of the buffer protocol, and what it is told."""

from __future__ import annotations

import itertools

from deltos._exporter import Source

BITS = {
    "WRITABLE": 0x1,
    "FORMAT": 0x4,
    "ND": 0x8,
    "STRIDES": 0x10 | 0x8,
    "C": 0x20 | 0x18,
    "F": 0x40 | 0x18,
    "ANY": 0x80 | 0x18,
    "INDIRECT": 0x100 | 0x18,
}

REQUESTS = sorted(
    {
        sum({bit: 1 for name in names for bit in [1 << k for k in range(9) if BITS[name] >> k & 1]})
        for count in range(len(BITS) + 1)
        for names in itertools.combinations(BITS, count)
    }
)
"""Every combination of the flags that Python's headers name."""

# Single bits too, which no header names. 0x100 by itself is no request but PyBUF_READ, which CPython 3.13 refuses before
# it asks.
ALL_BITS = [
    flags
    for flags in map(sum, itertools.product(*([0, bit] for bit in (1, 4, 8, 16, 32, 64, 128, 256))))
    if flags != 0x100
]


def answer(exporter: object, flags: int) -> object:
    """What a request gives: an error, or every field that the consumer sees."""
    try:
        source = Source(exporter, flags)
    except BufferError:
        return BufferError
    with source:
        _, nbytes, itemsize, ndim, format, readonly, shape, strides, suboffsets = source.fields()
        return nbytes, itemsize, ndim, format, readonly, bool(shape), bool(strides), bool(suboffsets)
