"""Whether a file is that vendor's whose saved layout fits it: headings such as Num, Date and Amount are anybody's."""

from __future__ import annotations

import re
from collections.abc import Iterator

from importer.domain import problem_catalog
from importer.domain.problems import Place, Problem
from importer.domain.reading import Reading
from importer.reading.cells.parse_cell import quoted
from importer.reading.formats.raw_workbook import RawWorkbook
from importer.reading.profiles.vendor_profile import Profile, says_a_text

VENDOR = "vendor_id"
LEAST = 3  # letters of a word that tells one vendor from another
_WORD = re.compile(r"[^\W\d_]+|\d{4,}")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_ANYBODYS = frozenset(
    re.findall(
        r"\w+",
        "vend vendor vendors supplier suppliers invoice invoices inv bill bills billing report reports rpt statement "
        "statements stmt export exports exported download downloads register list listing summary summaries detail "
        "details detailed data file files book workbook sheet sheets table tables copy final draft new old latest "
        "current updated revised version monthly weekly daily quarterly annual yearly month months week year quarter "
        "january february march april may june july august september october november december jan feb mar apr jun "
        "jul aug sep sept oct nov dec account accounts acct payable payables open paid unpaid due aging ageing ledger "
        "journal transactions transaction trans charges charge expense expenses cost costs purchase purchases batch "
        "import upload input output results test sample example template untitled document documents doc scan "
        "csv xls xlsx ods pdf the and for from with all our your properties property apartments portfolio utility "
        "utilities services service company default profile layout rechnung rechnungen factura facturas facture "
        "factures export_ qb quickbooks xero yardi resman appfolio",
    )
)
"""Words that files of any vendor are called by."""

WAY_OUT = (
    "Nothing of the run is sent. Where the file is that vendor's, say --profile {name}; to have it found by itself "
    'next time, name in the profile what stands in each of the vendor\'s files: match.text = "…". Where it is another '
    "vendor's, make a profile for that one: profile new."
)


def carries_vendor(profile: Profile) -> bool:
    """True where the profile says whose all bills are: no column of the file does."""
    return VENDOR not in profile.columns and "{" not in profile.defaults.get(VENDOR, "{")


def is_shown(profile: Profile, contents: RawWorkbook) -> bool:
    """Whether the file itself says that it is that vendor's: in its name, a title, a sheet's name or a cell."""
    if any(_is_called(profile, word) for word in words_of_name(contents.file.name)):
        return True
    return says_a_text((*profile.texts, *_names(profile)), contents)


def words_of_name(name: str) -> list[str]:
    """The words of a file's name by which it may be told whose it is."""
    stem = name.rpartition("/")[2].rpartition(".")[0]
    words = _WORD.findall(_CAMEL.sub(" ", stem))
    return [word.casefold() for word in words if len(word) >= LEAST and word.casefold() not in _ANYBODYS]


def doubt(reading: Reading, profile: Profile, contents: RawWorkbook) -> Iterator[Problem]:
    """What stops the run where a bill is the profile's vendor's by nothing that stands in the file."""
    given = profile.defaults[VENDOR]
    if any(each.vendor_id == given and not any(row.says(VENDOR) for row in each.rows) for each in reading.invoices):
        what = (
            f"The profile {profile.name} fits {contents.file.name} by its headings and makes every bill "
            f"{quoted(given)}'s, and nothing in the file says that it is that vendor's."
        )
        place = Place(contents.file.name)
        yield Problem(problem_catalog.WHOSE_FILE, what, place, VENDOR, given, WAY_OUT.format(name=profile.name))


def _is_called(profile: Profile, word: str) -> bool:
    said = (*profile.texts, *_names(profile), profile.filename or "")
    known = {each for text in said for each in words_of_name(f"{text}.x")}
    known.difference_update(words_of_name(f"{profile.defaults.get('property_id', '')}.x"))
    return any(word == each or (len(each) > LEAST and each in word) for each in known)


def _names(profile: Profile) -> list[str]:
    """What the vendor may be called, as far as that is no word for just any file."""
    return [text for text in (profile.defaults.get(VENDOR, ""), profile.name) if words_of_name(f"{text}.x")]
