"""Whose key it is, keys, jobs; parties, members and applications."""

from __future__ import annotations

from typing import Any

from quire.society.api.keyed.given import Given
from quire.society.api.keyed.shapes import Field, Shape, tid
from quire.society.api.keyed.table import Call, Does, Endpoint, Many, One
from quire.society.kit import jobs
from quire.society.kit.nouns import Unknown
from quire.society.kit.paging import few
from quire.society.membership import actions as membership
from quire.society.membership import queries as members
from quire.society.membership import watching
from quire.society.parties import actions, queries
from quire.society.parties.watching import parties_list

PARTY = Shape("Party", "A person or organisation, by its code.", (
    tid(), Field("code", about="The society's own reference, which never changes."), Field("name"),
    Field("kind", about="Like newspaper, photographer or lab."),
))  # fmt: skip
_DETAILS = (
    "email", "street", "building", "postcode", "town", "country", "iban", "bic", "account_holder",
)  # fmt: skip
_NUMBERS = ("isni", "ipi", "ipi_base", "vat", "lei", "orcid", "isil", "gln")
FACTS = Shape("PartyFacts", "Everything on record about a party; the account's number is masked.", (
    Field("id", of=lambda one: one[0].tid), Field("code", of=lambda one: one[1].code),
    Field("name", of=lambda one: one[1].name), Field("kind", of=lambda one: one[1].kind),
    *(Field(name, of=lambda one, name=name: _shown(one[1], name)) for name in _DETAILS),
    Field("numbers", "texts", lambda one: one[1].identifiers(), "Numbers that others know it by."),
))  # fmt: skip
KEY = Shape("ApiKey", "A key of the API, without its secret.", (
    tid(), Field("name"), Field("user", about="As whom it acts."), Field("audience"),
    Field("mode", choices=("live", "test")), Field("scopes", "words"),
    Field("ends_with", about="The last characters of its secret."), Field("per_minute", "number"),
    Field("made", "moment"), Field("used", "moment", null=True), Field("revoked", "moment", null=True),
))  # fmt: skip
ME = Shape("Me", "Whom the key stands for.", (
    Field("key", "one", lambda call: call.key, shape=KEY),
    Field("may", "words", lambda call: sorted(call.may), "What it may do at this moment."),
    Field("party", "one", lambda call: call.key.party, null=True, shape=PARTY),
))  # fmt: skip
JOB = Shape("Job", "Work that takes longer than an answer waits; ask again until it is done or failed.", (
    tid(), Field("kind"), Field("title"), Field("by"),
    Field("state", choices=("waiting", "running", "silent", "done", "failed")),
    Field("sentence", about="What it is doing, or why it failed."), Field("done", "number"),
    Field("whole", "number"), Field("unit"), Field("asked_at", "moment"),
    Field("ended_at", "moment", null=True), Field("result", "texts"),
))  # fmt: skip
MEMBER = Shape("Membership", "A membership, the days it lasts, and notice that was given.", (
    tid(), Field("party", "one", shape=PARTY), Field("starts", "date"),
    Field("ends", "date", null=True), Field("notice_on", "date", null=True),
))  # fmt: skip
APPLICATION = Shape("Application", "What an applicant showed, and every reason where it does not suffice.", (
    tid(), Field("party", "one", shape=PARTY), Field("on", "date"), Field("shown", "texts"),
    Field("criteria"), Field("admitted", "flag"), Field("reasons", "words"),
))  # fmt: skip
SEAT = Shape("Seat", "Somebody in the team, and what they may do.", (
    Field("user"), Field("email"), Field("role", choices=("admin", "manager", "reader")),
))  # fmt: skip
INVITATION = Shape("Invitation", "Somebody who is asked to come in.", (
    tid(), Field("email"), Field("role"), Field("by"), Field("expires", "moment"),
))  # fmt: skip
USER = Shape("User", "Somebody of the society's house.", (
    Field("name", of=lambda one: one[0]), Field("roles", "words", lambda one: one[1]),
))  # fmt: skip
OF_PARTY = ("member", "licensee")
DESK = ("operator",)
HOUSE = ("operator", "auditor")
ALL = (*OF_PARTY, *HOUSE)


def _shown(facts: Any, name: str) -> str:
    value = str(getattr(facts, name) or "")
    return f"…{value[-4:]}" if name == "iban" and value else value


def for_all(audiences: tuple[str, ...], one: Any) -> dict[str, Any]:
    """The same for keys of each of these."""
    return dict.fromkeys(audiences, one)


def _facts(call: Call, who: Any) -> Any:
    found = queries.party(who)
    return found, queries.facts_of(found)


def _change(call: Call) -> Any:
    code = call.row[1].code
    actions.change_party(code=code, by=call.user, **call.said)
    return _facts(call, code)


def _register(call: Call) -> Any:
    said = {name: value for name, value in call.said.items() if value}
    return _facts(call, actions.register_party(**said, by=call.user))


