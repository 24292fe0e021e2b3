"""What AI may do with the member's work: yes or no to each use, by everybody and by each licensee."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django import forms
from django.core.cache import cache
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quire.core.canonical import digest, dumps
from quire.core.money import Money, quanta_of
from quire.core.terms import USES, allows, covers
from quire.society.distribution import queries as distribution
from quire.society.distribution.jobs import kept
from quire.society.kit import clock, jobs, walls
from quire.society.kit.paging import Asked
from quire.society.licensing import queries as licensing
from quire.society.mandates import actions
from quire.society.mandates import queries as mandates
from quire.society.mandates.queries import MandateFacts
from quire.society.parties import queries as parties
from quire.society.parties.queries import PartyName
from quire.society.web.pages import Asking
from quire.society.web.taking import Day, by, sent, taken
from quire.society.web.words import MEANS, Cut, cut, days, here, use

KEPT = 600
"""Seconds for which a year's sums are kept."""

Earned = dict[tuple[str, str], list[Cut]]
"""(use, licensee's id or "" for all) to what it earned in a year, by currency."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One licensee under one use: what holds now, why, and what it earned; ``change`` is where it is
    decided."""

    name: str
    yes: bool
    because: str
    earned: Sequence[Cut]
    change: str


@dataclass(frozen=True, slots=True)
class UseTold:
    """One use: what is said to everybody, and to each licensee."""

    use: str
    name: str
    means: str
    said: MandateFacts | None
    silent: bool
    earned: Sequence[Cut]
    change: str
    choices: Sequence[Choice]


def terms(request: Asking) -> HttpResponse:
    """Every use and licensee with what holds today, and what came of it in the last year."""
    me = _me(request)
    said = mandates.mandates_of(me)
    since, until = year()
    money = earned(me, since)
    told = [_told(request, name, said, money) for name in USES]
    return render(request, "web/member/terms.html", {
        "title": _("What AI may do"), "uses": told, "year": days(since, until) if since else "",
        "direct": mandates.direct_of(me), "past": [one for one in said if not covers(one, clock.today())],
    })  # fmt: skip


def _told(request: Asking, name: str, said: Sequence[MandateFacts], money: Earned) -> UseTold:
    today = clock.today()
    mine = [one for one in said if one.use == name and covers(one, today)]
    # Where a yes and a no stand side by side, the no is what holds.
    to_all = sorted((one for one in mine if one.licensee is None), key=lambda one: one.yes)
    answer = to_all[0] if to_all else None
    address = f"{here(request, 'member-terms-change')}?use={name}"
    choices = [
        _choice(name, who, mine, answer, money, f"{address}&licensee={who.code}")
        for who in _licensees(mine, money, name)
    ]
    return UseTold(name, use(name), str(MEANS[name]), answer, answer is None, money.get((name, ""), []),
                   address, choices)  # fmt: skip


def _choice(
    name: str, who: PartyName, mine: Sequence[MandateFacts], to_all: MandateFacts | None, money: Earned,
    address: str,
) -> Choice:  # fmt: skip
    own = sorted((one for one in mine if one.licensee == who), key=lambda one: one.yes)
    no_to_all = to_all is not None and not to_all.yes
    if own and (not own[0].yes or not no_to_all):
        since = days(own[0].starts, own[0].ends)
        because = _("you said so to them, %(days)s") % {"days": since}
        return Choice(who.name, own[0].yes, because, money.get((name, str(who.id)), []), address)
    because = _("as for everybody") if to_all else _("you have said nothing")
    yes = to_all is not None and to_all.yes
    return Choice(who.name, yes, because, money.get((name, str(who.id)), []), address)


def _licensees(mine: Iterable[MandateFacts], money: Earned, name: str) -> list[PartyName]:
    """Whoever may use it today by a licence, was told something, or paid for it."""
    today = clock.today()
    wanted = {one.licensee.id for one in mine if one.licensee}
    wanted |= {UUID(who) for said, who in money if said == name and who}
    wanted |= {one.licensee for one in licensing.in_force(today, _next(today)) if name in one.uses}
    return list(parties.names(wanted).values())


def _next(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)


def year() -> tuple[date | None, date | None]:
    """The year before the end of the last closed run: from when, and until when; None where there is none."""
    closed = [one.period for one in distribution.runs() if one.state == "closed"]
    if not closed:
        return None, None
    ends = max(one.ends for one in closed)
    return date(ends.year - 1, ends.month, min(ends.day, 28)), ends


def earned(me: UUID, since: date | None) -> Earned:
    """What each use by each licensee gave the member in the closed runs of the year; all of them together
    under "". Closed runs do not change: what was summed is kept for a while."""
    if since is None:
        return {}
    closed = len([one for one in distribution.runs() if one.state == "closed"])
    told: Earned = cache.get_or_set(f"earned:{me}:{since}:{closed}", lambda: _earned(me, since), KEPT)
    return told


def _earned(me: UUID, since: date) -> Earned:
    found: Earned = {}
    pivot = distribution.Pivot(me, "choice", since=since)
    sums: dict[tuple[str, str, str], int] = {}
    for row in pivot.every(Asked()):
        name, _slash, who = row.key.partition("/")
        for key in {(name, who), (name, "")}:
            at = (*key, row.credited.currency)
            sums[at] = sums.get(at, 0) + row.credited.quanta + row.held.quanta
    for (name, who, unit), amount in sorted(sums.items()):
        if amount:
            found.setdefault((name, who), []).append(cut(Money(amount, unit)))
    return found


