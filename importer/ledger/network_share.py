"""Whether a folder lies on a network share, where SQLite's locks cannot be trusted."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path, PurePath

NETWORK_TYPES = (
    "nfs",
    "cifs",
    "smb",
    "afp",
    "9p",
    "ncp",
    "afs",
    "ceph",
    "gluster",
    "lustre",
    "webdav",
    "davfs",
    "sshfs",
)


def network_share(folder: Path) -> str | None:
    """The kind of share that the folder lies on ("nfs4"), or None where it is a local disk or cannot be told."""
    if sys.platform == "win32":
        return _windows_share(folder)
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None  # no such list on this system
    return share_among(mounts, folder.resolve())


def share_among(mounts: Iterable[str], folder: PurePath) -> str | None:
    """The kind of share among the lines of a mount table that `folder` lies on; the deepest mount point counts."""
    deepest, kind = -1, ""
    for line in mounts:
        parts = line.split(" ")
        if len(parts) < 3:
            continue
        point = PurePath(parts[1].replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\"))
        if (point == folder or point in folder.parents) and len(point.parts) >= deepest:
            deepest, kind = len(point.parts), parts[2]
    bare = kind.removeprefix("fuse.")
    return kind if bare.startswith(NETWORK_TYPES) else None


def _windows_share(folder: Path) -> str | None:
    if sys.platform == "win32":
        import ctypes

        remote = 4  # DRIVE_REMOTE
        anchor = folder.resolve().anchor
        if anchor.startswith("\\\\") or ctypes.windll.kernel32.GetDriveTypeW(anchor) == remote:
            return "a Windows share"
    return None
