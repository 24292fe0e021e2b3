"""What the keys of one pot stand on: its counts, which of them earn, and who else is there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cached_property

from quire.core import arrays, classes, survey, tariff, terms
from quire.core.arrays import Ints
from quire.core.facts import Evidence, EvidenceWrong, Party, Pot
from quire.core.standings import Histories, Standings
from quire.core.weighings import Weighings

NOWHERE = -1
"""In place of the last segment of somebody who has none."""


class Common:
    """What all pots of a run look up: ordinals by id, weighings, and the estimates of surveys."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self._estimates: dict[str, Mapping[str, survey.Estimate]] = {}

    @cached_property
    def subjects(self) -> Mapping[str, int]:
        return {name: place for place, name in enumerate(self.evidence.subjects.ids)}

    @cached_property
    def parties(self) -> Mapping[str, int]:
        return {party.id: place for place, party in enumerate(self.evidence.parties)}

    @cached_property
    def histories(self) -> Histories:
        return Histories(self.evidence)

    @cached_property
    def is_work(self) -> Ints:
        """1 for each subject that is a work, 0 for a site."""
        return arrays.ints([int(kind == "work") for kind in self.evidence.subjects.kinds])

    @cached_property
    def weighings(self) -> Weighings:
        return Weighings(self.evidence.weighings, self.evidence.weights)

    def estimates(self, name: str) -> Mapping[str, survey.Estimate]:
        """What a survey estimates of each subject; ``EvidenceWrong`` where the run has no such survey."""
        if name not in self._estimates:
            told = self.evidence
            found = survey.gathered(told.surveys, told.survey_units, told.survey_reports)
            if name not in found:
                raise EvidenceWrong(f"The plan divides by the survey “{name}”, which is not there.")
            self._estimates[name] = survey.estimates(found[name])
        return self._estimates[name]

    def weigh(self, name: str, estimates: Mapping[str, survey.Estimate]) -> None:
        """Take these in place of a survey's estimates, such as what a census counted later."""
        self._estimates[name] = estimates


class Ground:
    """One pot with its usage and its mandates.

    ``licensed`` is 1 for each row of the counts that is licensed: the fee goes by it. What *earns* is the
    same, except in a pot that has a class: there the works of the class alone earn, mandated or not.
    """

    def __init__(self, common: Common, pot: Pot) -> None:
        self.common, self.evidence = common, common.evidence
        self.pot, self.plan = pot, self.evidence.plan
        self.counts = self.evidence.counts[pot.id]
        self.standings = Standings(self.evidence, pot, self.counts.segments, common.histories)
        self.licensed = self.standings.licensed(self.counts, self.evidence.subjects)

    @cached_property
    def of_class(self) -> Ints | None:
        """1 for each subject of the pot's class; None where it has none."""
        one = classes.of_pot(self.evidence.classes, self.pot.id)
        if one is None:
            return None
        named = set(one.subjects)
        return arrays.ints([int(name in named) for name in self.evidence.subjects.ids])

    @cached_property
    def requests(self) -> Ints:
        """The requests of each row that earns, else 0."""
        if self.of_class is None:
            return self._billed
        return arrays.masked(self.counts.requests, arrays.take(self.of_class, self.counts.subjects))

    @cached_property
    def _billed(self) -> Ints:
        return arrays.masked(self.counts.requests, self.licensed)

    @cached_property
    def _own(self) -> Ints:
        """What is billed of the pot's own period: late usage was part of another one's fee."""
        if not self.standings.late:
            return self._billed
        least = self.cell(self.standings.late)
        mine = arrays.ints([int(cell >= least) for cell in arrays.to_list(self.counts.cells)])
        return arrays.masked(self._billed, mine)

    @cached_property
    def tiers(self) -> Ints:
        """The content tier of each row, as a place in ``tier_names``."""
        return arrays.take(self.evidence.subjects.tiers, self.counts.subjects)

    def by_tier(self, requests: Ints) -> list[int]:
        """The sum of a column of the counts for each content tier."""
        return arrays.to_list(arrays.sum_by(self.tiers, requests, len(self.evidence.subjects.tier_names)))

    @cached_property
    def members(self) -> list[int]:
        """Ordinals of the members in good standing with a licensed use on some day; or of the class."""
        if self.of_class is not None:
            places = arrays.take(self.evidence.subjects.members, arrays.nonzero(self.of_class))
            return sorted(set(arrays.to_list(places)))
        return [
            place
            for place, party in enumerate(self.evidence.parties)
            if self.standings.any[place] and self.in_good_standing(party)
        ]

    def in_good_standing(self, party: Party) -> bool:
        """No lapse has a day in the pot's period."""
        return not any(
            max(lapse.starts, self.pot.starts) < min(lapse.ends or date.max, self.pot.ends)
            for lapse in party.lapses
        )

    @cached_property
    def last(self) -> list[int]:
        """For each subject the last segment in which some use of it is licensed (of a class: the last of
        all), ``NOWHERE`` where none is. It says who owns what stands once, used or not."""
        end = len(self.counts.segments) - 1
        if self.of_class is not None:
            return [end if one else NOWHERE for one in arrays.to_list(self.of_class)]
        return arrays.to_list(arrays.take(self.standings.last(), self.evidence.subjects.members))

    def cell(self, segment: int) -> int:
        """A cell of a segment, for what stands without a use."""
        return segment * len(terms.USES)

    def due(self) -> int:
        """The fee due for the pot's period by the licence's tariff, from licensed counts or the revenue."""
        pot = self.pot
        return tariff.due(pot.licence.tariff(), pot.starts, pot.ends, self.fee_counts(), pot.revenue or 0)

    def fee_counts(self) -> list[tuple[str, int, int]]:
        """(content tier, requests, works used) of what was licensed."""
        subjects = self.evidence.subjects
        used = arrays.distinct(arrays.take(self.counts.subjects, arrays.nonzero(self._own)))
        tiers, is_work = (arrays.take(column, used) for column in (subjects.tiers, self.common.is_work))
        works = arrays.to_list(arrays.sum_by(tiers, is_work, len(subjects.tier_names)))
        told = zip(subjects.tier_names, self.by_tier(self._own), works, strict=True)
        return [(name, requests, used) for name, requests, used in told if requests]
