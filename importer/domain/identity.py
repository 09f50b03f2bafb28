"""What makes two invoices the same one: the number as it is compared, and the key that an invoice has everywhere."""

from __future__ import annotations

import hashlib
import unicodedata


def normalised_number(number: str) -> str:
    """An invoice number for comparing: without case, needless spaces, typographic variants and invisible characters."""
    if number.isascii() and number.isprintable() and "  " not in number:
        return number.strip().lower()  # what the long way makes of it, and most numbers are like that
    return " ".join((number if number.isascii() else _plain(number)).split()).casefold()


def _plain(text: str) -> str:
    kinds = ((each, unicodedata.category(each)) for each in unicodedata.normalize("NFKC", text))
    return "".join("-" if kind == "Pd" else each for each, kind in kinds if kind != "Cf")


def invoice_key(destination: str, integration_id: str, property_id: str, vendor_id: str, invoice_number: str) -> str:
    """The identity of an invoice as 24 hexadecimal digits, short enough to be typed after `--release`."""
    parts = (destination, integration_id, property_id, vendor_id, normalised_number(invoice_number))
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:24]
