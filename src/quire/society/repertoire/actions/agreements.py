"""Record agreements, one by one or from a table, and end them; nothing of one is ever changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from uuid import UUID

from quire.core import chains, depth, terms
from quire.core.errors import Invalid, QuireError
from quire.core.shares import ROLES, UNKNOWN, Shares, parse_share
from quire.society.kit import acts, ids, tables
from quire.society.kit.fields import LONGEST
from quire.society.kit.nouns import Unknown
from quire.society.kit.tables import Registered
from quire.society.parties import queries as parties
from quire.society.parties.models import Party, User
from quire.society.repertoire import cells, queries
from quire.society.repertoire.actions.intake import known, owner, party_ids, writing
from quire.society.repertoire.actions.shares import works_named
from quire.society.repertoire.errors import AgreementRefused, AgreementStands, BadShares
from quire.society.repertoire.identifiers import key_of
from quire.society.repertoire.models import (
    Agreement,
    AgreementEnd,
    AgreementTaker,
    AgreementWork,
    Work,
)

COLUMNS = ("code", "giver", "takers", "retention", "works", "uses", "roles", "from", "until")


@dataclass(frozen=True, slots=True)
class Terms:
    """An agreement as a row states it, by codes, and by ids once they were found."""

    code: str
    giver: str
    takers: Shares
    retention: Fraction
    works: tuple[str, ...]
    uses: tuple[str, ...]
    roles: tuple[str, ...]
    starts: date | None
    ends: date | None
    row: Agreement | None = None
    owners: tuple[tuple[UUID | None, str, Fraction], ...] = ()
    named: tuple[Work, ...] = field(default=())

    def same(self, other: queries.AgreementRow) -> bool:
        """Whether this is on record already, whatever became of it since."""
        keys = tuple(sorted(work.key for work in self.named))
        term = Agreement.objects.values_list("ends", flat=True).get(id=other.id)
        mine = (self.giver, self.retention, keys, self.uses, self.roles, self.starts, self.ends)
        theirs = (other.giver, other.retention, other.works, other.uses, other.roles, other.starts, term)
        return mine == theirs and {*self.takers} == {*other.takers}


def record_agreement(
    *,
    code: str,
    giver: str,
    takers: str,
    retention: str,
    works: str = "",
    uses: str = "",
    roles: str = "",
    starts: str = "",
    ends: str = "",
    by: User | None,
) -> Agreement:
    """One agreement; the same again returns it. Every text is as in the columns of ``import_agreements``."""
    given = {
        "code": code, "giver": giver, "takers": takers, "retention": retention, "works": works, "uses": uses,
        "roles": roles, "from": starts, "until": ends,
    }  # fmt: skip
    row = tables.Row(1, given)
    with writing(by):
        intake = _Intake([row])
        _write([intake.settle(row)], by=by)
    return Agreement.objects.get(code=code)


def import_agreements(
    path: Path, *, by: User | None, dry_run: bool = False, skip_refused: bool = False
) -> Registered:
    """Agreements from a CSV or JSON file with COLUMNS.

    ``takers`` are ``party:role:share`` between semicolons, shares of what is passed on that add up to one;
    ``unknown`` stands for one whom nobody knows. ``retention`` is what the giver keeps, such as 30%.
    ``works`` are URLs or identifiers between spaces, ``uses`` and ``roles`` words; an empty cell is all.

    Refused: an unknown party or work; an agreement on record otherwise under the same code; two of one giver
    for the same use of the same work on the same day; a circle, agreements and successions together; more of
    them one after the other than a line of a distribution can tell (``core.depth``).
    """
    rows = tables.read(Path(path), COLUMNS, ("code", "giver", "takers", "retention"))
    with writing(by):
        intake = _Intake(rows)
        good, taken = tables.judge(rows, intake.settle, skip_refused=skip_refused)
        account = Registered(taken.taken, taken.refused)
        account.added = sum(one.row is not None for one in good)
        account.unchanged = len(good) - account.added
        if not dry_run:
            _write(good, by=by)
    return account


def end_agreement(*, code: str, ends: date, reason: str = "", by: User | None) -> AgreementEnd:
    """The agreement ends: ``ends`` is the first day out, before its term. The same again changes nothing.

    Refuses a reason that cannot be shown, a code that is not on record, a day that is not after its first or
    not before its term, a second end otherwise than the first.
    """
    if not reason.strip().isprintable():
        raise AgreementRefused("The reason stands on one line, of characters that can be shown.")
    with writing(by):
        found = queries.agreement(code)
        before = AgreementEnd.objects.filter(agreement_id=found.id).first()
        if before:
            if before.ends == ends:
                return before
            raise AgreementStands(f"The agreement {code} ended on {before.ends} already.")
        if found.starts and ends <= found.starts:
            raise AgreementRefused(f"The agreement {code} begins on {found.starts}; it cannot end by {ends}.")
        if found.ends and ends >= found.ends:
            raise AgreementRefused(f"The agreement {code} ends on {found.ends} in any case.")
        made = AgreementEnd.objects.create(agreement_id=found.id, ends=ends, reason=reason.strip()[:200])
        told = {"code": code, "ends": ends.isoformat(), "reason": made.reason}
        acts.record("repertoire.end-agreement", found.tid, by=by, **told)
    return made


class _Intake:
    """Rows against what is on record, each judged once; what contradicts another row of the file too."""

    def __init__(self, rows: Sequence[tables.Row]) -> None:
        self.judged: dict[int, Terms | QuireError] = {}
        for row in rows:
            self._read(row)
        self._find()
        self._compare()

    def settle(self, row: tables.Row) -> Terms:
        """The agreement of a row (``row`` is None where it is on record already), or why it is none."""
        found = self.judged[row.line]
        if isinstance(found, QuireError):
            raise found
        return found

    def _good(self) -> list[tuple[int, Terms]]:
        return [(line, one) for line, one in self.judged.items() if isinstance(one, Terms)]

    def _read(self, row: tables.Row) -> None:
        try:
            self.judged[row.line] = _terms(row)
        except QuireError as problem:
            self.judged[row.line] = problem

    def _find(self) -> None:
        """Parties and works by their ids."""
        good = self._good()
        self.parties = party_ids(
            {one.giver for _, one in good} | {holder.party for _, one in good for holder in one.takers}
        )
        self.works = works_named({key for _, one in good for key in one.works})
        for line, one in good:
            try:
                self.judged[line] = self._placed(one)
            except QuireError as problem:
                self.judged[line] = problem

    def _placed(self, one: Terms) -> Terms:
        giver = known(self.parties, one.giver)
        owners = tuple((owner(self.parties, party), role, share) for party, role, share in one.takers)
        for key in one.works:
            if key not in self.works:
                raise Unknown(f"No work {key[:100]} is on record; register it first.", work=key[:300])
        named = {self.works[key].id: self.works[key] for key in one.works}
        row = Agreement(
            code=one.code, giver_id=giver, retention=one.retention, starts=one.starts, ends=one.ends,
            uses=list(one.uses), roles=list(one.roles),
        )  # fmt: skip
        return replace(one, row=row, owners=owners, named=tuple(named.values()))

    def _compare(self) -> None:
        """Refuse codes taken, then whatever makes an overlap or a circle, until none is left."""
        on_record = queries.agreements()
        by_code = {one.code: one for one in on_record}
        codes: dict[str, int] = {}
        for line, one in self._good():
            first = codes.setdefault(one.code, line)
            if first != line:
                self.judged[line] = AgreementRefused(f"{one.code} is on line {first} already.")
            elif one.code in by_code:
                stands = AgreementStands(
                    f"The agreement {one.code} is on record otherwise; end it, and record another."
                )
                self.judged[line] = replace(one, row=None) if one.same(by_code[one.code]) else stands
        beside = [*on_record, *parties.successions()]
        standing, names = [one.told for one in beside], {one.tid: one.code for one in beside}
        while wrong := self._contradiction(standing):
            new = {one.row.tid: line for line, one in self._good() if one.row}
            for tid in wrong:
                names.setdefault(tid, f"line {new.get(tid)}")
            for tid in [tid for tid in wrong if tid in new] or list(new):
                told = ", ".join(names[other] for other in wrong if other != tid)
                self.judged[new[tid]] = AgreementRefused(
                    f"Together with {told}, it would have one amount go two ways, or come back to its giver; "
                    "see the days, works and uses."
                )
        self._shorten(standing, names)

    def _shorten(self, standing: Sequence[chains.Agreement], names: Mapping[str, str]) -> None:
        """Refuse whatever makes a way that no line of a distribution could tell, until none of it is new."""
        new = {one.row.tid: line for line, one in self._good() if one.row}
        while way := depth.too_long([*standing, *self._new()]):
            first, last = (names.get(tid, f"line {new.get(tid)}") for tid in (way[0], way[-1]))
            wrong = [new[tid] for tid in way if tid in new]
            for line in wrong:
                self.judged[line] = AgreementRefused(
                    f"An amount would go through {len(way):,} agreements, from {first} to {last}; a line of "
                    f"a distribution names {chains.MOST_DEEP:,} at most, and a part of "
                    f"{chains.MOST_DIGITS:,} digits. Agree with those at the end directly."
                )
            if not wrong:
                return

    def _new(self) -> list[chains.Agreement]:
        """What is to be recorded, as a run would follow it; what contradicts itself is refused."""
        new = []
        for line, one in self._good():
            try:
                new += [_told(one)] if one.row else []
            except QuireError as problem:
                self.judged[line] = problem
        return new

    def _contradiction(self, standing: Sequence[chains.Agreement]) -> list[str]:
        """The agreements that contradict each other, if any do."""
        new = self._new()
        try:
            chains.check([*standing, *new])
        except chains.ChainWrong as problem:
            named = list(problem.data.get("agreements", ()))
            # What stands on record was checked when it was recorded; so one of these is new.
            return named or [one.id for one in new]
        return []


def _terms(row: tables.Row) -> Terms:
    """A row's terms, cell by cell."""
    takers, retention = cells.shares(row.need("takers")), parse_share(row.need("retention"))
    assert takers is not None
    parts = (retention, *(holder.share for holder in takers))
    if any(max(part.numerator, part.denominator) >= LONGEST for part in parts):
        raise BadShares("A share would need more than thirty digits to be kept exactly; round it.")
    starts, ends = cells.day("from", row.get("from")), cells.day("until", row.get("until"))
    cells.span(starts, ends)
    giver = row.need("giver")
    if giver == UNKNOWN:
        raise Invalid("Somebody whom nobody knows passes nothing on.")
    return Terms(
        cells.code(row.need("code")),
        giver,
        takers,
        retention,
        tuple(sorted({key_of(text) for text in row.get("works").split()})),
        tuple(sorted({use for text in row.get("uses").split() for use in terms.uses_of(text)})),
        tuple(sorted(set(map(_role, row.get("roles").split())))),
        starts,
        ends,
    )


