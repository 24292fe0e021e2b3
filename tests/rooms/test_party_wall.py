"""The second wall: what the database shows while a page of one party is made, whatever the query asks for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import small
from tests.conftest import Furnished, furnished


@pytest.fixture(scope="module")
def before(postgres: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    """A small society whose January is divided."""
    folder = tmp_path_factory.mktemp("walled")

    def furnish(people: dict[str, Any], patch: pytest.MonkeyPatch) -> None:
        small.found(folder)
        small.use(folder)
        small.receive(folder)
        small.quire("distribution", "run", "--period", "2026-01", "--by", "preparer")

    with furnished(postgres, folder, furnish, staffed=False) as made:
        yield made


def party(code: str) -> Any:
    from quire.society.parties import queries

    return queries.party(code).id


def owners() -> set[Any]:
    from quire.society.distribution.models import Line

    return set(Line.objects.values_list("party_id", flat=True)) - {None}


def test_a_party_sees_its_own_rows_alone(house: Any) -> None:
    from quire.society.kit import walls

    everybody = owners()
    assert len(everybody) == 3
    with walls.looking_as(party("marsh")):
        assert owners() == {party("marsh")}
        with walls.outside():
            assert owners() == everybody
        assert owners() == {party("marsh")}
    assert owners() == everybody


def test_the_wall_comes_down_when_a_page_fails(house: Any) -> None:
    from django.db import DatabaseError, connection, transaction

    from quire.society.kit import walls

    everybody = owners()
    with pytest.raises(ZeroDivisionError), walls.looking_as(party("marsh")):
        raise ZeroDivisionError
    assert owners() == everybody
    with pytest.raises(DatabaseError), walls.looking_as(party("marsh")), transaction.atomic():
        connection.cursor().execute("SELECT 1/0")
    assert owners() == everybody


def test_nothing_is_done_inside_the_wall(house: Any) -> None:
    from django.db import DatabaseError

    from quire.society.kit import walls
    from quire.society.parties import actions

    with walls.looking_as(party("marsh")):
        with pytest.raises(DatabaseError, match="does not act"):
            actions.change_party(code="marsh", town="Tidewater")
        with walls.outside():
            actions.change_party(code="marsh", town="Tidewater")


def test_every_walled_table_has_its_policy_and_the_commands_role_is_under_it(house: Any) -> None:
    from django.db import connection

    from quire.society.kit import walls

    with connection.cursor() as run:
        run.execute("SELECT tablename FROM pg_policies WHERE policyname = 'party_wall'")
        assert {table for (table,) in run.fetchall()} == set(walls.walled())
        run.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert run.fetchone() == (False,)


def test_a_lab_sees_its_own_clients_and_their_secrets_alone(house: Any, tmp_path: Path) -> None:
    from quire.society.kit import walls
    from quire.society.licensing.models import Client, ClientSecret

    for lab in ("lab-north", "lab-south"):
        small.quire("clients", "create", lab, "--name", "crawler", "--by", "preparer")
    assert Client.objects.count() == ClientSecret.objects.count() == 2
    with walls.looking_as(party("lab-north")):
        assert [one.licensee_id for one in Client.objects.all()] == [party("lab-north")]
        assert ClientSecret.objects.count() == 1
    with walls.looking_as(party("marsh")):
        assert Client.objects.count() == ClientSecret.objects.count() == 0