def _apply(call: Call) -> Any:
    made = membership.apply(
        party=call.said["party"], shown=call.said["shown"], on=call.get("on", None), by=call.user
    )
    return watching.application(made.tid)


def _invite(call: Call) -> Any:
    made = actions.invite(email=call.said["email"], role=call.said["role"], party=call.me, by=call.user)
    return next(one for one in queries.invitations(party=call.me) if one.tid == made.tid)


def _job(call: Call) -> Any:
    party = call.key.party.id if call.key.party else None
    row = jobs.find(call.named["job"], party=party, by=call.user if party else None)
    if party and row.party != party:
        raise Unknown("There is no such job.")  # one that the key's maker asked for elsewhere
    return row


_CHANGES = tuple(Given(name, most=70) for name in (*_DETAILS, *_NUMBERS))
_OWN = tuple(Given(name, most=70) for name in _DETAILS)

TABLE: tuple[Endpoint, ...] = (
    One("/me", "keys", "Whom the key stands for, and what it may do.", ME, for_all(ALL, lambda call: call)),
    Many("/api-keys", "keys", "The keys of the party, or of the house.", KEY,
         for_all(ALL, lambda call: queries.api_keys(party=call.party.id if call.key.party else None)),
         sorts=("made", "name")),
    Many("/jobs", "jobs", "Work that was asked for.", JOB,
         for_all(OF_PARTY, lambda call: jobs.job_list(party=call.me))
         | for_all(DESK, lambda call: jobs.job_list()),
         sorts=("asked_at",), filters={"state": ("waiting", "running", "done", "failed")}, searched=True),
    One("/jobs/{job}", "jobs", "One job, and how far it is.", JOB, for_all((*OF_PARTY, *DESK), _job)),
    Many("/parties", "people", "Everybody who is paid or who pays.", PARTY,
         {"operator": lambda call: parties_list()}, sorts=("code", "name"),
         filters={"kind": (), "account": ("no",)}, searched=True),
    One("/parties/{party}", "people", "One party, by its code or id.", FACTS,
        {"operator": lambda call: _facts(call, call.named["party"])}),
    Does("POST", "/parties", "people", "Register a party.", {"operator": ("prepare", _register)}, FACTS,
         (Given("code", about="Like lantern-press; for good.", needed=True, most=64),
          Given("name", needed=True, most=140),
          Given("kind", about="Like newspaper, photographer or lab.", needed=True, most=20), *_CHANGES),
         201, leads="/parties/{id}"),
    Does("PATCH", "/parties/{party}", "people", "Change what is on record about a party.",
         {"operator": ("prepare", _change)}, FACTS, (Given("name", most=140), *_CHANGES),
         of="/parties/{party}"),
    One("/details", "people", "Your own address and account, the number masked.", FACTS,
        {"member": lambda call: _facts(call, call.me)}),
    Does("PATCH", "/details", "people", "Change your own address, account or e-mail.",
         {"member": ("admin", _change)}, FACTS, _OWN, of="/details"),
    Many("/team", "people", "Who acts for the party.", SEAT,
         for_all(OF_PARTY, lambda call: few(queries.seats(party=call.me)))),
    Many("/team/invitations", "people", "Who is asked to come into the team.", INVITATION,
         for_all(OF_PARTY, lambda call: few(queries.invitations(party=call.me)))),
    Does("POST", "/team/invitations", "people", "Ask somebody to come into the team, by e-mail.",
         for_all(OF_PARTY, ("admin", _invite)), INVITATION,
         (Given("email", needed=True, most=254),
          Given("role", needed=True, choices=("admin", "manager", "reader"))), 201, beyond=True),
    Many("/members", "people", "Every membership that there is or was.", MEMBER,
         {"operator": lambda call: watching.members_list()}, sorts=("starts",),
         filters={"now": ("yes", "no"), "notice": ("yes",)}, searched=True),
    Many("/memberships", "people", "Your own memberships.", MEMBER,
         {"member": lambda call: few(members.memberships_of(call.me))}),
    Many("/applications", "people", "Applications; a member's key finds its own.", APPLICATION,
         {"operator": lambda call: watching.applications_list()}, sorts=("on",),
         filters={"admitted": ("yes", "no")}, searched=True),
    One("/applications/{application}", "people", "One application.", APPLICATION,
        {"operator": lambda call: watching.application(call.named["application"])}),
    Does("POST", "/applications", "people",
         "Put an application on record: the criteria in force on its day judge it at once.",
         {"operator": ("prepare", _apply)}, APPLICATION,
         (Given("party", about="Its code or id.", needed=True, most=80),
          Given("shown", "texts", "What is shown, by criterion.", needed=True), Given("on", "date")),
         201, leads="/applications/{id}"),
    Many("/users", "people", "Everybody with a role in the society's house.", USER,
         for_all(HOUSE, lambda call: few([one for one in queries.users() if one[1]],
                                         words=lambda one: one[0])), searched=True),
)  # fmt: skip
