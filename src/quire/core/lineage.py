"""How bundles follow one another: each names the one before it, and corrections name the runs they correct.

A bundle's ``about`` names, as ``previous``, the run closed before it, the root of that run's files and the
digest of its whole ``bundle.json``. So nobody can take a published run away, or put a second version in its
place, without every later bundle saying otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from quire.core import bundle as bundles
from quire.core import canonical
from quire.core.bundle import MANIFEST, Bundle, BundleError, Finding
from quire.core.errors import QuireError
from quire.core.money import decimal_of, quanta_of
from quire.core.tokens import KeySet

PREVIOUS = "previous"
PSEUDONYM = "psn_"
"""Begins the name of a party that goes by another than its own."""

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Link:
    """A published run: the root of its files, and the digest of its manifest."""

    run: str
    root: str
    manifest: str

    def record(self) -> dict[str, str]:
        """As the next bundle's ``about`` has it."""
        return {"run": self.run, "root": self.root, "manifest": self.manifest}


def link_of(found: Bundle) -> Link:
    """What the next bundle says of this one. Raises BundleError."""
    manifest = found.manifest
    return Link(str(manifest.about.get("run")), manifest.root, canonical.digest(found.contents[MANIFEST]))


def previous(found: Bundle) -> Link | None:
    """The run that this one follows; None where it is the first. BundleError where it is ill-formed."""
    told = found.manifest.about.get(PREVIOUS)
    if told is None:
        return None
    if not isinstance(told, dict) or set(told) != {"run", "root", "manifest"}:
        raise BundleError(f"{MANIFEST} does not say whole which run is before it.", file=MANIFEST)
    return Link(*(str(told[name]) for name in ("run", "root", "manifest")))


# Old lines


def corrects(found: Bundle, old: Bundle) -> list[Finding]:
    """What corrections in a bundle say of an earlier run, against that run's own bundle; empty if it is so.

    Say ``verify`` of both. Corrections of other runs are passed over. Never raises for what bundles may say.
    """
    try:
        return list(dict.fromkeys(_corrects(found, old)))
    except QuireError as problem:
        return [Finding(str(problem.data.get("file", MANIFEST)), problem.sentence)]
    except (LookupError, TypeError, ValueError) as problem:
        return [Finding("corrections.jsonl", f"The corrections cannot be followed: {problem!r}."[:200])]


def _corrects(found: Bundle, old: Bundle) -> Iterator[Finding]:
    if "corrections.jsonl" not in found.manifest.files:
        return
    run, root = old.manifest.about.get("run"), old.manifest.root
    told = [one for _, one in found.records("corrections.jsonl") if one["run"] == run]
    wanted = {line[4] for one in told for line in one["old"]}
    there = {n: one for n, (_, one) in enumerate(old.records("lines.jsonl")) if n in wanted}
    currencies = {one["pot"]: one["currency"] for _, one in old.records("totals.jsonl")}
    for one in told:
        if one["root"] != root:
            yield _finding(one, f"is of another version of {run} than this one")
        yield from _lines(one, there, currencies)


def _lines(one: Record, there: Mapping[int, Record], currencies: Mapping[str, str]) -> Iterator[Finding]:
    row = [one["currency"], *(one[name] for name in ("share", "subject", "from", "until")), one["use"]]
    for party, role, share, amount, number in one["old"]:
        line = there.get(number)
        if line is None:
            yield _finding(one, f"names line {number}, which {one['run']} does not have")
            continue
        names = [line.get(name) for name in ("share", "subject", "from", "until")]
        if [currencies[line["pot"]], *names, line.get("use", "")] != row:
            yield _finding(one, f"names line {number}, which is of something else")
        whose = line.get("party")
        # A member may have taken a pseudonym, or given it up, between the two.
        if str(whose).startswith(PSEUDONYM) == str(party).startswith(PSEUDONYM) and whose != party:
            yield _finding(one, f"says that line {number} was {party}'s; it was {whose}'s")
        if [line.get("role"), line.get("part"), line["amount"]] != [role, share, amount]:
            yield _finding(one, f"says of line {number} what it does not say")


