"""Every kind of problem that a clerk may meet: its code, a title, and the way out."""

from __future__ import annotations

from importer.domain.problems import ProblemKind, Severity


def _error(code: str, title: str, advice: str, *, stops_run: bool = False) -> ProblemKind:
    return ProblemKind(code, Severity.ERROR, title, advice, stops_run)


def _warning(code: str, title: str, advice: str) -> ProblemKind:
    return ProblemKind(code, Severity.WARNING, title, advice)


# Reading a cell
MISSING_VALUE = _error("missing-value", "A required cell is blank", "Fill it in.")
NO_ACCOUNT = _error(
    "no-account",
    "It is not said which ResMan account the invoices are for",
    "Set PROPEXO_INTEGRATION_ID, or integration_id in importer.toml, or add an Integration column.",
)
NOT_A_DATE = _error("not-a-date", "The cell is not a date", "Write it like 2026-03-31.")
AMBIGUOUS_DATE = _error(
    "ambiguous-date", "Day and month cannot be told apart", "Write it like 2026-03-31, or set date_order in a profile."
)
NOT_MONEY = _error("not-money", "The cell is not an amount", "Write it like 1250.00.")
NOT_WHOLE_CENTS = _error(
    "not-whole-cents", "The amount has parts of a cent", "Round it to whole cents, as on the vendor's invoice."
)
OTHER_CURRENCY = _error(
    "other-currency", "The amount is in another currency than the account's", "Enter it in the account's currency."
)
STATED_CURRENCY = _error(
    "stated-currency",
    "A line beside the table says that its amounts are in another currency",
    "Nothing of the run is sent. Enter the amounts in the account's currency, and take the line out.",
    stops_run=True,
)
NOT_A_QUANTITY = _error("not-a-quantity", "The cell is not a quantity", "Write it like 4 or 2.5.")
NOT_TERMS = _error(
    "not-terms",
    "The payment terms cannot be read, and there is no due date",
    "Write them like Net 30, or fill in the Due Date.",
)
VOID_ROW = _error(
    "void-row", "The row is marked as void", "Take the invoice out of the file, or clear the mark if it is to be paid."
)
NO_BILL = _error(
    "no-bill", "The row is marked as no invoice: a quote, a draft", "Take it out, or change what the cell says."
)
CREDIT_IN_WORDS = _error(
    "credit-in-words",
    "The row is called a credit, and its amount has no minus",
    "Where it is a credit, give its amount a minus; where it is a bill, say in the cell what for.",
)
PAYMENT_ROW = _error(
    "payment-row", "The row is a payment, and not a bill", "Take it out; where it is a bill, write Invoice there."
)
DAMAGED_NUMBER = _error(
    "damaged-number",
    "The spreadsheet program has damaged the number",
    "Type it again as text, from the vendor's document.",
)
ERROR_CELL = _error("error-cell", "The cell holds a spreadsheet error", "Mend the formula, or type the value.")
UNCALCULATED = _error(
    "uncalculated-formula",
    "The cell is a formula whose result is not stored in the file",
    "Open the file in Excel, save it, and try again.",
)
SEVERAL_TEXTS = _error(
    "several-texts",
    "The cell has more than one text in it, and its column holds single values",
    "Type the one that holds, without the other.",
)
STRUCK_OUT = _error(
    "struck-out",
    "The row, or what counts in it, is struck out",
    "Take the row out; where it is to be paid, remove the line through it in the file and check that again.",
)
TOO_LONG = _error("too-long", "The text is too long to be what its column says", "Shorten it.")
BAD_CHARACTERS = _error(
    "bad-characters", "The text has characters that were damaged on the way", "Type the text again."
)

# Reading a table
EXTRA_CELLS = _error(
    "extra-cells",
    "The row has more cells than the heading row",
    "Put quotes around text that has the separator in it, or remove the extra cells.",
)
UNKNOWN_COLUMN = _warning(
    "unknown-column", "A column is not used", "Rename its heading if it should be; otherwise nothing needs doing."
)
BROKEN_QUOTES = _error(
    "broken-quotes",
    "Quotation marks do not match, so it cannot be told where the rows end",
    "Nothing of the run is sent. Correct them (inside a quoted text each is written twice), then run the file again.",
    stops_run=True,
)
FILE_CUT_SHORT = _warning(
    "file-cut-short",
    "The file does not end with a line end: it may have been cut short",
    "Compare its last row with the vendor's document.",
)

