"""How the stand-in behaves: what the contract fixes, and each of the answers to what it leaves open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Literal

TOKEN = "sandbox-token"  # noqa: S105 -- it opens nothing but the stand-in on this machine
FORBIDDEN_TOKEN = "sandbox-token-forbidden"  # noqa: S105 -- the same: known, but allowed nothing (403 everywhere)
INTEGRATION_ID = "intg-sandbox"

CHOICES: Mapping[str, tuple[str, ...]] = {
    "window": ("fixed", "sliding"),
    "parameters_in_logs": ("object", "wrapped", "text", "absent"),
    "partial_in_logs": ("SUCCESS", "FAILURE"),
}


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Times are in seconds. The defaults are the contract's, save for waits that would try a person's patience.

    What the contract marks as not stated has a field here, so that a client can be tried with every answer.
    """

    rate_limit: int = 150  # requests in a window, for the whole account
    rate_window: float = 60.0
    window: Literal["fixed", "sliding"] = "fixed"  # fixed: starts anew with each minute of the clock
    hold_back: float = 2.0  # how long an answer waits once 80 % of the window's requests are used
    pending: float = 2.0  # from accepting an invoice until its job succeeds or fails
    sync_takes: float = 2.0  # how long a manual sync runs
    sync_every: float = 12 * 3600.0  # a sync that nobody asked for
    sync_days: float = 0.0  # how far back a sync looks for invoices, by their dates; 0: without end
    latency: float = 0.0  # added to every answer
    pending_in_logs: bool = False  # whether a pending job has a row in the job logs
    retry_after: bool = False  # whether 429 carries Retry-After
    parameters_in_logs: Literal["object", "wrapped", "text", "absent"] = "object"
    partial_in_logs: Literal["SUCCESS", "FAILURE"] = "FAILURE"  # the log has no third word for a partial success
    fractional_quantity: bool = False  # whether quantity_ordered may be a fraction
    negative_unit_price: bool = True  # whether unit_price_in_cents may be negative

    def changed(self, changes: Mapping[str, object]) -> Behaviour:
        """A copy with some fields changed. Raises ValueError that names an unknown field or an impossible value."""
        defaults: dict[str, object] = {known.name: known.default for known in fields(self)}
        for name, value in changes.items():
            if name not in defaults:
                raise ValueError(f"there is no {name!r}")
            default = defaults[name]
            if name in CHOICES:
                fits = value in CHOICES[name]
            elif isinstance(default, bool):
                fits = isinstance(value, bool)
            elif isinstance(default, int):
                fits = isinstance(value, int) and not isinstance(value, bool) and value > 0
            else:
                fits = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
            if not fits:
                raise ValueError(f"{name} cannot be {value!r}")
        # The loop above has compared every value with its field, which a type checker cannot see.
        return replace(self, **changes)  # type: ignore[arg-type]
