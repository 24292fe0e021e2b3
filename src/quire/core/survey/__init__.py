"""Surveys: what works were used by many licensees, estimated from the reports of some, with the error told.

Owns the design of a sample, the draw, the estimates with their intervals, what a later census makes of them,
and the form in which all of it is published. Does not own money's division (``allocation``) nor where a
survey's weights stand in a plan (``plan``). The rules in prose, with a worked table, and how often the
intervals hold: ``docs/algorithms/survey.md``.

The way of a survey::

    design = Design(name, starts, ends, strata=(Stratum(name, units),), size=…, commitment=commitment(seed))
    design.digest                    # published with the commitment, before anybody is asked
    draw(design, seed)               # {unit: stratum}, the same for everybody who knows the seed
    survey = SurveyEvidence(design, seed, reports={unit: {subject: requests}})
    bias_bound(design)               # of a ratio, in standard errors: known before anybody is asked
    estimates(survey)                # {subject: Estimate}, sorted; exact Fractions; ``low`` ≤ ``high``
    weights(survey)                  # {subject: Fraction}, all above zero: the weights of the key "survey"
    census(design, reports)          # {subject: Fraction}, once every unit has reported
    reconcile(estimates(survey), {subject: counted})     # [Difference(subject, estimated, counted, …)]

Subjects are ids of works or sites (``wrk_…``), units the designer's own ids. An estimate is of requests, or,
where the design measures "value", of major units of its currency: each unit's fee divided among what it used.

In a bundle a survey is three files of flat records, each an ``extras.Extra`` with a field of ``Evidence``:
``surveys.jsonl`` (``Head``), ``survey-units.jsonl`` (``UnitRow``), ``survey-reports.jsonl`` (``ReportRow``).
``rows_of(survey)`` gives the three kinds of values, ``gathered(heads, units, reports)`` the surveys by name
again, each checked: digest, commitment, draw, reports of drawn units alone. ``records`` has ``write_…`` and
``read_…`` of each kind.

Raises ``SurveyWrong`` (code "survey.wrong") for a design, seed or report that cannot be, and
``TooFewReports`` where fewer than two units reported.
"""

from quire.core.survey.cells import bias_bound
from quire.core.survey.census import Difference, census, reconcile
from quire.core.survey.design import (
    Design,
    Stratum,
    SurveyWrong,
    TooFewReports,
    Unit,
    sizes,
)
from quire.core.survey.drawing import commitment, draw
from quire.core.survey.estimating import Estimate, estimates, weights
from quire.core.survey.held import SurveyEvidence
from quire.core.survey.records import FACTS, Head, ReportRow, UnitRow, estimate_record, gathered, rows_of

__all__ = [
    "FACTS",
    "Design",
    "Difference",
    "Estimate",
    "Head",
    "ReportRow",
    "Stratum",
    "SurveyEvidence",
    "SurveyWrong",
    "TooFewReports",
    "Unit",
    "UnitRow",
    "bias_bound",
    "census",
    "commitment",
    "draw",
    "estimate_record",
    "estimates",
    "gathered",
    "reconcile",
    "rows_of",
    "sizes",
    "weights",
]
