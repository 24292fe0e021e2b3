"""Which uses the ``<license>`` element that a client sends permits."""

from __future__ import annotations

from quire.core import rsl
from quire.core.errors import Invalid, QuireError
from quire.core.rsl import Content, Document, Licence, Limits
from quire.core.terms import USES
from quire.society.licensing.errors import BadLicenseElement

LONGEST = 32 * 1024
_ANYWHERE = "https://site.invalid/"


def permitted(element: str | None) -> tuple[str, ...]:
    """The uses, in the order of USES; all of them where no element was sent: the client's standing licence.

    What the element says of users, places and payment is passed over: the licence that is granted here says
    it, and the element can only make a token narrower. BadLicenseElement where it cannot be read or permits
    nothing.
    """
    if element is None:
        return USES
    if len(element) > LONGEST:
        raise BadLicenseElement(f"The license has more than {LONGEST} characters.")
    try:
        licence, findings = rsl.read_licence(element)
    except QuireError as problem:
        raise BadLicenseElement(problem.sentence) from problem
    uses = _uses(licence)
    if not uses:
        why = findings[0] if findings else f"there are licences for {', '.join(USES)}."
        raise BadLicenseElement(f"The license permits no use that is licensed here: {why}")
    return uses


def _uses(licence: Licence) -> tuple[str, ...]:
    plain = Licence(Limits(licence.permits.usage), Limits(licence.prohibits.usage))
    document = Document((Content("/", (plain,)),))
    try:
        return tuple(use for use in USES if rsl.evaluate(document, _ANYWHERE, use).licensed)
    except Invalid as problem:
        raise BadLicenseElement(problem.sentence) from problem
