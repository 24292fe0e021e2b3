"""Licences, clients and their tokens, invoices, receipts and balances."""

from __future__ import annotations

from typing import Any

from quire.core.money import Money
from quire.core.terms import USES
from quire.society.api.keyed.given import Given
from quire.society.api.keyed.shapes import Field, Shape, cash, tid
from quire.society.api.keyed.table import Call, Does, Endpoint, Many, One
from quire.society.invoicing import actions as invoicing
from quire.society.invoicing import owing, watching
from quire.society.invoicing import queries as money
from quire.society.kit import clock, periods
from quire.society.kit.paging import few
from quire.society.licensing import actions, holding, queries
from quire.society.licensing.watching import licences_list

LICENCE = Shape("Licence", "What a licensee may do, until when, and at what price.", (
    tid(), Field("code"), Field("licensee", of=lambda one: one.licensee_code), Field("kind"),
    Field("uses", "words"), Field("starts", "date"), Field("ends", "date", about="The first day it is out."),
    Field("currency"), cash("fee", "A year's."), Field("prices", "any", lambda one: {
        tier: Money(price, one.currency) for tier, price in one.prices.items()}, "By content tier."),
    Field("rate", "share", about="Of the licensee's revenue."), cash("minimum"),
    Field("operators", "words", about="Names of its crawlers."), Field("tariff"), Field("deviation"),
    Field("conditions", "any", lambda one: one.conditions.as_json()),
))  # fmt: skip
TARIFF = Shape("Tariff", "A version of a tariff, with a sentence for each of its terms.", (
    tid(), Field("ref", about="Its code and version."), Field("kind"), Field("uses", "words"),
    Field("starts", "date"), Field("ends", "date", null=True), cash("fee"), cash("minimum"),
    Field("terms", "any", lambda one: one.as_json()),
))  # fmt: skip
CLIENT = Shape("Client", "Credentials with which a program gets licence tokens.", (
    Field("id", of=lambda one: one.row.tid), Field("name", of=lambda one: one.row.name),
    Field("mode", of=lambda one: one.row.mode, choices=("live", "sandbox")),
    Field("alg", of=lambda one: one.row.alg), Field("uses", "words", lambda one: one.row.scopes),
    Field("tokens", "number", about="Issued so far."),
    Field("secrets", "number", lambda one: len(one.secrets), "So many are good now."),
    Field("made", "moment", lambda one: one.row.created),
    Field("revoked", "moment", lambda one: one.row.revoked, null=True),
))  # fmt: skip
MADE = Shape("ClientMade", "A client with its secret, which is told this once.", (
    Field("id", of=lambda one: one.client.tid), Field("name", of=lambda one: one.client.name),
    Field("mode", of=lambda one: one.client.mode),
    Field("secret", null=True, about="Null where the answer is given again."),
))  # fmt: skip
TOKEN = Shape("LicenceToken", "A licence token that was issued; the token itself is kept nowhere.", (
    tid(), Field("jti"), Field("client", of=lambda one: one.client_tid),
    Field("licence", of=lambda one: one.licence), Field("uses", "words"), Field("issued", "moment"),
    Field("expires", "moment"), Field("state", choices=("good", "expired", "revoked")), Field("reason"),
))  # fmt: skip
INVOICE = Shape("Invoice", "What is due under a licence for a period.", (
    tid(), Field("licence", of=lambda one: one.licence_code), Field("starts", "date"), Field("ends", "date"),
    cash("amount"), Field("issued_on", "date"), Field("basis", "any", about="What it was reckoned from."),
))  # fmt: skip
RECEIPT = Shape("Receipt", "Money that came in under a licence for a period.", (
    tid(), Field("licence", of=lambda one: one.licence_code), Field("starts", "date"), Field("ends", "date"),
    cash("amount"), Field("received_on", "date"), Field("reference"),
))  # fmt: skip
DEPOSIT = Shape("Deposit", "Money that a licensee put on its balance for crawling.", (
    tid(), Field("licensee"), Field("name"), Field("amount", "money"), Field("received_on", "date"),
    Field("reference"),
))  # fmt: skip
OPEN = Shape("OpenInvoices", "A licence under which less came in than was invoiced.", (
    Field("licence"), Field("licensee"), Field("due", "money"), Field("received", "money"),
    Field("open", "money"), Field("last", "date", about="When it was invoiced last."),
))  # fmt: skip
BALANCE = Shape("Balance", "Money for crawling in one currency.", (
    Field("licensee", of=lambda one: one.licensee_code), cash("balance"), cash("limit"),
    cash("aside", "Set aside for edges."), cash("available"),
))  # fmt: skip
ALLOWANCE = Shape("Allowance", "A part of a balance that is set aside for an edge.", (
    tid(), Field("edge"), cash("amount"), cash("charged"), Field("issued_at", "moment"),
    Field("expires_at", "moment"), Field("closed_at", "moment", null=True), Field("closed_reason"),
))  # fmt: skip
_LAB, _DESK = "licensee", "operator"


