"""What the database refuses of parties and members, whoever asks: the commands' role, and the owner too."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.parametrize("role", ["default", "owner"])
"""The connections: of the commands, which own nothing, and of the owner of the tables."""


@pytest.fixture
def member(people: Any) -> None:
    """The paper has a member, the blog was refused; each asked once."""
    from datetime import date

    from quire.society.membership import actions as membership
    from quire.society.membership.rules import Rule
    from quire.society.parties import actions as parties

    for code in ("paper", "blog"):
        parties.register_party(code=code, name=code, kind="newspaper")
    rule = Rule("articles", "at-least", 10, "Ten articles at least.")
    membership.adopt_criteria(rules=[rule], starts=date(2020, 1, 1), decision="general meeting")
    membership.apply(party="paper", shown={"articles": 12}, on=date(2026, 1, 1))
    membership.apply(party="blog", shown={"articles": 2}, on=date(2026, 1, 1))


def sql(role: str, statement: str) -> int:
    """How many rows the statement met, run on its own and kept."""
    from django.db import connections, transaction

    with transaction.atomic(role), connections[role].cursor() as run:
        run.execute(statement)
        return int(run.rowcount)


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE membership_application SET admitted = true, reasons = '[]'", "only grows"),
        ("DELETE FROM membership_application", "only grows"),
        ("TRUNCATE membership_application", "only grows"),
        ("DELETE FROM membership_membership", "ends, and is never deleted"),
        ("TRUNCATE membership_membership", "ends, and is never deleted"),
        ("UPDATE membership_membership SET starts = starts - 1", "keeps its party and its first day"),
        (
            "UPDATE membership_membership SET party_id = (SELECT id FROM parties_party WHERE code = 'blog')",
            "keeps its party and its first day",
        ),
        ("DELETE FROM parties_party WHERE code = 'blog'", "a party is never deleted"),
        ("TRUNCATE parties_party CASCADE", "a party is never deleted|only grows"),
        (
            "UPDATE parties_rolegrant SET role = 'approver' WHERE role = 'operator'",
            "never turned into another",
        ),
    ],
)
def test_what_was_is_not_rewritten(member: None, role: str, statement: str, why: str) -> None:
    from django.db import DatabaseError

    with pytest.raises(DatabaseError, match="permission denied|" + why if role == "default" else why):
        sql(role, statement)


def test_what_may_change_does(member: None, role: str) -> None:
    """The walls stand where they should and nowhere else."""
    assert sql(role, "UPDATE membership_membership SET notice_on = '2026-03-01', ends = '2026-06-01'") == 1
    assert sql(role, "UPDATE parties_party SET name = 'The Paper' WHERE code = 'paper'") == 1
    assert sql(role, "DELETE FROM parties_rolegrant WHERE role = 'approver'") == 1
