"""People from a spreadsheet: taken whole, or everything that is wrong with it; and hostile files."""

import io
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from yunzu.errors import InvalidInputError, NotFoundError, RefusedError
from yunzu.model.manifests import Department
from yunzu.model.reading import read_manifest
from yunzu.services import people_import, people_sheets
from yunzu.services.people_import import PeopleImport

HEADERS = ("姓名", "账号", "角色")
PEOPLE = [("张三", "zhangsan", "申请人、数据专员"), ("李四", "lisi", "approver")]
MANIFEST = """\
# the head
kind: Department
id: health
people:  # as of spring
  - {name: 旧人, account: jiuren, roles: [applicant]}
  # behind
title: {zh: 卫生局}  # a title
"""


@pytest.fixture
def tenants(tmp_path: Path) -> Path:
    (tmp_path / "tenants" / "health").mkdir(parents=True)
    (tmp_path / "tenants" / "health" / "department.yaml").write_text(MANIFEST, "utf-8")
    return tmp_path / "tenants"


def book(
    path: Path,
    rows: Sequence[Sequence[object]] = PEOPLE,
    headers: Sequence[object] = HEADERS,
    change: Callable[[Any], object] = lambda _: None,
) -> Path:
    """A workbook with these rows; `change` gets its one sheet."""
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.title = "人员"
    for row in (headers, *rows):
        sheet.append(list(row))
    change(sheet)
    made.save(path)
    return path


def findings(path: Path) -> dict[str, str]:
    """Path within the file -> code."""
    return {one.path: one.code for one in people_sheets.read_people(path).findings}


def take(path: Path, tenants: Path) -> PeopleImport:
    return people_import.import_people(path, "health", tenants)


def test_people_are_taken_over_and_the_rest_stays_to_the_letter(tmp_path: Path, tenants: Path) -> None:
    made = take(book(tmp_path / "x.xlsx"), tenants)
    assert made.file.read_text("utf-8") == MANIFEST  # nothing was written yet
    people_import.write(made)
    assert (
        made.file.read_text("utf-8")
        == """\
# the head
kind: Department
id: health
people:
  - {name: 张三, account: zhangsan, roles: [applicant, steward]}
  - {name: 李四, account: lisi, roles: [approver]}
  # behind
title: {zh: 卫生局}  # a title
"""
    )
    assert (made.joining, made.changing, made.leaving) == (("zhangsan", "lisi"), (), ("jiuren",))
    department, faults = read_manifest(Department, made.file)
    assert (department and department.people, faults) == (made.people, [])


def test_twice_gives_the_same_bytes(tmp_path: Path, tenants: Path) -> None:
    file = book(tmp_path / "x.xlsx")
    people_import.write(take(file, tenants))
    written = (tenants / "health" / "department.yaml").read_bytes()
    again = take(file, tenants)
    assert (again.changed, again.text.encode()) == (False, written)


@pytest.mark.parametrize(
    "people",
    [
        "",
        "people: []\n",
        "people: [{name: 甲, account: a, roles: [auditor]},\n  {name: 乙, account: b, roles: [steward]}]",
        "people:\n- name: 甲\n  account: a\n  roles:\n  - auditor\n",
    ],
    ids=["none", "empty", "flow at the end", "block"],
)
def test_however_people_were_written(people: str, tmp_path: Path, tenants: Path) -> None:
    file = tenants / "health" / "department.yaml"
    head = "kind: Department\nid: health\ntitle: {zh: 卫生局}\n"
    file.write_text(head + people, "utf-8")
    people_import.write(take(book(tmp_path / "x.xlsx"), tenants))
    assert file.read_text("utf-8").startswith(head + "people:\n  - {name: 张三")
    department, _ = read_manifest(Department, file)
    assert department
    assert [one.account for one in department.people] == ["zhangsan", "lisi"]


def test_headers_in_english_in_any_order_and_others_beside(tmp_path: Path) -> None:
    rows = [("138", "Auditor developer", "zhangsan", "张三"), (None, None, None, None), ("", "", "", "")]
    sheet = people_sheets.read_people(book(tmp_path / "x.xlsx", rows, ("电话", "Roles", "account ", "NAME")))
    assert sheet.findings == ()
    [one] = sheet.people
    assert (one.name, one.account, one.roles) == ("张三", "zhangsan", ("auditor", "developer"))
    assert sheet.ignored == ("电话",)


def test_everything_that_is_wrong_is_said_at_once_with_its_cell(tmp_path: Path, tenants: Path) -> None:
    rows = [
        ("张三", "zhangsan", "申请人"),
        ("=1+1", "ok", "申请人"),
        ("李四", 1001, "申请人"),
        ("王五", "Wang Wu", "申请人"),
        ("赵六", "zhaoliu", "局长、operator"),
        (None, "sunqi", "申请人"),
        ("周八", "zhangsan", "批准人"),
        ("吴九", "wujiu", "批准人 批准人"),
        ("\x85", "zheng", "审核人"),
    ]
    file = book(tmp_path / "x.xlsx", rows)
    found = findings(file)
    assert set(found) == {f"人员!{cell}" for cell in ("A3", "B4", "B5", "C6", "A7", "B8", "C9", "A10")}
    assert (found["人员!A3"], found["人员!B4"], found["人员!A7"]) == ("formula", "not-text", "empty")
    assert (found["人员!C6"], found["人员!B8"]) == ("role", "twice")
    with pytest.raises(InvalidInputError) as caught:
        take(file, tenants)
    assert len(caught.value.findings) == 9  # two of C6
    assert (tenants / "health" / "department.yaml").read_text("utf-8") == MANIFEST


