"""The stages of a run, one function each. Every stage ends with the transaction that moves the run's state:
killed before it, the stage is done again from the same inputs; killed after it, the next one begins."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Min, Sum
from django.db.models.fields.json import KeyTextTransform

from quire.core import arrays, evidence
from quire.core.distribution import OUTCOMES, Evidence, adjusting, divide_each, parties_of
from quire.core.evidence import Passed
from quire.core.money import decimal_of
from quire.core.pieces import Data
from quire.core.pieces import lines as lines_of
from quire.society.distribution import crediting, following, freezing, pots, publishing, review
from quire.society.distribution.actions import holds, succession
from quire.society.distribution.corrections import booking, counted, taking
from quire.society.distribution.errors import DoesNotAdd, WrongStage
from quire.society.distribution.models import Line, Run
from quire.society.distribution.progress import Count, heard, quietly
from quire.society.distribution.store import Store
from quire.society.kit import acts, ids, locks
from quire.society.ledger import accounts
from quire.society.ledger import actions as ledger
from quire.society.parties import queries as folk


@dataclass(frozen=True, slots=True)
class Step:
    """A stage: the state it starts from, what it is doing in words, and the function."""

    after: str
    doing: str
    do: Callable[..., None]


def move(run: Run, state: str, **fields: Any) -> None:
    """Set the state and what the stage found, in the caller's transaction."""
    for name, value in fields.items():
        setattr(run, name, value)
    run.state = state
    run.save(update_fields=["state", *fields])


def _take(run: Run, state: str) -> None:
    """Hold the run's row until the transaction ends; ``WrongStage`` where this stage does not follow."""
    found = Run.objects.select_for_update().values_list("state", flat=True).get(id=run.id)
    if found != state:
        raise WrongStage(f"The run {run.tid} is {found}; this stage follows only where it is {state}.")


def _snapshot() -> None:
    """One view of the books for everything a freeze reads; a forecast has one already."""
    with connection.cursor() as sql:
        sql.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


def freeze(run: Run, *, by: Any, place: Store, count: Count = quietly) -> None:
    """Write the evidence of every pot to files and record their digest."""
    outermost = not connection.in_atomic_block
    # The snapshot must see what the run before it took: it waits before there is one.
    alone = locks.alone("distribution:adjustments", using="default") if outermost else nullcontext()
    with alone, transaction.atomic():
        if outermost:
            _snapshot()
        _take(run, "open")
        taking.take(run)
        frozen = freezing.gather(run, count)
        counted.keep(run, frozen.late)
        digest = place.save(run.tid, "inputs", _told(frozen, count))
        move(run, "frozen", inputs_digest=digest)
        acts.record("distribution.freeze", run, by=by, inputs=digest)


def _told(frozen: freezing.Frozen, count: Count) -> Iterator[tuple[str, Iterator[bytes]]]:
    """The files of the evidence, with word of how far the two long ones are: works and counts."""
    found = frozen.evidence
    rows = len(found.subjects.ids) + sum(len(counts.requests) for counts in found.counts.values())
    more = heard(count, rows, "rows")
    for name, made in evidence.input_blocks(found, frozen.receipts):
        yield name, _lines_heard(made, more) if name in ("works.jsonl", "counts.jsonl") else made


def _lines_heard(made: Iterator[bytes], more: Callable[[int], None]) -> Iterator[bytes]:
    for block in made:
        yield block
        more(block.count(b"\n"))


def allocate(run: Run, *, by: Any, place: Store, count: Count = quietly) -> None:
    """Divide every pot from the frozen files alone; write the lines, one pot after another."""
    found = evidence.read(place.load(run.tid, "inputs", run.inputs_digest))
    with transaction.atomic():
        _take(run, "frozen")
        results = evidence.result_blocks(found, divide_each(found), _Watch(found, count).tell)
        digest = place.save(run.tid, "results", results)
        published = place.load(run.tid, "results", digest)["lines.jsonl"]
        lines = _copy_lines(run, found, published, count)
        with connection.cursor() as sql:
            crediting.sum_up(run.id, sql)
        move(run, "allocated", results_digest=digest)
        acts.record("distribution.allocate", run, by=by, results=digest, lines=lines)


