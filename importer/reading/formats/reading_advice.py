"""The way out of a workbook that cannot be read, where several places have the same to say."""

SAVE_AGAIN = "Open it in Excel and save it again as .xlsx; if it does not open there, ask the vendor for a new copy."
NO_PASSWORD = "Ask the vendor for a copy without one."  # noqa: S105 - a sentence
