"""A large society for ``bench/web.py``: 50,000 members, 1,000,000 works, 24 periods that are closed.

A small society goes through its two years by the real commands. Each run, once it has divided its pots, has
lines of the many put in: what the largest line had goes to them, so that the pot, the review, the ledger and
every balance still add up, and only the published bundle, which is of the small society, knows nothing of
them. Members, works, mandates, acts and the lake's files of what a lab took are written by SQL and by DuckDB.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

# sql in this file: numbers are this file's own; nothing comes from outside.

FIRST_YEAR = 2025
GAZETTE = "gazette"
MEMBER, WORK, LINE, OWNED = "9", "8", "a", "b"
"""The digit by which ids of each kind of row are told from one another."""

MOMENT = (
    "(lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint - i * 1000::bigint), 12, '0') || '70008'"
    " || lpad(to_hex(i), 15, '0'))::uuid"
)
"""The SQL of an id that tells when its row was made, a second before the one of the number before."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything. ``each`` is the lines of a member in a run, ``most`` those of the largest."""

    members: int = 50_000
    works: int = 1_000_000
    largest: int = 30_000
    periods: int = 24
    each: int = 3
    most: int = 20_000
    unclaimed: int = 5_000
    requests: int = 20_000_000

    @property
    def per_member(self) -> int:
        """Works of each of the many."""
        return max(1, (self.works - self.largest) // self.members)

    def months(self) -> list[str]:
        """The periods, as commands name them."""
        return [f"{FIRST_YEAR + at // 12}-{at % 12 + 1:02}" for at in range(self.periods)]


def build(size: Size, folder: Path) -> None:
    """The whole society, in the database and below ``QUIRE_HOME``. ``folder`` takes the files handed in."""
    began = time.perf_counter()

    def told(what: str) -> None:
        print(f"{time.perf_counter() - began:7.0f} s  {what}", flush=True)

    folder.mkdir(parents=True, exist_ok=True)
    _small(size, folder)
    told("a small society, its usage and its receipts")
    with owner() as run:
        _people(run, size)
        _works(run, size)
    told("members and works")
    _named_works(size)
    told("works have their ids in text")
    for month in size.months():
        _distribute(month, size)
        told(f"{month} is closed")
    with owner() as run:
        _rest(run, size)
    told("mandates, shares, sites, tokens, acts")
    _invoices(size)
    _lake(size)
    told("the lake")
    with owner(autocommit=True) as run:
        run.execute("DROP TABLE bench_work")
        run.execute("VACUUM ANALYZE")
    told("statistics")


@contextmanager
def owner(autocommit: bool = False) -> Iterator[Any]:
    """A cursor of the server's own user, whom no trigger and no wall stops."""
    import psycopg
    from django.db import connections

    there = connections["owner"].settings_dict
    where = {"host": there["HOST"], "port": there["PORT"], "dbname": there["NAME"], "user": "postgres"}
    with psycopg.connect(**where, autocommit=autocommit) as db, db.cursor() as run:
        run.execute("SET session_replication_role = replica")
        run.execute("SET synchronous_commit = off")
        run.execute("SET maintenance_work_mem = '512MB'")
        yield run


def uuid(kind: str, number: str) -> str:
    """The SQL of an id: of one kind of row, by its number."""
    return f"('00000000-0000-7000-{kind}000-' || lpad(to_hex({number}), 12, '0'))::uuid"


def _small(size: Size, folder: Path) -> None:
    from tests import small

    ends = f"{FIRST_YEAR + max(2, (size.periods + 11) // 12)}-01-01"
    as_it_is = small.LICENCES
    small.LICENCES = as_it_is.replace("2026-01-01", f"{FIRST_YEAR}-01-01").replace("2027-01-01", ends)
    try:
        small.found(folder)
    finally:
        small.LICENCES = as_it_is
    _orphan()
    for host, lines in small.logs().items():
        place = folder / f"{host}.log"
        place.write_text("".join(_turned(line, month) for month in size.months() for line in lines))
        small.quire("usage", "import", place, "--host", host, "--by", "preparer")
    small.quire("plan", "adopt", "hybrid", "--from", f"{FIRST_YEAR}-01-01", "--decision", "Assembly", "--by",
                "preparer")  # fmt: skip
    rows = [
        f"R-{licence}-{month},{licence}-2026,{month},{amount},{unit},{ends}"
        for month in size.months()
        for licence, amount, unit in (("north", "2000000.00", "EUR"), ("south", "0.05", "USD"))
    ]
    place = folder / "receipts.csv"
    place.write_text(small.RECEIPTS.splitlines(keepends=True)[0] + "\n".join(rows) + "\n")
    small.quire("receipts", "import", place, "--by", "preparer")


def _turned(line: str, month: str) -> str:
    told = datetime.strptime(month, "%Y-%m").strftime("/%b/%Y:")  # noqa: DTZ007 - a name is wanted
    return line.replace("/Jan/2026:", told)


def _orphan() -> None:
    """A third of a work is a photographer's whom nobody knows."""
    from quire.society.parties import queries as parties
    from quire.society.repertoire import actions, queries

    actions.amend_owners(
        work=queries.work("https://gazette.example/b").id, starts=None, why="Found out",
        shares=queries.shares_of("gazette:publisher:1/2; lantern:photographer:1/6; unknown:photographer:1/3"),
        by=parties.acting("preparer"),
    )  # fmt: skip


def _people(run: Any, size: Size) -> None:
    run.execute(
        f"""INSERT INTO parties_party (id, code, name, kind, email, street, building, postcode, town, country,
                                       iban, bic, account_holder)
            SELECT {uuid(MEMBER, "i")}, 'm-' || i, 'Member ' || i, 'journalist', '', 'Quay', '1', '1010',
                   'Vienna', 'AT', 'AT611904300234573201', 'BKAUATWWXXX', 'Member ' || i
              FROM generate_series(1, {size.members}) i"""
    )


def _works(run: Any, size: Size) -> None:
    run.execute("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'repertoire_work' "
                "AND indexname NOT IN (SELECT conname FROM pg_constraint)")  # fmt: skip
    indexes = run.fetchall()
    for name, _ in indexes:
        run.execute(f'DROP INDEX "{name}"')
    gazette = _code(run, GAZETTE)
    each, many = size.per_member, size.members * size.per_member
    run.execute(
        f"""INSERT INTO repertoire_work (id, key, host, path, identifier, title, type, words, tier, member_id)
            SELECT {uuid(WORK, "i")}, host || path, host, path, '',
                   (ARRAY['Harbour','Tide','Lock','Reed','River','Quay','Wren','Storm'])[1 + i % 8] || ' and '
                   || (ARRAY['keeper','dawn','dredger','lamp','ferry','gull','rope'])[1 + i % 7] || ' ' || i,
                   (ARRAY['article','photograph','song'])[1 + i % 3], 300 + i % 900, 'standard', member
              FROM (SELECT i, '/a/' || i AS path,
                           CASE WHEN i <= {many} THEN 'm-' || 1 + (i - 1) / {each} || '.example'
                                ELSE 'gazette.example' END AS host,
                           CASE WHEN i <= {many} THEN {uuid(MEMBER, f"1 + (i - 1) / {each}")}
                                ELSE '{gazette}'::uuid END AS member
                      FROM generate_series(1, {many + size.largest}) i) made"""
    )
    for _, statement in indexes:
        run.execute(statement)


def _named_works(size: Size) -> None:
    """Works with their ids as lines have them, which PostgreSQL cannot make."""
    from uuid import UUID

    from quire.society.kit import ids

    many = size.members * size.per_member + size.largest
    with owner() as run:
        run.execute("CREATE UNLOGGED TABLE bench_work (i int PRIMARY KEY, tid text)")
        with run.copy("COPY bench_work FROM STDIN") as copy:
            for at in range(1, many + 1):
                copy.write_row((at, ids.show("wrk", UUID(f"00000000-0000-7000-{WORK}000-{at:012x}"))))


def _distribute(month: str, size: Size) -> None:
    """A month's run through its stages, with the many's lines put in before it is summed up."""
    from quire.society.distribution import actions, queries
    from quire.society.distribution.actions import stages
    from quire.society.distribution.store import standing
    from quire.society.kit import periods
    from quire.society.parties import queries as parties

    preparer, approver = parties.acting("preparer"), parties.acting("approver")
    run = actions.open_run(period=periods.parse(month), by=preparer)
    for step in (stages.freeze, stages.allocate):
        step(run, by=preparer, place=standing())
    with owner() as sql:
        _many(sql, run.id, size.months().index(month), size)
    run = actions.work(run, by=preparer)
    actions.approve(queries.find(run.tid), by=approver)
    closed = actions.work(queries.find(run.tid), by=preparer)
    assert closed.state == "closed", closed.state


_LINES = """
INSERT INTO distribution_line (id, run_id, pot_id, number, outcome, party_id, amount, detail)
SELECT {id}, l.run_id, l.pot_id, {number} + n, l.outcome, {party}, {amount},
       l.detail || jsonb_build_object('line', {number} + n, 'subject', w.tid, 'requests', 1 + n % 90,
                                      'amount', ({amount})::numeric(38,12)::text)
  FROM distribution_line l, generate_series(1, {count}) n, bench_work w
 WHERE l.id = '{line}' AND w.i = {work}
"""


def _many(sql: Any, run: Any, turn: int, size: Size) -> None:
    """Lines of every member, many more of the largest, and some that nobody claims."""
    from uuid import UUID

    from quire.society.distribution import crediting

    def largest(outcome: str, party: str) -> tuple[UUID, Any]:
        sql.execute(
            "SELECT l.id, l.party_id FROM distribution_line l LEFT JOIN parties_party p ON p.id = l.party_id "
            "WHERE l.run_id = %s AND l.outcome = %s AND l.detail ? 'subject' "
            f"AND p.code {party} ORDER BY l.amount DESC LIMIT 1",
            [run, outcome],
        )
        found: tuple[UUID, Any] = sql.fetchone()
        return found

    paid, gazette = largest("payable", f"= '{GAZETTE}'")
    lost, _nobody = largest("unclaimed", "IS NULL")
    many = size.members * size.each
    first = size.members * size.per_member
    own, each = f"n % {size.members}", size.per_member
    work = f"1 + (({own}) * {each} + ({turn} + n / {size.members}) % {each})"
    at = turn * 10_000_000
    for line, begins, count, party, of in (
        (paid, 1_000, many, uuid(MEMBER, f"1 + {own}"), work),
        (paid, 1_000 + many, size.most, f"'{gazette}'::uuid",
         f"{first} + 1 + (n + {turn * size.most // 3}) % {size.largest}"),
        (lost, 1_000 + many + size.most, size.unclaimed, "NULL::uuid", f"1 + (n * 7 + {turn}) % {first}"),
    ):  # fmt: skip
        sql.execute(
            _LINES.format(
                id=uuid(LINE, f"{at + begins} + n"), number=begins, count=count, line=line, work=of,
                party=party, amount="0.1 + (n % 83) / 100.0",
            )
        )  # fmt: skip
    for line in (paid, lost):
        sql.execute(
            """UPDATE distribution_line SET amount = amount - s.sum,
                      detail = detail || jsonb_build_object('amount', (amount - s.sum)::text)
                 FROM (SELECT sum(m.amount) AS sum FROM distribution_line m, distribution_line l
                        WHERE l.id = %s AND m.run_id = l.run_id AND m.pot_id = l.pot_id AND m.number > 1000
                          AND m.outcome = l.outcome) s
                WHERE id = %s AND amount > s.sum""",
            [line, line],
        )
        assert sql.rowcount == 1, "the many had more than there was"
    sql.execute("DELETE FROM distribution_partysum WHERE run_id = %s", [run])
    crediting.sum_up(run, sql)


def _rest(run: Any, size: Size) -> None:
    for statement in (*_rights(run, size), *_events(run, size)):
        run.execute(statement)


def _code(run: Any, code: str) -> str:
    """The id of the party of this code."""
    run.execute("SELECT id FROM parties_party WHERE code = %s", [code])
    return str(run.fetchone()[0])


def _rights(run: Any, size: Size) -> tuple[str, ...]:
    """Memberships, answers, sites and shares."""
    gazette, m = _code(run, GAZETTE), uuid(MEMBER, "i")
    every = f"FROM generate_series(1, {size.members}) i"
    sites = min(20_000, size.members)
    return (
        f"""INSERT INTO membership_membership (id, party_id, starts)
            SELECT gen_random_uuid(), {m}, '2025-01-01' {every}""",
        f"""INSERT INTO membership_application (id, party_id, "on", shown, criteria_id, admitted, reasons)
            SELECT {MOMENT}, {m}, '2024-12-01', '{{}}',
                   (SELECT id FROM membership_criteria LIMIT 1), i % 50 <> 0,
                   CASE WHEN i % 50 = 0 THEN '["Too few works."]' ELSE '[]' END::jsonb {every}""",
        f"""INSERT INTO mandates_mandate (id, member_id, use, answer, starts)
            SELECT gen_random_uuid(), {m}, use, i % 9 <> 0, '2025-01-01' {every},
                   unnest(ARRAY['ai-train', 'ai-input', 'search']) use""",
        f"""INSERT INTO repertoire_site (id, code, host, owner_id, tier)
            SELECT {uuid(OWNED, "i")}, 'site-' || i, 'm-' || i || '.example', {m}, 'standard'
              FROM generate_series(1, {sites}) i""",
        f"""INSERT INTO repertoire_site (id, code, host, owner_id, tier)
            SELECT gen_random_uuid(), 'g-' || i, 'g' || i || '.gazette.example', '{gazette}', 'standard'
              FROM generate_series(1, 200) i""",
        """INSERT INTO repertoire_sitepattern (site_id, host, pattern)
            SELECT id, host, '/' FROM repertoire_site WHERE code ~ '^(site|g)-[0-9]+$'""",
        f"""INSERT INTO usage_edge (id, site_id, name, key, kid, registered_at, revoked_reason)
            SELECT gen_random_uuid(), {uuid(OWNED, "i")}, 'web', '{{}}', 'kid-' || i, now(), ''
              FROM generate_series(1, {sites // 40}) i""",
        f"""INSERT INTO repertoire_ownership (id, work_id)
            SELECT {uuid(OWNED, "i")}, {uuid(WORK, "i * 10")}
              FROM generate_series(1, {size.works // 12}) i""",
        f"""INSERT INTO repertoire_ownershipshare (ownership_id, party_id, role, share)
            SELECT {uuid(OWNED, "i")}, CASE WHEN half = 0 AND i % 100 = 0 THEN '{gazette}'::uuid
                   WHEN half = 0 THEN {uuid(MEMBER, f"1 + i % {size.members}")}
                   ELSE {uuid(MEMBER, f"1 + (i * 7) % {size.members}")} END,
                   (ARRAY['publisher', 'author'])[1 + half], '1/2'
              FROM generate_series(1, {size.works // 12}) i, generate_series(0, 1) half""",
    )  # fmt: skip


def _events(run: Any, size: Size) -> tuple[str, ...]:
    """What grows with every day: tokens, reports, acts, jobs, holds, disputes, claims."""
    north, m = _code(run, "lab-north"), uuid(MEMBER, "i")
    every = f"FROM generate_series(1, {size.members}) i"
    return (
        f"""INSERT INTO licensing_client (id, licensee_id, name, mode, alg, scopes, created)
            SELECT {uuid(OWNED, "i")}, '{north}', 'crawler-' || i, 'live', 'Ed25519', '{{}}', now()
              FROM generate_series(1, 40) i""",
        f"""INSERT INTO licensing_issuedtoken (id, jti, client_id, licence_id, uses, expires)
            SELECT {MOMENT}, 'jti-' || i, {uuid(OWNED, "1 + i % 40")},
                   (SELECT id FROM licensing_licence WHERE code = 'north-2026'), '{{ai-train}}', now()
              FROM generate_series(1, {size.members * 4}) i""",
        f"""INSERT INTO usage_report (id, licensee_id, client, received, digest, taken, again, refused,
                                      reasons)
            SELECT gen_random_uuid(), '{north}', 'cli', now() - i * interval '1 hour', 'sha256:' || i, 100, 1,
                   0, '{{}}' FROM generate_series(1, {size.members // 5}) i""",
        f"""INSERT INTO kit_act (id, at, verb, subject, detail)
            SELECT {MOMENT}, now() - i * interval '1 minute', 'works.import', 'wrk_' || i, '{{}}'
              FROM generate_series(1, {size.members * 4}) i""",
        f"""INSERT INTO kit_job (id, kind, title, party, given, state, sentence, done, whole, unit, result,
                                 asked_at)
            SELECT gen_random_uuid(), 'bench', 'Job ' || i, {m}, '{{}}', 'done', '', 0, 0, '', '{{}}',
                   now() - i * interval '1 minute' {every}""",
        *(
            f"""INSERT INTO notices_notice (id, at, event, audience, party_id, subject, parts, facts, needs,
                                            cause)
                SELECT gen_random_uuid(), now() - i * interval '1 minute', '{event}', '{audience}', {party},
                       'dst_1', jsonb_build_object('run', 'latest'), '{{"period": "2026-12"}}', false,
                       'bench:{audience}:' || i FROM generate_series(1, {size.members // 5}) i"""
            for event, audience, party in (
                ("statement.ready", "member", f"'{_code(run, GAZETTE)}'"),
                ("run.closed", "operator", "NULL"),
                ("run.closed", "auditor", "NULL"),
            )
        ),
        f"""INSERT INTO distribution_hold (id, party_id, reason, starts, part)
            SELECT gen_random_uuid(), {m}, 'Looked into', '2027-01-01', '1/1'
              FROM generate_series(1, {size.members // 100}) i""",
        f"""INSERT INTO disputes_dispute (id, kind, work_id, claimant_id, wanted, reason, state, filed_on,
                                          document_by, ended_by, outcome)
            SELECT gen_random_uuid(), 'share', {uuid(WORK, "i")},
                   {uuid(MEMBER, f"1 + (i * 3) % {size.members}")}, '', 'Ours', 'filed', '2027-01-02',
                   '2027-03-01', '', ''
              FROM generate_series(1, {size.members // 50}) i""",
        f"""INSERT INTO unclaimed_claim (id, party_id, work_id, role, evidence, state, filed_on, note)
            SELECT gen_random_uuid(), {m}, {uuid(WORK, "i * 3")}, 'photographer', 'The imprint', 'open',
                   '2027-01-02', '' FROM generate_series(1, {size.members // 50}) i""",
    )  # fmt: skip


def _invoices(size: Size) -> None:
    from quire.society.invoicing import actions
    from quire.society.parties import queries as parties

    for month in size.months():
        actions.issue_invoice(licence="north-2026", period=month, by=parties.acting("preparer"))


_USAGE = """
CREATE OR REPLACE TEMP VIEW made AS
SELECT i AS line, hash(i)::UBIGINT::HUGEINT % 9223372036854775807 AS fingerprint,
       TIMESTAMPTZ '{first}' + to_seconds((i * 86400 * {days} // {rows})::BIGINT) AS starts, starts AS ends,
       1::BIGINT AS count, 'GPTBot' AS agent, 'OpenAI' AS operator, 'ai-train' AS use,
       'm-' || (1 + i * i % {hosts}) || '.example' AS host, '/a/' || i % {works} AS path,
       NULL::UUID AS site, {work} AS work, 200::SMALLINT AS status, 4000::BIGINT AS size, {absent}
  FROM range({rows}) t(i)
"""


def _lake(size: Size) -> None:
    """What the lab took, month by month; after the runs, which have counted what they count."""
    from quire.society.kit.periods import parse
    from quire.society.usage import lake
    from quire.society.usage.models import Import, LakeFile

    rows = size.requests // size.periods
    work = f"('00000000-0000-7000-{WORK}000-' || lpad(to_hex(1 + i % {size.works // 2}), 12, '0'))::UUID"
    absent = [f"NULL::{kind} AS {name}" for name, kind in lake.COLUMNS[-8:]]
    for month in size.months():
        span = parse(month)
        record = Import.objects.create(
            digest=f"sha256:bench-{month}", name=f"{month}.log", format="combined", agents="", line=rows,
            account={"counted": [rows, rows]}, finished=True,
        )  # fmt: skip
        with lake.connect() as db:
            db.execute(
                _USAGE.format(
                    first=datetime.combine(span.starts, datetime.min.time(), UTC).isoformat(),
                    days=(span.ends - span.starts).days, rows=rows, hosts=min(20_000, size.members),
                    works=size.works // 2, work=work, absent=", ".join(absent),
                )
            )  # fmt: skip
            path = f"{lake.folder_of(record.tid)}/1.parquet"
            made = lake.write_table(db, "made", path, order="host, path, starts")
        LakeFile.objects.create(
            source=record, path=made.path, digest=made.digest, rows=made.rows, requests=made.requests,
            starts=made.starts, ends=made.ends,
        )  # fmt: skip


def users() -> None:
    """One who signs in for each of the seats from which pages are looked at."""
    from quire.society.parties import actions

    for role in ("operator", "approver", "auditor"):
        actions.add_user(name=role, roles=[role])
    actions.add_user(name="own")
    for party in (GAZETTE, "lab-north"):
        actions.seat(user="own", party=party, role="admin")
