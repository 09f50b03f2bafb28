"""The invoices that a row may belong to which leaves parts of its key blank."""

from __future__ import annotations

from collections.abc import Sequence


def agrees(key: tuple[object, ...], whole: tuple[object, ...]) -> bool:
    """True where a row's key says nothing else than an invoice's."""
    return all(mine is None or mine == theirs for mine, theirs in zip(key, whole, strict=True))


class KeysWithGaps:
    """Invoices by their keys, for rows that leave parts of theirs blank. Looked up, not gone through."""

    def __init__(self) -> None:
        self._groups: list[tuple[tuple[object, ...], int]] = []
        self._by_parts: dict[tuple[int, ...], dict[tuple[object, ...], list[int]]] = {}

    def add(self, key: tuple[object, ...], group: int) -> None:
        """One more invoice."""
        self._groups.append((key, group))
        for parts, index in self._by_parts.items():
            index.setdefault(tuple([key[part] for part in parts]), []).append(group)

    def agreeing(self, key: tuple[object, ...]) -> Sequence[int]:
        """The invoices with which the key agrees in all parts that it has, in the order in which they were added."""
        parts = tuple(part for part, value in enumerate(key) if value is not None)
        index = self._by_parts.get(parts)
        if index is None:  # of each choice of parts one: there are few
            index = self._by_parts[parts] = {}
            for whole, group in self._groups:
                index.setdefault(tuple([whole[part] for part in parts]), []).append(group)
        return index.get(tuple([key[part] for part in parts]), ())