def _role(text: str) -> str:
    if text not in ROLES:
        raise Invalid(f"{text[:40]!r} is not a role; roles are {', '.join(ROLES)}.")
    return text


def _told(one: Terms) -> chains.Agreement:
    """As a run would follow it. ChainWrong where it contradicts itself."""
    assert one.row is not None
    holders = tuple(
        (UNKNOWN if party is None else ids.show(Party.prefix, party), role, share)
        for party, role, share in one.owners
    )
    return chains.Agreement(
        one.row.tid,
        chains.PASS_THROUGH,
        ids.show(Party.prefix, one.row.giver_id),
        one.starts,
        one.ends,
        one.retention,
        Shares(holders),  # type: ignore[arg-type]
        tuple(sorted(work.tid for work in one.named)) or None,
        one.uses or None,
        one.roles or None,
    )


def _write(settled: Sequence[Terms], *, by: User | None) -> None:
    """Write what is new, with an act for each agreement. Nothing here can be refused."""
    new = [(one, one.row) for one in settled if one.row is not None]
    Agreement.objects.bulk_create(row for _, row in new)
    AgreementTaker.objects.bulk_create(
        AgreementTaker(agreement=row, party_id=party, role=role, share=share)
        for one, row in new
        for party, role, share in one.owners
    )
    AgreementWork.objects.bulk_create(
        AgreementWork(agreement=row, work=work) for one, row in new for work in one.named
    )
    for one, row in new:
        acts.record("repertoire.record-agreement", row, by=by, **queries.stated(one))
