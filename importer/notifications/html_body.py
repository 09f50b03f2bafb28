"""The message as a page of HTML, for a mail: nothing in it is loaded from elsewhere, nothing in it can run."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from importer.domain.money import dollars
from importer.notifications.message import Message, clean
from importer.report.workbook.styles import BANNERS

_BODY = "font: 14px/1.45 Arial, Helvetica, sans-serif; color: #1F2933; max-width: 720px"
_BAND = "color: #fff; font-weight: bold; padding: 9px 12px"
_CELL = "padding: 3px 14px 3px 0; border-bottom: 1px dotted #C3CAD2"
_QUIET = "color: #5F6B77; font-size: 12px; margin: 2px 0"


def as_html(message: Message, remark: str = "") -> str:
    """The whole page. Each look stands with its element, because mail programs drop style sheets."""
    parts = [
        _band(message),
        *(f'<p style="font-size: 17px; margin: 12px 0 8px"><b>{_text(each)}</b></p>' for each in message.happened[:1]),
        _paragraphs(message.happened[1:]),
        _steps(message.steps),
        _sums(message),
        _lines(message.details),
        "".join(f'<p style="{_QUIET}">{_text(each)}</p>' for each in (*message.facts, remark) if each),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<title>{_text(message.title)}</title></head>\n<body style="{_BODY}">\n'
        + "\n".join(part for part in parts if part)
        + "\n</body></html>\n"
    )


def _text(line: str) -> str:
    return escape(clean(line))


def _band(message: Message) -> str:
    if message.account is None:
        return ""
    look = f"{_BAND}; background: {BANNERS[message.account.place]}"
    return f'<div style="{look}">{"".join(map(_text, message.account_line))}</div>'


def _paragraphs(lines: Iterable[str]) -> str:
    return "".join(f'<p style="margin: 4px 0">{_text(line)}</p>' for line in lines)


def _steps(steps: tuple[str, ...]) -> str:
    if not steps:
        return ""
    listed = "".join(f"<li>{_text(step)}</li>" for step in steps)
    box = "background: #F2F5F8; padding: 8px 12px; margin: 10px 0"
    return f'<div style="{box}"><b>What to do</b><ol style="margin: 4px 0; padding-left: 22px">{listed}</ol></div>'


def _sums(message: Message) -> str:
    rows = "".join(
        f'<tr><td style="{_CELL}">{_text(one.label)}</td>'
        f'<td style="{_CELL}; text-align: right">{"" if one.count is None else f"{one.count:,}"}</td>'
        f'<td style="{_CELL}; text-align: right">{dollars(one.cents)}</td></tr>'
        for one in message.sums
    )
    table = f'<table style="border-collapse: collapse">{rows}</table>'
    return f'<p style="margin: 12px 0 2px"><b>To the cent</b></p>{table}' if rows else ""


def _lines(lines: tuple[str, ...]) -> str:
    return f'<div style="margin: 12px 0">{_paragraphs(lines)}</div>' if lines else ""
