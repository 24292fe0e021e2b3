"""The only reads of the repertoire that other rooms may call."""

from quire.society.repertoire.queries.agreements import AgreementRow, agreement, agreements, stated
from quire.society.repertoire.queries.bulk import Place, Places, Spot
from quire.society.repertoire.queries.facts import WorkFacts, work_facts
from quire.society.repertoire.queries.finder import NOTHING, Finder, Found
from quire.society.repertoire.queries.lists import (
    Version,
    WorkShown,
    agreements_of,
    sites_list,
    versions_of,
    work_shown,
    works_list,
    works_of,
)
from quire.society.repertoire.queries.offers import (
    OfferRow,
    offer,
    offer_row,
    offers_list,
    offers_of,
    open_offers,
)
from quire.society.repertoire.queries.owners import WorkRow, copies, owners, shares_of, work
from quire.society.repertoire.queries.registry import (
    Answer,
    lookup,
    work_id,
    work_ids,
    works_count,
    works_in_force,
)
from quire.society.repertoire.queries.subjects import Owned, SubjectRow, subjects
from quire.society.repertoire.queries.verified import (
    Checked,
    SiteRow,
    checks_of,
    handed_over,
    patterns_of,
    site,
    sites,
)

__all__ = [
    "NOTHING",
    "AgreementRow",
    "Answer",
    "Checked",
    "Finder",
    "Found",
    "OfferRow",
    "Owned",
    "Place",
    "Places",
    "SiteRow",
    "Spot",
    "SubjectRow",
    "Version",
    "WorkFacts",
    "WorkRow",
    "WorkShown",
    "agreement",
    "agreements",
    "agreements_of",
    "checks_of",
    "copies",
    "handed_over",
    "lookup",
    "offer",
    "offer_row",
    "offers_list",
    "offers_of",
    "open_offers",
    "owners",
    "patterns_of",
    "shares_of",
    "site",
    "sites",
    "sites_list",
    "stated",
    "subjects",
    "versions_of",
    "work",
    "work_facts",
    "work_id",
    "work_ids",
    "work_shown",
    "works_count",
    "works_in_force",
    "works_list",
    "works_of",
]