def _licence(call: Call) -> Any:
    return holding.licence_of(call.me, call.named["licence"])


def _take(call: Call) -> Any:
    row = queries.tariff(call.said["tariff"])
    starts = call.get("starts", None) or clock.today()
    code = call.get("code") or f"{call.party.code}-{row.code}-{starts.year}"[:64]
    made = actions.take_licence(
        code=code, tariff=row.code, licensee=call.party.code, starts=starts, by=call.user
    )
    return holding.licence_of(call.me, made.tid)


def _client(call: Call) -> Any:
    return holding.client_of(call.me, call.named["client"])


def _new_client(call: Call) -> Any:
    return actions.create_client(
        licensee=call.party.code, name=call.said["name"], mode=call.get("mode", "live"),
        alg=call.get("alg", holding.ALGS[0]), scopes=call.get("uses", ()), by=call.user,
        key=call.get("key", None),
    )  # fmt: skip


def _revoke_client(call: Call) -> Any:
    actions.revoke_client(client=call.row.row.tid, reason=call.said["reason"], by=call.user)
    return _client(call)


def _token(call: Call) -> Any:
    return holding.token_of(call.me, call.named["token"])


def _revoke_token(call: Call) -> Any:
    actions.revoke_token(jti=call.row.jti, reason=call.said["reason"], by=call.user)
    return _token(call)


def _invoice(call: Call) -> Any:
    made = invoicing.issue_invoice(
        licence=call.said["licence"], period=periods.parse(call.said["period"]), by=call.user
    )
    return next(iter(watching.invoices_list().make([made])))


def _receipt(call: Call) -> Any:
    sum_: Money = call.said["amount"]
    made = invoicing.record_receipt(
        licence=call.said["licence"], period=periods.parse(call.said["period"]), amount=sum_.decimal(),
        received_on=call.said["received_on"], reference=call.said["reference"], currency=sum_.currency,
        foreign=call.get("foreign", False), by=call.user,
    )  # fmt: skip
    return next(iter(watching.receipts_list().make([made])))


def _deposit(call: Call) -> Any:
    sum_: Money = call.said["amount"]
    made = invoicing.deposit(
        licensee=call.said["licensee"], amount=sum_.decimal(), currency=sum_.currency,
        received_on=call.said["received_on"], reference=call.said["reference"], by=call.user,
    )  # fmt: skip
    every = watching.deposits_list()
    return next(iter(every.make(list(every.rows.filter(id=made.deposit.id)))))


_REASON = (Given("reason", about="Why; it is recorded.", needed=True),)
_NAMED = Given("licence", about="Its code or id.", needed=True, most=80)
_SPAN = Given("period", about="Like 2026-03, 2026-Q2 or 2026.", needed=True, most=40)
_CAME = (
    Given("amount", "money", needed=True), Given("received_on", "date", needed=True),
    Given("reference", about="The bank's; the same again changes nothing.", needed=True, most=64),
)  # fmt: skip
_NEW_CLIENT = (
    Given("name", needed=True, most=80), Given("mode", choices=("live", "sandbox")),
    Given("uses", "words", "Only for these; all of its licences' where nothing is said.", choices=USES),
    Given("alg", choices=tuple(holding.ALGS)),
    Given("key", "texts", "An Ed25519 public JWK, to which its tokens are bound.", most=200),
)  # fmt: skip

