"""Opens the container of old Office files (OLE compound file), without trusting any number in it."""

from __future__ import annotations

import struct
from array import array
from dataclasses import dataclass

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
FREE = 0xFFFFFFFF
LAST_SECTOR = 0xFFFFFFF9  # everything above marks an end, a gap or the table itself


class CompoundDamaged(Exception):
    """The container contradicts itself."""


@dataclass(frozen=True, slots=True)
class OleEntry:
    """One entry of the directory."""

    name: str
    first: int
    size: int


class Compound:
    """The streams of one container."""

    def __init__(self, content: bytes) -> None:
        """Raises CompoundDamaged where the container cannot be followed: cut short, or sectors in a circle."""
        if len(content) < 512:
            raise CompoundDamaged("it is cut short")
        self._content = content
        shift, mini_shift = struct.unpack_from("<HH", content, 30)
        if shift not in (9, 12) or mini_shift != 6:
            raise CompoundDamaged("its sector size is impossible")
        self._size = 1 << shift
        self._count = len(content) // self._size
        directory, self._cutoff, mini_first, mini_count, table_first, table_count = struct.unpack_from(
            "<I4xIIIII", content, 48
        )
        self._table = self._allocation(table_first, table_count)
        self.entries = self._directory(self._chain(directory))
        self._mini_table = numbers(self._chain(mini_first)) if mini_count else array("I")
        root = next((entry for entry in self.entries if entry.name == "Root Entry"), None)
        self._mini = self._chain(root.first) if root and mini_count else b""

    @property
    def needed_bytes(self) -> int:
        """The least size of a file that has every sector which its table says is in use; the last may be cut short."""
        used = next((at for at in range(len(self._table) - 1, -1, -1) if self._table[at] != FREE), -1)
        listed = (sector for sector in struct.unpack_from("<109I", self._content, 76) if sector <= LAST_SECTOR)
        return int((max([used, *listed]) + 1) * self._size + 1)

    def stream(self, *names: str) -> bytes | None:
        """The first stream that has one of the names; None where there is none."""
        entry = next((entry for name in names for entry in self.entries if entry.name == name), None)
        if entry is None:
            return None
        if entry.size >= self._cutoff:
            return self._chain(entry.first)[: entry.size]
        sectors = followed(entry.first, self._mini_table)
        return b"".join(self._mini[sector * 64 : sector * 64 + 64] for sector in sectors)[: entry.size]

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self._size
        return self._content[start : start + self._size]

    def _chain(self, first: int) -> bytes:
        return b"".join(map(self._sector, followed(first, self._table)))

    def _allocation(self, first: int, count: int) -> array[int]:
        sectors = array("I", struct.unpack_from("<109I", self._content, 76))
        seen: set[int] = set()
        while first <= LAST_SECTOR and count:
            if first in seen or len(seen) > self._count:
                raise CompoundDamaged("its parts run in a circle")
            seen.add(first)
            more = numbers(self._sector(first))
            if not more:
                break
            sectors.extend(more[:-1])
            first = more[-1]
        known = [sector for sector in sectors if sector < self._count]
        return numbers(b"".join(map(self._sector, known)))

    def _directory(self, listing: bytes) -> list[OleEntry]:
        entries = []
        for at in range(0, len(listing) - 127, 128):
            length, kind = struct.unpack_from("<HB", listing, at + 64)
            if kind:
                name = listing[at : at + max(min(length, 64) - 2, 0)].decode("utf-16-le", "replace")
                entries.append(OleEntry(name, *struct.unpack_from("<II", listing, at + 116)))
        return entries


def followed(first: int, table: array[int]) -> list[int]:
    """The sectors of a chain. One that leads out of the table ends there; one that runs in a circle is refused."""
    sectors = []
    while first < len(table):
        sectors.append(first)
        if len(sectors) > len(table):
            raise CompoundDamaged("its parts run in a circle")
        first = table[first]
    return sectors


def numbers(content: bytes) -> array[int]:
    """Little-endian numbers of four bytes each."""
    return array("I", struct.unpack(f"<{len(content) // 4}I", content[: len(content) // 4 * 4]))
