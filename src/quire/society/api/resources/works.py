"""Works, their owners, sites and their terms, answers (mandates), and agreements."""

from __future__ import annotations

from typing import Any

from quire.core.errors import Refused
from quire.core.money import Money
from quire.core.terms import USES
from quire.society.api.keyed.given import BadBody, Given
from quire.society.api.keyed.shapes import Field, Shape, tid
from quire.society.api.keyed.table import Call, Does, Endpoint, Many, One
from quire.society.api.resources.people import PARTY
from quire.society.kit import ids
from quire.society.kit.nouns import Unknown
from quire.society.kit.paging import few
from quire.society.mandates import actions as terms
from quire.society.mandates import queries as mandates
from quire.society.parties import queries as parties
from quire.society.repertoire import actions, queries

WORK = Shape("Work", "A work on record.", (
    tid(), Field("key", about="Its address, or its identifier."), Field("identifier"), Field("title"),
    Field("type"), Field("tier", about="Its content tier."), Field("words", "number", null=True),
    Field("member", about="The code of who registered it."), Field("starts", "date", null=True),
    Field("ends", "date", null=True), Field("original", about="The key of what it is a copy of."),
    Field("syndicator_share", "share", null=True),
))  # fmt: skip
_OWNER = Shape("Owner", "A share of a work; party is unknown where nobody knows whose.", (
    Field("party", of=lambda one: one[0]), Field("name", of=lambda one: one[1]),
    Field("role", of=lambda one: one[2]), Field("share", "share", lambda one: one[3]),
))  # fmt: skip
_VERSION = Shape("Owners", "Who owns a work in a span of days.", (
    Field("starts", "date", null=True), Field("ends", "date", null=True),
    Field("holders", "many", shape=_OWNER),
))  # fmt: skip
WHOLE = Shape("WorkWhole", "A work, with every version of its owners; without one it is its member's.", (
    *(Field(one.name, one.kind, lambda both, one=one: one.of(both[0]) if one.of else
            getattr(both[0], one.name), one.about, one.null) for one in WORK.fields),
    Field("owners", "many", lambda both: both[1], shape=_VERSION),
    Field("copies", "words", lambda both: both[2], "The keys of its copies."),
))  # fmt: skip
SITE = Shape("Site", "A site, or the paths of one.", (
    tid(), Field("code"), Field("host"), Field("patterns", "words"), Field("tier"),
    Field("owner", of=lambda one: one.owner_code), Field("verified", "flag"),
))  # fmt: skip
TOKEN = Shape("SiteToken", "What is to stand where, to show that a site is its owner's.", (
    Field("method"), Field("where"), Field("text"),
))  # fmt: skip
CHECKED = Shape("SiteCheck", "What was found when it was looked for.", (
    Field("method"), Field("outcome"), Field("at", "moment"),
))  # fmt: skip
TERM = Shape("PathTerm", "What holds for a path of a site: a yes or no to a use, or a price of a request.", (
    tid(), Field("pattern"), Field("use"),
    Field("licensee", of=lambda one: one.licensee.code if one.licensee else None, null=True),
    Field("yes", "flag", null=True), Field("price", "money", null=True), Field("starts", "date"),
    Field("ends", "date", null=True),
))  # fmt: skip
MANDATE = Shape("Mandate", "A yes or no to a use, by everybody (licensee null) or by one licensee.", (
    tid(), Field("use", choices=USES), Field("licensee", "one", null=True, shape=PARTY),
    Field("yes", "flag"), Field("starts", "date"), Field("ends", "date", null=True),
))  # fmt: skip
AGREEMENT = Shape("Agreement", "What one party passes on of what it earns.", (
    tid(), Field("code"), Field("giver"), Field("retention", "share"),
    Field("takers", "many", shape=Shape("Taker", "Who takes which share of the rest.", (
        Field("party", of=lambda one: one[0]), Field("role", of=lambda one: one[1]),
        Field("share", "share", lambda one: one[2])))),
    Field("works", "words"), Field("uses", "words"), Field("roles", "words"),
    Field("starts", "date", null=True), Field("ends", "date", null=True),
))  # fmt: skip


class Elsewhere(Refused):
    """An address that lies on another member's site."""

    code = "works.elsewhere"