class Answer(forms.Form):
    """Yes or no, from a day."""

    answer = forms.ChoiceField(
        label=gettext_lazy("Your answer"), widget=forms.RadioSelect,
        choices=[("yes", gettext_lazy("Yes")), ("no", gettext_lazy("No"))],
    )  # fmt: skip
    starts = forms.DateField(
        label=gettext_lazy("From"), widget=Day(),
        help_text=gettext_lazy("The first day on which it holds. What was used before stays as it was."),
    )  # fmt: skip


def change(request: Asking) -> HttpResponse:
    """One answer, with what each choice meant in the last year."""
    me = _me(request)
    name, who = _asked(request)
    form = _form(request, who)
    to = here(request, "member-terms")

    def act(said: dict[str, object]) -> None:
        yes = {"yes": True, "no": False}.get(str(said["answer"]))
        starts = said["starts"]
        assert isinstance(starts, date)
        actions.change_answer(member=me, use=name, licensee=who and who.id, yes=yes, starts=starts,
                              by=by(request))  # fmt: skip

    if request.method == "POST" and request.POST.get("act") == "work-out":
        return _work_out(request, name, who)
    if went := taken(request, form, act, done=_("Your answer is on record."), to=to):
        return went
    since, until = year()
    money = earned(me, since).get((name, str(who.id) if who else ""), [])
    return render(request, "web/member/terms_change.html", {
        "title": _("%(use)s by %(who)s") % {"use": use(name).capitalize(), "who": who.name if who else
                                            _("everybody")},
        "trail": [(_("What AI may do"), to)], "form": form, "means": MEANS[name], "who": who,
        "earned": money, "year": days(since, until) if since else "",
        "divided": _divided(_key(request, name, who)), "closed": bool(since),
        "blocked": bool(who) and _no_to_all(me, name), "other": not _allowed(me, name, who), "cancel": to,
    })  # fmt: skip


@dataclass(frozen=True, slots=True)
class Divided:
    """What the last closed runs would have given by a yes and by a no, for each currency: (had, by a yes, by
    a no)."""

    first: str
    last: str
    sums: Sequence[tuple[Cut, Cut, Cut]]


def _key(request: Asking, name: str, who: PartyName | None) -> str:
    """Under which it is kept what another answer would have given: anew with each closed run."""
    closed = [one.tid for one in distribution.runs() if one.state == "closed"]
    said = {"of": str(_me(request)), "use": name, "by": who.tid if who else "", "runs": closed}
    return digest(dumps(said))[7:39]


def _work_out(request: Asking, name: str, who: PartyName | None) -> HttpResponse:
    """Have closed runs divided as if the answer had been another; a job, because they are divided anew."""
    assert request.seat.party is not None
    party = request.seat.party
    with walls.outside():
        job = jobs.ask(
            "distribution.what-if",
            _("What another answer would have earned: %(use)s") % {"use": use(name)},
            by=by(request), party=party.id, member=party.tid, use=name, licensee=who.tid if who else "",
            key=_key(request, name, who), address=request.get_full_path(),
        )  # fmt: skip
    return redirect(here(request, "member-job", job=job.tid))


def _divided(key: str) -> Divided | None:
    told = kept("what-ifs", key)
    if told is None:
        return None
    sums: dict[str, dict[str, str]] = {}
    for answer in ("yes", "no"):
        for one in told[answer]:
            sums.setdefault(one["currency"], {})[answer] = one["would"]
            sums[one["currency"]]["had"] = one["had"]
    rows = [
        tuple(Cut(quanta_of(each.get(name, "0")), unit) for name in ("had", "yes", "no"))
        for unit, each in sorted(sums.items())
    ]
    return Divided(told["periods"][0], told["periods"][-1], rows)  # type: ignore[arg-type]


def _form(request: Asking, who: PartyName | None) -> Answer:
    form = Answer(initial={"starts": _next(clock.today())}, **sent(request))
    if who is not None:
        choices = [("yes", _("Yes")), ("no", _("No")), ("same", _("The same as for everybody"))]
        form.fields["answer"].choices = choices  # type: ignore[attr-defined]
    return form


def _asked(request: Asking) -> tuple[str, PartyName | None]:
    """The use and the licensee that the address names."""
    said = request.GET.get("use", "")
    name = said if said in USES else USES[0]
    code = request.GET.get("licensee", "")
    if not code:
        return name, None
    found = parties.party(code)
    return name, PartyName(found.id, found.tid, found.code, found.name, found.kind)


def _no_to_all(me: UUID, name: str) -> bool:
    today = clock.today()
    return any(
        one.use == name and one.licensee is None and not one.yes and covers(one, today)
        for one in mandates.mandates_of(me)
    )


def _allowed(me: UUID, name: str, who: PartyName | None) -> bool:
    """Whether it is allowed today."""
    party = parties.party(me)
    spans = mandates.member_spans([me]).get(party.tid, ())
    return allows(name, who.tid if who else "", clock.today(), mandates.answers([me]), spans)


def _me(request: Asking) -> UUID:
    assert request.seat.party is not None
    return request.seat.party.id
