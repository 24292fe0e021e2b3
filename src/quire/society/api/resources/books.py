"""Payments by batches, the ledger, the register of acts, surveys and lump sums: the society's own books."""

from __future__ import annotations

from typing import Any

from quire.core.money import Money
from quire.society.api.keyed.given import Given
from quire.society.api.keyed.shapes import Field, Shape, cash, tid
from quire.society.api.keyed.table import Call, Does, Endpoint, Many, One
from quire.society.api.resources.money import PAYMENT
from quire.society.api.resources.people import HOUSE, for_all
from quire.society.invoicing import queries as lumps
from quire.society.kit import acts
from quire.society.kit.paging import few
from quire.society.ledger import queries as ledger
from quire.society.payouts import actions, queries, watching
from quire.society.surveys import queries as surveys

BATCH = Shape("Batch", "Transfers that go to the bank together.", (
    tid(), Field("on", "date"), Field("total", "money", lambda one: Money(one.total, one.currency)),
    Field("payments", "number"), Field("carried", "number"), Field("settled", "date", null=True),
))  # fmt: skip
WOULD = Shape("BatchWould", "What a batch would pay.", (
    Field("total", "money"), Field("payments", "number", lambda one: len(one.payments)),
    Field("carried", "number", lambda one: len(one.carried)),
))  # fmt: skip
TRANSACTION = Shape("Transaction", "A transaction of the ledger; its digest covers the one before it.", (
    tid(), Field("number", "number"), Field("key"), Field("date", "date"), Field("at", "moment"),
    Field("kind"), Field("text"), Field("previous"), Field("digest"),
))  # fmt: skip
_ENTRY = Shape("Entry", "An entry: above zero on the debit side.", (
    Field("line", "number"), Field("account"), cash("amount"),
))  # fmt: skip
BOOKED = Shape("TransactionWhole", "A transaction with its entries.", (
    *(Field(one.name, one.kind, lambda both, one=one: getattr(both[0], "tid" if one.name == "id" else
                                                              one.name)) for one in TRANSACTION.fields),
    Field("entries", "many", lambda both: both[1], shape=_ENTRY),
))  # fmt: skip
ACCOUNTED = Shape("AccountEntry", "What moved on an account.", (
    Field("number", "number", about="Of the transaction."), Field("date", "date"), Field("kind"),
    Field("text"), cash("amount"),
))  # fmt: skip
TRIAL = Shape("TrialBalanceLine", "An account at the end of a day.", (
    Field("code"), Field("kind"), Field("money", about="rights: members'; own: the society's."),
    cash("debit"), cash("credit"), cash("balance"),
))  # fmt: skip
ACT = Shape("Act", "What somebody did.", (
    Field("at", "moment"), Field("by"), Field("verb"), Field("subject"), Field("detail", "any"),
))  # fmt: skip
SURVEY = Shape("Survey", "Some are asked where not all use is counted.", (
    tid(), Field("name"), Field("stage"), Field("starts", "date"), Field("ends", "date"), Field("measure"),
    Field("method"), Field("size", "number"), Field("commitment"), Field("beacon"),
))  # fmt: skip
UNIT = Shape("SurveyUnit", "Who may be asked, and whether they were drawn.", (
    Field("code"), Field("stratum"), Field("drawn", "flag"), Field("reports", "number"),
))  # fmt: skip
LUMP = Shape("LumpSum", "One sum for many works.", (
    tid(), Field("name"), Field("payer"), Field("about"), cash("amount"), cash("received"),
    cash("reserve_left"), Field("uses", "words"), Field("works", "number"), Field("claims_until", "date"),
))  # fmt: skip
LUMP_CLAIM = Shape("LumpClaim", "A claim to be in the class of a lump sum.", (
    tid(), Field("work", of=lambda one: one.key), Field("member"), Field("made_on", "date"),
    Field("late", "flag"), Field("accepted", "flag", null=True), Field("reason", null=True),
))  # fmt: skip
_DESK = "operator"


def _batch(call: Call) -> Any:
    return watching.batch(call.named["batch"])


def _prepare(call: Call) -> Any:
    done = actions.prepare(currency=call.said["currency"], on=call.said["on"], by=call.user)
    assert done.batch is not None  # it was no dry run
    return watching.batch(done.batch.tid)


def _would(call: Call) -> Any:
    return actions.prepare(currency=call.said["currency"], on=call.said["on"], by=call.user, dry_run=True)


