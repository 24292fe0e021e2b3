"""What stands for the parts of a licensee's addresses in the small society whose January is closed."""

from __future__ import annotations

TARIFF = """
code = "answers"
kind = "per-request"
uses = ["ai-input"]
currency = "EUR"
prices = {"*" = "0.002"}
starts = 2026-01-01
sentence = "Make answers from everything, by the request."
decision = "Assembly of December 2025"
"""


def parts() -> dict[str, str]:
    """Part of a path to something that exists and is Lab North's; made on the way where there is none."""
    client = crawler()
    return {
        "<str:client>": client,
        "<str:token>": token(client),
        "<str:licence>": "north-2026",
        "<str:tariff>": tariff(),
        "<str:invoice>": invoice(),
    }


def invoice() -> str:
    """What is due for January."""
    from quire.society.invoicing import actions
    from quire.society.kit import periods
    from quire.society.parties import queries as parties

    by = parties.acting("preparer")
    return str(actions.issue_invoice(licence="north-2026", period=periods.parse("2026-01"), by=by).tid)


def crawler(lab: str = "lab-north") -> str:
    """A live client."""
    from quire.society.licensing import actions, queries
    from quire.society.parties import queries as parties

    found = queries.clients(lab)
    if found:
        return found[0].tid
    by = parties.acting("preparer")
    return str(actions.create_client(licensee=lab, name="crawler", by=by).client.tid)


def token(client: str) -> str:
    """A token that was issued to this client, as far as the books know."""
    from datetime import UTC, datetime, timedelta

    from quire.society.kit import ids
    from quire.society.licensing.models import IssuedToken, Licence

    found = IssuedToken.objects.filter(client=ids.read("cli", client)).first()
    if found is None:
        found = IssuedToken.objects.create(
            jti=f"jti-of-{client[-8:]}",
            client_id=ids.read("cli", client),
            licence=Licence.objects.get(code="north-2026"),
            uses=["ai-train"],
            expires=datetime.now(UTC) + timedelta(hours=1),
        )
    return str(found.tid)


def tariff() -> str:
    """A published tariff."""
    from quire.society.licensing import actions, queries
    from quire.society.parties import queries as parties

    if not queries.tariffs():
        actions.publish_tariff(text=TARIFF, by=parties.acting("preparer"))
    return "answers"
