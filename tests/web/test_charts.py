"""Pictures of exact figures: what is drawn, what is said, and what is refused."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import House

pytestmark = pytest.mark.usefixtures("furniture")


@pytest.fixture(scope="module")
def furniture(postgres: dict[str, str]) -> None:
    """Templates need Django's settings, and those a server."""


def _rects(svg: str) -> list[tuple[Fraction, Fraction]]:
    found = re.findall(r'<rect class="[^"]+" x="([\d.]+)" y="0" width="([\d.]+)"', svg)
    return [(Fraction(x), Fraction(width)) for x, width in found]


@given(st.lists(st.integers(0, 10**24), min_size=1, max_size=12))
def test_a_bar_fills_its_width_without_gaps(values: list[int]) -> None:
    from quire.society.web import charts

    parts = [charts.Part(f"part {n}", value, str(value)) for n, value in enumerate(values)]
    svg = charts.bar(parts, label="All of it")
    if not sum(values):
        assert svg == ""
        return
    drawn = _rects(svg)
    assert len(drawn) == sum(1 for value in values if value)
    at = Fraction(0)
    for begins, width in drawn:
        assert abs(begins - at) <= Fraction(1, 50)
        at = begins + width
    assert abs(at - 1000) <= Fraction(1, 50)


def test_a_bar_says_its_figures_three_times() -> None:
    from quire.society.web import charts

    parts = [charts.Part("members", 2, "2.00 EUR"), charts.Part("<funds>", 1, "1.00 EUR", css="fund")]
    svg = charts.bar(parts, label="How 3.00 EUR was divided", heads=("where it went", "amount"))
    assert 'role="img" aria-label="How 3.00 EUR was divided: members 66.7 %; &lt;funds&gt; 33.3 %"' in svg
    assert '<th scope="row">members</th><td class="n">2.00 EUR</td><td class="n">66.7 %</td>' in svg
    assert 'class="fund"' in svg
    assert "<funds>" not in svg
    assert "style=" not in svg


def test_bars_are_their_own_table() -> None:
    from quire.society.web import charts

    parts = [charts.Part("Lab North", 4, "4", link="/lab"), charts.Part("Lab South", 1, "1")]
    drawn = charts.bars(parts, label="Requests by lab", heads=("lab", "requests"))
    assert [width for _, width in _rects(drawn)] == [1000, 250]
    assert '<th scope="row"><a href="/lab">Lab North</a></th>' in drawn
    assert charts.bars([], label="Nothing") == ""
    assert 'width="0.00"' in charts.bars([charts.Part("nothing", 0, "0")], label="Nothing yet")


def test_a_line_breaks_where_a_value_is_missing() -> None:
    from quire.society.web import charts

    series = [charts.Series("this year", [10, None, 20, 15]), charts.Series("before", [0, 5, 5, 5])]
    drawn = charts.line(["Q1", "Q2", "Q3", "Q4"], series, label="Credited", told=lambda v: f"{v} EUR")
    assert 'd="M0.00 200.00M666.67 0.00L1000.00 100.00"' in drawn
    assert '<th scope="row">Q2</th><td class="n">–</td><td class="n">5 EUR</td>' in drawn
    assert "<span>20 EUR</span><span>10 EUR</span><span>0 EUR</span>" in drawn
    assert charts.line([], [], label="Nothing", told=str) == ""
    assert "M500.00" in charts.line(["Q1"], [charts.Series("one", [1])], label="One", told=str)


@given(st.one_of(st.integers(0, 10**30), st.fractions(0, 1)))
def test_an_axis_ends_at_a_round_number_near_the_most(most: int | Fraction) -> None:
    from quire.society.web import charts

    top = charts.nice(most)
    assert top >= most
    assert not most or top <= most * 2


def test_what_cannot_be_drawn_is_refused() -> None:
    from quire.society.web import charts

    with pytest.raises(charts.NotDrawn):
        charts.bar([charts.Part("owed", -1, "-1")], label="x")
    with pytest.raises(charts.NotDrawn):
        charts.line(["Q1"], [charts.Series("x", [1, 2])], label="x", told=str)
    with pytest.raises(charts.NotDrawn):
        charts.line(["Q1"], [charts.Series("x", [1])] * 5, label="x", told=str)


@pytest.mark.parametrize(
    ("part", "told"),
    [
        (Fraction(1, 3), "33.3 %"),
        (Fraction(1), "100.0 %"),
        (Fraction(0), "0.0 %"),
        (Fraction(1, 9999), "under 0.1 %"),
    ],
)
def test_shares_for_people(part: Fraction, told: str) -> None:
    from quire.society.web import charts

    assert charts.share(part) == told


def test_a_form_says_what_is_wrong_beside_the_field(house: House) -> None:
    from django import forms
    from django.template.loader import render_to_string

    class Ask(forms.Form):
        name = forms.CharField(help_text="As it stands on invoices.")
        agreed = forms.BooleanField(label="I have read it")
        uses = forms.MultipleChoiceField(
            choices=[("a", "A"), ("b", "B")], widget=forms.CheckboxSelectMultiple, required=False
        )

    page = render_to_string(
        "web/parts/form.html", {"form": Ask({"name": "", "uses": ["c"]}), "submit": "Send"}
    )
    assert '<label for="id_name">Name</label>' in page
    assert 'aria-describedby="id_name_helptext id_name_error"' in page
    assert '<ul class="errors" id="id_name_error"><li>This field is required.</li></ul>' in page
    assert '<fieldset class="field several wrong" aria-describedby="id_uses_error">' in page
    assert 'class="field tick wrong"' in page
    assert ">Send</button>" in page