UNSURE_LETTERS = _warning(
    "unsure-letters",
    "It cannot be told which code page the file is written in, so some letters may be others",
    "Compare it with the vendor's document; where it is wrong, save the file as UTF-8 (in Excel: CSV UTF-8).",
)

UNKNOWN_TYPE = _warning(
    "unknown-type",
    "The column that tells credits from invoices has a word in it that is not known",
    "Where the row is a credit, write Credit there, or give its amount a minus; otherwise nothing needs doing.",
)
UNKNOWN_STATUS = _warning(
    "unknown-status",
    "A column of statuses has a word in it that is not known",
    "The invoices are read like all others: take out those that are not to be paid; otherwise nothing needs doing.",
)
MARKED_HELD = _warning(
    "marked-held",
    "The file marks the invoice as rejected, disputed or on hold",
    "It is read like all others: take it out where it is not to be paid now.",
)
MARKED_PAID = _warning(
    "marked-paid",
    "The file marks the invoice as paid",
    "It is read like all others: take it out where it is paid already.",
)
MARKED_DUPLICATE = _warning(
    "marked-duplicate",
    "The file marks the invoice as a possible duplicate",
    "It is read like all others: take it out where the bill is there already.",
)
CREDIT_BELOW = _warning(
    "credit-below",
    "A credit or a payment stands below the table",
    "It is not sent: the invoices go in full, and what is taken off them is entered in ResMan by hand.",
)
SHEET_NAME = _warning(
    "sheet-name", "The only sheet of invoices is named as if they were not to be paid", "Check that it is meant."
)
HIDDEN_ROWS = _warning(
    "hidden-rows", "Some rows are hidden or filtered away", "They are read like all others: check that they are meant."
)
HIDDEN_COLUMN = _warning(
    "hidden-column", "A column that is used is hidden", "It is read like all others: check that it is meant."
)
UNSEEN_TEXT = _warning(
    "unseen-text",
    "Some cells are in white letters, so that nobody sees them",
    "They are read like all others: check that they are meant.",
)
LAYOUT_CHANGED = _warning(
    "layout-changed",
    "The file has other columns than when its profile was made",
    "Check that nothing that matters has moved; `profile new` takes the new layout down.",
)
TAKEN_FOR = _warning(
    "taken-for",
    "A column was taken for a field by what its cells show",
    "Where this is wrong, say in a profile which column it is.",
)

SECTIONS = _warning(
    "sections",
    "The table has sections under names of their own",
    "Where they are vendors or properties, give each row its name in a column; otherwise nothing needs doing.",
)

GROUPS = _error(
    "groups",
    "Names of properties or vendors stand above groups of rows, and all would go to one",
    "Nothing of the run is sent. Give each row its property or vendor in a column, or take those names out.",
    stops_run=True,
)
UNCLEAR_SIGN = _error(
    "unclear-sign",
    "A column may give the amounts their sign, and its words are not known",
    "Where the row is a credit, give its amount a minus; then take the column out, or say Invoice and Credit in it.",
)
PAID_IN_PART = _error(
    "paid-in-part",
    "What is left to pay is another amount than the bill's",
    'Say in a profile which of the two is to be paid: [columns] total_amount = "…".',
)
WHOSE_FILE = _error(
    "whose-file",
    "A saved layout makes every bill one vendor's, and nothing in the file says that it is that vendor's",
    "Nothing of the run is sent. Where the file is that vendor's, say --profile NAME.",
    stops_run=True,
)
OTHER_VENDOR = _error(
    "other-vendor",
    "The file is named after another vendor than the one that every bill would go to",
    "Nothing of the run is sent. Choose that vendor's profile with --profile, or give each row its vendor in a column.",
    stops_run=True,
)
CONTROL_TOTAL = _error(
    "control-total",
    "The file does not come to what was expected of it",
    "Nothing of the run is sent. Ask for the whole file, or correct what is expected.",
    stops_run=True,
)