def party_of(call: Call) -> Any:
    """The party of a member's key; None for the house, which sees everybody's."""
    return call.key.party.id if call.key.party else None


def _work(call: Call) -> Any:
    found = queries.work_shown(party_of(call), ids.read("wrk", call.named["work"]))
    return found, queries.versions_of(found.id), queries.copies(found.id)


def _register(call: Call) -> Any:
    member = call.party.code if call.key.party else call.said.get("member", "")
    said = {name: value for name, value in call.said.items() if name not in {"member", "starts", "ends"}}
    if said.get("url"):
        (there,) = queries.lookup([said["url"]])
        if call.key.party and there.found == "site" and there.member != member:
            raise Elsewhere("This address lies on another member's site; only they register what is there.")
    days = {name: call.said[name].isoformat() for name in ("starts", "ends") if name in call.said}
    made = actions.register_work(member=member, **said, **days, by=call.user)
    return queries.work_shown(None, made.id)


def _site(call: Call) -> Any:
    """The site by its code, of the key's own party."""
    found = queries.site(call.named["site"])
    if call.key.party and found.owner != call.me:
        raise Unknown("There is no such site of yours.")
    return found


def _new_site(call: Call) -> Any:
    owner = call.party.code if call.key.party else call.said.get("owner", "")
    made = actions.register_site(code=call.said["code"], host=call.said["host"], owner=owner,
                                 patterns=call.get("patterns") or ["/"], by=call.user)  # fmt: skip
    return queries.site(made.code)


_OF_USES = {"use", "licensee"}


def _set(call: Call) -> Any:
    """A term or a price; several rows where it takes the place of others."""
    site, starts = call.row, call.said["starts"]
    if ("price" in call.said) == ("yes" in call.said) or ("price" in call.said and _OF_USES & set(call.said)):
        raise BadBody("Say yes (true or false, for a use and a licensee), or a price; not both.", field="yes")
    said = {"site": site.code, "pattern": call.said["pattern"], "starts": starts,
            "ends": call.get("ends", None), "by": call.user}  # fmt: skip
    if "price" in call.said:
        price: Money = call.said["price"]
        made = {terms.set_price(**said, price=price).tid}
    else:
        some = terms.set_terms(**said, use=call.get("use", "all"), licensee=call.get("licensee", None),
                               answer=call.said["yes"])  # fmt: skip
        made = {one.tid for one in some}
    return {"terms": [one for one in mandates.path_facts(site.id) if one.tid in made]}


def _term(call: Call) -> Any:
    site = _site(call)
    found = [one for one in mandates.path_facts(site.id) if one.tid == call.named["term"]]
    if not found:
        raise Unknown("There is no such term of this site.")
    return site, found[0]


def _end(call: Call) -> Any:
    site, found = call.row
    day = call.said["ends"]
    if found.price is not None:
        terms.end_price(price=found.tid, ends=day, by=call.user)
    else:
        terms.end_terms(term=found.tid, ends=day, by=call.user)
    return next(one for one in mandates.path_facts(site.id) if one.tid == found.tid)


def _answer(call: Call) -> Any:
    who = call.get("licensee", None)
    made = terms.change_answer(
        member=call.me, use=call.said["use"], licensee=parties.party(who).id if who else None,
        yes={"yes": True, "no": False, "same": None}[call.said["answer"]], starts=call.said["starts"],
        by=call.user,
    )  # fmt: skip
    tids = {one.tid for one in made}
    return {"mandates": [one for one in mandates.mandates_of(call.me) if one.tid in tids]}


TERMS = Shape("PathTerms", "What was set.", (Field("terms", "many", lambda one: one["terms"], shape=TERM),))
MANDATES = Shape("Mandates", "What holds from that day on by this answer.", (
    Field("mandates", "many", lambda one: one["mandates"], shape=MANDATE),))  # fmt: skip
_METHODS = ("well-known", "dns", "meta")
_NEW_WORK = (
    Given("title", needed=True, most=300), Given("url", about="Its address.", most=2_000),
    Given("identifier", about="Its number, as doi:10.1000/182, where it has one.", most=200),
    Given("type", most=32), Given("words", "number", most=100_000_000), Given("tier", most=32),
    Given("shares", about="party:role:share between semicolons; all is yours where nothing is said.",
          most=2_000),
    Given("original", about="The key of what it is a copy of.", most=2_000),
    Given("syndicator_share", about="Your share of what the copy earns.", most=40),
    Given("starts", "date"), Given("ends", "date"),
    Given("member", about="Whose it is; said by the society alone.", most=64),
)  # fmt: skip