class _Watch:
    """Looks at every division once its lines have passed, and tells how far the run is: in rows of counts,
    of which there are as many before anything is divided as after."""

    def __init__(self, found: Evidence, count: Count) -> None:
        self.found, self.count = found, count
        self.rows = {pot: len(counts.requests) for pot, counts in found.counts.items()}
        self.whole, self.before = sum(self.rows.values()), 0

    def tell(self, passed: Passed, done: bool) -> None:
        """What ``evidence.result_blocks`` asks for."""
        mine = self.rows.get(passed.division.id, 0)
        if done:
            _must_add(self.found, passed)
            self.before += mine
            mine = 0
        so_far = mine and mine * passed.count // max(1, len(passed.division.lines))
        self.count(self.before + so_far, self.whole, "rows")


def _must_add(found: Evidence, passed: Passed) -> None:
    """Every quantum is in one line, and each party's lines sum to what columns give it another way."""
    one, parts = passed.division, passed.outcomes
    owed = [0] * len(found.parties)
    for party, told in passed.parties.items():
        owed[party] = sum(told.values())
    if (
        sum(parts.values()) != one.received
        or one.residue
        or (passed.negative and not one.id.startswith(adjusting.PREFIX))
        or any(one.sum_of(name) != parts.get(name, 0) for name in OUTCOMES)
        or arrays.to_list(parties_of(found, one)) != owed
    ):
        raise DoesNotAdd(
            f"The lines of {one.id} do not add up to {decimal_of(one.received)}; nothing was kept.",
            pot=one.id,
        )


def _copy_lines(run: Run, found: Evidence, published: Data, count: Count) -> int:
    """Write the published lines to the database, each with its own text; returns how many there are."""
    parties = folk.published(party.id for party in found.parties)
    pots = {pot.id: ids.read("pot", pot.id) for pot in found.pots}
    pots |= dict(run.pots.exclude(pool="").values_list("pool", "id"))
    holds = {hold.subject or hold.party: hold.id for hold in found.holds if not hold.both}
    lines = done = 0
    with _arriving() as copy:
        for lines, data in enumerate(lines_of(published), 1):
            text = data.decode()
            told = json.loads(text)
            party, hold = told.get("party"), None
            if told["outcome"] == "held" and party:
                name = told.get("hold") or holds.get(party) or holds.get(told.get("subject"))
                hold = ids.read("hld", name) if name else None
            copy.write_row(
                (
                    ids.new(),
                    run.id,
                    pots[told["pot"]],
                    told["line"],
                    told["outcome"],
                    parties[party] if party else None,
                    hold,
                    told["amount"],
                    text,
                )
            )
            done += len(data) + 1
            if not lines % 1_000:
                count(done, len(published), "bytes of lines")
    return lines


@contextmanager
def _arriving() -> Iterator[Any]:
    """Rows for the table of lines. PostgreSQL lets nobody COPY into a table that is walled off row by row, so
    they come by way of one that is this transaction's own."""
    names = "id, run_id, pot_id, number, outcome, party_id, hold_id, amount, detail"
    # sql: the columns are these, and nothing is put in between
    into = f"COPY arriving ({names}) FROM STDIN"
    # sql: the same columns
    on = f"INSERT INTO distribution_line ({names}) SELECT {names} FROM arriving"  # noqa: S608
    with connection.wrap_database_errors, connection.cursor() as sql:
        sql.execute("CREATE TEMP TABLE arriving (LIKE distribution_line) ON COMMIT DROP")
        with sql.copy(into) as copy:
            yield copy
        sql.execute(on)


