"""The only writes of the repertoire."""

from quire.society.repertoire.actions.agreements import (
    end_agreement,
    import_agreements,
    record_agreement,
)
from quire.society.repertoire.actions.amending import amend_owners, amend_work
from quire.society.repertoire.actions.intake import stand_still
from quire.society.repertoire.actions.offering import answer_offer, offer_share, withdraw_offer
from quire.society.repertoire.actions.shares import import_shares
from quire.society.repertoire.actions.sites import import_sites, register_site
from quire.society.repertoire.actions.verifying import Asked, start_verification, verify_site
from quire.society.repertoire.actions.works import import_works, register_work

__all__ = [
    "Asked",
    "amend_owners",
    "amend_work",
    "answer_offer",
    "end_agreement",
    "import_agreements",
    "import_shares",
    "import_sites",
    "import_works",
    "offer_share",
    "record_agreement",
    "register_site",
    "register_work",
    "stand_still",
    "start_verification",
    "verify_site",
    "withdraw_offer",
]
