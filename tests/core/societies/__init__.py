"""Small societies at random, for properties of the core: everything that may happen, crowded into 40 days.

``evidence_of()`` draws a whole run's ``Evidence``; ``receipts_of`` gives it receipts; ``published`` signs it.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from quire.core import bundle, evidence, tokens
from quire.core.distribution import Evidence, Hold, divide_all
from quire.core.money import decimal_of
from tests.core import plans
from tests.core.societies import asked, folk, income, passing, wronged
from tests.core.societies.folk import CONTENT, DAYS, FIRST, LABS, day, mostly
from tests.core.societies.income import CURRENCIES

__all__ = [
    "CONTENT",
    "CURRENCIES",
    "DAYS",
    "FIRST",
    "KEY",
    "KEYS",
    "LABS",
    "Hold",
    "about_of",
    "day",
    "evidence_of",
    "files_of",
    "mostly",
    "published",
    "receipts_of",
    "signed",
]

KEY = tokens.SigningKey.from_jwk(
    {
        "kty": "OKP",
        "crv": "Ed25519",
        "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    }
)
KEYS = tokens.KeySet.of(KEY.public_jwk())


@st.composite
def evidence_of(draw: st.DrawFn) -> Evidence:
    """A whole run."""
    plan, people = draw(plans.plans()), draw(folk.parties)
    said, direct = draw(folk.answers(people)), draw(folk.direct_licences(people))
    works = draw(folk.subjects(people))
    ids, found = list(works.ids), draw(income.pots(plan))
    agreed, holds = draw(passing.agreements(people, ids)), draw(passing.holds(people, ids))
    counted = {}
    for pot in found:
        owned = [one for several in works.versions.values() for one in several]
        dated = [one for one in holds if one.both]
        segments = evidence.cut(people, said, direct, [*owned, *agreed, *dated], pot)
        counted[pot.id] = draw(income.counts(pot, segments, len(ids), weighed=plan.weighs_evidence))
    heads, rows = draw(asked.weighed([*ids, *(one.id for one in people)])) if plan.weighings else ((), ())
    # A lump sum has no prices: no plan divides it by value.
    by_value = any(part.measure == "value" for part in plan.leaves)
    classes = () if by_value else draw(income.entitled(found, ids))
    surveyed = draw(asked.surveys(ids)) if plan.surveys else {}
    corrected, debts = draw(wronged.wrongs(people, ids, found, agreed))
    found = tuple(income.lump(pot) if any(one.pot == pot.id for one in classes) else pot for pot in found)
    return Evidence(
        plan, found, people, said, direct, works, counted, holds, agreed, classes,
        weighings=heads, weights=rows, corrections=corrected, debts=debts, **surveyed,
    )  # fmt: skip


def receipts_of(found: Evidence) -> list[dict[str, Any]]:
    """Two receipts a pot, which sum to what came in."""
    told = []
    for pot in found.pots:
        for place, amount in enumerate((pot.received // 3, pot.received - pot.received // 3)):
            told.append(
                {
                    "receipt": f"rcp_{pot.id}_{place}",
                    "pot": pot.id,
                    "amount": decimal_of(amount),
                    "received": pot.ends.isoformat(),
                }
            )
    return told


def files_of(found: Evidence) -> dict[str, bytes]:
    """The run's evidence and results, as files."""
    divisions = divide_all(found)
    return evidence.input_files(found, receipts_of(found)) | evidence.result_files(found, divisions)


def about_of(found: Evidence) -> dict[str, Any]:
    return {
        "society": "Society of Examples",
        "run": "run_1",
        "plan": found.plan.name,
        "plan_digest": found.plan.digest,
        "decision": "mot_1",
        "from": min(pot.starts for pot in found.pots).isoformat(),
        "until": max(pot.ends for pot in found.pots).isoformat(),
    }


def signed(files: dict[str, bytes], about: dict[str, Any]) -> bundle.Bundle:
    """These files as a bundle, with the society's own signature."""
    return bundle.Bundle(bundle.build(files, about, KEY))


def published(found: Evidence) -> bundle.Bundle:
    return signed(files_of(found), about_of(found))