def _settle(call: Call) -> Any:
    actions.settle(call.row.tid, on=call.said["on"], by=call.user)
    return watching.batch(call.row.tid)


def _returned(call: Call) -> Any:
    made = actions.return_payment(call.named["payment"], **call.said, by=call.user)
    every = queries.payments_list()
    return next(iter(every.make(list(every.rows.filter(id=made.payment_id)))))


def _transaction(call: Call) -> Any:
    said = call.named["number"]
    which: str | int = int(said) if said.isascii() and said.isdigit() and len(said) < 12 else said
    found = ledger.transaction(which)
    return found, ledger.entries_of(found)


_BATCH = (
    Given("currency", needed=True, most=3),
    Given("on", "date", "When the bank executes it.", needed=True),
)

TABLE: tuple[Endpoint, ...] = (
    Many("/batches", "payments", "Batches of transfers, the newest first.", BATCH,
         {_DESK: lambda call: watching.batches_list()}, sorts=("on",),
         filters={"state": ("waits", "settled"), "currency": ()}),
    One("/batches/{batch}", "payments", "One batch.", BATCH, {_DESK: _batch}),
    Many("/batches/{batch}/payments", "payments", "Its transfers.", PAYMENT,
         {_DESK: lambda call: watching.payments_in(_batch(call).tid)}, sorts=("name", "amount"),
         filters={"back": ("yes",)}, searched=True),
    Does("POST", "/batches/rehearsals", "payments", "What a batch would pay; nothing is written.",
         {_DESK: ("prepare", _would)}, WOULD, _BATCH),
    Does("POST", "/batches", "payments", "Prepare a batch of every balance that can be paid.",
         {_DESK: ("prepare", _prepare)}, BATCH, _BATCH, 201, leads="/batches/{id}"),
    Does("POST", "/batches/{batch}/settlement", "payments", "Record that the bank executed it.",
         {_DESK: ("prepare", _settle)}, BATCH, (Given("on", "date", needed=True),), of="/batches/{batch}"),
    Many("/payments/returned", "payments", "What came back and was not sent again since.", PAYMENT,
         {_DESK: lambda call: watching.came_back()}, sorts=("amount", "returned")),
    Does("POST", "/payments/{payment}/return", "payments", "Record that a payment came back.",
         {_DESK: ("prepare", _returned)}, PAYMENT,
         (Given("reason", about="The bank's code, as AC04.", needed=True, most=35),
          Given("on", "date", needed=True), Given("info", most=140)), 201),
    Many("/ledger", "books", "Every transaction, the newest first.", TRANSACTION,
         for_all(HOUSE, lambda call: ledger.ledger_list()), sorts=("number", "date"),
         filters={"kind": (), "since": (), "until": ()}, searched=True),
    One("/ledger/{number}", "books", "One transaction with its entries.", BOOKED,
        for_all(HOUSE, _transaction)),
    Many("/trial-balance", "books", "Every account at the end of a day.", TRIAL,
         for_all(HOUSE, lambda call: few(ledger.trial_balance(call.get("on", None)),
                                         words=lambda one: one.code)),
         searched=True, asks=(Given("on", "date", "Today where nothing is said."),)),
    Many("/ledger/accounts/{account}", "books", "What moved on an account, the newest first.", ACCOUNTED,
         for_all(HOUSE, lambda call: ledger.account_list(call.named["account"])), sorts=("number",),
         searched=True),
    Many("/acts", "books", "Whatever anybody did here, the newest first.", ACT,
         for_all(HOUSE, lambda call: acts.register()), sorts=("at",), filters={"room": ()}, searched=True),
    Many("/surveys", "metering", "Every survey.", SURVEY,
         {_DESK: lambda call: few(surveys.surveys(), words=lambda one: one.name)}, searched=True),
    Many("/surveys/{survey}/units", "metering", "Who may be asked in it.", UNIT,
         {_DESK: lambda call: few(surveys.units(surveys.survey_row(call.named["survey"]).name),
                                  words=lambda one: one.code)}, searched=True),
    Many("/lumps", "income", "Every lump sum.", LUMP,
         {_DESK: lambda call: few(lumps.lump_sums(), words=lambda one: f"{one.name} {one.payer}")},
         searched=True),
    Many("/lumps/{lump}/claims", "income", "Claims to be in its class.", LUMP_CLAIM,
         {_DESK: lambda call: few(lumps.claims(lumps.lump(call.named["lump"]).name))}),
)  # fmt: skip
