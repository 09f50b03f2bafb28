"""A second person's word: nothing is posted before it, and it counts for exactly what was shown."""

from __future__ import annotations

import os
import pwd
from dataclasses import replace
from pathlib import Path

import pytest

from importer.dropfolder.drop_store import Stage
from importer.pipeline import submit_files
from importer.runs.request import RunRequest
from tests.dropfolder.yard import Yard

APPROVAL = 'action = "submit"\napproval = "required"\n'
TEXT = "waiting-for-approval/march.to-approve.txt"


@pytest.fixture
def waiting(yard: Yard) -> Yard:
    """A folder in which march.csv waits."""
    yard.orders(APPROVAL)
    yard.drop("march.csv", yard.good(1, 2))
    yard.goes()
    return yard


def rename(yard: Yard, word: str) -> None:
    """Somebody renames the text that lies beside the file."""
    text = yard.folder.root / TEXT
    text.rename(text.with_name(f"march.{word}"))


def belongs_to(path: Path, account: str) -> None:
    """Gives a file to another account of this machine."""
    os.chown(path, pwd.getpwnam(account).pw_uid, -1)


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to others")


def test_nothing_is_posted_before_it_is_approved(waiting: Yard) -> None:
    """The dry run's answer lies there, with how many, how much, where to, the plan and how to agree to it."""
    assert waiting.posted() == {}
    assert waiting.lies() == [
        "waiting-for-approval/march.csv",
        "waiting-for-approval/march.results.xlsx",
        TEXT,
    ]
    text = waiting.text(TEXT)
    for words in ("2 invoices ready to send, $200.00", "SANDBOX", "sha256:", "….approved"):
        assert words in text


@pytest.mark.parametrize("word", ["approved", "approved.txt", "APPROVED"])
def test_the_text_renamed_approves(waiting: Yard, word: str) -> None:
    """Also with the ending that Windows hides. The file is posted as approved, and its answer is the new one."""
    rename(waiting, word)
    waiting.goes()
    assert set(waiting.posted().values()) == {1}
    assert len(waiting.posted()) == 2
    assert waiting.lies() == [f"done/MONTH/march.{each}" for each in sorted(("csv", "results.xlsx", word))]


def test_a_file_with_the_plan_in_the_inbox_approves(waiting: Yard) -> None:
    """Whatever it is called, as long as it ends so."""
    plan = next(word for word in waiting.text(TEXT).split() if word.startswith("sha256:"))
    waiting.drop("yes please.approved", f"Agreed.\r\n{plan}\r\n")
    waiting.goes()
    assert len(waiting.posted()) == 2


def test_a_word_without_the_plan_counts_for_nothing(waiting: Yard) -> None:
    """It is put aside, and that is said."""
    waiting.drop("march.approved", "yes")
    waiting.goes()
    assert waiting.posted() == {}
    assert "failed/march.approved" in waiting.lies()
    assert "there is no plan in it" in waiting.text("failed/march.approved.why.txt")
    assert [message.subject for message in waiting.told] == ["An approval was refused – drop"]


def test_a_rejection_ends_it(waiting: Yard) -> None:
    """The file goes to what needs fixing, with the reason that stands in the text."""
    (waiting.folder.root / TEXT).unlink()
    (waiting.folder.waiting / "march.rejected").write_text("We paid this in February.")
    waiting.goes()
    assert waiting.posted() == {}
    assert "needs-fixing/march.csv" in waiting.lies()
    assert "We paid this in February" in waiting.text("needs-fixing/march.to-fix.txt")


@as_root
def test_who_dropped_it_does_not_approve_it(yard: Yard) -> None:
    """Where the system can tell that both are one person, and that the account is not everybody's."""
    yard.orders(APPROVAL)
    belongs_to(yard.drop("march.csv", yard.good(1)), "daemon")
    with yard.watched() as watcher:
        watcher.deals_with_all()
        rename(yard, "approved")
        belongs_to(yard.folder.waiting / "march.approved", "daemon")
        watcher.deals_with_all()
    assert yard.posted() == {}
    assert "march.csv was dropped by daemon, and cannot be approved by the same person." in yard.said(
        "approval-refused"
    )
    assert "waiting-for-approval/march.csv" in yard.lies()


