"""Register sites: a host, or a part of one, and whose its usage is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from quire.core.urls import canonical_host
from quire.society.kit import tables
from quire.society.kit.tables import Registered
from quire.society.parties.models import User
from quire.society.repertoire import cells
from quire.society.repertoire.actions.intake import (
    BATCH,
    Change,
    chunks,
    known,
    party_ids,
    plain,
    record,
    writing,
)
from quire.society.repertoire.errors import AlreadyRegistered
from quire.society.repertoire.models import Site, SitePattern

COLUMNS = ("code", "host", "patterns", "owner", "tier")


@dataclass(frozen=True, slots=True)
class Draft:
    """A site as a row states it."""

    line: int
    code: str
    host: str
    patterns: tuple[str, ...]
    owner: str
    tier: str


def register_site(
    *,
    code: str,
    host: str,
    owner: str,
    patterns: Sequence[str] = ("/",),
    tier: str = "standard",
    by: User | None,
) -> Site:
    """Register one site; the same again returns it. ``owner`` is a party's code.

    Refuses: what cannot be read, an unknown owner, another site's pattern, a site on record otherwise.
    """
    row = tables.Row(
        1, {"code": code, "host": host, "owner": owner, "tier": tier, "patterns": " ".join(patterns)}
    )
    with writing(by):
        intake = _Intake([row])
        draft = intake.settle(row)
        if draft.code in intake.sites and intake.difference(draft):
            raise AlreadyRegistered(
                f"Site {draft.code} is registered otherwise; change it with an import.", code=draft.code
            )
        _write(intake, [draft], Registered(taken=1), "register-site", draft.code, by)
    return Site.objects.get(code=draft.code)


def import_sites(
    path: Path, *, by: User | None, dry_run: bool = False, skip_refused: bool = False
) -> Registered:
    """Sites from a CSV or JSON file with COLUMNS; a site on record is changed to what its row says.

    Raises TableRefused with every refused line unless ``skip_refused``; writes nothing on ``dry_run``.
    """
    rows = tables.read(Path(path), COLUMNS, ("code", "host", "owner"))
    with writing(by):
        intake = _Intake(rows)
        drafts, taken = tables.judge(rows, intake.settle, skip_refused=skip_refused)
        account = Registered(taken.taken, taken.refused)
        _write(intake, drafts, account, "import-sites", Path(path).name, by, dry_run=dry_run)
    return account


class _Intake:
    """The rows of a file against what is on record, loaded once."""

    def __init__(self, rows: Sequence[tables.Row]) -> None:
        said = {row.get("code") for row in rows}
        self.parties = party_ids(row.get("owner") for row in rows)
        self.sites: dict[str, Site] = {}
        for part in chunks(sorted(said)):
            self.sites.update((site.code, site) for site in Site.objects.filter(code__in=part))
        self.patterns: dict[UUID, list[str]] = {}
        self.taken: dict[tuple[str, str], str] = {}
        for site, code, host, pattern in SitePattern.objects.values_list(
            "site_id", "site__code", "host", "pattern"
        ):
            self.patterns.setdefault(site, []).append(pattern)
            self.taken[host, pattern] = code
        self.lines: dict[str, int] = {}

    def settle(self, row: tables.Row) -> Draft:
        """The row as a draft that can be written, or the first reason why not."""
        draft = Draft(
            row.line,
            cells.code(row.need("code")),
            canonical_host(row.need("host")),
            cells.patterns(row.get("patterns")),
            row.need("owner"),
            cells.word("tier", row.get("tier", "standard"), 32),
        )
        known(self.parties, draft.owner)
        if draft.code in self.lines:
            raise AlreadyRegistered(f"Site {draft.code} is on line {self.lines[draft.code]} already.")
        for pattern in draft.patterns:
            holder = self.taken.get((draft.host, pattern), draft.code)
            if holder != draft.code:
                raise AlreadyRegistered(
                    f"{draft.host}{pattern} belongs to site {holder} already; "
                    "give each site patterns of its own.",
                    code=draft.code,
                )
        self._must_be_the_same(draft)
        self.lines[draft.code] = row.line
        self.taken.update({(draft.host, pattern): draft.code for pattern in draft.patterns})
        return draft

    def _must_be_the_same(self, draft: Draft) -> None:
        """A row may correct a site or hand it over; with another host and owner it is another site."""
        site = self.sites.get(draft.code)
        if site and site.host != draft.host and site.owner_id != self.parties[draft.owner]:
            raise AlreadyRegistered(
                f"The code {draft.code} is that of {site.host}, which is somebody else's; give "
                f"{draft.host} a code of its own.",
                code=draft.code,
            )

    def difference(self, draft: Draft) -> Change | None:
        """What the draft changes in the site on record."""
        site = self.sites[draft.code]
        was = {
            "host": site.host,
            "owner": site.owner_id,
            "tier": site.tier,
            "patterns": sorted(self.patterns.get(site.id, [])),
        }
        now = {
            "host": draft.host,
            "owner": self.parties[draft.owner],
            "tier": draft.tier,
            "patterns": list(draft.patterns),
        }
        fields = [name for name in was if was[name] != now[name]]
        if not fields:
            return None
        return Change(site.tid, *({name: plain(side[name]) for name in fields} for side in (was, now)))


def _write(
    intake: _Intake,
    drafts: Sequence[Draft],
    account: Registered,
    verb: str,
    source: str,
    by: User | None,
    *,
    dry_run: bool = False,
) -> None:
    """Write what is new or changed, and the acts of it. Nothing here can be refused any more."""
    fresh = [draft for draft in drafts if draft.code not in intake.sites]
    changes = {
        draft.code: change
        for draft in drafts
        if draft.code in intake.sites and (change := intake.difference(draft))
    }
    account.added, account.changed = len(fresh), len(changes)
    account.unchanged = len(drafts) - account.added - account.changed
    if dry_run:
        return
    written = [draft for draft in drafts if draft.code not in intake.sites or draft.code in changes]
    sites = [_site(intake, draft) for draft in written]
    for part in chunks(sites):
        Site.objects.bulk_create(
            part, update_conflicts=True, unique_fields=["id"], update_fields=["host", "owner", "tier"]
        )
    SitePattern.objects.filter(site__code__in=list(changes)).delete()
    _write_patterns(written, sites)
    record(verb, source, account, list(changes.values()), by=by)


def _site(intake: _Intake, draft: Draft) -> Site:
    found: dict[str, Any] = {"id": intake.sites[draft.code].id} if draft.code in intake.sites else {}
    return Site(
        code=draft.code, host=draft.host, owner_id=intake.parties[draft.owner], tier=draft.tier, **found
    )


def _write_patterns(drafts: Sequence[Draft], sites: Sequence[Site]) -> None:
    SitePattern.objects.bulk_create(
        [
            SitePattern(site=site, host=draft.host, pattern=pattern)
            for draft, site in zip(drafts, sites, strict=True)
            for pattern in draft.patterns
        ],
        batch_size=BATCH,
    )
