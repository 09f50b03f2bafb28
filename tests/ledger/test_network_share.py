"""Whether a folder lies on a network share, by made-up mount tables."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from importer.errors import LedgerUnavailable
from importer.ledger import schema
from importer.ledger.network_share import network_share, share_among
from importer.ledger.schema import open_store

MOUNTS = (
    "/dev/sda1 / ext4 rw,relatime 0 0",
    "proc /proc proc rw 0 0",
    "accounts:/export /srv/accounts nfs4 rw,vers=4.2 0 0",
    "//server/office /mnt/the\\040office cifs rw 0 0",
    "tmpfs /srv/accounts/scratch tmpfs rw 0 0",
    "clerk@server:/home /home/clerk/remote fuse.sshfs rw 0 0",
    "C:\\134 /mnt/c 9p rw 0 0",
    "/dev/sdb1 /srv/backup ext4 rw 0 0",
    "backup:/all /srv/backup nfs rw 0 0",
    "half a line",
)


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/var/lib/importer", None),
        ("/srv/accounts", "nfs4"),
        ("/srv/accounts/2026/october", "nfs4"),
        ("/srv/accounts-local", None),
        ("/srv/accounts/scratch/importer", None),
        ("/mnt/the office/importer", "cifs"),
        ("/home/clerk/remote/importer", "fuse.sshfs"),
        ("/home/clerk", None),
        ("/mnt/c/Users/clerk", "9p"),
        ("/srv/backup", "nfs"),
    ],
)
def test_the_deepest_and_last_mount_counts(folder: str, kind: str | None) -> None:
    """A share inside a disk, a disk inside a share, names with spaces, and one mounted over another."""
    assert share_among(MOUNTS, PurePosixPath(folder)) == kind


def test_this_folder_is_local(tmp_path: Path) -> None:
    """The tests themselves run on a local disk."""
    assert network_share(tmp_path) is None


def test_a_ledger_on_a_share_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the advice to use PostgreSQL. The one test that stands in for the machine: there is no share to mount."""
    monkeypatch.setattr("importer.ledger.network_share.network_share", lambda _: "nfs4")
    with pytest.raises(LedgerUnavailable) as refused:
        schema.open_store(f"sqlite:///{tmp_path / 'ledger.sqlite3'}")
    assert "network share (nfs4)" in str(refused.value)
    assert "PostgreSQL" in str(refused.value)
    assert not (tmp_path / "ledger.sqlite3").exists()
    assert open_store is schema.open_store
