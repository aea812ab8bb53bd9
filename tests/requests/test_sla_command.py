"""`yunzu sla` and its forms, on a month whose figures are known."""

import csv
import io
from datetime import timedelta
from decimal import Decimal
from html.parser import HTMLParser

import pytest

from tests.support.command import Command
from tests.support.december import Month, at, everything
from tests.support.office import Desk, department
from yunzu.services.reports import figures, spreadsheet

HOSTILE = '=cmd|" /C calc"!A0<script>alert(1)</script>'


@pytest.fixture
def month(desk: Desk) -> Month:
    return Month(desk)


@pytest.fixture
def told(month: Month, yunzu: Command) -> Command:
    """The command after a month of everything, on the 4th of the next one."""
    everything(month)
    month.clock("2027-01-04 09:00")
    return yunzu


def test_the_document_that_programs_read(told: Command) -> None:
    ended = told("sla", "--month", "2026-12", "--json")
    document = ended.document
    assert (ended.code, ended.err, document["period"], document["formula"]) == (0, "", "2026-12", "3")
    assert document["hours"] == ["09:00-12:00", "13:30-17:30"]
    years = [(one["year"], one["approved"], one["provisional"]) for one in document["calendar"]]
    assert years == [(2026, True, False), (2027, False, True)]
    rows = {(one["department"], one["kind"]): one for one in document["items"]}
    assert list(rows) == [("health", "promised"), ("transport", "promised"), ("transport", "instant")]
    transport = rows["transport", "promised"]
    assert (transport["on_time_rate"], transport["speed_up_total"]) == ("0.6666", "0.5539")
    assert transport["speed_up_mean"] == "0.5539"  # all were promised the same
    assert (transport["fastest"]["seconds"], transport["promised_seconds"]) == (184, 35 * 3600)
    assert (transport["completion_rate"], transport["whole_on_time_rate"]) == ("0.8333", "0.6666")
    assert rows["health", "promised"]["on_time_rate"] is None
    assert rows["transport", "instant"]["on_time_rate"] == "1.0000"
    assert document["total"]["kind"] == "promised"
    assert document["total"]["on_time_rate"] == "0.6666"
    assert document["total_instant"]["speed_up_total"] == "0.6000"
    assert [one["level"] for one in document["supervision"]] == ["overdue", "warning"]
    assert len(document["hash"]) == 64


def test_one_department_alone(told: Command) -> None:
    document = told("sla", "--month", "2026-12", "--department", "health", "--json").document
    assert {one["department"] for one in document["items"]} == {"health"}
    assert document["total"]["submitted"] == 2
    assert told("sla", "--month", "2026-12", "--department", "centre").code == 0
    missing = told("sla", "--month", "2026-12", "--department", "no-such")
    assert (missing.code, missing.err) == (
        1,
        "error: department no-such: is not registered; see `yunzu dept list`\n",
    )


def test_the_table_for_people(told: Command) -> None:
    lines = told("sla", "--month", "2026-12").out.splitlines()
    assert lines[0] == "办件时效 service levels 2026-12"
    assert "公式 formula 3 · 办公时间 09:00-12:00 13:30-17:30 · 时区 Asia/Shanghai" in lines
    assert any(line.startswith("日历 calendar 2027: PyPI holidays") and "暂定" in line for line in lines)
    [row] = [line for line in lines if line.startswith("transport局 transport  7")]
    assert row.split()[2:11] == ["7", "5", "4", "1", "1", "66.66%", "83.33%", "15小时37分", "5工作日"]
    assert "3分4秒 (YZ20261210-0001)" in row
    assert [line.split()[:3] for line in lines if line.startswith("超期 ")] == [["超期", "16", "天"]]
    assert "超期后撤回或不予受理 closed after due: 无 none" in lines


def test_a_speed_up_without_office_time_says_how_long_it_took(month: Month, yunzu: Command) -> None:
    """Asked for and delivered on a Saturday: 100 % faster than promised, and yet not in no time."""
    month.register("transport")
    number = month.file("transport/a", "12-05 10:00", plan="small")
    month.deliver(number, "12-05 10:03:04")
    month.clock("2027-01-04 09:00")
    for form in ((), ("--html",)):
        assert "100.00% (办公时间外, 历时3分4秒)" in yunzu("sla", "--month", "2026-12", *form).out
    done = month.file("transport/b", "12-07 10:00")
    month.done(done, "12-07 10:01")
    month.clock("2027-01-04 09:00")
    assert "办公时间外" not in yunzu("sla", "--month", "2026-12").out


