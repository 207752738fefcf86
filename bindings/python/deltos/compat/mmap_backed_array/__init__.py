"""Arrays over shared memory, spelled as mmap_backed_array spells them, over arrays and views of Deltos.

    from deltos.compat.mmap_backed_array import mmaparray
"""

from __future__ import annotations

from deltos.compat.mmap_backed_array.mmap_array import anon_mmap, mmaparray, typecodes

__all__ = ["anon_mmap", "mmaparray", "typecodes"]
