"""Which records a name that nobody knows may have meant: proposed to a person, and never taken.

Names in vendors' files are shortened ("ACME LNDSCP", "GRNLEAF"), misspelt, turned round, or joined. So words are
compared one by one, a rare word counting for more than one that many names share, and beside that the whole text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log

from importer.masterdata.cache import Record
from importer.masterdata.spelling import essential_words, whole_key

MOST_PROPOSED = 3
NEAR = 0.7
"""Of 1: below it a proposal is noise."""

MUCH_NEARER = 0.15
"""What lies so far behind the nearest is not proposed beside it."""

SHORTENED, BEGUN, MISTYPED = 0.93, 0.9, 0.8
LEAST_SHORT = 3  # letters that a shortened word has left


@dataclass(slots=True)
class Nearness:
    """The records of one sort, by their words."""

    records: Sequence[Record]
    _wholes: list[str] = field(default_factory=list)  # each record's name, its words run together
    _codes: dict[str, list[int]] = field(default_factory=dict)
    _words: dict[str, list[int]] = field(default_factory=dict)  # word → the records with it in name or code
    _by_letter: dict[str, list[str]] = field(default_factory=dict)
    _sizes: list[int] = field(default_factory=list)  # how many words a record has

    def __post_init__(self) -> None:
        for place, record in enumerate(self.records):
            said = essential_words(record.name or "")
            self._wholes.append("".join(said))
            self._sizes.append(len(said))
            code = whole_key(record.code or "")
            if code:
                self._codes.setdefault(code, []).append(place)
            for word in dict.fromkeys((*said, code) if code else said):
                self._words.setdefault(word, []).append(place)
        for word in self._words:
            self._by_letter.setdefault(word[0], []).append(word)

    def of(self, text: str, property_id: str | None) -> list[Record]:
        """The records most like a text, the likeliest first; the inactive and those of other properties left out."""
        asked = essential_words(text)
        if not asked:
            return []
        joined = "".join(asked)
        scores = self._by_words(asked)
        parted = self._by_words([joined]).items() if len(asked) > 1 else ()  # "Green Leaf" for "Greenleaf"
        for place, score in (*parted, *self._by_whole(joined), *self._by_code(whole_key(text))):
            scores[place] = max(scores.get(place, 0.0), score)
        kept = {
            place: score
            for place, score in scores.items()
            if score >= NEAR
            and (record := self.records[place]).is_active
            and (property_id is None or record.property_id in (None, property_id))
        }
        best = sorted(kept, key=lambda place: (-kept[place], self.records[place].name or ""))[:MOST_PROPOSED]
        return [self.records[place] for place in best if kept[place] >= kept[best[0]] - MUCH_NEARER]

    def _by_words(self, asked: Sequence[str]) -> dict[int, float]:
        """How much of what was asked each record has, a rare word counting for more."""
        rarest = log(len(self.records) + 1) + 1
        had: dict[int, float] = {}
        asked_of: dict[int, float] = {}
        for word in asked:
            best: dict[int, tuple[float, float]] = {}
            for known, likeness in self._like(word).items():
                places = self._words[known]
                weight = rarest - log(len(places))
                for place in places:
                    best[place] = max(best.get(place, (0.0, 0.0)), (likeness, weight))
            for place, (likeness, weight) in best.items():
                had[place] = had.get(place, 0.0) + likeness * weight
                asked_of[place] = asked_of.get(place, 0.0) + weight - rarest
        whole = rarest * len(asked)
        return {
            place: score / (whole + asked_of[place]) * (0.9 + 0.1 * min(1.0, len(asked) / max(1, self._sizes[place])))
            for place, score in had.items()
        }

    def _like(self, word: str) -> dict[str, float]:
        """The known words that a word may stand for, with how likely."""
        from rapidfuzz import process
        from rapidfuzz.distance import JaroWinkler

        if word in self._words:
            return {word: 1.0}
        if not word.isalpha():
            return {}
        mine = self._by_letter.get(word[0], [])
        scorer = JaroWinkler.normalized_similarity
        near = process.extract(
            word, mine, scorer=scorer, limit=20, score_cutoff=MISTYPED if len(word) > LEAST_SHORT + 1 else BEGUN
        )
        found = {known: score for known, score, _ in near}
        if len(word) >= LEAST_SHORT:
            letters = re.compile(".*".join(map(re.escape, word)))  # in their order, with others between them
            for known in mine:
                if len(word) < len(known) and letters.match(known):
                    is_fair = known.startswith(word) or 2 * len(word) >= len(known)
                    likely = (SHORTENED if _has_few_vowels(word, known) else BEGUN) if is_fair else 0.0
                    found[known] = max(found.get(known, 0.0), likely)
        return {known: score for known, score in found.items() if score}

    def _by_whole(self, asked: str) -> list[tuple[int, float]]:
        """By the letters of the whole name: what was mistyped in its first letter, or joined, or parted."""
        from rapidfuzz import fuzz, process

        near = process.extract(asked, self._wholes, scorer=fuzz.ratio, limit=8, score_cutoff=100 * NEAR)
        return [(place, score / 100) for _, score, place in near]

    def _by_code(self, asked: str) -> list[tuple[int, float]]:
        """One digit mistyped, or two turned round."""
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        if len(asked) <= LEAST_SHORT or not any(map(str.isdigit, asked)):
            return []
        near = process.extract(asked, list(self._codes), scorer=OSA.distance, limit=8, score_cutoff=1)
        return [(place, BEGUN) for code, _, _ in near for place in self._codes[code]]


def _has_few_vowels(word: str, known: str) -> bool:
    """ "lndscp" for "landscaping": what was left out is mostly what can be."""
    return sum(map("aeiou".count, word)) < sum(map("aeiou".count, known)) / 2 + 1