UNCOMPARED_TOTAL = _warning(
    "uncompared-total",
    "A total that the file states cannot be compared, because it or cells above it cannot be read",
    "A row may be missing: compare with the vendor's document before you send the rest.",
)

TOTAL_ABOVE = _warning(
    "total-above",
    "A total above the table is not what its invoices come to",
    "It may count an earlier balance or a payment; if it does not, a row may be missing.",
)
# Reading a results workbook that was given back
CHANGED_ROW = _error(
    "changed-row",
    "A row of the results workbook was changed that must stay as it was",
    "It is not sent. Undo that, or give an earlier workbook or the vendor's file. What is posted is changed in ResMan.",
)
CORRECTED_TOTAL = _warning(
    "corrected-total",
    "The rows came to the total that the file states, and after the corrections they do not",
    "Check that the corrections are meant.",
)
CHANGED_TOTAL = _warning(
    "changed-total",
    "A total that the vendor's file states was changed by hand",
    "It no longer shows by itself that the file is whole: compare with the vendor's document.",
)

# Rows that do not fit together
CONTRADICTION = _error(
    "contradiction",
    "The rows of one invoice say different things",
    "Make them the same, or leave the cell blank on the later rows.",
)
UNCLEAR_CONTINUATION = _error(
    "unclear-continuation",
    "It cannot be told which invoice the row belongs to",
    "Fill in the invoice number, the vendor and the property.",
)
ROW_BELOW = _error(
    "row-below",
    "Another row may be a line of the invoice",
    "Settle that row first: write the invoice's number into it, or take it out.",
)
REPEATED_ROW = _warning(
    "repeated-row",
    "Two rows of an invoice are the same in every cell, and there is no total to compare them with",
    "Remove one of them where it was copied; otherwise nothing needs doing.",
)
SPELLED_DIFFERENTLY = _warning(
    "spelled-differently",
    "Two spellings are taken for one invoice number",
    "Where they are two invoices, give them numbers that differ in more than capitals and spaces.",
)
REPEATED_INVOICE = _error(
    "repeated-invoice", "The same invoice stands in the input twice", "Remove one of the two, then run again."
)

# Totals
LINE_MISMATCH = _error(
    "line-mismatch", "Quantity × unit price is not the line's amount", "Correct whichever of the three is wrong."
)
NEGATIVE_TWICE = _error(
    "negative-twice",
    "Quantity and unit price are both negative, and no amount says what is meant",
    "Where it is a credit, take the minus off the price; where it is to be paid, off both.",
)
TOTAL_MISMATCH = _error(
    "total-mismatch", "The lines do not add up to the invoice total", "Correct the lines or the total."
)
CREDIT_MEMO = _error(
    "credit-memo",
    "The invoice total is negative: this is a credit memo",
    "The API takes no negative totals: enter it in ResMan by hand, and take it out of this file.",
)
ZERO_TOTAL = _warning("zero-total", "The invoice total is zero", "Check that this is meant.")
NEGATIVE_LINE = _warning(
    "negative-line", "The line is negative", "It is sent as a credit within the invoice; check that this is meant."
)
RESTATED_LINE = _warning(
    "restated-line",
    "The line is sent as quantity 1 × its amount",
    "Nothing needs doing; the original quantity and price are kept in the line's notes.",
)
ROUNDED_LINE = _warning(
    "rounded-line",
    "Quantity × unit price has parts of a cent and was rounded",
    "Check the amount against the vendor's invoice.",
)
ROUNDING_LINE = _warning(
    "rounding-line",
    "A rounding line was added, as the profile allows",
    "Nothing needs doing; it is the last line of the invoice and goes to the account that the profile names.",
)
TOO_LARGE = _error(
    "too-large", "The amount is too large to be an invoice", "Check the decimal point, and cents against dollars."
)

