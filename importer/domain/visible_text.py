"""Characters that a reader would not see, and that steer what shows the text: made visible at every door.

A terminal obeys control characters, a browser and a spreadsheet those that turn the direction of writing over: an
amount or a name could show as another. Text that is written from right to left by itself stays as it is.
"""

from __future__ import annotations

import json
import re

_PICTURES = {code: chr(0x2400 + code) for code in range(32) if code not in (9, 10)} | {0x7F: "\u2421"}
_STEERING = "\x80-\x9f\u2028-\u202e\u2066-\u206f\ufff9-\ufffb"
_BROKEN = "\ud800-\udfff\ufffe\uffff"
_UNSEEN = re.compile(f"[\x00-\x08\x0b-\x1f\x7f{_STEERING}{_BROKEN}]")
_UNSEEN_IN_JSON = re.compile(f"[\x7f\xad\u061c\u200b-\u200f\u2060-\u2065\ufeff{_STEERING}{_BROKEN}]")


def has_unseen(text: str) -> bool:
    """True where `visible` shows the text otherwise than it is."""
    # Most text is plain, and far sooner told by its kinds of letters.
    return not (text.isascii() and text.isprintable()) and _UNSEEN.search(text) is not None


def visible(text: str) -> str:
    """The text with steering characters shown: "\\x1b" as its picture "␛", an override of direction as "\\u202e".

    Tabs and line ends stay; what is no character becomes "\ufffd". Doing it twice changes nothing more.
    """
    return _UNSEEN.sub(_shown, text) if has_unseen(text) else text


def visible_json(answer: object, *, in_ascii: bool = False) -> str:
    """The answer as JSON in which nothing steers a terminal; whoever reads it has the text as it is."""
    text = json.dumps(answer, ensure_ascii=in_ascii, indent=2)
    return _UNSEEN_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _shown(found: re.Match[str]) -> str:
    code = ord(found[0])
    if 0xD800 <= code <= 0xDFFF or code >= 0xFFFE:
        return "\ufffd"
    return _PICTURES.get(code) or f"\\u{code:04x}"
