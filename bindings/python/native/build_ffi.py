"""Writes the C source of deltos._ffi: python build_ffi.py cdef.h output.c"""

import sys
from pathlib import Path

from cffi import FFI  # type: ignore[import-untyped]


def main() -> None:
    """Called by the build."""
    declarations, output = Path(sys.argv[1]), Path(sys.argv[2])
    builder = FFI()
    builder.cdef(declarations.read_text())
    builder.cdef('extern "Python" int32_t deltos_python_progress(uint64_t, uint64_t, void *);')
    # What older versions of cffi write calls alloca, which a compiler in strict mode does not know by itself.
    builder.set_source("deltos._ffi", "#include <alloca.h>\n#include <deltos/deltos.h>", py_limited_api=True)
    builder.emit_c_code(str(output))


if __name__ == "__main__":
    main()