# Dates
DUE_BEFORE_ISSUED = _error(
    "due-before-issued", "The due date is before the bill date", "Correct whichever of the two is wrong."
)
IMPOSSIBLE_YEAR = _error("impossible-year", "The year cannot be right", "Correct the date.")
FUTURE_DATE = _warning("future-date", "The bill date is far in the future", "Check the year.")
OLD_DATE = _warning("old-date", "The bill date is long ago", "Check the year.")
DISTANT_ACCOUNTING_DATE = _warning(
    "distant-accounting-date", "The accounting date is far from the bill date", "Check the accounting period."
)

# Names, and what ResMan has
NAMES_NOT_FETCHED = _error(
    "names-not-fetched",
    "The cell holds a name, and ResMan's names are not known here yet",
    "Run `invoice-importer sync` once, then run the file again.",
)
UNKNOWN_NAME = _error("unknown-name", "ResMan has nothing of that name", "Correct the cell, or settle it with `alias`.")
AMBIGUOUS_NAME = _error("ambiguous-name", "ResMan has several of that name", "Write the id of the one that is meant.")
OVERRULED_NAME = _warning(
    "overruled-name",
    "The name was settled to mean one thing, and ResMan calls another so",
    "The decision counts. `invoice-importer alias NAME --remove` takes it back.",
)
UNKNOWN_ID = _warning(
    "unknown-id",
    "The id was not among those fetched from ResMan",
    "Run `invoice-importer sync` if it is new; ResMan refuses an id that it does not know.",
)
INACTIVE_RECORD = _error(
    "inactive-record",
    "It is inactive in ResMan",
    "Use another, or make it active in ResMan and run `invoice-importer sync`.",
)
NOT_SEEN_LATELY = _warning(
    "not-seen-lately", "ResMan has not shown it for over 30 days", "Look whether ResMan still has it."
)
NOT_AT_PROPERTY = _error(
    "not-at-property",
    "It is not used at this property",
    "Check the property; or allow it in ResMan and run `invoice-importer sync`.",
)

# Duplicates, periods, and what is unlike the months before
IN_RESMAN = _error(
    "already-in-resman",
    "ResMan has an invoice of this vendor with this number already",
    "Compare the two before anything else.",
)
WENT_OUT_BEFORE = _error(
    "went-out-before",
    "The same bill went out before, under another vendor, property or number",
    "Take it out if it is the same bill.",
)
NEAR_DUPLICATE = _warning(
    "near-duplicate",
    "It looks like a bill that is known already",
    "Compare the two; take one out if they are the same bill.",
)
CLOSED_PERIOD = _error(
    "closed-period", "The accounting date lies in a closed period", "Give an accounting date in the open period."
)
UNUSUAL_AMOUNT = _warning(
    "unusual-amount",
    "The amount is far from what this vendor usually bills",
    "Check the decimal point and the vendor's document.",
)
UNUSED_ACCOUNT = _warning("unused-account", "This GL account was never used at this property", "Check the account.")

# Sending
REFUSED_BEFORE = _warning(
    "refused-before", "The API refused this very invoice before", "Check that the cause is mended."
)
REFUSED = _error("refused", "The API refused the invoice", "Correct what it names, and run the file again.")
IN_DOUBT = _error(
    "in-doubt",
    "It is not known whether the invoice was accepted",
    "Do not enter it by hand. Run `invoice-importer settle`, which looks for it.",
)
CONFLICT = _error(
    "conflict",
    "An invoice with this number was posted before with other content",
    "Compare the two. If it is the same bill, delete its rows and correct ResMan. Only another gets its own number.",
)
NOT_SENT = _error("not-sent", "The invoice was not sent", "Run the same file again; what was posted stays posted.")
PARTLY_WRITTEN = _warning(
    "partly-written",
    "ResMan has the invoice, and not all that was sent with it",
    "Look it up in ResMan, and add there what is missing.",
)
WRITE_FAILED = _error(
    "write-failed",
    "ResMan did not take the invoice",
    "Mend the cause, then run `invoice-importer status --retry`, or correct the file and run it again.",
)

KINDS: dict[str, ProblemKind] = {kind.code: kind for kind in list(vars().values()) if isinstance(kind, ProblemKind)}
"""Every kind by its code, in the order of this page."""