TABLE: tuple[Endpoint, ...] = (
    Many("/licences", "licences", "Licences: a licensee's own; every one for the society.", LICENCE,
         {_LAB: lambda call: holding.licences_of(call.me), _DESK: lambda call: licences_list()},
         sorts=("starts", "ends", "code"), filters={"now": ("yes", "no"), "use": USES}, searched=True),
    One("/licences/{licence}", "licences", "One licence, by its code or id.", LICENCE,
        {_LAB: _licence, _DESK: lambda call: queries.licence(call.named["licence"])}),
    Does("POST", "/licences", "licences", "Take a licence under a published tariff.",
         {_LAB: ("admin", _take)}, LICENCE,
         (Given("tariff", about="Its code.", needed=True, most=64), Given("starts", "date"),
          Given("code", about="What the licence is to be called.", most=64)), 201, leads="/licences/{id}"),
    Many("/tariffs/all", "licences", "Every version of every tariff.", TARIFF,
         {name: lambda call: few(list(reversed(queries.tariffs())),
                                 words=lambda one: f"{one.ref} {one.sentence}") for name in (_LAB, _DESK)},
         searched=True),
    Many("/clients", "clients", "A licensee's credentials for licence tokens.", CLIENT,
         {_LAB: lambda call: few(holding.clients_of(call.me),
                                 words=lambda one: f"{one.row.name} {one.row.tid}")}, searched=True),
    One("/clients/{client}", "clients", "One client.", CLIENT, {_LAB: _client}),
    Does("POST", "/clients", "clients", "Make a client; its secret is told this once.",
         {_LAB: ("manage", _new_client)}, MADE, _NEW_CLIENT, 201, leads="/clients/{id}", hides=("secret",)),
    Does("POST", "/clients/{client}/rotation", "clients",
         "Give a client another secret; those before it are good for a day yet.",
         {_LAB: ("manage", lambda call: actions.rotate_client(client=call.row.row.tid, by=call.user))}, MADE,
         status=201, finds={_LAB: _client}, hides=("secret",)),
    Does("POST", "/clients/{client}/revocation", "clients", "End a client for good.",
         {_LAB: ("manage", _revoke_client)}, CLIENT, _REASON, finds={_LAB: _client}),
    Many("/tokens", "clients", "Licence tokens that were issued.", TOKEN,
         {_LAB: lambda call: holding.tokens_of(call.me)}, sorts=("issued", "expires"),
         filters={"now": ("yes", "no"), "use": USES}, searched=True),
    One("/tokens/{token}", "clients", "One token, by its id.", TOKEN, {_LAB: _token}),
    Does("POST", "/tokens/{token}/revocation", "clients", "End a token before its time.",
         {_LAB: ("manage", _revoke_token)}, TOKEN, _REASON, finds={_LAB: _token}),
    Many("/invoices", "income", "Invoices: those to a licensee; every one for the society.", INVOICE,
         {_LAB: lambda call: owing.invoices_of(call.me), _DESK: lambda call: watching.invoices_list()},
         sorts=("issued_on", "amount", "starts"), filters={"currency": ()}, searched=True),
    Does("POST", "/invoices", "income", "State what is due under a licence for a period.",
         {_DESK: ("prepare", _invoice)}, INVOICE, (_NAMED, _SPAN), 201),
    Many("/invoices/open", "income", "Licences under which less came in than was invoiced.", OPEN,
         {_DESK: lambda call: watching.open_list()}, sorts=("open", "licence"), filters={"currency": ()},
         searched=True),
    Many("/owed", "income", "Your licences under which less came in than was invoiced.", OPEN,
         {_LAB: lambda call: few(owing.open_of(call.me))}),
    Many("/receipts", "income", "What came in: from a licensee; everything for the society.", RECEIPT,
         {_LAB: lambda call: owing.receipts_of(call.me), _DESK: lambda call: watching.receipts_list()},
         sorts=("received_on", "amount", "starts"), filters={"currency": ()}, searched=True),
    Does("POST", "/receipts", "income", "Record money that came in.", {_DESK: ("prepare", _receipt)},
         RECEIPT, (_NAMED, _SPAN, *_CAME,
                   Given("foreign", "flag", "It is in another currency than the licence's.")), 201),
    Many("/deposits", "income", "What was put on balances for crawling.", DEPOSIT,
         {_LAB: lambda call: owing.deposits_of(call.me), _DESK: lambda call: watching.deposits_list()},
         sorts=("received_on", "amount"), searched=True),
    Does("POST", "/deposits", "income", "Record money for a balance.", {_DESK: ("prepare", _deposit)},
         DEPOSIT, (Given("licensee", about="Its code or id.", needed=True, most=80), *_CAME), 201),
    Many("/balances", "income", "Money for crawling, by currency.", BALANCE,
         {_LAB: lambda call: few(money.balances(call.me)), _DESK: lambda call: few(money.balances())}),
    Many("/allowances", "income", "What of a balance is set aside for edges.", ALLOWANCE,
         {_LAB: lambda call: owing.allowances_of(call.me)}, sorts=("issued_at", "amount"),
         filters={"open": ("yes", "no")}),
)  # fmt: skip
