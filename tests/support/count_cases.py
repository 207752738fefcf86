"""Prints "passed failed skipped" for a JUnit report; a missing report counts nothing."""

import sys
import xml.etree.ElementTree as ElementTree


def count(path):
    passed = failed = skipped = 0
    try:
        cases = ElementTree.parse(path).iter("testcase")
    except FileNotFoundError:
        return passed, failed, skipped
    for case in cases:
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is not None or case.get("status") == "notrun":
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped


if __name__ == "__main__":
    print(*count(sys.argv[1]))
