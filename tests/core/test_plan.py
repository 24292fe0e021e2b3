"""Plans: every refusal has its sentence, all are gathered, and no text whatever raises anything else."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from importlib import resources
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core.plan import MOST_PARTS, Deduction, Plan, PlanWrong, Portion, percent

SHIPPED = ("per-usage", "tiered", "hybrid")
USE = '[[share]]\nlabel = "use"\nportion = "100%"\nkey = "usage"\n'
GOOD = 'name = "good"\n' + USE


def shipped(name: str) -> str:
    return (resources.files("quire.core") / "plans" / f"{name}.toml").read_text()


def problems(text: str) -> list[str]:
    with pytest.raises(PlanWrong) as caught:
        Plan.parse(text)
    assert caught.value.code == "plan.wrong"
    found: list[str] = caught.value.data["problems"]
    assert all(one in caught.value.sentence for one in found)
    return found


@pytest.mark.parametrize("name", SHIPPED)
def test_the_plans_of_the_texts_are_shipped_with_15_per_cent_administration(name: str) -> None:
    plan = Plan.parse(shipped(name))
    assert plan.name == name
    assert plan.deductions == (
        Deduction("administration", Fraction(15, 100), "gross", "society:administration"),
    )
    assert sum(part.portion for part in plan.portions) == 1
    assert plan.digest == "sha256:" + hashlib.sha256(shipped(name).encode()).hexdigest()
    assert plan.about.endswith("15 % administration.")


def test_the_tiered_plan_has_the_tiers_of_the_texts() -> None:
    plan = Plan.parse(shipped("tiered"))
    assert [(part.tier, part.portion * 100) for part in plan.portions] == [
        ("platinum", 40),
        ("gold", 30),
        ("silver", 20),
        ("bronze", 10),
    ]
    assert [
        plan.tier_of(works) for works in (0, 99, 100, 999, 1000, 9999, 10_000, 49_999, 50_000, 10**9)
    ] == [
        "",
        "",
        "bronze",
        "bronze",
        "silver",
        "silver",
        "gold",
        "gold",
        "platinum",
        "platinum",
    ]


def test_a_member_below_every_threshold_may_count_as_a_tier() -> None:
    plan = Plan.parse('below = "bronze"\n' + shipped("tiered"))
    assert [plan.tier_of(works) for works in (0, 99, 100, 1000)] == ["bronze", "bronze", "bronze", "silver"]
    assert plan.sentences()[-1].endswith("bronze from 100 works; a member with fewer counts as bronze.")


def test_the_hybrid_plan_reads_well() -> None:
    assert Plan.parse(shipped("hybrid")).sentences() == [
        "15 % of what came in is kept by the society for administration.",
        (
            "40 % of the rest (“floor”) is shared equally among all members in good standing with a "
            "mandate for the "
            "licence. If nobody is there, it goes over to the other portions; if those are empty "
            "too, it is held."
        ),
        (
            "60 % of the rest (“use”) goes to each work in proportion to its requests, and on to "
            "its owners by their "
            "shares. If nobody is there, it goes over to the other portions; if those are empty "
            "too, it is held."
        ),
    ]


def test_the_other_two_read_well() -> None:
    assert Plan.parse(shipped("per-usage")).sentences()[1] == (
        "All of the rest (“use”) goes to each work in proportion to its requests, and on to its "
        "owners by their "
        "shares. If nobody is there, it is held."
    )
    assert Plan.parse(shipped("tiered")).sentences()[-1] == (
        "The tiers: platinum from 50,000 works, gold from 10,000 works, silver from 1,000 works, bronze from "
        "100 works; a member with fewer is in no tier."
    )


def test_funds_rests_and_weights_read_well() -> None:
    plan = Plan.parse(
        'name = "full"\nabout = "All there is."\n[content]\n"*" = "1"\nfeature = "2.5"\n'
        '[[deduct]]\nlabel = "culture"\nrate = "1/3"\nof = "rest"\nto = "fund:culture"\n'
        '[[share]]\nlabel = "value"\nportion = "100%"\nkey = "usage"\nmeasure = "value"\n'
        'weight = "content tier"\nif_empty = "fund:reserve"\n'
    )
    assert plan.sentences() == [
        "1/3 of what is then left is kept for the fund “culture”.",
        (
            "All of the rest (“value”) goes to each work in proportion to the value of its requests "
            "at the licence's "
            "prices, weighted by the tier of the content, and on to its owners by their shares. If "
            "nobody is there, "
            "it goes to the fund “reserve”."
        ),
        "One count weighs, by the tier of the content: feature 2.5, any other 1.",
    ]
    assert plan.portions == (
        Portion("value", Fraction(1), "usage", "", "value", ("content tier",), "fund:reserve"),
    )
    assert [plan.weight_of(tier) for tier in ("feature", "brief", "")] == [Fraction(5, 2), 1, 1]
    assert Plan.parse(GOOD).weight_of("feature") == 1


def test_a_portion_alone_has_no_others_to_go_over_to() -> None:
    assert Plan.parse(GOOD).sentences()[0].endswith("If nobody is there, it is held.")


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (Fraction(15, 100), "15 %"),
        (Fraction(1), "100 %"),
        (Fraction(0), "0 %"),
        (Fraction(333, 1000), "33.3 %"),
        (Fraction(99_999, 100_000), "99.999 %"),
        (Fraction(1_234_567, 100_000), "1234.567 %"),
        (Fraction(1, 3), "1/3"),
        (Fraction(1, 10**6), "1/1000000"),
    ],
)
def test_a_share_is_said_as_a_board_member_would(share: Fraction, text: str) -> None:
    assert percent(share) == text


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("15%", Fraction(15, 100)),
        (" 15 % ", Fraction(15, 100)),
        ("0.15", Fraction(15, 100)),
        ("1/3", Fraction(1, 3)),
        ("33.333%", Fraction(33_333, 100_000)),
        ("1/3%", Fraction(1, 300)),
        ("100%", Fraction(1)),
        ("0", Fraction(0)),
    ],
)
def test_a_rate_is_exactly_what_was_written(text: str, share: Fraction) -> None:
    deduct = f'[[deduct]]\nlabel = "cut"\nrate = "{text}"\nto = "society:x"\n'
    assert Plan.parse(GOOD + deduct).deductions[0].rate == share


@pytest.mark.parametrize(
    "text",
    [
        "101%",
        "1.1",
        "-1%",
        "1e-2",
        "",
        "%",
        "/",
        "1/0",
        "1/²",
        "٣%",
        "1/" + "1" * 500,
        "1" * 13,
        "1\\n",
        "½",
        "0x1",
        "3/2",
        ".5",
        "1,5%",
        "nan",
    ],
)
def test_a_rate_that_is_none_is_refused(text: str) -> None:
    deduct = f'[[deduct]]\nlabel = "cut"\nrate = "{text}"\nto = "society:x"\n'
    if text == "1\\n":  # spaces around a rate do no harm
        assert Plan.parse(GOOD + deduct).deductions[0].rate == 1
    else:
        assert problems(GOOD + deduct) == [
            'The deduction “cut”: rate must be a text such as "15%", "0.15" or "1/3", from 0 to 100 %.'
        ]


TIERS = "[tiers]\ngold = 10\nbronze = 1\n"
WRONG = [
    ("name = 3\n" + USE, "The plan needs a name of small letters, digits, spaces and hyphens."),
    (USE, "The plan needs a name of small letters, digits, spaces and hyphens."),
    ('name = "x\\n"\n' + USE, "The plan needs a name of small letters, digits, spaces and hyphens."),
    (
        GOOD.replace("name", "colour = 1\nname"),
        (
            "The plan has “colour”, which means nothing; known are "
            "about, below, content, currency, deduct, evidence, name, recovery, share, "
            "tiers, uses."
        ),
    ),
    ('about = ["x"]\n' + GOOD, "The plan: write about as a text, in quotes."),
    ("below = 3\n" + GOOD, "The plan: write below as a text, in quotes."),
    ('below = "gold"\n' + GOOD, "below names the tier 'gold', which is not in [tiers]."),
    ("deduct = 3\n" + GOOD, "Write each deduct as [[deduct]]."),
    ('name = "x"\nshare = [3]\n', "Write each share as [[share]]."),
    (
        "content = 3\n" + GOOD,
        ('Write [content] as a table, a weight for each tier of content, such as feature = "2".'),
    ),
    (GOOD + "[content]\nx = 2\n", '[content] x: write the weight as a text such as "2" or "0.5".'),
    (GOOD + '[content]\nx = "-2"\n', '[content] x: write the weight as a text such as "2" or "0.5".'),
    (GOOD + '[content]\n"" = "2"\n', "[content] names a tier ''; give it a name of at most 40 characters."),
    (
        GOOD + "tiers = 3\n",
        (
            "The share “use” has “tiers”, which means nothing; known are among, cap, caps, floor, if_empty, "
            "if_over, income, key, label, measure, of, portion, share, tier, weight."
        ),
    ),
    (
        GOOD + "[tiers]\ngold = 1.5\n",
        ("[tiers] names each tier and the least number of works, such as gold = 10000."),
    ),
    (
        GOOD + "[tiers]\ngold = true\n",
        ("[tiers] names each tier and the least number of works, such as gold = 10000."),
    ),
    (
        GOOD + '[tiers]\n"" = 1\n',
        ("[tiers] names each tier and the least number of works, such as gold = 10000."),
    ),
    (
        GOOD + "[tiers]\ngold = 5\nsilver = 5\n",
        ("Two tiers begin at the same number of works, so one of them can never be reached."),
    ),
    (
        GOOD.replace('"usage"', '"tier"') + 'tier = "gold"\n' + TIERS,
        ("No share is for the tier bronze, so its members would get nothing."),
    ),
    (
        GOOD.replace('"usage"', '"tier"') + 'tier = "gold"\n',
        "The share “use”: tier 'gold' is not in [tiers].",
    ),
    (
        GOOD.replace('key = "usage"\n', ""),
        'The share “use” needs a key: "usage", "tier", "equal", "survey", "attribution" or "units".',
    ),
    (
        GOOD.replace('"usage"', '"luck"'),
        'The share “use”: key must be "usage", "tier", "equal", "survey", "attribution" or "units".',
    ),
    (
        GOOD.replace('"usage"', "[1]"),
        'The share “use”: key must be "usage", "tier", "equal", "survey", "attribution" or "units".',
    ),
    (GOOD + 'measure = "visits"\n', 'The share “use”: measure must be "requests", "value" or "works".'),
    (
        GOOD + 'weight = "mood"\n',
        'The share “use”: weight must be "content tier", "use" or "evidence", or a list of these.',
    ),
    (
        GOOD + 'weight = "content tier"\n',
        ("A share is weighted by the content tier; give the weight of each tier in [content]."),
    ),
    (
        GOOD.replace('"usage"', '"equal"') + 'among = "all"\n',
        'The share “use”: among must be "members" or "works".',
    ),
    (
        GOOD + 'among = "members"\n',
        "The share “use”: among means nothing where the key is usage; leave it out.",
    ),
    (
        GOOD.replace('"usage"', '"equal"') + 'measure = "value"\n',
        ("The share “use”: measure means nothing where the key is equal; leave it out."),
    ),
    (GOOD + 'if_empty = "fund:"\n', 'The share “use”: if_empty must be "spread", "hold" or "fund:NAME".'),
    (GOOD + 'if_empty = "society:x"\n', 'The share “use”: if_empty must be "spread", "hold" or "fund:NAME".'),
    (GOOD.replace("100%", "99%"), "The portions sum to 99 %, not to 100 %."),
    (GOOD.replace("100%", "1/3"), "The portions sum to 1/3, not to 100 %."),
    ('name = "none"\n', "The portions sum to 0 %, not to 100 %."),
    (
        GOOD + USE.replace('"use"', '"more"').replace("100%", "0%"),
        ("The share “more”: its portion must be more than nothing, or leave the share out."),
    ),
    (
        GOOD.replace('"use"', '"nobody"'),
        ("“nobody” is the label of what finds nobody at all; give the part another."),
    ),
    (GOOD.replace('"use"', '["use"]'), "A share needs a label of small letters, digits, spaces and hyphens."),
]
DEDUCT = '[[deduct]]\nlabel = "cut"\nrate = "10%"\nof = "gross"\nto = "society:x"\n'
WRONG += [
    (GOOD + DEDUCT.replace('"gross"', '"net"'), 'The deduction “cut”: of must be "gross" or "rest".'),
    (GOOD + DEDUCT.replace('"gross"', "[1]"), 'The deduction “cut”: of must be "gross" or "rest".'),
    (
        GOOD + DEDUCT.replace("society:x", "bank:x"),
        ('The deduction “cut”: to must be "society:NAME" or "fund:NAME".'),
    ),
    (
        GOOD + DEDUCT.replace("society:x", "society:x\\n"),
        ('The deduction “cut”: to must be "society:NAME" or "fund:NAME".'),
    ),
    (
        GOOD + DEDUCT.replace('"10%"', "0.1"),
        ('The deduction “cut”: rate must be a text such as "15%", "0.15" or "1/3", from 0 to 100 %.'),
    ),
    (GOOD + DEDUCT + DEDUCT, "Two parts of the plan have the same label."),
    (GOOD + DEDUCT.replace('"cut"', '"use"'), "Two parts of the plan have the same label."),
    (
        GOOD + DEDUCT.replace("10%", "60%") + DEDUCT.replace("10%", "41%").replace("cut", "more"),
        "With the deduction “more” more is kept than came in.",
    ),
    (
        GOOD + "".join(DEDUCT.replace("cut", f"c{n}") for n in range(MOST_PARTS + 1)),
        "There are 101 times [[deduct]]; at most 100 can be followed.",
    ),
]


@pytest.mark.parametrize(("text", "sentence"), WRONG)
def test_what_cannot_work_is_refused_with_its_sentence(text: str, sentence: str) -> None:
    assert sentence in problems(text)


def test_all_problems_are_gathered() -> None:
    found = problems(
        'below = "gold"\nmood = 1\n' + DEDUCT.replace("10%", "x").replace("gross", "net")
        + '[[share]]\nlabel = "a"\nportion = "x"\nkey = "luck"\n'
    )  # fmt: skip
    assert len(found) == 8
    assert len(set(found)) == 8


def test_rests_may_take_all_and_gross_may_not() -> None:
    rests = "".join(
        DEDUCT.replace("gross", "rest").replace("10%", "100%").replace("cut", f"cut {n}") for n in range(3)
    )
    assert len(Plan.parse(GOOD + rests).deductions) == 3


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 100_000,
        "a = " + "[\n" * 30_000,
        "about" + ".a" * 400 + " = 1\n" + GOOD,
        GOOD + "#" * 66_000,
        "about" + ".a" * 50_000 + " = 1\n" + GOOD,
        "a = " + "1" * 5000,
        "a = 0x" + "f" * 900,
        "about = 0x" + "f" * 900 + "\n" + GOOD,
        GOOD + "[tiers]\ngold = 0x" + "f" * 900,
        'about = "\ud800"\n' + GOOD,
        "\ufeff" + GOOD,
        "a = 1\na = 2",
        "a = 2026-13-45",
        "\x00",
        '"' + "k" * 100_000 + '" = 1\n' + GOOD,
        'name = "x"\n'
        + "".join(USE.replace("100%", f"1/{10**11 + n}").replace("use", f"u{n}") for n in range(600)),
    ],
    ids=range(16),
)
def test_texts_made_to_do_harm_are_refused(text: str) -> None:
    assert max(map(len, problems(text))) < 400


keys = st.sampled_from(
    [
        "name",
        "about",
        "tiers",
        "below",
        "content",
        "deduct",
        "share",
        "label",
        "rate",
        "of",
        "to",
        "portion",
        "key",
        "among",
        "tier",
        "measure",
        "weight",
        "if_empty",
        "gold",
        "x y",
        "",
    ]
)
scalars = st.one_of(
    st.sampled_from(
        ['"usage"', '"tier"', '"100%"', '"gold"', '"1/3"', '"hold"', '"society:x"', '"é\\n"', '""']
    ),
    st.sampled_from(["true", "1.5", "nan", "inf", "2026-01-01", "07:00:00", "2026-01-01T00:00:00Z"]),
    st.integers(-(10**20), 10**20).map(str),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda some: f"[{', '.join(some)}]"),
        st.dictionaries(keys, inner, max_size=4).map(
            lambda some: "{" + ", ".join(f'"{key}" = {value}' for key, value in some.items()) + "}"
        ),
    ),
    max_leaves=12,
)


def only_plan_wrong(text: str) -> None:
    try:
        plan = Plan.parse(text)
    except PlanWrong as refused:
        found: list[str] = refused.data["problems"]
    else:
        found = ["none"]
        assert plan.sentences()
        assert plan.digest
        assert sum(part.portion for part in plan.portions) == 1
    assert found


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(keys, values, max_size=7))
def test_a_wrong_type_in_any_place_is_a_plan_refused(table: dict[str, str]) -> None:
    only_plan_wrong("\n".join(f'"{key}" = {value}' for key, value in table.items()))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([shipped(name) for name in SHIPPED]), st.data())
def test_one_value_of_a_good_plan_replaced_by_anything(text: str, data: st.DataObject) -> None:
    lines = text.splitlines()
    place = data.draw(st.sampled_from([n for n, line in enumerate(lines) if " = " in line]))
    lines[place] = lines[place].split(" = ")[0] + " = " + data.draw(values)
    only_plan_wrong("\n".join(lines))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([shipped(name) for name in SHIPPED]), st.data())
def test_a_text_with_a_piece_replaced(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 30)))
    only_plan_wrong(text[:start] + data.draw(st.text(max_size=9)) + text[end:])


@given(st.text(max_size=60))
def test_any_text(text: str) -> None:
    only_plan_wrong(text)


def test_a_plan_is_a_value() -> None:
    one: Any = Plan.parse(GOOD)
    assert one == Plan.parse(GOOD)
    assert one != Plan.parse(GOOD + "\n")
    with pytest.raises(AttributeError):
        one.name = "other"
