"""The draw: simple random sampling without replacement in each stratum, by SHA-256 of a seed and a counter.

Anybody who knows the design and the seed draws the same units: the units of a stratum stand in the order of
their ids, numbered from 0, and those are drawn whose ``SHA-256(seed, beacon value, digest of the design,
stratum, number)`` are smallest. The digest of the seed is published with the design and the seed only
afterwards: nobody who is asked could know it, and nobody can change it.
"""

from __future__ import annotations

import hashlib
import re

from quire.core import canonical
from quire.core.survey.design import Design, Stratum, SurveyWrong

_SEED = re.compile(r"[0-9a-f]{64}")


def commitment(seed: str) -> str:
    """What is published of a seed beforehand: ``sha256:`` and the digest of its 64 hexadecimal digits.

    Raises SurveyWrong for anything but 64 lower-case hexadecimal digits.
    """
    if not _SEED.fullmatch(seed):
        raise SurveyWrong("A seed is 64 lower-case hexadecimal digits, of 32 random bytes.")
    return canonical.digest(seed.encode())


def draw(design: Design, seed: str, beacon_value: str = "") -> dict[str, str]:
    """The units that are asked, each with its stratum: strata in the design's order, units by id.

    Raises SurveyWrong for a seed that is not the one committed to, and for a beacon's value where the design
    names no beacon, or none where it does.
    """
    if commitment(seed) != design.commitment:
        raise SurveyWrong(f"This is not the seed that the design of {design.name} committed itself to.")
    if bool(beacon_value) != bool(design.beacon):
        told = f"its beacon ({design.beacon}) has no value" if design.beacon else "it names no beacon"
        raise SurveyWrong(f"The sample of {design.name} cannot be drawn like this: {told}.")
    if not beacon_value.isprintable() or len(beacon_value) > 1000:
        raise SurveyWrong("A beacon's value is one line of at most 1000 printable characters.")
    start = f"{seed}\n{beacon_value}\n{design.digest}\n"
    return {
        stratum.units[place].id: stratum.name
        for stratum in design.strata
        for place in _places(start, stratum, design.sizes[stratum.name])
    }


def _places(start: str, stratum: Stratum, size: int) -> list[int]:
    begun = hashlib.sha256(f"{start}{stratum.name}\n".encode())

    def number(place: int) -> tuple[bytes, int]:
        one = begun.copy()
        one.update(str(place).encode())
        return one.digest(), place

    return sorted(sorted(range(len(stratum.units)), key=number)[:size])
