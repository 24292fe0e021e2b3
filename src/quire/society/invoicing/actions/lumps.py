"""A lump sum is agreed; members claim works of theirs; the society judges the claims."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction

from quire.core.money import decimal_of
from quire.core.shares import share_text
from quire.society.invoicing.errors import BadLump, LumpDiffers
from quire.society.invoicing.lumps import Agreed, read_lump
from quire.society.invoicing.models import Instalment, Judgement, LumpClaim, LumpSum, LumpWork
from quire.society.invoicing.queries.lumps import lump_sum
from quire.society.kit import acts, clock, locks, tables
from quire.society.kit.tables import Registered
from quire.society.licensing import actions as licensing
from quire.society.membership import queries as membership
from quire.society.parties import queries as parties
from quire.society.parties.models import User
from quire.society.repertoire import queries as repertoire
from quire.society.repertoire.queries import WorkFacts

LOCK = "invoicing:lumps"
CLAIM_COLUMNS = ("work", "note")
JUDGEMENT_COLUMNS = ("work", "decision", "reason")


def agree(*, text: str, works: Sequence[str] = (), by: User | None) -> LumpSum:
    """Record a lump sum as its file has it (``lumps.read_lump``); the same file again is no news.

    ``works`` is the class where the file does not list it. The payer gets a licence of kind "lump" with the
    name of the lump sum as its code, under which nothing is used and no token is given. Refuses what
    ``read_lump`` and ``licensing.grant_licence`` refuse, works that are not registered or named twice, and
    (LumpDiffers) a name on record with other terms.
    """
    parties.may_write(by)
    agreed = read_lump(text, works)
    listed = [repertoire.work_id(name) for name in agreed.works]
    if len(set(listed)) != len(listed):
        raise BadLump("A work is in the class once; the list names one of them twice.")
    with transaction.atomic():
        locks.wait(LOCK)
        if known := LumpSum.objects.filter(name=agreed.name).first():
            if not _same(known, agreed, listed):
                raise LumpDiffers(
                    f"The lump sum {agreed.name} is on record with other terms; they do not change."
                )
            return known
        return _write(agreed, listed, by)


def _same(known: LumpSum, agreed: Agreed, listed: Iterable[UUID]) -> bool:
    licence = known.licence
    terms = (
        licence.licensee.code, known.about, known.amount, licence.currency, set(licence.uses), licence.starts,
        licence.ends, known.claims_until, known.reserve, known.reserve_until, known.plan, known.decision,
        known.criteria,
    )  # fmt: skip
    asked = (
        agreed.payer, agreed.about, agreed.amount, agreed.currency, set(agreed.uses), agreed.starts,
        agreed.ends, agreed.claims_until, agreed.reserve, agreed.reserve_until, agreed.plan, agreed.decision,
        agreed.criteria,
    )  # fmt: skip
    dated = tuple(known.instalments.order_by("due_on").values_list("due_on", "amount"))
    named = set(known.works.values_list("work_id", flat=True))
    return terms == asked and dated == agreed.instalments and named == set(listed)


def _write(agreed: Agreed, listed: Sequence[UUID], by: User | None) -> LumpSum:
    licence = licensing.grant_licence(
        code=agreed.name, licensee=agreed.payer, kind="lump", uses=agreed.uses, starts=agreed.starts,
        ends=agreed.ends, currency=agreed.currency, by=by,
    )  # fmt: skip
    made: LumpSum = LumpSum.objects.create(
        name=agreed.name, licence=licence, about=agreed.about, amount=agreed.amount,
        criteria=dict(agreed.criteria), claims_until=agreed.claims_until, reserve=agreed.reserve,
        reserve_until=agreed.reserve_until, plan=agreed.plan, decision=agreed.decision,
    )  # fmt: skip
    LumpWork.objects.bulk_create(LumpWork(lump=made, work_id=work) for work in listed)
    Instalment.objects.bulk_create(
        Instalment(lump=made, due_on=day, amount=amount) for day, amount in agreed.instalments
    )
    acts.record(
        "invoicing.agree-lump", made, by=by, payer=agreed.payer, amount=decimal_of(agreed.amount),
        currency=agreed.currency, works=len(listed), criteria=dict(agreed.criteria),
        reserve=share_text(agreed.reserve), plan=agreed.plan, decision=agreed.decision,
    )  # fmt: skip
    return made


def claim(name: str, *, work: str, note: str = "", by: User | None) -> LumpClaim:
    """A member claims that a work (URL or identifier) is in the class; a claim that stands is no news.

    From the deadline on a claim is late, and paid from the reserve. Refuses an unknown lump sum or work, a
    note that is too long, and claims from the day on which the reserve is released.
    """
    parties.may_write(by)
    found = lump_sum(name)
    with transaction.atomic():
        locks.wait(LOCK)
        facts = _claimable(found, work, note)
        return _standing(found, facts.id) or _claim(found, facts, note, by)


def import_claims(
    name: str, path: Path, *, by: User | None, dry_run: bool = False, skip_refused: bool = False
) -> Registered:
    """Claims from a CSV or JSON file with CLAIM_COLUMNS; those that stand stay.

    Raises TableRefused with every refused line unless ``skip_refused``.
    """
    parties.may_write(by)
    found = lump_sum(name)
    rows = tables.read(Path(path), CLAIM_COLUMNS, CLAIM_COLUMNS[:1])
    with transaction.atomic():
        locks.wait(LOCK)
        good, taken = tables.judge(
            rows,
            lambda row: (_claimable(found, row.need("work"), row.get("note")), row.get("note")),
            skip_refused=skip_refused,
        )
        fresh = {facts.id: (facts, note) for facts, note in good if not _standing(found, facts.id)}
        if not dry_run:
            for facts, note in fresh.values():
                _claim(found, facts, note, by)
    return Registered(taken.taken, taken.refused, added=len(fresh), unchanged=len(good) - len(fresh))


def judge(name: str, *, work: str, accept: bool, reason: str, by: User | None) -> Judgement:
    """Decide a claim, once, with the reason; the same again is no news.

    Refuses an unknown work or one that nobody claimed, no reason, (LumpDiffers) a claim that was decided
    otherwise, and accepting a work that is not in the class.
    """
    parties.need_role(by, "operator")
    found = lump_sum(name)
    with transaction.atomic():
        locks.wait(LOCK)
        return _judge(found, work, accept, reason, by)


def import_judgements(
    name: str, path: Path, *, by: User | None, dry_run: bool = False, skip_refused: bool = False
) -> Registered:
    """Decisions from a CSV or JSON file with JUDGEMENT_COLUMNS; ``decision`` is accepted or refused."""
    parties.need_role(by, "operator")
    found = lump_sum(name)
    rows = tables.read(Path(path), JUDGEMENT_COLUMNS, JUDGEMENT_COLUMNS)
    before = Judgement.objects.filter(claim__lump=found).count()
    with transaction.atomic():
        locks.wait(LOCK)

        def settle(row: tables.Row) -> Any:
            if (said := row.need("decision")) not in ("accepted", "refused"):
                raise BadLump(f"decision is {said[:20]!r}; write accepted or refused.")
            return _judge(found, row.need("work"), said == "accepted", row.need("reason"), by)

        _, taken = tables.judge(rows, settle, skip_refused=skip_refused)
        added = Judgement.objects.filter(claim__lump=found).count() - before
        if dry_run:
            transaction.set_rollback(True)
    return Registered(taken.taken, taken.refused, added=added, unchanged=taken.taken - added)


def _claimable(found: LumpSum, work: str, note: str) -> WorkFacts:
    if clock.today() >= found.reserve_until and clock.today() >= found.claims_until:
        raise BadLump(
            f"Claims on {found.name} were taken until {found.reserve_until}; nothing is kept for more."
        )
    if len(note) > 300 or not note.isprintable():
        raise BadLump("A note has at most 300 characters, all of which can be shown.")
    wanted = repertoire.work_id(work)
    return repertoire.work_facts([wanted])[wanted]


def _standing(found: LumpSum, work: UUID) -> LumpClaim | None:
    """The claim on a work that was not refused."""
    rows = LumpClaim.objects.filter(lump=found, work=work).exclude(judgement__accepted=False)
    return rows.first()


def _claim(found: LumpSum, facts: WorkFacts, note: str, by: User | None) -> LumpClaim:
    today = clock.today()
    made: LumpClaim = LumpClaim.objects.create(
        lump=found, work_id=facts.id, member_id=facts.member, made_on=today, late=today >= found.claims_until,
        note=note.strip(),
    )  # fmt: skip
    acts.record(
        "invoicing.claim-lump", made, by=by, lump=found.tid, work=facts.key, member=facts.member_code,
        late=made.late,
    )  # fmt: skip
    return made


def _judge(found: LumpSum, work: str, accept: bool, reason: str, by: User | None) -> Judgement:
    why = reason.strip()
    if not why or len(why) > 300 or not why.isprintable():
        raise BadLump("A decision needs its reason, in at most 300 characters: the member will read it.")
    wanted = repertoire.work_id(work)
    last = LumpClaim.objects.filter(lump=found, work=wanted).order_by("-id").first()
    if last is None:
        raise BadLump(f"Nobody claimed {work[:200]} for {found.name}.")
    known = Judgement.objects.filter(claim=last).first()
    if known:
        if known.accepted == accept:
            return known
        said = "accepted" if known.accepted else "refused"
        raise LumpDiffers(f"The claim on {work[:200]} was {said} on {known.on} ({known.reason}).")
    if accept and (why_not := outside(found, repertoire.work_facts([wanted])[wanted])):
        raise BadLump(f"{work[:200]} is not in the class: {why_not}.")
    made: Judgement = Judgement.objects.create(
        claim=last, accepted=accept, reason=why, on=clock.today(), by=by
    )
    acts.record("invoicing.judge-lump", made, by=by, claim=last.tid, accepted=accept, reason=why)
    return made


def outside(found: LumpSum, facts: WorkFacts) -> str:
    """Why a work is not in the class; empty where it is."""
    if not found.criteria:
        listed = LumpWork.objects.filter(lump=found, work=facts.id).exists()
        return "" if listed else "the list does not name it"
    criteria = found.criteria
    if "types" in criteria and facts.type not in criteria["types"]:
        return f"it is of the type {facts.type}"
    if "tiers" in criteria and facts.tier not in criteria["tiers"]:
        return f"it is of the tier {facts.tier}"
    if "members_before" in criteria:
        before = date.fromisoformat(criteria["members_before"])
        spans = membership.spans().get(facts.member, ())
        if not any(starts < before for starts, _ in spans):
            return f"{facts.member_code} was no member before {before}"
    return ""
