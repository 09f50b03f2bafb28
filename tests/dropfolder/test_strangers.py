"""A folder whose account somebody else posts to: the file waits with the sentence, until that is acknowledged."""

from __future__ import annotations

from importer.runs.follow_up import settle
from tests.dropfolder.yard import Yard, yard_at


def test_a_file_waits_until_what_others_posted_is_acknowledged(yard: Yard) -> None:
    """Nothing is sent, nothing is put into `failed`, and nobody has to drop it again."""
    root = yard.folder.root.parent / "other"
    root.mkdir()
    other = yard_at(root, yard.stand_in, "OTHER-")
    other.orders('action = "submit"')
    other.drop("theirs.csv", other.good(1))
    other.goes()
    yard.orders('action = "submit"')
    yard.drop("mine.csv", yard.good(1))
    (answer,) = yard.goes()
    assert (answer.trouble, answer.exit_code, yard.posted()) == ("ledger", None, {})
    assert "1 invoice was posted that this ledger does not know: OTHER-1 (" in answer.said
    code = answer.said.split("--acknowledge ")[1].split()[0]
    settle(yard.desk, words={code: "the other office"})
    assert [path.rpartition("/")[2] for path in yard.lies()] == ["mine.csv"]
