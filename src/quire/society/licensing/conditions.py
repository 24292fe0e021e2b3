"""What a licensee may and must do beyond the uses: outputs, attribution, reports, models, audits; as data.

A licence keeps them as the JSON object that ``as_json`` gives. A licence that says nothing asks for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Protocol

from quire.society.licensing.errors import BadTerms

REPORTING = {
    "none": "",
    "telemetry": "The licensee reports each retrieval and showing of a work as Content Telemetry 1.0 events.",
    "monthly": "The licensee reports its use of the works for each month by the end of the month after.",
}
MOST_MODELS = 20
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Conditions:
    """``derivatives``: outputs may adapt a work. ``output_attribution``: an output names the works it rests
    on. ``attribution``: a shown work names its author and links to it. ``reporting`` is one of REPORTING,
    ``models`` say which models may use the works, ``audit``: the society may have the licensee's use
    audited.
    """

    derivatives: bool = True
    output_attribution: bool = False
    attribution: bool = False
    reporting: str = "none"
    models: tuple[str, ...] = ()
    audit: bool = False

    def as_json(self) -> dict[str, Any]:
        """The conditions as a licence keeps them; every member is there."""
        return {one.name: getattr(self, one.name) for one in fields(self)} | {"models": list(self.models)}

    def duties(self) -> tuple[str, ...]:
        """Those that a licence token tells a site (boundary §2), in the order of that page."""
        held = (
            ("attribution", self.attribution),
            ("reporting", self.reporting != "none"),
            ("no-derivatives", not self.derivatives),
            ("output-attribution", self.output_attribution),
        )
        return tuple(name for name, holds in held if holds)

    def sentences(self) -> list[str]:
        """The conditions for people, a sentence each."""
        return list(_sentences(self))


class Licensed(Protocol):
    """Anything that has conditions: a licence's row, a tariff's."""

    @property
    def conditions(self) -> Conditions: ...


def sentences(licence: Licensed) -> list[str]:
    """A licence's conditions for people, a sentence each."""
    return licence.conditions.sentences()


def read(given: Mapping[str, Any]) -> Conditions:
    """Conditions from data: the members of ``Conditions``, those left out as they are by default.

    Refuses (BadTerms) an unknown member, one of the wrong type, an unknown way of reporting, and models that
    are no short texts.
    """
    known = {one.name for one in fields(Conditions)}
    if unknown := sorted(set(given) - known):
        raise BadTerms(f"{unknown[0][:40]!r} is no term of a licence; there are {', '.join(sorted(known))}.")
    for name in ("derivatives", "output_attribution", "attribution", "audit"):
        if not isinstance(given.get(name, False), bool):
            raise BadTerms(f"The term {name} is yes or no (true or false).")
    reporting = given.get("reporting", "none")
    if not isinstance(reporting, str) or reporting not in REPORTING:
        raise BadTerms(
            f"{str(reporting)[:40]!r} is no way of reporting; it is one of {', '.join(REPORTING)}."
        )
    return Conditions(**{**given, "models": _models(given.get("models", ()))})


def of_words(words: Iterable[str]) -> Conditions:
    """Conditions from a person's words: ``attribution``, ``output-attribution``, ``no-derivatives``,
    ``audit``, ``reporting:telemetry``, ``reporting:monthly``, ``model:TEXT`` (may be said again). Refuses
    others (BadTerms).
    """
    said: dict[str, Any] = {}
    models: list[str] = []
    simple = {"attribution": True, "output-attribution": True, "no-derivatives": False, "audit": True}
    for word in (one.strip() for one in words):
        name, _, value = (part.strip() for part in word.partition(":"))
        if word in simple:
            said[word.removeprefix("no-").replace("-", "_")] = simple[word]
        elif name == "reporting":
            said["reporting"] = value
        elif name == "model":
            models.append(value)
        else:
            raise BadTerms(
                f"{word[:40]!r} is no term of a licence; say {', '.join(simple)}, reporting:telemetry, "
                "reporting:monthly or model:TEXT."
            )
    return read({**said, "models": models})


def _models(given: Any) -> tuple[str, ...]:
    texts = list(given) if isinstance(given, (list, tuple)) else [None]
    for text in texts:
        if not isinstance(text, str) or not text.strip() or len(text) > LONGEST or not text.isprintable():
            raise BadTerms(f"A model restriction is a text of at most {LONGEST} characters.")
    if len(texts) > MOST_MODELS:
        raise BadTerms(f"A licence has at most {MOST_MODELS} model restrictions.")
    return tuple(text.strip() for text in texts)


def _sentences(terms: Conditions) -> Iterator[str]:
    if terms.derivatives:
        yield "Outputs may adapt the works."
    else:
        yield "Outputs may not adapt a work: no derivatives."
    if terms.output_attribution:
        yield "An output names the works that it rests on."
    if terms.attribution:
        yield "Wherever a work is shown, its author is named and it is linked to."
    if terms.reporting != "none":
        yield REPORTING[terms.reporting]
    for model in terms.models:
        yield f"Models: {model.rstrip('.')}."
    if terms.audit:
        yield "The society may have the licensee's use of the works audited."
