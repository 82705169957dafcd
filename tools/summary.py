"""Counts test cases in Bazel's build events: the last line is `N passed, N failed`.

Usage: summary.py EVENTS EXIT_STATUS_OF_BAZEL CONFIG
"""

import json
import sys
import urllib.parse
import xml.etree.ElementTree as ET

# Bazel's exit statuses for "all passed" and "no tests found".
OK, NO_TESTS = 0, 4


def read_events(path):
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            try:
                yield json.loads(line)
            except ValueError:
                return  # Bazel died in the middle of a line.


def cases(xml_path):
    """(passed, failed) in a JUnit file; None where it cannot be read."""
    try:
        suites = ET.parse(xml_path).getroot()
    except (OSError, ET.ParseError):
        return None
    passed = failed = 0
    for case in suites.iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.get("status") != "notrun" and case.find("skipped") is None:
            passed += 1
    return passed, failed


def main(events_path, bazel_status, config):
    xml_of = {}  # target -> paths, one a shard
    status_of = {}
    unbuilt = set()
    for event in read_events(events_path):
        kind = event.get("id", {})
        if "testResult" in kind and "testResult" in event:
            for output in event["testResult"].get("testActionOutput", []):
                if output.get("name") == "test.xml":
                    path = urllib.parse.unquote(
                        urllib.parse.urlparse(output.get("uri", "")).path
                    )
                    xml_of.setdefault(kind["testResult"]["label"], set()).add(path)
        elif "testSummary" in kind and "testSummary" in event:
            label = kind["testSummary"]["label"]
            status_of[label] = event["testSummary"]["overallStatus"]
        elif "targetCompleted" in kind:
            if not event.get("completed", {}).get("success"):
                unbuilt.add(kind["targetCompleted"]["label"])

    passed = failed = 0
    broken = set()
    for label, status in status_of.items():
        good, bad = 0, 0
        for path in xml_of.get(label, ()):
            counts = cases(path)
            if counts is not None:
                good, bad = good + counts[0], bad + counts[1]
        if status in ("PASSED", "FLAKY"):
            # A target that passed counts, whatever its XML says.
            passed += max(good, 1)
        else:
            passed += good
            failed += max(bad, 1)
            broken.add(label)
    unbuilt -= set(status_of)
    failed += len(unbuilt)
    if not failed and bazel_status not in (OK, NO_TESTS):
        print(f"bazel ended with status {bazel_status} before the tests were done")
        failed = 1

    prefix = f"PYVM_CONFIG={config} " if config else ""
    for label in sorted(unbuilt):
        print(f"does not build: {label}    rerun: {prefix}tools/test {label}")
    for label in sorted(broken):
        print(f"failed: {label}    rerun: {prefix}tools/test {label}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
