"""Take a file of weights in: what an attribution found, or the units of members and works."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from django.db import transaction

from quire.core import weighings as core
from quire.core.errors import Invalid, QuireError
from quire.society.distribution.models import Weighing, WeighingRow
from quire.society.kit import acts, ids
from quire.society.kit.tables import Row
from quire.society.licensing import queries as licensing
from quire.society.parties import queries as parties

_KINDS = ("wrk", "sit", "pty")


class _Weight(NamedTuple):
    of: str
    weight: Fraction
    low: Fraction | None
    high: Fraction | None


def import_weighing(
    *,
    name: str,
    kind: str,
    rows: Sequence[Row],
    data: bytes,
    method: str,
    error: str = "",
    licence: str = "",
    by: Any,
) -> Weighing:
    """Keep a weighing: one of the same name and licence replaces it for runs that are frozen from now on.

    Each row has ``of`` (a work, site or party by its id, or a party by its code), ``weight``, and ``low`` and
    ``high`` or neither. ``data`` are the file's own bytes, whose digest is published. Raises
    parties.RoleMissing, WeighingWrong, licensing.Unknown, and Invalid that names the line of a wrong row.
    """
    parties.need_role(by, "operator")
    of_licence = licensing.licence(licence) if licence else None
    tid = of_licence.tid if of_licence else ""
    digest = "sha256:" + hashlib.sha256(data).hexdigest()
    head = core.Weighing(name, kind, digest, method, error, tid)
    found = list(_weights(rows))
    core.check([head], (core.Weight(name, tid, *one) for one in found))
    if not any(one.weight for one in found):
        raise Invalid("Nothing in the file weighs anything; hand in one with a weight above 0.")
    with transaction.atomic():
        kept = Weighing.objects.create(
            name=name, kind=kind, digest=digest, method=method, error=error,
            licence_id=of_licence.id if of_licence else None,
        )  # fmt: skip
        made = (WeighingRow(weighing=kept, **one._asdict()) for one in found)
        WeighingRow.objects.bulk_create(made, batch_size=5_000)
        acts.record("distribution.import-weighing", kept, by=by, name=name, digest=digest, rows=len(found))
    return kept


def _weights(rows: Sequence[Row]) -> Iterator[_Weight]:
    codes = parties.by_code(row.get("of") for row in rows)
    for row in rows:
        try:
            of = row.need("of")
            if of in codes:
                of = codes[of].tid
            prefix = of.partition("_")[0]
            if prefix not in _KINDS:
                raise Invalid(f"{of[:80]!r} is no work, site or party; write its id, or a party's code.")
            ids.read(prefix, of)
            weight, low, high = (
                core.parse_weight(row.get(column)) if row.get(column) else None
                for column in ("weight", "low", "high")
            )
            if weight is None:
                raise Invalid("weight is empty.")
            yield _Weight(of, weight, low, high)
        except (QuireError, ValueError) as problem:
            raise Invalid(f"Line {row.line}: {problem}", line=row.line) from problem
