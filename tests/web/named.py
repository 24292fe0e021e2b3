"""What the parts of pages' addresses may be in the small society whose January is closed: a page with a part
that is not here yet needs it here. Where one part means different things on different pages, give it its own
name in the pages' paths.
"""

from __future__ import annotations

from typing import Any

from tests.web import desk_named, lab_named, public_named


def parts(audience: str) -> dict[str, str]:
    """Part of a path to something that exists: for the member gazette and the licensee lab-north."""
    from quire.society.distribution import queries
    from quire.society.kit.models import Job
    from quire.society.ledger import queries as ledger
    from quire.society.parties import queries as parties
    from quire.society.repertoire import queries as repertoire

    job = Job.objects.filter(title=f"Count for the {audience}").first()
    gazette = parties.party("gazette")
    return {
        "<str:run>": queries.runs()[0].tid,
        "<int:number>": "1",
        "<int:line>": "1",
        "<str:job>": job.tid if job else "-",
        "<str:form>": "csv",
        "<str:work>": repertoire.work("https://gazette.example/a").tid,
        "<str:site>": "gazette-site",
        "<str:dispute>": disputed(gazette.code),
        "<str:upload>": handed_in(gazette.tid),
        "<str:key>": keyed(audience),
        "<str:notice>": noticed(audience),
        **hooked(audience),
        "<str:letter>": stopping(),
        "<str:offer>": offered(gazette.id),
        "<str:thing>": gazette.tid,
        "<str:code>": ledger.trial_balance()[0].code,
        **(lab_named.parts() if audience == "licensee" else {}),
        **(public_named.parts() if audience == "public" else {}),
        **(desk_named.parts() if audience == "operator" else {}),
    }


def noticed(audience: str) -> str:
    """A notice of this audience's."""
    from quire.society.notices import actions
    from quire.society.notices.models import Notice

    actions.tell()
    whose = {"member": "gazette", "licensee": "lab-north"}
    rows = Notice.objects.filter(audience=audience, party__code=whose.get(audience))
    return str(rows[0].tid) if audience != "public" else "-"


def hooked(audience: str) -> dict[str, str]:
    """An endpoint of this party's, and a test event that waits for it."""
    from quire.society.kit import clock, ids
    from quire.society.notices.models import Delivery, Endpoint
    from quire.society.parties import queries as parties

    code = {"member": "gazette", "licensee": "lab-north"}.get(audience)
    if code is None:
        return {}
    now = clock.now()
    whose = {"party": parties.party(code), "audience": audience, "url": "https://hooks.example/"}
    made, _ = Endpoint.objects.get_or_create(**whose, defaults={"created": now})
    sent = Delivery.objects.create(
        endpoint=made, message=ids.show("msg", ids.new()), event="webhook.test", body="{}", made=now, next=now
    )
    return {"<str:endpoint>": made.tid, "<str:delivery>": sent.tid}


def stopping() -> str:
    """What stands in a link that stops somebody's letters."""
    from quire.society.notices.actions.mailing import EVERYTHING, stop_address
    from quire.society.parties import queries as parties

    return stop_address(parties.acting("preparer"), EVERYTHING).rstrip("/").rpartition("/")[2]


def disputed(claimant: str) -> str:
    """A claim of this member's to a work of another's."""
    from quire.society.disputes import actions, queries
    from quire.society.parties import queries as parties

    known = queries.rows()
    if known:
        return known[0].tid
    made = actions.file_dispute(
        kind="share",
        work="https://lantern.example/p/1",
        claimant=claimant,
        reason="The picture was made for us.",
        shares=f"{claimant}:publisher:1/2; lantern:photographer:1/2",
        by=parties.acting("operator"),
    )
    return str(made.tid)


def offered(giver: Any) -> str:
    """A part of a work that the member offers to another."""
    from quire.society.kit import clock
    from quire.society.parties import queries as parties
    from quire.society.repertoire import actions, queries

    work = queries.work("https://gazette.example/b").id
    known = queries.offers_of(work)
    if known:
        return known[0].tid
    by = parties.acting("operator")
    made = actions.offer_share(
        work=work, giver=giver, taker="marsh", role="author", share="1/6", starts=clock.today(), by=by
    )
    return str(made.tid)


def keyed(audience: str) -> str:
    """A key of the API, of the audience's party or of the house."""
    from quire.society.kit.paging import Asked
    from quire.society.parties import actions, queries

    if audience == "public":
        return "-"
    party = {"member": "gazette", "licensee": "lab-north"}.get(audience)
    known = queries.api_keys(party=queries.party(party).id if party else None).page(Asked()).rows
    if known:
        return known[0].tid
    made = actions.make_api_key(audience=audience, party=party, name="reports", by=queries.acting("operator"))
    return made.key.tid


def handed_in(party: str) -> str:
    """A file of works that the member has handed in and not decided about."""
    from quire.core.canonical import digest
    from quire.society.kit import config, papers

    data = b"url,title\nhttps://gazette.example/new,A new one\n"
    name = digest(data)[7:39]
    papers.put(config.private("uploads") / party, {name: data})
    return name
