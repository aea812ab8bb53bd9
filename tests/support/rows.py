"""The rows of what the platform is for, with the tests that prove them and how these end.

`python -m tests.support.rows` runs the tests whose names begin with a row (`test_a5_…`) and prints the table.
"""

import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml

ROWS: Mapping[str, str] = yaml.safe_load(
    (Path(__file__).parents[1] / "data" / "rows.yaml").read_text("utf-8")
)
_ROW_OF_TEST = re.compile(r"test_([a-g][0-9]{1,2})_")


def row_of(test: str) -> str | None:
    """The row that a test's name says, None if it says none."""
    found = _ROW_OF_TEST.match(test)
    return found[1].upper() if found else None


def results(report: Path) -> dict[str, dict[str, str]]:
    """Row -> test -> passed, failed or skipped, of a JUnit report."""
    found: dict[str, dict[str, str]] = {}
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - our own pytest's
        row = row_of(case.get("name", ""))
        if row:
            words = {"failure": "failed", "error": "failed", "skipped": "skipped"}
            ended = next((words[child.tag] for child in case if child.tag in words), "passed")
            found.setdefault(row, {})[case.get("name", "")] = ended
    return found


def table(found: Mapping[str, Mapping[str, str]]) -> Iterable[str]:
    """The table's lines: every row, with its tests or the word that it has none yet."""
    for row, title in ROWS.items():
        tests = found.get(row, {})
        yield f"{row:<4} {title:<52} {'' if tests else 'no test yet'}".rstrip()
        yield from (f"       {ended:<8} {test}" for test, ended in sorted(tests.items()))


def main() -> int:
    """Run the rows' tests and print the table. Returns 1 if one of them fails."""
    with tempfile.TemporaryDirectory() as directory:
        report = Path(directory) / "report.xml"
        names = " or ".join(f"test_{row.lower()}_" for row in ROWS)
        subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-k", names, f"--junitxml={report}"],
            stdout=sys.stderr,
            check=False,
        )
        found = results(report)
    for line in table(found):
        sys.stdout.write(line + "\n")
    return int(any(ended == "failed" for tests in found.values() for ended in tests.values()))


if __name__ == "__main__":
    sys.exit(main())
