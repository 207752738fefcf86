"""Two-dimensional memory behind row pointers, spelled as indirect_buffer spells it, over tables of Deltos.

    from deltos.compat.indirect_buffer import IndirectMemory2D, BufferCollection2D
"""

from __future__ import annotations

import os

from deltos.compat.indirect_buffer.buffer_impl import BufferCollection2D, BufferHolder, IndirectMemory2D

__version__ = (0, 1, 0)

__all__ = ["BufferCollection2D", "BufferHolder", "IndirectMemory2D", "__version__", "get_include"]


def get_include() -> str:
    """The directory of indirect_memory_2d.h, for compilers of C and Cython."""
    return os.path.dirname(__file__)
