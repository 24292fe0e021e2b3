"""Notices by e-mail: at once, or gathered for a day or a week, as each user wishes for each category.

Letters wait from the transaction that writes their notice. One that was sent and not yet noted, because the
worker was killed in between, goes out again: better twice than never.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import Exists, F, Min, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from quire.core.errors import QuireError
from quire.society.kit import acts, clock, config, ids, letters, spoken
from quire.society.notices import errors, queries
from quire.society.notices.catalogue import CATEGORIES, EVENTS, Category
from quire.society.notices.models import Letter, Notice, ReadMark, Wish
from quire.society.parties import queries as parties
from quire.society.parties.models import User

HOUR = 6
"""The hour, UTC, from which the letters of a day or a week are sent."""
SALT = "quire.notices.stop"
EVERYTHING = "everything"
TRIES = 10_000
"""A week of minutes: a letter outlasts a server that is down."""
DOWN = 3
"""So many refusals in one round are the server's, not an address's."""
ROUND = 500
"""Letters of one round; whoever waits is served a minute later."""
LISTED = 100
"""Notices that a gathered letter names; the rest are counted."""
_HOUSE = {"operator": ("operator", "approver"), "auditor": ("auditor",)}


def queue(fresh: Sequence[Notice]) -> None:
    """Have letters of these notices wait; in the transaction that wrote them."""
    readers = _readers(fresh)
    everybody = {user for several in readers.values() for user in several}
    said = {(one.user_id, one.category): one.how for one in Wish.objects.filter(user__in=everybody)}
    Letter.objects.bulk_create(
        Letter(id=ids.new(), notice=one, user_id=user, how=how)
        for one in fresh
        for user in readers.get(_key(one), ())
        if (how := _how(said, user, CATEGORIES[EVENTS[one.event].category])) != "off"
    )


def _how(said: dict[tuple[Any, str], str], user: Any, category: Category) -> str:
    wanted = said.get((user, category.name), category.choices[0])
    return wanted if wanted in category.choices else category.choices[0]


def _key(one: Notice) -> UUID | tuple[str, str]:
    return one.party_id or (one.audience, EVENTS[one.event].role)


def _readers(fresh: Sequence[Notice]) -> dict[Any, list[Any]]:
    """Whose letters: of a party's notices everybody in its team, of the house's who has the role."""
    found: dict[Any, list[Any]] = {}
    for user, party in parties.reached({one.party_id for one in fresh if one.party_id is not None}):
        found.setdefault(party, []).append(user)
    for audience, role in {(one.audience, EVENTS[one.event].role) for one in fresh if one.party_id is None}:
        roles = (role,) if role and audience == "operator" else _HOUSE[audience]
        found[audience, role] = list(parties.reached_by_role(roles))
    return found


def send() -> int:
    """Send the letters that are to go at once. Returns how many went; a server that refuses one is asked
    again in the next round."""
    sent = 0
    waiting = Letter.objects.filter(how="at-once", sent=None, tries__lt=TRIES).order_by("tries", "id")
    for letter in waiting.values_list("id", flat=True)[:ROUND]:
        went = _send([letter])
        if went is False:
            return sent
        sent += bool(went)
    return sent


def gather() -> int:
    """Send each user what has gathered for the day that is over, on Mondays for the week. Returns how many
    letters went. Again is fine: what was sent waits no more."""
    now, sent = clock.now(), 0
    today = datetime.combine(now.date(), time(HOUR), now.tzinfo)
    began = today if now >= today else today - timedelta(days=1)
    for how, until in (("daily", began), ("weekly", began - timedelta(days=began.weekday()))):
        seen = ReadMark.objects.filter(notice=OuterRef("notice"), user=OuterRef("user"))
        due = Letter.objects.filter(how=how, sent=None, tries__lt=TRIES, notice__at__lt=until)
        due.filter(Exists(seen)).update(sent=now)  # they know
        refused = 0
        tried = due.values("user").annotate(tried=Min("tries")).order_by("tried", "user")
        for user in tried.values_list("user", flat=True):
            went = _send(
                list(due.filter(user=user).order_by("notice__at", "id").values_list("id", flat=True))
            )
            refused += went is False
            if refused == DOWN:
                break
            sent += bool(went)
    return sent


def _send(which: Sequence[UUID]) -> bool | None:
    """Send these letters of one user as one; None where somebody else is at it, or they went already."""
    with transaction.atomic():
        rows = Letter.objects.select_for_update(skip_locked=True, of=("self",)).filter(
            id__in=which, sent=None
        )
        mine = list(rows.select_related("notice__party", "user").order_by("notice__at", "id"))
        if not mine:
            return None
        Letter.objects.filter(id__in=[one.id for one in mine]).update(tries=F("tries") + 1)
    user = mine[0].user
    with override(user.language if user.language in spoken.LANGUAGES else settings.LANGUAGE_CODE):
        subject, text, headers = _written(user, mine)
    if not letters.send(to=user.email, subject=subject, text=text, headers=headers):
        return False
    Letter.objects.filter(id__in=[one.id for one in mine]).update(sent=clock.now())
    return True


def _written(user: User, mine: Sequence[Letter]) -> tuple[str, str, dict[str, str]]:
    """Subject, text and headers."""
    told = [_line(one.notice) for one in mine[:LISTED]]
    if len(mine) > LISTED:
        told.append(_("And %(count)d more.") % {"count": len(mine) - LISTED})
    one, house = mine[0], _society()
    category = CATEGORIES[EVENTS[one.notice.event].category]
    if one.how == "at-once":
        subject = queries.words(one.notice.event, one.notice.facts)
    else:
        subject = ngettext("%(count)d notice", "%(count)d notices", len(mine)) % {"count": len(mine)}
    end, headers = _end(user, one, category)
    return f"{house}: {subject}", "\n\n".join([*told, f"-- \n{house}\n{end}"]), headers


def _line(one: Notice) -> str:
    code = one.party.code if one.party else ""
    link = config.url() + queries.address(one.event, one.audience, code, one.parts)
    whose = f"{one.party.name}: " if one.party else ""
    return f"{whose}{queries.words(one.event, one.facts)}\n{link}"


def _end(user: User, one: Letter, category: Category) -> tuple[str, dict[str, str]]:
    """How the letter ends: why it comes, and how to have no more of them (RFC 8058, one click)."""
    if one.how == "at-once" and "off" not in category.choices:
        return str(category.why), {}
    stop = stop_address(user, category.name if one.how == "at-once" else EVERYTHING)
    headers = {"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    return _("To have no more of these: %(address)s") % {"address": stop}, headers


def _society() -> str:
    try:
        return parties.society().name
    except QuireError:
        return "Quire"


def stop_address(user: User, what: str) -> str:
    """The link by which a user has no more letters of a category, or of all that can be stopped."""
    told = signing.dumps([user.pk, what], salt=SALT)
    return config.url() + str(reverse("letters-stop", kwargs={"letter": told}))


def stopped_by(token: str) -> tuple[User, list[Category]]:
    """Whose letters a link stops, and which. LinkSpoilt for one that is not ours."""
    try:
        user, what = signing.loads(token, salt=SALT)
    except signing.BadSignature as problem:
        raise errors.LinkSpoilt("This link is not whole; copy all of it from the letter.") from problem
    named = (
        list(CATEGORIES.values())
        if what == EVERYTHING
        else [CATEGORIES[one] for one in [what] if one in CATEGORIES]
    )
    found = parties.user_of(user)
    if found is None:
        raise errors.LinkSpoilt("Nobody has letters by this link any more.")
    return found, [one for one in named if "off" in one.choices]


def stop(token: str) -> list[Category]:
    """Send the user no more letters of what the link names. Again is fine."""
    user, categories = stopped_by(token)
    wish(user, {one.name: "off" for one in categories})
    return categories


def wish(user: User, wanted: dict[str, str]) -> None:
    """How the user wants letters, category by category; also of what waits. BadWish."""
    for name, how in wanted.items():
        if name not in CATEGORIES or how not in CATEGORIES[name].choices:
            raise errors.BadWish(f"Letters of {name[:20]!r} do not come {how[:20]!r}.")
    with transaction.atomic():
        before = {one.category: one.how for one in Wish.objects.select_for_update().filter(user=user)}
        changed = {name: how for name, how in wanted.items() if before.get(name) != how}
        for name, how in changed.items():
            Wish.objects.update_or_create(user=user, category=name, defaults={"how": how})
            _wait(user, name, how)
        if changed:
            acts.record("notices.wish", user.username, by=user, **changed)


def _wait(user: User, category: str, how: str) -> None:
    """What waits goes as is wished now."""
    events = [one.name for one in EVENTS.values() if one.category == category]
    waiting = Letter.objects.filter(user=user, sent=None, notice__event__in=events)
    waiting.update(**({"sent": clock.now()} if how == "off" else {"how": how}))


def wishes(user: User, audience: str) -> list[tuple[Category, str]]:
    """Every category of which the audience is told, with how the user has its letters."""
    said = dict(Wish.objects.filter(user=user).values_list("category", "how"))
    told = {one.category for one in EVENTS.values() if audience in one.pages}
    found: Iterable[Category] = (one for name, one in CATEGORIES.items() if name in told)
    return [(one, _how({(user.pk, one.name): said[one.name]} if one.name in said else {}, user.pk, one))
            for one in found]  # fmt: skip
