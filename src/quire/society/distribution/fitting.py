"""Whether a plan can divide what licences bring in, said before any money is in a run.

A portion that is pooled by value puts prices of several licences beside one another. A crawl licence has
none: each site asks its own, and each request has paid it. Such a plan is refused where it is looked at,
where it is adopted, and where a run by it would take such a licence's money.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from quire.core.plan import Plan
from quire.society.distribution.errors import PlanUnfit
from quire.society.licensing import queries as licensing
from quire.society.licensing.queries import LicenceRow


def unfit(plan: Plan, licences: Iterable[LicenceRow]) -> Iterator[str]:
    """A sentence for each share that pools by value, where one of the licences is paid by the crawl."""
    pools = [part.label for part in plan.leaves if part.pooled and part.measure == "value"]
    codes = [one.code for one in licences if one.kind == "crawl"] if pools else []
    for label in pools if codes else ():
        yield (
            f"“{label}” pools by value, and the licence {codes[0]}{_more(len(codes) - 1)} has no prices of "
            'its own: each site asks its own. Let it pool by requests (measure = "requests"), or divide each '
            'licence by itself (income = "own").'
        )


def _more(others: int) -> str:
    return f", like {others} more," if others else ""


def must_fit(plan: Plan, licences: Iterable[LicenceRow]) -> None:
    """Raises ``PlanUnfit`` with the first of those sentences."""
    for sentence in unfit(plan, licences):
        raise PlanUnfit(sentence)


def in_force_from(starts: date) -> list[LicenceRow]:
    """The licences that a plan in force from ``starts`` would divide: those with days from then on."""
    return [one for one in licensing.licences() if one.ends > starts]
