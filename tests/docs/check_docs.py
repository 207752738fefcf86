"""Runs the examples of README.md, and those in C of other papers, as they stand there, and follows the links of the papers.

    check_docs.py --stage DIRECTORY --python INTERPRETER ROOT

A `text` block right after an example is what it prints. The examples run one after another in one empty directory: the
programs in C and C++ read what the Python program wrote. The interpreter has the package; the stage is where the library is
installed.
"""

import argparse
import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

PAPERS = (
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "bindings/README.md",
    "bindings/python/docs/coming-from-indirect_buffer.md",
    "bindings/python/docs/coming-from-mmap_backed_array.md",
    "bindings/python/docs/coming-from-ptypes.md",
    "bindings/python/docs/maps.md",
    "bindings/python/docs/records.md",
    "bindings/python/docs/values.md",
    "include/CONVENTIONS.md",
    "src/ARCHITECTURE.md",
    "src/format/FORMAT.md",
    "tests/demo/README.md",
)
WITH_EXAMPLES = {  # the languages of the examples in a paper
    "README.md": ["python", "python", "python", "python", "python", "c", "cpp"],
    "bindings/python/docs/coming-from-indirect_buffer.md": ["c"],
}
EXAMPLE_LINES = 22


def blocks(text):
    """The language, the code and the printed text of each example."""
    fence = r"```(python|cpp|c)\n(.*?)```\n(?:\n```text\n(.*?)```)?"
    return [(match[1], match[2], match[3] or "") for match in re.finditer(fence, text, re.DOTALL)]


def command_for(language, code, stage, python, directory):
    if language == "python":
        (directory / "example.py").write_text(code)
        return [python, "-W", "error", "example.py"]
    source = f"example.{language}"
    (directory / source).write_text(code)
    environment = {**os.environ, "PKG_CONFIG_PATH": f"{stage}/lib/pkgconfig"}
    asked = ["pkg-config", "--cflags", "--libs", "deltos"]
    flags = subprocess.run(asked, env=environment, check=True, capture_output=True, text=True).stdout
    variable, usual, standard = {"c": ("CC", "cc", "c99"), "cpp": ("CXX", "c++", "c++17")}[language]
    strict = [f"-std={standard}", "-Wall", "-Wextra", "-pedantic", "-Werror"]
    compiler = shlex.split(os.environ.get(variable, usual))
    command = [*compiler, *strict, "-o", "example", source, *shlex.split(flags), f"-Wl,-rpath,{stage}/lib"]
    subprocess.run(command, cwd=directory, check=True)
    return ["./example"]


def example_problems(paper, text, stage, python):
    found = blocks(text)
    expected_languages = WITH_EXAMPLES[paper]
    if [language for language, _, _ in found] != expected_languages:
        yield f"{paper}: examples in {', '.join(expected_languages)} are expected, in this order"
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch)
        for language, code, expected in found:
            if code.count("\n") > EXAMPLE_LINES:
                yield f"{paper}: the example in {language} is longer than {EXAMPLE_LINES} lines"
            command = command_for(language, code, stage, python, directory)
            ran = subprocess.run(command, cwd=directory, capture_output=True, text=True)
            if ran.returncode != 0 or ran.stdout != expected:
                said = ran.stdout + ran.stderr
                yield f"{paper}: the example in {language} ended with {ran.returncode} and printed\n{said}"


def link_problems(root, paper):
    text = re.sub(r"```.*?```", "", (root / paper).read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if "://" not in target and not (root / paper).parent.joinpath(target).exists():
            yield f"{paper}: the link to {target} leads nowhere"
    for name in re.findall(r"`((?:src|include|tests|bindings|pkgconfig)/[\w./-]+)`", text):
        if not (root / name).exists():
            yield f"{paper}: there is no {name}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--stage", type=Path, required=True)
    parser.add_argument("--python", required=True)
    parser.add_argument("root", type=Path)
    options = parser.parse_args()
    problems = [f"there is no {paper}" for paper in PAPERS if not (options.root / paper).exists()]
    for paper in PAPERS:
        if (options.root / paper).exists():
            problems += link_problems(options.root, paper)
    count = 0
    for paper in WITH_EXAMPLES:
        text = (options.root / paper).read_text(encoding="utf-8")
        count += len(blocks(text))
        problems += example_problems(paper, text, options.stage.resolve(), os.path.abspath(options.python))
    print("\n".join(problems) or f"{len(PAPERS)} papers, {count} examples: as they should be")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
