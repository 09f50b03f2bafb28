"""What is said on a terminal, and asked there: the one door, through which no character goes that would steer it."""

from __future__ import annotations

from typing import Any

import click

from importer.domain.visible_text import visible


def say(text: str, *, err: bool = False, nl: bool = True) -> None:
    """A text, on standard error or standard output."""
    click.echo(visible(text), err=err, nl=nl)


def say_json(text: str) -> None:
    """An answer of `visible_json`, on standard output."""
    click.echo(text)


def confirm(question: str, *, default: bool = False) -> bool:
    """A question that takes yes or no, on standard error."""
    return click.confirm(visible(question), default=default, err=True)


def prompt(question: str, **more: Any) -> str:
    """A question, on standard error; the answer as it was typed."""
    answer: str = click.prompt(visible(question), err=True, **more)
    return answer
