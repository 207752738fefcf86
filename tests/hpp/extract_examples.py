"""Writes the examples of the headers of C++ as one source, so that what a reader copies is what has been compiled and run.

A whole program becomes `inline int example_<header>()`, declarations stay at namespace scope, and statements become
`inline void example_<header>(deltos::Storage &storage)`, or without the storage where they open their own or need none.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "capi"))

from extract_examples import examples  # noqa: E402


def as_code(name, code):
    if "int main() {" in code:
        code = re.sub(r"^#include.*\n", "", code, flags=re.MULTILINE).rstrip()
        body = code.removesuffix("}") + "  return 0;\n}\n"
        return body.replace("int main() {", f"inline int example_{name}() {{")
    if "template <>" in code:
        return code
    body = "".join(f"  {line}\n" if line else "\n" for line in code.splitlines())
    has_storage = "deltos::Storage storage" in code or "storage" not in code
    parameter = "" if has_storage else "deltos::Storage &storage"
    return f"inline void example_{name}({parameter}) {{\n{body}}}\n"


def main(output, headers):
    parts = ["#include <deltos/deltos.hpp>\n#include <iostream>\n#include <map>\n#include <vector>\n"]
    for header in map(Path, headers):
        parts += [as_code(header.stem, code) for code in examples(header.read_text())]
    Path(output).write_text("\n".join(parts))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