def _finding(one: Record, sentence: str) -> Finding:
    return Finding("corrections.jsonl", f"The correction {one['correction']} {sentence}.")


# From the first run to the last


@dataclass(frozen=True, slots=True)
class Chain:
    """The runs of a folder in their order, as far as they follow one another, and all that is wrong."""

    runs: tuple[str, ...]
    findings: tuple[Finding, ...]


def walk(found: Mapping[str, Bundle], keys: KeySet | None) -> Chain:
    """Follow bundles, by the names they have in their folder, from the first to the last.

    Each is checked for its bytes and signature (``bundle.check``), not recomputed; what corrections say of
    runs that are here is checked, and that each debt was left by one of them. Never raises.
    """
    findings: list[Finding] = []
    links: dict[str, Link] = {}
    after: dict[str, Link | None] = {}
    for name, one in sorted(found.items()):
        findings += [Finding(f"{name}/{each.file}", each.sentence) for each in bundles.check(one, keys)]
        try:
            links[name], after[name] = link_of(one), previous(one)
        except QuireError as problem:
            findings.append(Finding(name, problem.sentence))
    findings += _versions(links)
    findings += _follow(links, after)
    findings += _between(found, links)
    return Chain(tuple(_order(links, after)), tuple(dict.fromkeys(findings)))


def _versions(links: Mapping[str, Link]) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for name, link in links.items():
        if (first := seen.setdefault(link.run, name)) != name:
            yield Finding(
                name, f"{link.run} is here twice, in {first} and in {name}: one is a second version."
            )


def _follow(links: Mapping[str, Link], after: Mapping[str, Link | None]) -> Iterator[Finding]:
    runs = {link.run: link for link in links.values()}
    followers: dict[str, list[str]] = {}
    for name, before in after.items():
        followers.setdefault(before.run if before else "", []).append(links[name].run)
        if before is None:
            continue
        if before.run not in runs:
            yield Finding(
                name,
                f"{links[name].run} follows {before.run}, which is not here: it was withdrawn or left out.",
            )
        elif runs[before.run] != before:
            yield Finding(name, f"{links[name].run} follows another version of {before.run} than is here.")
    for run, several in followers.items():
        if len(several) > 1:
            told = ", ".join(sorted(several))
            whom = f"follow {run}" if run else "follow none"
            yield Finding(MANIFEST, f"{told} all {whom}; of two that do, one is a second version.")


def _between(found: Mapping[str, Bundle], links: Mapping[str, Link]) -> Iterator[Finding]:
    by_run = {link.run: found[name] for name, link in links.items()}
    left = {_debt(one) for name in links for one in _records(found[name], "outstanding.jsonl")}
    for name in links:
        for run in sorted({str(one.get("run")) for one in _records(found[name], "corrections.jsonl")}):
            if run in by_run:
                told = corrects(found[name], by_run[run])
                yield from (Finding(f"{name}/{each.file}", each.sentence) for each in told)
        for one in _records(found[name], "debts.jsonl"):
            if _debt(one) not in left:
                yield Finding(
                    f"{name}/debts.jsonl", f"No run here left the debt {canonical.dumps(one).decode()}."
                )


def _debt(one: Record) -> tuple[str, ...]:
    """A debt as the run left it: what was repaid or written off since is a part of it."""
    names = ("correction", "debtor", "creditor", "currency")
    return (*(str(one.get(name)) for name in names), _left(one))


def _left(one: Record) -> str:
    try:
        return decimal_of(quanta_of(str(one.get("amount"))) + quanta_of(str(one.get("settled", "0"))))
    except QuireError:
        return str(one.get("amount"))  # the run's own verification says so


def _records(found: Bundle, file: str) -> Iterable[Record]:
    try:
        return [one for _, one in found.records(file)] if file in found.manifest.files else []
    except QuireError:
        return []  # ``check`` has said so


def _order(links: Mapping[str, Link], after: Mapping[str, Link | None]) -> Iterator[str]:
    next_: dict[str, str] = {}
    for name, before in sorted(after.items()):
        next_.setdefault(before.run if before else "", links[name].run)
    seen: set[str] = set()
    run = next_.get("")
    while run is not None and run not in seen:
        seen.add(run)
        yield run
        run = next_.get(run)
