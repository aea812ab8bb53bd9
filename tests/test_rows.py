"""Every row that a test names exists, and the table says what was proven."""

import re
from pathlib import Path

from tests.support.rows import ROWS, results, row_of, table

TESTS = Path(__file__).parent


def test_the_rows_are_fifty() -> None:
    assert len(ROWS) == 50


def test_tests_name_rows_that_exist() -> None:
    names = [
        name for file in TESTS.rglob("test_*.py") for name in re.findall(r"def (test_\w+)", file.read_text())
    ]
    named = {row for name in names if (row := row_of(name))}
    assert {"A4", "A5", "A6", "B1"} <= named <= set(ROWS)


def test_the_table_is_of_what_a_report_says(tmp_path: Path) -> None:
    cases = '<testcase name="test_a5_x"/><testcase name="test_a5_y"><failure/></testcase>'
    cases += '<testcase name="test_x"/>'
    report = tmp_path / "report.xml"
    report.write_text(f"<testsuites><testsuite>{cases}</testsuite></testsuites>")
    found = results(report)
    assert found == {"A5": {"test_a5_x": "passed", "test_a5_y": "failed"}}
    lines = list(table(found))
    assert "       failed   test_a5_y" in lines
    assert any(line.startswith("A1 ") and line.endswith("no test yet") for line in lines)
