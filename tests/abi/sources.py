"""What the checks of this folder share: reading C and C++ sources without a compiler."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def blank(text):
    """The text with comments, strings and character constants blanked; offsets and lines stay as they are."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|R"\((?:.|\n)*?\)"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.DOTALL)

    def spaces(match):
        found = match.group(0)
        kept = found[0] + " " * (len(found) - 2) + found[-1] if found[0] in "\"'" else " " * len(found)
        return "".join("\n" if was == "\n" else now for was, now in zip(found, kept))

    # An apostrophe between digits groups them: it opens no character constant.
    text = re.sub(r"(?<=[0-9a-fA-F])'(?=[0-9a-fA-F])", "_", text)
    return pattern.sub(spaces, text)


def closing(text, at):
    """The place of the bracket that closes the one at `at`."""
    pairs = {"(": ")", "{": "}", "[": "]"}
    opening, closing_bracket, depth = text[at], pairs[text[at]], 0
    for place in range(at, len(text)):
        if text[place] == opening:
            depth += 1
        elif text[place] == closing_bracket:
            depth -= 1
            if depth == 0:
                return place
    raise ValueError(f"a bracket opened at {at} is never closed")


def line_of(text, at):
    return text.count("\n", 0, at) + 1


def declared_functions(include):
    """The functions that the public headers mark DELTOS_API."""
    names = set()
    for header in sorted(Path(include).glob("deltos/*.h")):
        text = re.sub(r"^[ \t]*#.*$", "", blank(header.read_text()), flags=re.MULTILINE)
        names.update(re.findall(r"\bDELTOS_API\b[^;(]*?\b(\w+)\s*\(", text))
    return names


def output_of(*command):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout


def finish(problems, said):
    """Prints every problem and leaves with 1, or says what was looked at."""
    for problem in problems:
        print(problem)
    if problems:
        sys.exit(1)
    print(said)
