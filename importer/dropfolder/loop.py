"""The watcher: looks into a folder again and again, takes what is complete, and has it worked on. It runs for months.

Nothing that lies in the folder, and nothing that goes wrong with it, ends the loop; only a signal does, or `once`.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from importer.context import RunContext, open_ledger
from importer.dropfolder import drop_store
from importer.dropfolder.approvals import Approvals
from importer.dropfolder.arrivals import Arrivals, Look
from importer.dropfolder.claim import (
    NOT_TAKEN,
    Strays,
    recover,
    say_of_left,
    take,
)
from importer.dropfolder.drop_store import Drop, Stage
from importer.dropfolder.folder import DropFolder
from importer.dropfolder.folder_settings import FolderSettings, read_orders
from importer.dropfolder.grew_after_claim import take_again
from importer.dropfolder.heartbeat import beat
from importer.dropfolder.job_context import (
    JobAnswer,
    JobContext,
    JobOrder,
    Note,
)
from importer.dropfolder.recently_settled import doubtful
from importer.dropfolder.worker_pool import News, WorkerPool
from importer.errors import BadSettings, CannotRun, LedgerUnavailable
from importer.ledger.confirmed import integrations_of_confirmed
from importer.ledger.ledger import Ledger
from importer.ledger.ledger_identity import identity
from importer.ledger.states import State
from importer.notifications import (
    Message,
    api_away,
    at_a_standstill,
    settings_wrong,
    tell,
    token_refused,
)
from importer.notifications.deliver import went_nowhere
from importer.sending.follow import LOOKED_BACK

WORKERS = 2
RECOVER_SECONDS = 15.0
"""How often is looked for what other watchers have left behind."""

ROUND_SECONDS = 30.0
"""How often is looked whether something is due that is done from time to time."""

TELL_SECONDS = 300.0
"""How often people are told again of what they could not be told of."""

SETTLE_SECONDS = 3600.0
TIDY_SECONDS = 86_400.0
LATER_SECONDS = 43_200.0
"""How often evidence for invoices in doubt is looked for, old copies and logs are removed, and it is asked whether what
was called done is still called so."""

SAY_AGAIN_SECONDS = 3600.0
"""How often the log says of the same file that it cannot be taken."""

DISMISS_SECONDS = 120.0
"""So long the workers have to end when the ledger is gone: as long as a slow API may take for its answers."""

BROKEN_SECONDS = 10.0
"""Until the next look, after a round that went wrong."""

MOST_DEATHS = 3
"""So often the work on a file may end without a word; then the file is put aside."""

LEDGER_PAUSES = (5.0, 15.0, 60.0)
"""Seconds until a ledger that is away is tried again; then always the last."""

FOLDER = "folder"
"""The trouble of a folder, or of its settings, that cannot be used."""

FINE, COULD_NOT_RUN, IN_DOUBT = 0, 2, 3
NOTHING = Look((), (), (), 0, 0)


@dataclass(slots=True)
class DropFolderWatcher:
    """One watcher of one folder. `ticks` gives seconds that only ever go on."""

    desk: RunContext
    folder: DropFolder
    log: Note
    once: bool = False
    workers: int = WORKERS
    ticks: Callable[[], float] = time.monotonic
    name: str = field(default_factory=lambda: f"watch-{secrets.token_hex(8)}")
    worst: int = FINE
    _wake: threading.Event = field(default_factory=threading.Event)
    _orders: FolderSettings = field(default_factory=FolderSettings)
    _usable: bool = False  # the folder and its settings
    _complaint: str | None = None  # what was said last of the folder or its settings; "" once they can be used
    _paused_until: float = 0.0
    _looked: float = -1e9
    _recovered: float = -1e9
    _look: Look = NOTHING
    _arrivals: Arrivals = field(init=False)
    _strays: Strays = field(init=False)
    _approvals: Approvals = field(init=False)
    _rounds_looked: float = -1e9
    _account: str | None = None
    _not_taken: dict[str, float] = field(default_factory=dict)
    _tried: set[str] = field(default_factory=set)
    _tellers: list[threading.Thread] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._arrivals = Arrivals(self.folder.inbox, self.ticks)
        self._strays = Strays(self.ticks)
        self._approvals = Approvals(Arrivals(self.folder.waiting, self.ticks), self._tell)

    def run(self) -> int:
        """Watches until it is stopped, or, with `once`, until there is nothing more to do; returns the exit code.

        Raises `CannotRun` where it cannot even begin: no ledger, another ledger, or a folder that cannot be used.
        """
        begun, failures = False, 0
        while True:
            try:
                with open_ledger(self.desk, self.name) as ledger:
                    known_as = drop_store.folder_at(ledger, str(self.folder.root))
                    if known_as is not None:
                        self.folder.must_be_there()
                    self.folder.make(is_known=known_as is not None)
                    mine, destination = identity(ledger), self.desk.settings.destination
                    folder_id = self.folder.belongs_to(mine, destination, known_as)
                    path = drop_store.path_of(ledger, folder_id)
                    if path is not None and self.folder.is_copy_of(Path(path), folder_id):
                        folder_id = self.folder.becomes_another(mine, destination)
                        self.log(
                            "copied", f"{self.folder.root} is a copy of {path}, and a folder of its own from now on."
                        )
                    begun, failures = True, 0
                    return self._watch(ledger, folder_id)
            except LedgerUnavailable as error:
                if not begun or self.once:
                    raise
                pause = LEDGER_PAUSES[min(failures, len(LEDGER_PAUSES) - 1)]
                failures += 1
                self.log("ledger-away", str(error), pause=pause)
                if self.desk.stop.wait(pause):
                    return FINE

    def _watch(self, ledger: Ledger, folder_id: str) -> int:
        self._account = self.folder.account()
        desk = self.desk
        charge = JobOrder(desk.settings, self.folder.root, folder_id, self.name, desk.who, desk.host, desk.now)
        crew = WorkerPool(charge.line(), self.workers, self._wake)
        drop_store.begin_to_watch(ledger, folder_id, str(self.folder.root))
        self.log("started", f"{self.folder.root} is watched.", watcher=self.name, pid=os.getpid())
        try:
            with drop_store.kept_watching(ledger):
                while not self.desk.stop.is_set():
                    self._safely(ledger, folder_id, crew)
                    if self.once and self._is_done(ledger, folder_id, crew):
                        break
                    self._wait()
                self._end(ledger, folder_id, crew)
        finally:
            self._dismiss(crew)
        self.log("ended", "The watcher has ended.", watcher=self.name)
        return self.worst if self.once else FINE

    def _wait(self) -> None:
        """Until the next look, until a worker says something, or until the signal to stop."""
        until = self._looked + self._orders.poll_seconds
        while not self._wake.is_set() and not self.desk.stop.is_set() and (left := until - self.ticks()) > 0:
            self._wake.wait(min(left, 0.25))
        self._wake.clear()

    def _bench(self, folder_id: str) -> JobContext:
        return JobContext(self.desk, self.folder, folder_id, self._orders, self.name, self._note, self._account)

    def _note(self, event: str, said: str = "", **facts: object) -> None:
        """The log; what cannot be taken is said once in an hour, and not at every look."""
        if event == NOT_TAKEN:
            now = self.ticks()
            self._not_taken = {each: at for each, at in self._not_taken.items() if now - at < SAY_AGAIN_SECONDS}
            if said in self._not_taken:
                return
            self._not_taken[said] = now
        self.log(event, said, **facts)

    def _safely(self, ledger: Ledger, folder_id: str, crew: WorkerPool) -> None:
        """One round. What nobody has foreseen is in the log, and does not end the watching."""
        try:
            self._round(ledger, folder_id, crew)
        except LedgerUnavailable:
            raise
        except Exception as error:
            said = f"Something went wrong that this program does not know ({type(error).__name__}: {error})."
            self.log("broken", said, details=traceback.format_exc())
            if self.once:
                raise
            self._looked = self.ticks() + BROKEN_SECONDS - self._orders.poll_seconds

    def _round(self, ledger: Ledger, folder_id: str, crew: WorkerPool) -> None:
        for news in list(crew.news()):
            self._hear(ledger, folder_id, news)
        now = self.ticks()
        if now - self._looked >= self._orders.poll_seconds:
            self._looked = now
            self._look_round(ledger, folder_id)
            self._beat(ledger, folder_id, crew)
        if not self._usable or now < self._paused_until:
            return
        self._take(ledger, folder_id, crew)
        self._hand_out(ledger, folder_id, crew)

    # -------------------------------------------------------------------------------------------- looking

    def _look_round(self, ledger: Ledger, folder_id: str) -> None:
        self._usable = False
        try:
            self.folder.must_be_the_same()
            self.folder.make()
            self._orders = read_orders(self.folder.orders)
            self._look = self._arrivals.look(self._orders)
            bench = self._bench(folder_id)
            self._approvals.look(bench, ledger, self._look.words)
            if self.ticks() - self._recovered >= RECOVER_SECONDS:
                self._recovered = self.ticks()
                recover(bench, ledger)
                self._strays.give_back(bench, ledger)
                take_again(bench, ledger, self._tell)
        except BadSettings as error:
            message = settings_wrong(self.folder.root, str(error), at=self.desk.now())
            self._complain(ledger, folder_id, str(error), message)
        except LedgerUnavailable:
            raise
        except (CannotRun, OSError) as error:
            said = str(error) if isinstance(error, CannotRun) else f"{self.folder.root}: {error.strerror or error}."
            self._complain(ledger, folder_id, said, self._standstill("The folder cannot be used", said))
        else:
            if self._complaint != "":  # also what an earlier watcher has left
                drop_store.trouble_over(ledger, folder_id, FOLDER)
            if self._complaint:
                self.log("goes-on", "The folder can be used again.")
            self._complaint, self._usable = "", True

    def _complain(self, ledger: Ledger, folder_id: str, said: str, message: Message) -> None:
        """Says once what is wrong with the folder, or with its settings."""
        if said == self._complaint:
            return
        self._complaint = said
        self.log("folder-wrong", said)
        drop_store.trouble(ledger, folder_id, FOLDER, said)
        if drop_store.is_to_tell(ledger, folder_id, FOLDER):
            self._tell(message)

    def _take(self, ledger: Ledger, folder_id: str, crew: WorkerPool) -> None:
        """Takes as much as there are hands for: the rest stays in the inbox, for other watchers too."""
        bench = self._bench(folder_id)
        for odd in self._look.odd:
            if odd.left:
                say_of_left(bench, odd)
            else:
                take(bench, ledger, odd.name, odd=odd)
        ready = list(self._look.ready)
        room = crew.free - len(self._to_do(ledger, folder_id, crew))
        while ready and room > 0:
            name = ready.pop(0)
            if self._arrivals.is_as_seen(name):
                room -= take(bench, ledger, name) is not None
                self._arrivals.forget(name)
        self._look = Look(tuple(ready), (), self._look.words, self._look.settling, self._look.unfinished)

    def _to_do(self, ledger: Ledger, folder_id: str, crew: WorkerPool) -> list[Drop]:
        under_way = {job.get("drop") for job in crew.jobs}
        with ledger.reading() as connection:
            now = ledger.store.now(connection)
        return [
            drop
            for drop in drop_store.drops(ledger, folder_id, Stage.TAKEN, Stage.FILING)
            if drop.owner == self.name
            and drop.id not in under_way
            and (drop.not_before <= now or (self.once and drop.id not in self._tried))  # who calls now means now
        ]

    def _hand_out(self, ledger: Ledger, folder_id: str, crew: WorkerPool) -> None:
        if not crew.free:
            return
        for drop in self._to_do(ledger, folder_id, crew)[: crew.free]:
            self._tried |= {drop.id} if self.once else set()
            crew.start({"drop": drop.id})
        if crew.free and (what := self._due(ledger, folder_id)) is not None:
            crew.start({"round": what})

    def _due(self, ledger: Ledger, folder_id: str) -> str | None:
        """What is to be done now of all that is done from time to time, by one watcher of the folder."""
        every = self._orders.status_minutes * 60
        if self.ticks() - self._rounds_looked < min(every, ROUND_SECONDS):
            return None
        self._rounds_looked = self.ticks()
        open_ones = drop_store.open_questions(ledger, self.desk.settings.destination)
        waits = bool(open_ones.get(State.ACCEPTED))
        if (waits or self._was_confirmed(ledger)) and drop_store.due(
            ledger, folder_id, "status", every if waits else max(every, LATER_SECONDS)
        ):
            return "status"
        doubts = open_ones.get(State.IN_DOUBT) or doubtful(ledger, folder_id)  # also what was settled by hand
        if doubts and drop_store.due(ledger, folder_id, "settle", max(every, SETTLE_SECONDS)):
            return "settle"
        if drop_store.untold(ledger, folder_id) and drop_store.due(ledger, folder_id, "tell", TELL_SECONDS):
            return "tell"
        return "tidy" if drop_store.due(ledger, folder_id, "tidy", TIDY_SECONDS) else None

    def _was_confirmed(self, ledger: Ledger) -> bool:
        """True where the API may yet say otherwise of something that it has called done."""
        since = self.desk.now() - LOOKED_BACK
        return bool(integrations_of_confirmed(ledger, self.desk.settings.destination, since))

    # -------------------------------------------------------------------------------------------- hearing

    def _hear(self, ledger: Ledger, folder_id: str, news: News) -> None:
        if news.event is not None:
            self.log(**news.event)
        elif news.answer is not None:
            self._learn(ledger, folder_id, news.answer)
        elif news.job is not None and "drop" in news.job:
            self._count_death(ledger, news.job["drop"])

    def _learn(self, ledger: Ledger, folder_id: str, answer: JobAnswer) -> None:
        if answer.exit_code is not None:
            self.worst = max(self.worst, answer.exit_code)
        if not answer.trouble:
            over = ["disk", "settings", "ledger"] + (["api", "access"] if answer.posts else [])
            for kind in over:
                if drop_store.trouble_over(ledger, folder_id, kind):
                    self.log("trouble-over", "It goes on.", kind=kind)
            return
        if answer.trouble == "stop":
            return
        self._paused_until = max(self._paused_until, self.ticks() + answer.pause)
        since = drop_store.trouble(ledger, folder_id, answer.trouble, answer.said)
        now = self.desk.now()
        patience = timedelta(minutes=self._orders.away_minutes if answer.trouble == "api" else 0)
        if now - since >= patience and drop_store.is_to_tell(ledger, folder_id, answer.trouble):
            untold = partial(drop_store.told_in_vain, ledger, folder_id, answer.trouble)
            self._tell(self._message(answer, since=since), untold)

    def _message(self, answer: JobAnswer, *, since: Any) -> Message:
        root, destination, now = self.folder.root, self.desk.settings.destination, self.desk.now()
        if answer.trouble == "access":
            return token_refused(root, answer.said, destination=destination, at=now)
        if answer.trouble == "api":
            return api_away(root, answer.said, since=since, destination=destination, at=now)
        return self._standstill("The importer is held up", answer.said)

    def _standstill(self, what: str, said: str) -> Message:
        steps = ("Mend the cause. Nothing is lost: the files wait, and go on by themselves.",)
        return at_a_standstill(
            self.folder.root, what, said, steps, destination=self.desk.settings.destination, at=self.desk.now()
        )

    def _tell(self, message: Message, in_vain: Callable[[], None] = lambda: None) -> None:
        """In a thread of its own: who cannot be reached must not hold up the looking."""
        to = self._orders.tell

        def work() -> None:
            said = tell(message, to, self.desk.settings)
            for sentence in said:
                self.log("not-told", sentence)
            if went_nowhere(said):
                with suppress(LedgerUnavailable):
                    in_vain()

        self.log("telling", message.subject)
        thread = threading.Thread(target=work, name="tell", daemon=True)
        thread.start()
        self._tellers = [each for each in self._tellers if each.is_alive()] + [thread]

    def _count_death(self, ledger: Ledger, name: str) -> None:
        """A worker ended in the middle of a file: it is tried again, and put aside after some times."""
        drop = drop_store.drop(ledger, name)
        if drop is None or drop.owner != self.name:
            return
        deaths = drop.deaths + 1
        values: dict[str, Any] = {"deaths": deaths, "worker": None}
        if deaths >= MOST_DEATHS and drop.state is Stage.TAKEN:
            values |= {"exit_code": IN_DOUBT if drop.posting else COULD_NOT_RUN, "said": _gave_up(drop, deaths)}
        drop_store.change(ledger, drop, **values)
        self.log("died", f"The work on {drop.name} ended without a word.", file=drop.name, drop=drop.id, deaths=deaths)

    # -------------------------------------------------------------------------------------------- ending

    def _is_done(self, ledger: Ledger, folder_id: str, crew: WorkerPool) -> bool:
        """True once everything that is complete, or may prove complete in a moment, is dealt with."""
        if crew.jobs:
            return False
        if not self._usable or self.ticks() < self._paused_until:
            self.worst = max(self.worst, COULD_NOT_RUN)
            return True
        left = self._look.ready or self._look.odd or self._look.settling or self._approvals.settling
        return not left and not self._to_do(ledger, folder_id, crew)

    def _end(self, ledger: Ledger, folder_id: str, crew: WorkerPool) -> None:
        """What is under way ends; the rest is given up, for the next watcher."""
        crew.stop()
        while not crew.is_gone():
            self._wake.wait(0.25)
            self._wake.clear()
            for news in list(crew.news()):
                self._hear(ledger, folder_id, news)
        for teller in self._tellers:
            teller.join()
        drop_store.end_watching(ledger)

    def _dismiss(self, crew: WorkerPool) -> None:
        """Nobody of an earlier crew works any more when the next one begins, or only one that hangs."""
        crew.stop()
        until = self.ticks() + DISMISS_SECONDS
        while not crew.is_gone() and self.ticks() < until:
            self._wake.wait(0.25)
            self._wake.clear()
            for news in crew.news():
                self.log(**(news.event or {"event": "unheard"}))

    def _beat(self, ledger: Ledger, folder_id: str, crew: WorkerPool) -> None:
        told: Mapping[str, Any] = {
            "at": self.desk.now().isoformat(),
            "watcher": self.name,
            "folder_id": folder_id,
            "who": self.desk.who,
            "pid": os.getpid(),
            "workers": crew.processes,
            "action": self._orders.action,
            "once": self.once,
            "working": len(crew.jobs),
            "ready": len(self._look.ready),
            "settling": self._look.settling,
            "unfinished": self._look.unfinished,
            "wrong": self._complaint or None,
            "troubles": [kind for kind, _, _ in drop_store.troubles(ledger, folder_id)],
        }
        beat(self.folder, told)


def _gave_up(drop: Drop, deaths: int) -> str:
    if drop.posting:
        return (
            f"The work on {drop.name} broke off {deaths} times while it was posting. What was posted is in the ledger, "
            "and stays posted once. Do not enter the rest by hand: drop the file into “inbox” again."
        )
    return (
        f"The work on {drop.name} broke off {deaths} times, so that it was put aside; nothing of it was posted. "
        "Drop it again. If it breaks off again, it is too large for the machine, or damaged: split it, or save it anew."
    )
