"""Writes the examples of the public headers as C functions, so that what a reader copies is what has been compiled and run.

Each @code block of <name>.h becomes `static int example_<name>(...)`; a whole program becomes `example_<name>_main`.
"""

import re
import sys
from pathlib import Path

PARAMETERS = "deltos_storage *storage, deltos_snapshot *snapshot, deltos_transaction *transaction, deltos_object *object"


def examples(text):
    for block in re.findall(r"@code\n(.*?)@endcode", text, re.DOTALL):
        lines = [re.sub(r"^ \* ?", "", line) for line in block.splitlines()]
        yield "\n".join(line for line in lines if line.strip() != "*").rstrip(" *\n") + "\n"


def as_function(name, code):
    if "int main(void)" in code:
        code = re.sub(r"^#include.*\n", "", code, flags=re.MULTILINE)
        return code.replace("int main(void)", f"static int example_{name}_main(void)")
    unused = "".join(f"  (void){part.split('*')[1]};\n" for part in PARAMETERS.split(", "))
    body = "".join(f"    {line}\n" if line else "\n" for line in code.splitlines())
    return (
        f"static int example_{name}({PARAMETERS}) {{\n  deltos_error error;\n  double sum = 0;\n{unused}"
        f"  (void)error;\n  (void)sum;\n  {{\n{body}  }}\n  return 0;\n}}\n"
    )


def main(output, headers):
    parts = []
    for header in map(Path, headers):
        for code in examples(header.read_text()):
            parts.append(as_function(header.stem, code))
    Path(output).write_text("\n".join(parts))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
