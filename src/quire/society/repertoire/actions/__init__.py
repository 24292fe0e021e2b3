"""The only writes of the repertoire."""

from quire.society.repertoire.actions.shares import import_shares
from quire.society.repertoire.actions.sites import import_sites, register_site
from quire.society.repertoire.actions.verifying import Asked, start_verification, verify_site
from quire.society.repertoire.actions.works import import_works, register_work

__all__ = [
    "Asked",
    "import_shares",
    "import_sites",
    "import_works",
    "register_site",
    "register_work",
    "start_verification",
    "verify_site",
]
