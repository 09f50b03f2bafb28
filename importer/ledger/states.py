"""The states of an invoice in the ledger, and the one table of moves between them.

    planned ──► sending ──► accepted ──► confirmed
       ▲           │  │         │  └────► failed
       │           │  └► refused└► in doubt
       │           └──► in doubt ──► accepted | confirmed | failed   by evidence, or a person's word
       │                    └──────► released                        by a person, or the policy that a person set
       │              confirmed, failed ──► in doubt                 where the API says something else by now
       └── refused, released, failed (corrected), planned: when a run submits the invoice again

No timer ever leads from "in doubt" back to "planned".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from importer.domain.follow_up_facts import Alarm
from importer.ledger.refusals import Refusal


class State(StrEnum):
    """What the ledger knows of one invoice."""

    PLANNED = "planned"  # to be sent; nothing has left this machine, or the API said that it did not act
    SENDING = "sending"  # the intent is on the disk; from here on the request may have gone out
    ACCEPTED = "accepted"  # the API has queued it and given a job id
    REFUSED = "refused"  # the API said no and did nothing
    IN_DOUBT = "in_doubt"  # it may have been accepted; only evidence or a person leads out of here
    RELEASED = "released"  # a person decided that it did not arrive: it may be sent again
    CONFIRMED = "confirmed"  # ResMan has it
    FAILED = "failed"  # accepted, but ResMan did not take it


class Owner(StrEnum):
    """Who must own the row for a move, and who owns it afterwards."""

    TAKES = "takes"  # nobody → me
    KEEPS = "keeps"  # me → me
    ENDS = "ends"  # me → nobody
    FREE = "free"  # nobody → nobody; guarded by the job id or the moment of sending that the finding is about


class Event(StrEnum):
    """What is written beside the invoice, once for each thing that happened to it."""

    INTENT = "intent"  # about to send
    WITHDRAWN = "withdrawn"  # provably not sent, or the API said that it did not act
    ACCEPTED = "accepted"  # the API answered with a job id
    REFUSED = "refused"  # the API said no
    LOST = "lost"  # no answer that tells
    OWNER_DIED = "owner died"  # the run that was sending it is gone
    LATE = "late answer"  # came after the invoice was taken from its run: kept as evidence, not believed
    CONFIRMED = "confirmed"  # ResMan has it
    FAILED = "failed"  # ResMan did not take it
    UNSURE = "unsure"  # partly done, or a time-out behind the API
    RETRY_INTENT = "retry intent"  # about to ask for the same job again
    RETRY_WITHDRAWN = "retry withdrawn"  # the retry provably did not take place
    LOOKED = "looked"  # nothing was found that proves anything
    FOUND_QUEUED = "found queued"  # found, not yet done
    FOUND_CONFIRMED = "found confirmed"  # found in ResMan
    FOUND_FAILED = "found failed"  # found, and ResMan did not take it
    ADOPTED = "adopted"  # ResMan has it by a person's word, whatever the logs say of its job
    UNREADABLE = "unreadable"  # what the API says of its job cannot be read
    TAKEN_BACK = "taken back"  # it was confirmed, and the API says by now that it failed
    FOUND_AFTER_ALL = "found after all"  # it had failed, and something of it was found before it was to go again
    DISPUTED = "disputed"  # its job, or its record in ResMan, was told or found for another invoice too
    RELEASED = "released"  # may be sent again


@dataclass(frozen=True, slots=True)
class Move:
    """One change of state that an event makes."""

    start: State
    end: State
    owner: Owner


MOVES: dict[Event, Move] = {
    Event.INTENT: Move(State.PLANNED, State.SENDING, Owner.KEEPS),
    Event.WITHDRAWN: Move(State.SENDING, State.PLANNED, Owner.KEEPS),
    Event.ACCEPTED: Move(State.SENDING, State.ACCEPTED, Owner.ENDS),
    Event.REFUSED: Move(State.SENDING, State.REFUSED, Owner.ENDS),
    Event.LOST: Move(State.SENDING, State.IN_DOUBT, Owner.ENDS),
    Event.CONFIRMED: Move(State.ACCEPTED, State.CONFIRMED, Owner.FREE),
    Event.FAILED: Move(State.ACCEPTED, State.FAILED, Owner.FREE),
    Event.UNSURE: Move(State.ACCEPTED, State.IN_DOUBT, Owner.FREE),
    Event.RETRY_INTENT: Move(State.FAILED, State.SENDING, Owner.TAKES),
    Event.RETRY_WITHDRAWN: Move(State.SENDING, State.FAILED, Owner.ENDS),
    Event.LOOKED: Move(State.IN_DOUBT, State.IN_DOUBT, Owner.FREE),
    Event.FOUND_QUEUED: Move(State.IN_DOUBT, State.ACCEPTED, Owner.FREE),
    Event.FOUND_CONFIRMED: Move(State.IN_DOUBT, State.CONFIRMED, Owner.FREE),
    Event.FOUND_FAILED: Move(State.IN_DOUBT, State.FAILED, Owner.FREE),
    Event.ADOPTED: Move(State.IN_DOUBT, State.CONFIRMED, Owner.FREE),
    Event.UNREADABLE: Move(State.ACCEPTED, State.ACCEPTED, Owner.FREE),
    Event.TAKEN_BACK: Move(State.CONFIRMED, State.IN_DOUBT, Owner.FREE),
    Event.FOUND_AFTER_ALL: Move(State.FAILED, State.IN_DOUBT, Owner.FREE),
    Event.RELEASED: Move(State.IN_DOUBT, State.RELEASED, Owner.FREE),
}
"""What each event changes. Four changes more concern several rows: `claim`, `give_up`, `release_dead_runs`, and
`DISPUTED`, which leads into doubt from wherever an invoice stands on what another stands on too."""


def facts_of(event: Event, alarm: Alarm | None, refusal: Refusal | None) -> dict[str, Any]:
    """What an event makes of the facts beside the state: an alarm is one of doubt alone, a refusal one of failure. What
    is left out stays as it is."""
    move = MOVES[event]
    facts: dict[str, Any] = {}
    if State.IN_DOUBT in (move.start, move.end):
        facts["alarm"] = alarm
    if move.end in (State.ACCEPTED, State.CONFIRMED, State.IN_DOUBT) or event in (Event.FAILED, Event.FOUND_FAILED):
        facts["refusal"] = refusal
    return facts