def review_run(run: Run, *, by: Any, place: Store, count: Count = quietly) -> None:
    """Sum up what a second person should look at, from the lines in the database against the files."""
    files = place.load(run.tid, "inputs", run.inputs_digest) | place.load(
        run.tid, "results", run.results_digest
    )
    told = review.of(run, files)
    with transaction.atomic():
        _take(run, "allocated")
        move(run, "reviewed", review=told)
        acts.record("distribution.review", run, by=by, notices=len(told["notices"]))


def post(run: Run, *, by: Any, place: Store, count: Count = quietly) -> None:
    """One ledger transaction a pot: out of the pot, to the payees, the holds, the society and the funds."""
    with transaction.atomic():
        _take(run, "approved")
        locks.wait(holds.LOCK)
        for pot in run.pots.select_related("licence").order_by("id"):
            entries = list(_entries(pot))
            if len(entries) > 1:
                ledger.post(
                    key=f"distribution:{run.tid}:{pot.tid}",
                    date=run.approval.at.date(),
                    kind="distribution",
                    text=f"Distribution {run.tid}, {pot.pool or f'licence {pot.licence.code}'}",
                    entries=entries,
                    by=by,
                )
        if run.pots.filter(pool__startswith=adjusting.PREFIX).exists():
            booking.book(run, place.load(run.tid, "results", run.results_digest), by=by)
        move(run, "posted")
        acts.record("distribution.post", run, by=by, released=holds.let_go_of_run(run, by=by))
        succession.carry_over(by=by)


def _entries(pot: Any) -> Iterator[ledger.EntryIn]:
    """What the pot gives to each account, in the order in which its lines first name them."""
    found = (
        Line.objects.filter(pot=pot)
        .values_list(
            "outcome", "party_id", KeyTextTransform("to", "detail"), KeyTextTransform("role", "detail")
        )
        .annotate(sum=Sum("amount"), first=Min("number"))
        .order_by("first")
    )
    sums: dict[str, int] = {}
    for outcome, party, to, role, amount, _ in found:
        account = _account(outcome, party, to or "", pot, role or "")
        sums[account] = sums.get(account, 0) + amount
    yield from (ledger.EntryIn(account, pot.currency, -amount) for account, amount in sums.items() if amount)
    yield from pots.out_of(pot)


def _account(outcome: str, party: UUID | None, to: str, pot: Any, role: str) -> str:
    if outcome == "payable":
        return accounts.payable(ids.show("pty", party))
    if outcome in ("held", "unclaimed"):
        return accounts.kept(outcome, party and ids.show("pty", party), pot.tid, role)
    if outcome == "pooled":
        return accounts.unallocated(pot.run.pots.get(pool=to).tid)
    kind, _, name = to.partition(":")
    return accounts.fund(name) if kind == "fund" else accounts.deduction(name)


def close(run: Run, *, by: Any, place: Store, count: Count = quietly) -> None:
    """Sign and publish the bundle; the run is never computed again."""
    files = place.load(run.tid, "inputs", run.inputs_digest) | place.load(
        run.tid, "results", run.results_digest
    )
    with locks.alone(following.LOCK, using="default"):
        following.number(run)
        root = publishing.publish(run, files, following.before(run), count)
        with transaction.atomic():
            _take(run, "posted")
            with connection.cursor() as sql:
                crediting.keep(run.id, sql)
            move(run, "closed", bundle_root=root)
            acts.record("distribution.close", run, by=by, bundle=root)


STAGES = (
    Step("open", "freezing what the pots depend on", freeze),
    Step("frozen", "dividing the pots", allocate),
    Step("allocated", "summing up for review", review_run),
    Step("approved", "posting to the ledger", post),
    Step("posted", "signing and publishing the bundle", close),
)


def next_of(run: Run) -> Step | None:
    """The stage that follows; ``None`` while a person has to act, or when the run is over."""
    return next((step for step in STAGES if step.after == run.state), None)
