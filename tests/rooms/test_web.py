"""The public page: what it says of a society with a closed run, of one without, and of none."""

from __future__ import annotations

from pathlib import Path

from tests import small
from tests.conftest import House


def _get(path: str):  # type: ignore[no-untyped-def]
    from django.test import Client

    return Client().get(path, headers={"host": "localhost"})


def test_before_a_society_is_founded_the_page_says_how(house: House) -> None:
    answer = _get("/")
    assert answer.status_code == 200
    assert "There is no society here yet" in answer.content.decode()
    assert _get("/keys.json").status_code == 404


def test_the_page_shows_each_distribution_and_gives_its_bundle(house: House, tmp_path: Path) -> None:
    from quire.core import bundle, verify
    from quire.core.tokens import KeySet
    from quire.society.distribution import queries

    small.found(tmp_path)
    assert "No distribution has been published yet" in _get("/").content.decode()
    small.use(tmp_path)
    small.receive(tmp_path)
    small.quire("distribution", "run", "--period", "2026-01", "--by", "preparer")
    run = queries.find("latest")
    assert _get(f"/bundles/{run.tid}.zip").status_code == 404  # not approved, so not published
    assert _get(f"/distributions/{run.tid}/").status_code == 404
    assert "No distribution has been published yet" in _get("/distributions/").content.decode()
    small.quire("distribution", "approve", "latest", "--by", "approver")

    page = _get("/").content.decode()
    for sentence in (
        "Small Society",
        "How 1,000.00 EUR was divided",
        "150.00 EUR",
        "15.0 %",
        "Assembly of December 2025",
    ):
        assert sentence in page
    for private in ("gazette", "lantern", "marsh", "AT61"):
        assert private not in page.lower()

    answer = _get(f"/bundles/{run.tid}.zip")
    place = tmp_path / "bundle.zip"
    place.write_bytes(b"".join(answer.streaming_content))
    keys = KeySet.from_json(_get("/keys.json").content)
    assert verify.verify(bundle.read(place), keys).holds


def test_addresses_that_are_nothing_are_not_found(house: House, tmp_path: Path) -> None:
    for path in ("/bundles/dst_nonsense.zip", "/bundles/..%2f..%2fetc.zip", "/nothing"):
        assert _get(path).status_code == 404
    assert _get("/healthz").json() == {"status": "ok"}
