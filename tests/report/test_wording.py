"""The sentences: what happened, where, and what to do next."""

from __future__ import annotations

import pytest

from importer.models import Status
from importer.report.wording import MEANING, Place, destination, happened, how_to_go_on, next_steps
from tests import factory


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("https://api.propexo.com", Place.PRODUCTION),
        ("https://API.propexo.com/", Place.PRODUCTION),
        ("https://api.sandbox.propexo.com", Place.SANDBOX),
        ("sandbox", Place.SANDBOX),
        ("http://127.0.0.1:8123", Place.SANDBOX),
        ("https://api.sandbox.propexo.com.evil.example", Place.OTHER),
        ("https://proxy.example", Place.OTHER),
    ],
)
def test_only_what_is_surely_a_rehearsal_is_called_one(address: str, place: Place) -> None:
    """An address that nobody knows gets the care of production."""
    assert destination(factory.run(destination=address)).place is place


def test_every_status_has_a_meaning_and_a_way_on() -> None:
    """Fine ones need nothing; all others say what to do."""
    assert set(MEANING) == set(Status)
    for status in Status:
        assert bool(how_to_go_on(factory.outcome(status=status))) is not status.is_fine


def test_the_run_in_one_line() -> None:
    """Numbers and money; what is done first."""
    outcomes = [
        factory.outcome(factory.invoice(number=str(n), total=total), status)
        for n, (status, total) in enumerate(
            [
                (Status.POSTED, 150),
                (Status.POSTED, 50),
                (Status.ALREADY_POSTED, 70),
                (Status.REFUSED, 30),
                (Status.IN_DOUBT, 5),
            ]
        )
    ]
    assert (
        happened(factory.run(*outcomes))
        == "2 of 5 invoices posted, $2.00; 1 posted before, $0.70. 2 need a person, $0.35."
    )
    assert happened(factory.run(*outcomes[:2])) == "2 invoices posted, $2.00."
    assert happened(factory.run(*outcomes[3:4])) == "1 invoice needs a person, $0.30."
    assert happened(factory.run(of=factory.reading([]))) == "No invoice could be read."


def test_doubt_comes_first_and_nothing_is_left_unsaid() -> None:
    """One step for each kind of work, most urgent first."""
    run = factory.run(
        *(factory.outcome(factory.invoice(number=status), status) for status in Status),
        stopped="The token was refused.",
    )
    assert [step.split()[0] for step in next_steps(run)] == ["Run", "The", "Compare", "Correct", "Run", "Send"]
    assert next_steps(factory.run(factory.outcome(status=Status.ALREADY_POSTED))) == ("Nothing to do.",)
