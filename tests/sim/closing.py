"""What is looked at when a run has closed: against the model, against itself, and by everybody's verifier."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from quire.core import arrays, bundle, canonical, evidence, proof
from quire.core.money import quanta_of
from quire.core.standings import Standings
from quire.core.terms import USES
from quire.core.tokens import KeySet
from quire.core.verify import verify, verify_statement
from tests.sim.model import Span
from tests.sim.world import World


def look(world: World, run: Any) -> str:
    """Sums, and the requests that earn, which the model counts day by day. Returns them in words."""
    from quire.society.distribution import store

    files = store.standing().load(run.tid, "inputs", run.inputs_digest)
    files |= store.standing().load(run.tid, "results", run.results_digest)
    _sums(files)
    found = evidence.read(files)
    _requests(world, found, found.pots)
    sums = Counter[str]()
    for _, told in canonical.read_lines(files["totals.jsonl"]):
        sums[told["currency"]] += quanta_of(told["received"])
    lines = len(files["lines.jsonl"].splitlines())
    return f"{lines} lines of {', '.join(f'{n / 10**12:.2f} {unit}' for unit, n in sorted(sums.items()))}"


def _sums(files: dict[str, bytes]) -> None:
    """Of every division the lines sum to what it received, and no line stands there twice."""
    sums: Counter[str] = Counter()
    numbers = []
    for _, line in canonical.read_lines(files["lines.jsonl"]):
        sums[line["pot"]] += quanta_of(line["amount"])
        numbers.append(line["line"])
    assert numbers == list(range(len(numbers)))
    for _, told in canonical.read_lines(files["totals.jsonl"]):
        names = ("allocated", "held", "unclaimed", "deducted", "fund", "pooled", "residue")
        parts = sum(quanta_of(told[name]) for name in names if name in told)
        assert parts == quanta_of(told["received"]) == sums[told["pot"]], told
        assert quanta_of(told["residue"]) == 0


def _requests(world: World, found: Any, pots: Sequence[Any]) -> None:
    """The requests of each work that earn, as the run froze them and as the model has them: of the pots' own
    period, and of days divided before, which are counted in the first pot of each licence."""
    from quire.society.licensing import queries as licensing

    seen = set[str]()
    for pot in sorted(pots, key=lambda pot: (pot.starts, pot.currency, pot.id)):
        code = licensing.licence(pot.licence.id).code
        if code not in world.model.licences:
            continue
        span = Span(pot.starts, pot.ends)
        expected = world.model.count(code, span, late=code not in seen)
        seen.add(code)
        against = world.model.set_against(code)
        for told, wanted in zip(_earning(found, pot), expected, strict=True):
            for url in sorted({*told, *wanted}):
                exact = told[url] == wanted[url]
                assert exact or (url in against and told[url] < wanted[url]), (
                    code, pot.starts, url, told[url], wanted[url],
                )  # fmt: skip


def _earning(found: Any, pot: Any) -> tuple[Counter[str], Counter[str]]:
    """Requests by URL of the pot's own days, and of late ones."""
    from quire.society.kit import ids
    from quire.society.repertoire.models import Work

    counts = found.counts[pot.id]
    flags = Standings(found, pot, counts.segments).licensed(counts, found.subjects)
    earning = arrays.to_list(arrays.masked(counts.requests, flags))
    cells, places = arrays.to_list(counts.cells), arrays.to_list(counts.subjects)
    sums: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    for cell, place, requests in zip(cells, places, earning, strict=True):
        late = cell // len(USES) < counts.late
        assert late == (counts.segments[cell // len(USES)][0] < pot.starts)
        if requests:
            sums[late][found.subjects.ids[place]] += requests
    works = [ids.read("wrk", tid) for one in sums for tid in one]
    names = {
        one.tid: f"https://{one.key.removeprefix('https://')}" for one in Work.objects.filter(id__in=works)
    }
    own, before = ({names[tid]: n for tid, n in one.items()} for one in sums)
    return Counter(own), Counter(before)


def keys() -> KeySet:
    from quire.society.distribution.keys import signing_key

    return KeySet.of(signing_key().public_jwk())


def verified(tid: str) -> None:
    """Anybody recomputes the run from its bundle."""
    from quire.society.distribution import queries

    found = bundle.read(queries.row(queries.find(tid)).bundle)
    report = verify(found, keys())
    assert not report.findings, (tid, [one.sentence for one in report.findings][:5])


def stated(tid: str) -> None:
    """Every payee's statement of the run stands in its bundle, line by line; one of them proves it in a file
    of its own."""
    from quire.society.distribution import queries
    from quire.society.statements import actions, render
    from quire.society.statements import queries as statements

    run = queries.find(tid)
    found = bundle.read(queries.row(run).bundle)
    proved = ""
    for one in statements.statements(run):
        told = verify_statement(found, render.to_json(one))
        assert told.holds, (tid, one.payee.code, told.sentence())
        proved = proved or (one.payee.code if one.lines else "")
    if proved:
        told = proof.verify(actions.proof(run, proved), keys=keys())
        assert told.holds, (tid, proved, told.sentence())


def by_the_oracle(tid: str) -> None:
    """The run again, computed by a program that shares nothing with the first."""
    from quire.society.distribution import queries
    from tests.core import oracle

    files = oracle.load(queries.row(queries.find(tid)).bundle)
    differences = list(oracle.differences(files))
    assert not differences, (tid, differences[:3])


def replayed(over: Any, tid: str, text: str) -> str:
    """The plan that the run had changes nothing; of another one every sum is what came in."""
    from quire.society.distribution.models import Run
    from quire.society.kit import ids

    run = Run.objects.select_related("plan").get(id=ids.read("dst", tid))
    if run.pots.filter(licence__kind="lump").exists():
        return "none of a lump sum"
    same = over(run.plan.text, against=tid)
    for one in same.comparisons:
        assert all(row.difference == 0 for row in one.rows), (tid, one.currency)
    for one in over(text, against=tid).comparisons:
        gained = one.all.gained - one.all.lost
        assert gained == sum(row.would - row.had for row in one.rows)
    return tid
