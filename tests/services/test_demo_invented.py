"""Invented rows have right check digits, refer to each other, and can be nobody's."""

import csv
import io
from datetime import date

import pytest

from yunzu.model.identifiers import credit_code as checked_credit_code
from yunzu.services.demo import invented, reference, registers
from yunzu.services.demo.shapes import Table

# The resident identity number that GB 11643-1999 itself works out as its example.
STANDARD_EXAMPLE = ("110105", date(1949, 12, 31), 2, "11010519491231002X")


def rows(table: Table) -> list[list[str]]:
    return list(csv.reader(io.StringIO(table.content(False).data.decode())))


def test_identity_numbers_agree_with_the_standards_example() -> None:
    region, born, order, expected = STANDARD_EXAMPLE
    assert invented.identity_number(region, born, order) == expected


def test_every_identity_number_satisfies_the_congruence_of_the_standard() -> None:
    """Weighted by 2 to the place modulo 11, the 18 characters (X is 10) sum to 1 (ISO 7064)."""
    for number, *_ in rows(registers.PERSONS):
        values = [10 if character == "X" else int(character) for character in number]
        assert sum(value * 2 ** (17 - place) for place, value in enumerate(values)) % 11 == 1, number


def test_organisation_codes_agree_with_the_standards_example() -> None:
    assert invented.organisation_code("D2143569") == "D2143569X"


def test_credit_codes_are_what_the_model_accepts_and_carry_the_invented_prefix() -> None:
    codes = [row[0] for row in rows(registers.ENTERPRISES)]
    assert len(set(codes)) == invented.ENTERPRISES
    assert {checked_credit_code(code)[8:10] for code in codes} == {"YX"}


def test_persons_are_unique_consistent_and_nobodys() -> None:
    found = rows(registers.PERSONS)
    assert len({row[0] for row in found}) == len({row[5] for row in found}) == invented.PERSONS
    for number, name, sex, born, _, telephone, mark in found:
        assert number.startswith("320600" + born.replace("-", ""))
        assert (int(number[16]) % 2 == 1) == (sex == "男")
        assert telephone.startswith("100")
        assert name.startswith("（虚构）")
        assert mark == "t"


def test_applications_are_about_persons_of_the_register() -> None:
    numbers = {row[0] for row in rows(registers.PERSONS)}
    assert {row[1] for row in rows(registers.APPLICATIONS)} <= numbers


@pytest.mark.parametrize(
    ("table", "column"), [(registers.ENTERPRISES, 2), (registers.PERSONS, 4), (registers.APPLICATIONS, 2)]
)
def test_districts_are_nantongs_in_the_divisions(table: Table, column: int) -> None:
    nantong = {row[0] for row in rows(reference.DIVISIONS) if row[3] == "320600"}
    assert {row[column] for row in rows(table)} == nantong == set(invented.DISTRICTS)


def test_every_division_hangs_on_a_province() -> None:
    parents = {row[0]: row[3] for row in rows(reference.DIVISIONS)}
    for code in parents:
        top = code
        while parents[top]:
            top = parents[top]
        assert top == f"{code[:2]}0000"


def test_the_calendar_knows_shifted_working_days() -> None:
    days = {row[0]: row[1:] for row in rows(reference.CALENDAR)}
    assert len(days) == 1461
    assert days["2026-10-10"] == ["t", "adjusted", ""]  # a Saturday, for a day of the National Day week
    assert days["2026-10-07"][:2] == ["f", "holiday"]
    assert days["2024-02-04"] == ["t", "adjusted", ""]  # a Sunday before Spring Festival
    assert days["2026-10-11"] == ["f", "weekend", ""]


def test_the_same_rows_come_every_time() -> None:
    first = invented.persons().data
    invented.persons.cache_clear()
    assert invented.persons().data == first
