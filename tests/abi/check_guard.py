"""Rejects an exported function whose body is anything but one guard(...), guard_fast(...), guard_value(...) or
guard_void(...).

That one construct is what keeps exceptions inside the library; whatever stands beside it would be unprotected.
"""

import argparse
import re
from pathlib import Path

from sources import ROOT, blank, closing, declared_functions, finish, line_of


def definitions(text):
    """Yields name, offset and body of each function defined in the global namespace, also inside extern "C"."""
    text = re.sub(r'\bextern\s+" *"\s*\{', lambda match: " " * len(match.group(0)), text)
    text = re.sub(r"^[ \t]*#(?:\\\n|.)*$", lambda match: re.sub(r"[^\n]", " ", match.group(0)), text, flags=re.MULTILINE)
    at = 0
    while (brace := text.find("{", at)) >= 0:
        end = closing(text, brace)
        head = re.search(r"\b(\w+)\s*(\((?:[^(){};]|\([^()]*\))*\))\s*(?:noexcept\s*)?$", text[at:brace])
        if head:
            yield head.group(1), at + head.start(), text[brace + 1 : end].strip()
        at = end + 1


def is_one_guard(body):
    match = re.match(r"return\s+(?:guard|guard_fast<\w+>|guard_value(?:<[^(){};]*>)?)\s*\(|(?:return\s+)?guard_void\s*\(", body)
    if not match:
        return False
    return body[closing(body, match.end() - 1) + 1 :].strip() == ";"


def check(capi, include):
    exported = declared_functions(include)
    problems, seen = [], set()
    for path in sorted(capi.glob("*.cpp")):
        text = blank(path.read_text())
        for name, at, body in definitions(text):
            where = f"{path}:{line_of(text, at)}: {name}"
            if name not in exported:
                if name.startswith("deltos_"):
                    problems.append(f"{where} is declared in no public header")
                continue
            if name in seen:
                problems.append(f"{where} is defined twice")
            seen.add(name)
            if not is_one_guard(body):
                problems.append(f"{where}: the body is not exactly one guard(...)")
    problems += [f"{capi}: {name} is declared in a header and defined nowhere" for name in sorted(exported - seen)]
    return problems, len(seen)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("capi", nargs="?", type=Path, default=ROOT / "src" / "capi")
    parser.add_argument("include", nargs="?", type=Path, default=ROOT / "include")
    options = parser.parse_args()
    found, functions = check(options.capi, options.include)
    finish(found, f"{functions} exported functions are one guard each")
