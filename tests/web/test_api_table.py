"""Every resource of the API on a society with a closed run: it answers as it is described, its order and its
narrowing are the list's own, another's party is nobody's business; and what a page lists, the API has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests import small
from tests.conftest import Furnished, furnished
from tests.rooms.api_desk import asking, key_of
from tests.web import desk, desk_named, named

WHOSE = {
    "member": ("own", "gazette"), "licensee": ("own", "lab-north"), "operator": ("operator", None),
    "auditor": ("auditor", None),
}  # fmt: skip
OTHERS = {"member": ("other", "marsh"), "licensee": ("other", "lab-south")}
NEVER = {
    "/settlements/{settlement}": "nobody owes anything here",
    "/disposals/{disposal}": "nothing is unclaimed long enough here",
    "/unclaimed/items/{item}": "nothing is unclaimed here",
}


@pytest.fixture(scope="module")
def before(postgres: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    """A small society with a closed run, and a user of every role."""
    folder = tmp_path_factory.mktemp("api")

    def furnish(people: dict[str, Any], patch: pytest.MonkeyPatch) -> None:
        from quire.society.parties import actions

        small.found(folder)
        small.use(folder)
        small.receive(folder)
        small.distribute()
        for role in ("operator", "approver", "auditor"):
            actions.add_user(name=role, roles=[role])
        for name, parties in (("own", ("gazette", "lab-north")), ("other", ("marsh", "lab-south"))):
            actions.add_user(name=name)
            for party in parties:
                actions.seat(user=name, party=party, role="admin")

    with furnished(postgres, folder, furnish, staffed=False) as made:
        yield made


def program(audience: str, whose: dict[str, Any] = WHOSE, *scopes: str) -> asking:
    """A program with a key of this audience."""
    from quire.society.parties import queries

    name, party = whose[audience]
    return asking(key_of(queries.acting(name), audience, party, *scopes, per_minute=60_000))


def whole(path: str, audience: str) -> str:
    """The address with its parts filled in."""
    from quire.society.kit import clock
    from quire.society.kit.models import Job
    from quire.society.parties import queries

    party = WHOSE[audience][1]
    if "{job}" in path:
        whose = queries.party(party).id if party else None
        made = Job.objects.create(kind="test", title="Count", party=whose, asked_at=clock.now())
        return path.replace("{job}", made.tid)
    known = {re.sub(r"<\w+:(\w+)>", r"\1", one): value for one, value in named.parts(audience).items()}
    known |= {"party": "gazette", "payment": "-", "term": "-", "account": known["code"]}
    known["application"] = known.get("application", "-")
    known["import"] = known.get("imported", "-")
    known["claim"] = desk_named.claimed()
    for part in re.findall(r"\{(\w+)\}", path):
        path = path.replace(f"{{{part}}}", known[part])
    return path


def table() -> Any:
    from quire.society.api.resources import TABLE

    return TABLE


def test_every_resource_answers_as_it_is_described(house: Any) -> None:
    from quire.society.api.keyed.table import Does, audiences

    schemas = document()["components"]["schemas"]
    programs = {audience: program(audience) for audience in WHOSE}
    wrong = []
    for one in table():
        for audience in () if isinstance(one, Does) else audiences(one):
            address = whole(one.path, audience)
            answer = programs[audience].get(address)
            if answer.status_code == 404 and one.path in NEVER:
                continue
            if answer.status_code != 200:
                wrong.append((address, audience, answer.status_code, answer.content[:200]))
                continue
            wrong += [(address, told) for told in told_otherwise(one, answer.json(), schemas)]
    assert not wrong, "\n".join(map(str, wrong))


def told_otherwise(one: Any, said: Any, schemas: dict[str, Any]) -> list[str]:
    """What of an answer is not as its schema has it."""
    import jsonschema_rs

    from quire.society.api.keyed.table import Many

    rows = said["data"] if isinstance(one, Many) else [said]
    schema = {"$ref": f"#/components/schemas/{one.shape.name}", "components": {"schemas": schemas}}
    judge = jsonschema_rs.validator_for(schema)
    return [str(problem)[:300] for row in rows for problem in judge.iter_errors(row)]


def document() -> Any:
    return desk.visitor().get("/api/v1/openapi.json").json()


def test_a_list_is_sorted_and_narrowed_as_it_says(house: Any) -> None:
    """What the table says of a list is what the list itself has: no more, no less."""
    from quire.society.api.keyed.table import Call, Many
    from quire.society.parties import queries

    wrong: list[Any] = []
    for one in table():
        if not isinstance(one, Many):
            continue
        sorts, filters, searched = set(), {}, False
        for audience in one.rows:
            name, party = WHOSE[audience]
            key = queries.shown_key(key_of(queries.acting(name), audience, party))
            assert key is not None
            parts = named_parts(one.path, audience)
            try:
                listing = one.rows[audience](Call(key.key, key.user, key.may, parts, {}))
            except Exception as problem:
                raise AssertionError((one.path, audience)) from problem
            sorts |= set(listing.sorts)
            filters |= {name: tuple(said.choices) for name, said in listing.filters.items()}
            searched = searched or listing.searched
        has = (sorts, set(filters) - {"run"}, searched)
        if (set(one.sorts), set(one.filters), one.searched) != has:
            wrong.append((one.path, *has))
        wrong += [
            (one.path, name, filters[name])
            for name, said in one.filters.items()
            if said and set(said) != set(filters.get(name, ()))
        ]
    assert not wrong, "\n".join(map(str, wrong))


def named_parts(path: str, audience: str) -> dict[str, str]:
    found = re.findall(r"\{(\w+)\}", path)
    there = whole(path, audience)
    pattern = re.sub(r"\\\{(\w+)\\\}", r"(.+)", re.escape(path))
    values = re.fullmatch(pattern, there)
    assert values
    return dict(zip(found, values.groups(), strict=True))


def test_of_another_party_nothing_is_found(house: Any) -> None:
    from quire.society.api.keyed.table import Does, One, audiences

    others = {audience: program(audience, OTHERS) for audience in OTHERS}
    mine = {audience: program(audience) for audience in OTHERS}
    for one in table():
        if isinstance(one, Does) or "{" not in one.path or "{offer}" in one.path:
            continue  # the offer is made to this very other
        for audience in set(audiences(one)) & set(OTHERS):
            address = whole(one.path, audience)
            answer = others[audience].get(address)
            if "{run}" in one.path:  # a run gives something to many, and to each tells its own
                assert answer.content != mine[audience].get(address).content, one.path
                continue
            empty = not isinstance(one, One) and answer.status_code == 200 and not answer.json()["data"]
            assert answer.status_code == 404 or empty, (one.path, audience, answer.content[:300])


SAME = {
    "member-api-keys": "/api-keys", "lab-api-keys": "/api-keys", "desk-api-keys": "/api-keys",
    "audit-api-keys": "/api-keys",
    "member-jobs": "/jobs", "lab-jobs": "/jobs", "desk-jobs": "/jobs",
    "member-statements": "/statements", "member-statement": "/statements/{run}/sums",
    "member-lines": "/statements/{run}/lines", "member-earnings": "/earnings", "member-money": "/payments",
    "member-works": "/works", "member-sites": "/sites", "member-disputes": "/disputes",
    "member-unclaimed": "/unclaimed", "member-agreements": "/agreements", "member-offers": "/offers",
    "lab-usage": "/usage", "lab-clients": "/clients", "lab-client": "/tokens", "lab-tokens": "/tokens",
    "lab-reports": "/reports", "lab-invoices": "/invoices", "lab-payments": "/receipts",
    "lab-credit": "/deposits", "lab-licences": "/licences", "lab-tariffs": "/tariffs/all",
    "desk-runs": "/runs", "desk-run": "/runs/{run}/pots", "desk-run-changes": "/runs/{run}/changes",
    "desk-plans": "/plans", "desk-batches": "/batches", "desk-payments": "/payments",
    "desk-returned": "/payments/returned", "desk-batch": "/batches/{batch}/payments",
    "desk-applications": "/applications", "desk-members": "/members", "desk-parties": "/parties",
    "desk-licences": "/licences", "desk-tariffs": "/tariffs/all", "desk-invoices": "/invoices",
    "desk-open": "/invoices/open", "desk-receipts": "/receipts", "desk-deposits": "/deposits",
    "desk-lumps": "/lumps", "desk-lump": "/lumps/{lump}/claims", "desk-disputes": "/disputes",
    "desk-corrections": "/corrections", "desk-debts": "/debts", "desk-holds": "/holds",
    "desk-unclaimed": "/unclaimed", "desk-claims": "/unclaimed/claims", "desk-imports": "/imports",
    "desk-import": "/imports/{import}/aside", "desk-usage-of": "/usage/totals", "desk-edges": "/edges",
    "desk-surveys": "/surveys", "desk-survey": "/surveys/{survey}/units", "desk-acts": "/acts",
    "audit-ledger": "/ledger", "audit-trial-balance": "/trial-balance",
    "audit-account": "/ledger/accounts/{account}", "audit-runs": "/runs", "audit-acts": "/acts",
    "audit-people": "/users",
    "member-notices": "/notices", "lab-notices": "/notices", "desk-notices": "/notices",
    "audit-notices": "/notices", "member-webhooks": "/webhooks", "lab-webhooks": "/webhooks",
    "member-webhook": "/webhooks/{endpoint}/deliveries", "lab-webhook": "/webhooks/{endpoint}/deliveries",
    "desk-taxes": "/tax-forms", "desk-strays": "/usage/unmatched", "audit-changes": "/changes",
}  # fmt: skip
"""Page to the resource that has the list it shows."""
APART = {
    "member-works-preview": "a file that is looked at before it is taken belongs to who handed it in",
    "lab-prices": "POST /registry/lookup answers this",
    "audit-decided": "the register of acts has both halves: GET /acts",
    "audit-jobs": "the house's jobs, for the desk's keys: GET /jobs",
    "lab-compared": "two long tables compared; a file of the page's",
}
"""Page to why the API has no list of its own for it."""


def test_what_a_page_lists_the_api_has(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from quire.society.api.keyed.table import Many, audiences
    from quire.society.web import lists
    from tests.web.test_pages import addresses

    seen: list[str] = []
    own = lists.table
    monkeypatch.setattr(lists, "table", lambda *given, **more: (seen.append(""), own(*given, **more))[1])
    browsers = {audience: desk.signed_in(WHOSE[audience][0]) for audience in WHOSE}
    has = {one.path: audiences(one) for one in table() if isinstance(one, Many)}
    wrong = []
    for audience, page, address in addresses():
        if audience.name == "public":
            continue
        seen.clear()
        browsers[audience.name].get(address).close()
        path = SAME.get(page.name, "")
        if seen and page.name not in APART and audience.name not in has.get(path, ()):
            wrong.append((page.name, path))
    assert not wrong
    assert set(SAME) & set(APART) == set()