@as_root
def test_the_text_renamed_does_not_show_who_agrees(yard: Yard) -> None:
    """Where people have accounts of their own: the dropper could rename it too, and a copy shows whose it is."""
    yard.orders(APPROVAL)
    belongs_to(yard.drop("march.csv", yard.good(1)), "daemon")
    with yard.watched() as watcher:
        watcher.deals_with_all()
        text = yard.text(TEXT)
        assert "copy the text that lies beside the file" in text
        rename(yard, "approved")
        watcher.deals_with_all()
        assert yard.posted() == {}
        assert "Whoever agrees drops a text of their own" in yard.text("failed/march.approved.why.txt")
        copy = yard.folder.waiting / "march.approved"
        copy.write_text(text)
        belongs_to(copy, "nobody")
        watcher.arrivals.forget("march.approved")
        watcher.deals_with_all()
    assert len(yard.posted()) == 1


@as_root
def test_somebody_else_approves_it(yard: Yard) -> None:
    """Who that was is kept."""
    yard.orders(APPROVAL)
    belongs_to(yard.drop("march.csv", yard.good(1)), "daemon")
    with yard.watched() as watcher:
        watcher.deals_with_all()
        rename(yard, "approved")
        belongs_to(yard.folder.waiting / "march.approved", "nobody")
        watcher.deals_with_all()
        drop = watcher.drops()["march.csv"]
    assert len(yard.posted()) == 1
    assert (drop.dropped_by, drop.approved_by) == ("daemon", "nobody")
    assert yard.said("approved") == ["march.csv was approved by nobody."]


def test_where_nobody_can_tell_that_is_said(waiting: Yard) -> None:
    """All files belong to one account here: the approval counts, and the log has it."""
    rename(waiting, "approved")
    waiting.goes()
    assert "It cannot be told who dropped it and who approved it." in waiting.said("approved")[0]


def test_what_has_changed_since_is_shown_again(waiting: Yard) -> None:
    """An approval is for one plan: with other content nothing is posted, and the new plan waits."""
    plan = next(word for word in waiting.text(TEXT).split() if word.startswith("sha256:"))
    (waiting.folder.waiting / "march.csv").write_text(waiting.good(1, 2, 3))
    rename(waiting, "approved")
    waiting.goes()
    assert waiting.posted() == {}
    again = next(path for path in waiting.lies() if path.endswith(".to-approve.txt"))
    assert "3 invoices ready" in waiting.text(again)
    assert "It would post something else now than what was approved" in waiting.text(again)
    assert plan not in waiting.text(again)


def test_what_was_approved_by_hand_is_finished(waiting: Yard) -> None:
    """`submit --approved` elsewhere posts the plan: the folder notices, and the file is done."""
    plan = next(word for word in waiting.text(TEXT).split() if word.startswith("sha256:"))
    desk = replace(waiting.desk)
    wanted = RunRequest((waiting.folder.waiting / "march.csv",), None, desk.settings.integration_id)
    submit_files(wanted, desk, agree=lambda _: True, before=lambda: None, approved=plan)
    waiting.goes()
    assert set(waiting.posted().values()) == {1}
    assert "done/MONTH/march.csv" in waiting.lies()


def test_a_folder_that_only_checks_by_now_uses_no_approval_up(waiting: Yard) -> None:
    """The file goes on waiting, its word beside it, and is posted once the folder posts again."""
    rename(waiting, "approved")
    waiting.orders("")
    waiting.goes()
    assert "waiting-for-approval/march.csv" in waiting.lies()
    assert "march.csv is approved, but this folder only checks: it goes on waiting." in waiting.said("not-taken")
    waiting.orders(APPROVAL)
    waiting.goes()
    assert set(waiting.posted().values()) == {1}
    assert "done/MONTH/march.csv" in waiting.lies()


def test_an_approval_that_the_settings_overtook_is_no_end(waiting: Yard) -> None:
    """Approved, and then only checked: the file waits again, with a text that says so."""
    rename(waiting, "approved")
    with waiting.watched() as watcher:
        (drop,) = watcher.takes_all()
        waiting.orders("")
        watcher.works_on(drop)
    assert waiting.posted() == {}
    assert "this folder only checks by now" in waiting.text(TEXT)


def test_a_file_that_is_taken_back_ends(waiting: Yard) -> None:
    """Whoever takes the file out of the folder has changed their mind."""
    (waiting.folder.waiting / "march.csv").unlink()
    with waiting.watched() as watcher:
        watcher.deals_with_all()
        assert watcher.drops()["march.csv"].state is Stage.ENDED
    assert waiting.posted() == {}
