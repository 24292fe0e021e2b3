"""How values are written in each language: exact, and as people there write them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from fractions import Fraction

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from quire.core.money import QUANTA, Money
from quire.society.kit import spoken

pytestmark = pytest.mark.usefixtures("postgres")  # which sets Django up
MARKS = {"en-gb": (",", "."), "de": (".", ","), "fr": ("\N{NARROW NO-BREAK SPACE}", ","), "es": (".", ",")}
"""Between thousands, and before decimals (CLDR)."""
AMOUNTS = st.builds(
    Money, st.integers(-(10**38) + 1, 10**38 - 1), st.sampled_from(["EUR", "USD", "JPY", "KWD", "CHF"])
)


def read(text: str, currency: str, language: str) -> Money:
    """An amount as it is written, read back letter by letter."""
    apart, point = MARKS[language]
    digits = "".join(one for one in text.replace(apart, "").replace(point, ".") if one in "-.0123456789")
    return Money.parse(digits.rstrip("."), currency)


@given(AMOUNTS, st.sampled_from(sorted(MARKS)))
def test_an_amount_loses_no_digit_in_any_language(amount: Money, language: str) -> None:
    with translation.override(language):
        told = spoken.money(amount)
    assert read(told.removesuffix("."), amount.currency, language) == amount


@given(st.integers(-(10**30), 10**30), st.sampled_from(sorted(MARKS)))
def test_a_number_is_grouped_by_three(count: int, language: str) -> None:
    with translation.override(language):
        told = spoken.number(count)
    groups = told.removeprefix("-").split(MARKS[language][0])
    assert int("".join(groups)) == abs(count)
    assert all(len(one) == 3 for one in groups[1:])
    assert len(groups[0]) <= (4 if language == "es" and len(groups) == 1 else 3)


@given(st.fractions(0, 10, max_denominator=10**6), st.sampled_from(sorted(MARKS)))
def test_a_share_is_off_by_less_than_its_last_digit(share: Fraction, language: str) -> None:
    with translation.override(language):
        told = spoken.percent(share)
    shown = Fraction(told.removesuffix(" %").replace(MARKS[language][1], "."))
    assert abs(shown - share * 100) <= share * 100 / 1000


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en-gb", ("1,234.50 EUR", "-0.05 USD", "1,000 JPY", "5 Nov 2026", "5 Nov 2026 14:05", "Nov 2026")),
        ("de", ("1.234,50 €", "-0,05 $", "1.000 ¥", "05.11.2026", "05.11.2026 14:05", "Nov. 2026")),
        (
            "fr",
            (
                "1\u202f234,50 €",
                "-0,05 $US",
                "1\u202f000 JPY",
                "5 nov. 2026",
                "5 nov. 2026 14:05",
                "nov. 2026",
            ),
        ),
        ("es", ("1234,50 €", "-0,05 US$", "1000 JPY", "5 nov 2026", "5 nov 2026 14:05", "nov 2026")),
    ],
)
def test_values_as_people_write_them(language: str, told: tuple[str, ...]) -> None:
    with translation.override(language):
        values = (
            spoken.money(Money(1234 * QUANTA + QUANTA // 2, "EUR")),
            spoken.money(Money(-QUANTA // 20, "USD")),
            spoken.money(Money(1000 * QUANTA, "JPY")),
            spoken.day(date(2026, 11, 5)),
            spoken.moment(datetime(2026, 11, 5, 14, 5, tzinfo=UTC)),
            spoken.month(date(2026, 11, 1)),
        )
    assert tuple(one.replace("\N{NO-BREAK SPACE}", " ") for one in values) == told


def test_a_language_that_is_not_spoken_is_english() -> None:
    for code in ("xx", "pt-br", None):
        with translation.override(code):
            assert spoken.language() == "en-gb"
            assert spoken.money(Money(QUANTA, "EUR")) == "1.00 EUR"


def test_a_sentence_of_a_plan_is_found_and_said() -> None:
    from quire.society.web.sentences import sentence

    english = (
        "85 % of the rest (“usage”) goes to each work in proportion to its requests, weighted by the tier of "
        "the content, and on to its owners by their shares. If nobody is there, it goes over to the "
        "other portions; if those are empty too, it is held."
    )
    with translation.override("de"):
        assert sentence(english) == (
            "85 % von dem Rest („usage“) geht an jedes Werk im Verhältnis zu seinen Anfragen, gewichtet nach "
            "der Inhaltsstufe, und weiter an seine Eigentümer nach deren Anteilen. Ist niemand da, geht es "
            "auf die anderen Teilsummen über; sind auch diese leer, wird es zurückgehalten."
        )
        assert (
            sentence("33.3 % of what came in, for the society")
            == "33,3 % von dem, was einging, für die Gesellschaft"
        )
        for told, left in (
            ("15 % of what came in is kept by the society for costs.", "what came in"),
            ("40 % of that, shared equally among the members: 3 members", "shared"),
        ):
            assert left not in sentence(told)
        assert sentence("Nobody ever said this.") == "Nobody ever said this."
    with translation.override("en-gb"):
        assert sentence(english) == english


def test_every_sentence_of_the_plans_that_come_with_quire_is_found() -> None:
    from importlib.resources import files

    from quire.core.plan import Plan
    from quire.society.web.sentences import sentence

    left = []
    with translation.override("de"):
        for file in sorted((files("quire.core") / "plans").iterdir(), key=lambda one: one.name):
            if file.name.endswith(".toml"):
                plan = Plan.parse(file.read_text())
                left += [told for told in plan.sentences() if sentence(told) == told]
    assert left == []
