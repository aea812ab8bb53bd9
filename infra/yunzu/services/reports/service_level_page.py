"""The figures as one page without anything from elsewhere: for a screen, a phone, or paper."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from yunzu.model.answers.service_levels import Line, ServiceLevelsAnswer
from yunzu.services.reports import figures
from yunzu.services.reports import service_level_lists as lists
from yunzu.services.reports.figures import AUDIT, KIND_NAMES, MAIN, Column

_TEMPLATES = Path(__file__).parent / "templates"


def page(report: ServiceLevelsAnswer) -> str:
    """HTML. Every value is escaped: titles are what departments wrote."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES, encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("sla.html.jinja").render(_facts(report))


def _facts(report: ServiceLevelsAnswer) -> dict[str, Any]:
    title, *header = lists.header(report)
    return {
        "title": title,
        "header": header,
        "is_empty": report.is_empty,
        "headlines": [_headline(line) for line in report.totals],
        "sections": [
            {"heading": heading, "columns": MAIN, "rows": _rows(report, lines, MAIN)}
            for heading, lines in lists.sections(report)
        ],
        "audit": {"columns": AUDIT, "rows": _rows(report, [*report.items, *report.totals], AUDIT)},
        "watched": lists.watched(report),
        "without_business": [lists.named(report, name) for name in report.without_business],
    }


def _headline(line: Line) -> dict[str, str]:
    fastest = line.fastest
    return {
        "kind": KIND_NAMES[line.kind],
        "rate": figures.percent(line.on_time_rate),
        "speed_up": figures.speed_up(line),
        "fastest": figures.duration(figures.seconds(fastest.seconds) if fastest else None),
        "number": fastest.request if fastest else "",
        "done": str(line.done),
        "overdue": str(line.late + line.overdue),
    }


def _rows(
    report: ServiceLevelsAnswer, lines: Sequence[Line], columns: tuple[Column, ...]
) -> list[dict[str, Any]]:
    return [
        {
            "name": report.title(line.name) if line.name else lists.TOTAL,
            "id": line.name,
            "kind": KIND_NAMES[line.kind],
            "is_total": not line.name,
            "cells": [(column.zh, column.text(line)) for column in columns],
        }
        for line in lines
    ]
