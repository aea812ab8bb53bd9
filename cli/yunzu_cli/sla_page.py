"""The figures as one page without anything from elsewhere: for a screen, a phone, or paper."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from yunzu_cli import figures, show_sla, sla_lists
from yunzu_cli.figures import AUDIT, KIND_NAMES, MAIN, Column

if TYPE_CHECKING:
    from yunzu.services.requests.service_levels import Line, Report

_TEMPLATES = Path(__file__).parent / "templates"


def page(report: "Report") -> str:
    """HTML. Every value is escaped: titles are what departments wrote."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES, encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("sla.html.jinja").render(_facts(report))


def _facts(report: "Report") -> dict[str, Any]:
    title, *header = show_sla.header(report)
    audited = [*report.departments, *show_sla.totals(report)]
    return {
        "title": title,
        "header": header,
        "is_empty": report.is_empty,
        "headlines": [_headline(line) for line in show_sla.totals(report)],
        "sections": [
            {"heading": heading, "columns": MAIN, "rows": _rows(report, lines, MAIN)}
            for heading, lines in show_sla.sections(report)
        ],
        "audit": {"columns": AUDIT, "rows": _rows(report, audited, AUDIT)},
        "watched": sla_lists.watched(report),
        "without_business": [sla_lists.named(report.book, name) for name in report.without_business],
    }


def _headline(line: "Line") -> dict[str, str]:
    speed_up = line.figures.speed_up
    fastest = line.figures.fastest
    return {
        "kind": KIND_NAMES[line.kind],
        "rate": figures.percent(line.figures.on_time_rate),
        "speed_up": figures.percent(speed_up.mean if speed_up else None),
        "fastest": figures.duration(fastest.time if fastest else None),
        "number": fastest.number if fastest else "",
        "done": str(line.figures.done),
        "overdue": str(line.figures.late + line.figures.overdue),
    }


def _rows(report: "Report", lines: "list[Line]", columns: tuple[Column, ...]) -> list[dict[str, Any]]:
    return [
        {
            "name": report.book.title(line.name) if line.name else sla_lists.TOTAL,
            "id": line.name,
            "kind": KIND_NAMES[line.kind],
            "is_total": not line.name,
            "cells": [(column.zh, column.text(line)) for column in columns],
        }
        for line in lines
    ]