def test_an_empty_month_says_so_and_is_no_failure(month: Month, yunzu: Command) -> None:
    month.register("transport", "health")
    month.clock("2027-01-04 09:00")
    ended = yunzu("sla", "--month", "2026-12")
    assert (ended.code, ended.err) == (0, "")
    assert "本期没有办件 no case was open in this period" in ended.out
    assert "本期无业务的部门 departments without a case: health局 health、transport局 transport" in ended.out
    document = yunzu("sla", "--month", "2026-12", "--json").document
    assert (document["items"], document["total"]["on_time_rate"]) == ([], None)
    assert "本期没有办件" in yunzu("sla", "--month", "2026-12", "--html").out
    assert len(yunzu("sla", "--month", "2026-12", "--csv").out.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [("--month", "2026-13"), ("--month", "2027-02"), ("--json", "--csv"), ("--department", "=1")],
)
def test_wrong_usage_is_2(arguments: tuple[str, ...], desk: Desk, yunzu: Command) -> None:
    ended = yunzu("sla", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("error: ")


def test_a_spreadsheet_reads_it_and_runs_nothing(month: Month, told: Command) -> None:
    month.approve(department("transport", title={"zh": HOSTILE}), "12-31 10:00")
    month.clock("2027-01-04 09:00")
    text = told("sla", "--month", "2026-12", "--csv").out
    assert text.startswith("\ufeff期间 period,")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    [transport] = [one for one in rows if (one["编号 id"], one["类型 kind"]) == ("transport", "承诺件")]
    assert transport["名称 title"] == f"'{HOSTILE}"
    assert transport["按时办结率(%) on-time rate"] == "66.66"
    assert transport["最快(秒) fastest"] == "184.000"
    assert transport["最快办件编号 fastest request"] == "YZ20261210-0001"
    assert [one["范围 level"] for one in rows] == ["部门"] * 3 + ["事项"] * 2 + ["合计"] * 2
    for row in csv.reader(io.StringIO(text.removeprefix("\ufeff"))):
        assert not [cell for cell in row if cell[:1] in set("=+-@\t\r\n")]


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\x00", " =1", "＝1", "|x", "a\tb"]
)
def test_text_that_a_spreadsheet_would_run_is_held(text: str) -> None:
    [row] = csv.reader(io.StringIO(spreadsheet.csv_text(["a"], [[text]]).splitlines()[1]))
    assert row[0].startswith("'")
    assert "\t" not in row[0]


def test_numbers_stay_numbers_and_plain_text_itself() -> None:
    text = spreadsheet.csv_text(["a", "b"], [[Decimal("-12.34"), '南通, "市"']])
    assert text.splitlines()[1] == '-12.34,"南通, ""市"""'


class Page(HTMLParser):
    """What a browser would make of it: elements in order, and the cells of each row."""

    VOID = frozenset({"meta", "link", "img", "br", "input"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.rows: list[list[str]] = []
        self.headings: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self._open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")
        if tag in {"h1", "h2"}:
            self.headings.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if {"td", "th"} & set(self._open):
            self.rows[-1][-1] += data
        elif self._open and self._open[-1] in {"h1", "h2"}:
            self.headings[-1] += data


def test_the_page_holds_every_figure_in_its_place(told: Command) -> None:
    text = told("sla", "--month", "2026-12", "--html").out
    page = Page(text)
    assert text.startswith('<!DOCTYPE html>\n<html lang="zh-CN">')
    assert page.headings[:4] == [
        "办件时效 service levels 2026-12",
        "承诺件 · 按部门 promised, by department",
        "承诺件 · 按事项 promised, by item",
        "即办件 · 按部门 instant, by department",
    ]
    assert {"督办 supervision", "核查指标 what keeps these figures honest"} <= set(page.headings)
    rows = [[" ".join(cell.split()) for cell in row] for row in page.rows]
    transport = next(row for row in rows if row[0] == "transport局 transport")
    assert transport[1:8] == ["7", "5", "4", "1", "1", "66.66%", "83.33%"]
    assert transport[11] == "3分4秒 (YZ20261210-0001)"
    assert next(row for row in rows if row[0] == "合计")[1] == "9"
    widths = {len(row) for row in rows if row[0].startswith(("transport局", "合计"))}
    assert widths == {13, 15, 5}  # the figures, what keeps them honest, who asked several times
    assert any(row[0] == "超期 16 天" for row in rows)


def test_the_page_needs_nothing_from_elsewhere_and_runs_nothing(month: Month, told: Command) -> None:
    month.approve(department("transport", title={"zh": HOSTILE}), "12-31 10:00")
    month.clock("2027-01-04 09:00")
    text = told("sla", "--month", "2026-12", "--html").out
    page = Page(text)
    assert "script" not in page.tags
    assert not {"link", "img", "iframe", "form", "a"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name in {"src", "href"} or name.startswith("on")]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "http" not in text.replace("http-equiv", "")
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in page.attributes


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (184, "3分4秒"),
        (184.001, "3分5秒"),
        (0.31, "0.4秒"),
        (2, "2秒"),
        (59.99, "1分"),
        (113_400, "31小时30分"),
        (7200, "2小时"),
        (3599.5, "1小时"),
    ],
)
def test_a_duration_is_never_shown_shorter_than_it_was(seconds: float, shown: str) -> None:
    assert figures.duration(timedelta(seconds=seconds)) == shown


def test_days_on_the_wall() -> None:
    assert figures.days(at("12-15 19:00") - at("12-01 00:00")) == "14天19小时"
    assert figures.days(at("12-01 12:30") - at("12-01 12:00")) == "30分"
    assert figures.days(None) == figures.percent(None) == "—"