@pytest.mark.parametrize(("headers", "codes"), [
    (("姓名", "账号"), {"missing"}), (("姓名", "账号", "角色", "name"), {"twice"}), ((1, 2, 3), {"missing"}),
])  # fmt: skip
def test_headers_that_are_not_there_or_twice(
    headers: tuple[object, ...], codes: set[str], tmp_path: Path
) -> None:
    assert set(findings(book(tmp_path / "x.xlsx", PEOPLE, headers)).values()) == codes


def test_a_sheet_without_people_is_no_order_to_remove_everybody(tmp_path: Path) -> None:
    assert findings(book(tmp_path / "x.xlsx", [])) == {"人员": "nobody"}


def _hide_row(sheet: Any) -> None:
    sheet.row_dimensions[3].hidden = True


def _hide_column(sheet: Any) -> None:
    sheet.column_dimensions["C"].hidden = True


def _merge(sheet: Any) -> None:
    sheet.merge_cells("A2:A3")


def _hidden_sheet(sheet: Any) -> None:
    sheet.parent.create_sheet("隐藏").sheet_state = "veryHidden"


def _second_sheet(sheet: Any) -> None:
    sheet.parent.create_sheet("另一")


def _far_row(sheet: Any) -> None:
    sheet["A1048576"] = "x"


def _far_column(sheet: Any) -> None:
    sheet["XFD1"] = "x"


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (_hide_row, {"人员!3": "hidden"}),
        (_hide_column, {"人员!C": "hidden"}),
        (_merge, {"人员!A2:A3": "merged", "人员!A3": "empty"}),
        (_hidden_sheet, {"": "hidden"}),
        (_second_sheet, {"": "sheets"}),
        (_far_row, {"": "too-large"}),
        (_far_column, {"": "too-large"}),
    ],
)
def test_nothing_is_hidden_and_nothing_is_huge(
    change: Callable[[Any], None], found: dict[str, str], tmp_path: Path
) -> None:
    assert findings(book(tmp_path / "x.xlsx", change=change)) == found


def _repacked(file: Path, change: dict[str, bytes]) -> Path:
    """The workbook with parts replaced or added."""
    packed = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in change:
                new.writestr(name, old.read(name))
        for name, content in change.items():
            new.writestr(name, content)
    file.write_bytes(packed.getvalue())
    return file


DECLARING = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"xl/media/bomb.xml": b"0" * 9 * 2**20}, "too-large"),
        ({f"xl/media/{number}.xml": b"" for number in range(200)}, "too-large"),
        ({"xl/vbaProject.bin": b"x"}, "macros"),
        ({"xl/sharedStrings.xml": DECLARING}, "not-xlsx"),
        ({"xl/sharedStrings.xml": DECLARING.decode().encode("utf-16")}, "not-xlsx"),
        ({"xl/workbook.xml": b"<a"}, "not-xlsx"),
        ({"[Content_Types].xml": b"<a/>"}, "not-xlsx"),
    ],
    ids=["bomb", "many parts", "macros", "entities", "utf-16 entities", "broken", "no types"],
)
def test_hostile_workbooks_are_refused(parts: dict[str, bytes], code: str, tmp_path: Path) -> None:
    assert findings(_repacked(book(tmp_path / "x.xlsx"), parts)) == {"": code}


def test_what_is_no_workbook_at_all(tmp_path: Path) -> None:
    large, text, archive = tmp_path / "large", tmp_path / "text", tmp_path / "archive"
    large.write_bytes(b"PK\3\4" + b"0" * people_sheets.MOST_BYTES)
    text.write_text("姓名,账号,角色\n")
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("a", "b")
    codes = {path: findings(path)[""] for path in (large, text, archive, tmp_path, tmp_path / "none")}
    assert list(codes.values()) == ["too-large", "not-xlsx", "not-xlsx", "not-a-file", "not-a-file"]


def test_a_manifest_that_is_not_there_or_not_plain(tmp_path: Path, tenants: Path) -> None:
    file = book(tmp_path / "x.xlsx")
    with pytest.raises(NotFoundError, match="yunzu dept new"):
        people_import.import_people(file, "nobody", tenants)
    manifest = tenants / "health" / "department.yaml"
    manifest.write_text("kind: Department\nid: health\n", "utf-8")
    with pytest.raises(InvalidInputError):
        take(file, tenants)
    manifest.write_text(
        '{"kind": "Department", "id": "health", "title": {"zh": "局"}, "people": []}', "utf-8"
    )
    with pytest.raises(RefusedError, match="cannot be told from the rest"):
        take(file, tenants)
