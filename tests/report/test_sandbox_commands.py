"""What is told during a rehearsal may be copied as it stands."""

from __future__ import annotations

import pytest

from importer.report.sandbox_commands import with_sandbox_flag


@pytest.mark.parametrize(
    ("told", "copied"),
    [
        ('alias "A" vend-a', 'alias --sandbox "A" vend-a'),
        ("submit", "submit --sandbox"),
        ("status --retry", "status --sandbox --retry"),
        ("sync --sandbox", "sync --sandbox"),
        ("login", "login"),
        ("profile new x.csv", "profile new x.csv"),
    ],
)
def test_a_command_stays_in_the_rehearsal(told: str, copied: str) -> None:
    """Those that would go to ResMan get the option, once; elsewhere all stay as they are."""
    sentence = f"Run `invoice-importer {told}`."
    assert with_sandbox_flag(sentence, "sandbox") == f"Run `invoice-importer {copied}`."
    assert with_sandbox_flag(sentence, "https://api.propexo.com") == sentence