TABLE: tuple[Endpoint, ...] = (
    Many("/works", "works", "Works: a member's own and those with a share of its own; every work for the "
         "society.", WORK,
         {"member": lambda call: queries.works_list(call.me), "operator": lambda call: queries.works_list()},
         sorts=("title", "key"), filters={"type": (), "tier": (), "whose": ("mine", "share")}, searched=True),
    One("/works/{work}", "works", "One work with its owners, by its id.", WHOLE,
        {"member": _work, "operator": _work}),
    Does("POST", "/works", "works", "Register a work.",
         {"member": ("manage", _register), "operator": ("prepare", _register)}, WORK, _NEW_WORK, 201,
         leads="/works/{id}"),
    Many("/sites", "works", "Sites: a member's own; every site for the society.", SITE,
         {"member": lambda call: queries.sites_list(call.me), "operator": lambda call: queries.sites_list()},
         sorts=("code", "host"), searched=True),
    Does("POST", "/sites", "works", "Register a site.",
         {"member": ("manage", _new_site), "operator": ("prepare", _new_site)}, SITE,
         (Given("code", needed=True, most=64), Given("host", needed=True, most=253),
          Given("patterns", "words", "Its paths; all where nothing is said.", most=300),
          Given("owner", about="Whose it is; said by the society alone.", most=64)), 201),
    Does("POST", "/sites/{site}/verification", "works", "Ask what is to stand where, to show it is yours.",
         {"member": ("manage", lambda call: actions.start_verification(
             site=call.row.code, method=call.get("method", "well-known"), by=call.user))},
         TOKEN, (Given("method", choices=_METHODS),), 201, finds={"member": _site}),
    Does("POST", "/sites/{site}/checks", "works", "Have it looked for: the site is fetched.",
         {"member": ("manage", lambda call: actions.verify_site(site=call.row.code, by=call.user))}, CHECKED,
         status=201, finds={"member": _site}, beyond=True, apart=True),
    Many("/sites/{site}/checks", "works", "What was found so far.", CHECKED,
         {"member": lambda call: few(queries.checks_of(_site(call).id))}),
    Many("/sites/{site}/terms", "works", "What holds for the paths of a site.", TERM,
         {"member": lambda call: few(mandates.path_facts(_site(call).id))}),
    Does("POST", "/sites/{site}/terms", "works",
         "Say yes or no to a use of what lies under a path, or what a request there costs (price).",
         {"member": ("manage", _set)}, TERMS,
         (Given("pattern", about="Like /photos/.", needed=True, most=500),
          Given("starts", "date", needed=True), Given("ends", "date"), Given("use", choices=("all", *USES)),
          Given("yes", "flag", "A yes within a no."), Given("licensee", most=64), Given("price", "money")),
         201, finds={"member": _site}),
    Does("POST", "/sites/{site}/terms/{term}/end", "works", "End a term or a price.",
         {"member": ("manage", _end)}, TERM, (Given("ends", "date", needed=True),),
         finds={"member": _term}),
    Many("/mandates", "rights", "Your answers: what may be done with your works, and by whom.", MANDATE,
         {"member": lambda call: few(mandates.mandates_of(call.me),
                                     filters={"use": ("Use", {use: use for use in USES},
                                                      lambda one: one.use)})},
         filters={"use": USES}),
    Does("POST", "/mandates", "rights", "Answer for a use: for everybody, or for one licensee (same: as for "
         "everybody).", {"member": ("manage", _answer)}, MANDATES,
         (Given("use", needed=True, choices=USES), Given("licensee", about="A party's code.", most=64),
          Given("answer", needed=True, choices=("yes", "no", "same")), Given("starts", "date", needed=True)),
         201),
    Many("/agreements", "rights", "What you pass on of what you earn, and what is passed on to you.",
         AGREEMENT, {"member": lambda call: few(queries.agreements_of(call.me), words=lambda one: one.code)},
         searched=True),
)  # fmt: skip
