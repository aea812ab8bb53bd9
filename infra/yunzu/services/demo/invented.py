"""Invented enterprises, persons and applications: no row is about anybody.

Every number has the right check digits, so that validation and masking have something to work on, and
none can be a real one: enterprises carry organisation codes beginning `YX`, persons the region 320600,
for which the city itself, issuing nothing, stands; telephone numbers begin with 100, which no operator has.
The same seed gives the same rows everywhere.
"""

import csv
import io
import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from functools import cache

from yunzu.services.demo.shapes import Content, Source

SOURCE = Source("虚构数据生成器", "1", "invented")
SEED = 320600
DISTRICTS = ("320612", "320613", "320614", "320623", "320681", "320682", "320685")
ENTERPRISES = 2_000
PERSONS = 5_000
APPLICATIONS = 600

_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_BASE36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_FAMILY = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
_GIVEN = "安柏辰德帆歌禾嘉可兰明宁平青然思棠闻溪晓言意雨泽知舟"
_TRADES = ("纺织", "船舶配套", "家纺", "电动工具", "建筑", "水产", "物流", "软件", "新材料", "食品")
_FORMS = ("有限公司", "股份有限公司", "合伙企业（普通合伙）", "个体工商户")
_STATES = ("存续", "存续", "存续", "存续", "注销", "吊销")
_ASSISTANCE = ("临时救助", "最低生活保障", "特困供养", "医疗救助")


def organisation_code(body: str) -> str:
    """Eight characters and their check character, modulus 11 (GB 11714-1997)."""
    total = sum(_BASE36.index(c) * w for c, w in zip(body, (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    return body + "0X987654321"[total % 11]


def credit_code(kind: str, region: str, body: str) -> str:
    """统一社会信用代码 of registration kind `91` and the like (GB 32100-2015)."""
    stem = kind + region + organisation_code(body)
    total = sum(_USCC.index(c) * w for c, w in zip(stem, _USCC_WEIGHTS, strict=True))
    return stem + _USCC[(31 - total % 31) % 31]


def identity_number(region: str, born: date, order: int) -> str:
    """公民身份号码: 17 digits and a check character, ISO 7064 MOD 11-2 (GB 11643-1999)."""
    stem = f"{region}{born:%Y%m%d}{order:03d}"
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(stem))
    return stem + "10X98765432"[total % 11]


@cache
def enterprises() -> Content:
    """经营主体: 2,000 rows."""
    dice = random.Random(SEED)  # noqa: S311 - reproducible rows are the point; nothing here is secret
    return _content(_enterprise(number, dice) for number in range(1, ENTERPRISES + 1))


@cache
def persons() -> Content:
    """人口: 5,000 rows."""
    return _content(_person(number) for number in range(PERSONS))


@cache
def applications() -> Content:
    """救助申请: 600 rows, each about one of the invented persons."""
    return _content(_application(number) for number in range(1, APPLICATIONS + 1))


def _enterprise(number: int, dice: random.Random) -> Sequence[object]:
    trade, form = dice.choice(_TRADES), dice.choice(_FORMS)
    name = f"（虚构）南通{_pick(_GIVEN, 2, dice)}{trade}{form}"
    founded = date(2000, 1, 1) + timedelta(days=dice.randrange(9_400))
    code = credit_code("91", "320600", f"YX{number:06d}")
    capital = dice.choice((10, 50, 100, 500, 1_000, 5_000))
    return code, name, dice.choice(DISTRICTS), trade, form, capital, founded, dice.choice(_STATES), "t"


def _person(number: int) -> Sequence[object]:
    dice = random.Random(SEED * 10_000 + number)  # noqa: S311 - each person alone: others refer to them
    born = date(1940, 1, 1) + timedelta(days=dice.randrange(29_000))
    order = number % 1000
    sex = "男" if order % 2 else "女"
    name = f"（虚构）{dice.choice(_FAMILY)}{_pick(_GIVEN, 2, dice)}"
    telephone = f"100{number:08d}"
    return identity_number("320600", born, order), name, sex, born, dice.choice(DISTRICTS), telephone, "t"


def _application(number: int) -> Sequence[object]:
    dice = random.Random(-number)  # noqa: S311
    person = _person(dice.randrange(PERSONS))
    day = date(2026, 1, 1) + timedelta(days=dice.randrange(300))
    amount = dice.randrange(300, 6_000, 50)
    return f"JZ{number:06d}", person[0], person[4], dice.choice(_ASSISTANCE), day, amount, "t"


def _pick(characters: str, count: int, dice: random.Random) -> str:
    return "".join(dice.choice(characters) for _ in range(count))


def _content(rows: Iterable[Sequence[object]]) -> Content:
    return Content(csv_lines(rows), SOURCE)


def csv_lines(rows: Iterable[Sequence[object]]) -> bytes:
    """Rows as CSV without a header, in UTF-8."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def with_header(columns: Iterator[str] | Sequence[str], rows: bytes) -> bytes:
    """CSV lines with their header in front: what a file that people open should have."""
    return (",".join(columns) + "\n").encode() + rows
