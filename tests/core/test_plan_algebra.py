"""What a plan may say beyond shares of use, and every sentence about what cannot work."""

# ruff: noqa: E501, ISC004 - sentences stand as they are said

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings

from quire.cli import main
from quire.core.plan import Plan, PlanWrong, Portion, fitting, picture
from tests.core import plans
from tests.core.test_plan import GOOD, problems

TIERS = "[tiers]\ngold = 10\nbronze = 0\n"
CUT = '[[deduct]]\nlabel = "cut"\nrate = "10%"\nto = "society:x"\n'
NESTED = """name = "nested"
[[share]]
label = "all"
portion = "100%"
  [[share.share]]
  label = "one"
  portion = "50%"
  key = "usage"
  [[share.share]]
  label = "other"
  portion = "50%"
  key = "equal"
"""


def test_all_that_a_share_may_say() -> None:
    plan = Plan.parse(
        GOOD + 'measure = "requests"\nweight = ["use", "content tier"]\nincome = "pooled"\ncap = "5%"\n'
        'caps = { gold = "40%" }\nfloor = ["USD 8", "EUR 10.50"]\nif_over = "fund:culture"\n'
        '[uses]\nai-train = "2"\n[content]\nphoto = "3"\n' + TIERS
    )
    assert plan.portions == (
        Portion(
            "use",
            Fraction(1),
            "usage",
            weights=("content tier", "use"),
            income="pooled",
            cap=Fraction(1, 20),
            caps=(("gold", Fraction(2, 5)),),
            floor_sums=(("EUR", 105 * 10**11), ("USD", 8 * 10**12)),
            if_over="fund:culture",
        ),
    )


def test_what_a_run_must_gather_for_a_plan() -> None:
    plan = Plan.parse(NESTED)
    assert [node.label for node in plan.nodes] == ["all", "one", "other"]
    assert [leaf.label for leaf in plan.leaves] == ["one", "other"]
    assert (plan.needs_all_works, plan.weighs_evidence, plan.weighings, plan.surveys) == (
        False,
        False,
        (),
        (),
    )
    told = NESTED.replace('key = "equal"', 'key = "equal"\namong = "works"')
    told = told.replace('key = "usage"', 'key = "usage"\nweight = "evidence"') + '[evidence]\nname = "0.5"\n'
    assert Plan.parse(told).needs_all_works
    assert Plan.parse(told).weighs_evidence
    assert Plan.parse(GOOD.replace('"usage"', '"units"') + 'of = "seats"\n').weighings == ("seats",)
    assert Plan.parse(GOOD.replace('"usage"', '"survey"') + 'of = "schools"\n').surveys == ("schools",)


def test_a_ceiling_by_currency() -> None:
    plan = Plan.parse(GOOD + CUT + 'ceiling = ["EUR 10000.00", "USD 8000"]\n')
    (cut,) = plan.deductions
    assert [cut.most(one) for one in ("EUR", "USD", "JPY")] == [10**16, 8 * 10**15, None]


EQUAL = GOOD.replace('"usage"', '"equal"')
WRONG = [
    ("currency = 3\n" + GOOD, 'The plan: currency must be a currency of ISO 4217, such as "EUR".'),
    ('currency = "EURO"\n' + GOOD, 'The plan: currency must be a currency of ISO 4217, such as "EUR".'),
    (
        GOOD + CUT + 'ceiling = "EUR 0"\n',
        "The deduction “cut”: a ceiling of nothing in EUR keeps nothing; leave the deduction out.",
    ),
    (
        GOOD + CUT + 'ceiling = "10.00"\n',
        'The deduction “cut”: ceiling must be a sum such as "EUR 10.00", or a list of such, a currency each.',
    ),
    (
        GOOD + CUT + 'ceiling = ["XXZ 10"]\n',
        'The deduction “cut”: ceiling must be a sum such as "EUR 10.00", or a list of such, a currency each.',
    ),
    (GOOD + CUT + 'ceiling = ["EUR 1", "EUR 2"]\n', "The deduction “cut”: ceiling names EUR twice."),
    (
        GOOD.replace('key = "usage"\n', "share = []\n"),
        "The share “use” has a list of shares with nothing in it; give it a key, or shares.",
    ),
    (
        GOOD.replace(
            "[[share]]", "[tiers]\n" + "".join(f"t{n} = {n}\n" for n in range(101)) + "[[share]]", 1
        ),
        "There are 101 tiers; at most 100 can be followed.",
    ),
    (NESTED.replace('"50%"', '"40%"'), "The portions in “all” sum to 80 %, not to 100 %."),
    (
        NESTED.replace('portion = "100%"\n', 'portion = "100%"\nkey = "usage"\ncap = "5%"\n'),
        "The share “all”: cap means nothing where there are shares in it; leave it out.",
    ),
    (NESTED.replace('"other"', '"all"'), "Two parts of the plan have the same label."),
    (
        'name = "deep"\n'
        + "".join(f'[[{".".join(["share"] * n)}]]\nlabel = "l{n}"\nportion = "1"\n' for n in range(1, 7)),
        "The share “l5” has shares in it on a level too many; at most 5 can be followed.",
    ),
    (
        'name = "wide"\n[[share]]\nlabel = "all"\nportion = "1"\n'
        + "".join(f'[[share.share]]\nlabel = "l{n}"\nportion = "1%"\nkey = "usage"\n' for n in range(100)),
        "There are 101 shares at all levels; at most 100 can be followed.",
    ),
    (EQUAL + 'income = "shared"\n', 'The share “use”: income must be "own" or "pooled".'),
    (
        GOOD.replace('"usage"', '"units"') + 'of = "seats"\nincome = "pooled"\n',
        "The share “use”: income means nothing where the key is units; leave it out.",
    ),
    (GOOD.replace('"usage"', '"units"'), "The share “use”: of must name the weighing to divide by."),
    (GOOD.replace('"usage"', '"survey"'), "The share “use”: of must name the survey to divide by."),
    (GOOD + 'of = "seats"\n', "The share “use”: of means nothing where the key is usage; leave it out."),
    (
        GOOD + 'measure = "works"\nweight = "use"\n[uses]\nsearch = "2"\n',
        "The share “use”: a work counts once, so neither its uses nor their evidence can weigh it.",
    ),
    (GOOD + 'weight = ["use", "use"]\n', "The share “use”: weight names the same thing twice."),
    (
        GOOD + "weight = []\n",
        'The share “use”: weight must be "content tier", "use" or "evidence", or a list of these.',
    ),
    (
        GOOD + 'weight = "use"\n',
        "A share is weighted by the use; give the weight of each use in [uses].",
    ),
    (
        GOOD + 'weight = "evidence"\n',
        "A share is weighted by the evidence; give the weight of each evidence in [evidence].",
    ),
    (
        GOOD + '[uses]\ntrain = "2"\n',
        "[uses] names 'train'; known are ai-train, ai-input, ai-index, search, and * for any other.",
    ),
    (
        GOOD + 'weight = "content tier"\n[content]\n"*" = "0"\nphoto = "0"\n',
        "Every weight in [content] is nothing, so nobody could stand in “use”.",
    ),
    (
        EQUAL + 'cap = "0"\n',
        "The share “use”: with a cap of nothing nobody gets anything; leave the share out.",
    ),
    (EQUAL + 'cap = "100%"\n', "The share “use”: a cap of all caps nothing; leave it out."),
    (
        EQUAL + 'cap = "x"\n',
        'The share “use”: cap must be a text such as "15%", "0.15" or "1/3", from 0 to 100 %.',
    ),
    (
        EQUAL + 'cap = "1%"\nfloor = "2%"\n',
        "The share “use”: its cap is below its floor, so no member could be given either.",
    ),
    (
        TIERS + EQUAL + 'caps = { gold = "1%" }\nfloor = "2%"\n',
        "The share “use”: the cap of the tier gold is below the floor of a single member of it.",
    ),
    (
        EQUAL + 'caps = { gold = "1%" }\n',
        "The share “use”: caps names the tier 'gold', which is not in [tiers].",
    ),
    (
        TIERS + EQUAL + 'caps = { gold = "0" }\n',
        'The share “use”: caps gives tiers a part each, more than nothing, such as { gold = "40%" }.',
    ),
    (
        TIERS + EQUAL + "caps = {}\n",
        'The share “use”: caps gives tiers a part each, more than nothing, such as { gold = "40%" }.',
    ),
    (
        TIERS + EQUAL + 'caps = { gold = "40%", bronze = "50%" }\n',
        "The share “use”: its caps sum to 90 %, so a rest is always left; say in if_over where it goes.",
    ),
    (
        TIERS + GOOD.replace('"usage"', '"tier"') + 'tier = "gold"\ncaps = { gold = "40%" }\n',
        "The share “use”: caps means nothing where the key is tier; make its portion smaller.",
    ),
    (EQUAL + 'floor = "0%"\n', "The share “use”: a floor of nothing lifts nobody; leave it out."),
    (EQUAL + 'floor = "EUR 0"\n', "The share “use”: a floor of nothing lifts nobody; leave it out."),
    (
        EQUAL + 'floor = "51%"\n',
        "The share “use”: a floor of more than half is possible for a single member only.",
    ),
    (
        EQUAL + "floor = 3\n",
        'The share “use”: floor, where it is no part such as "1%", must be a sum such as "EUR 10.00", or a '
        "list of such, a currency each.",
    ),
    (
        EQUAL + 'if_over = "hold"\n',
        "The share “use”: if_over means nothing where there is no cap; leave it out.",
    ),
    (EQUAL + 'cap = "1%"\nif_over = "spread"\n', 'The share “use”: if_over must be "hold" or "fund:NAME".'),
    (
        'below = "gold"\n' + GOOD + TIERS,
        "below means nothing: every member reaches the tier bronze.",
    ),
]


@pytest.mark.parametrize(("text", "sentence"), WRONG)
def test_what_cannot_work_is_refused_with_its_sentence(text: str, sentence: str) -> None:
    # A table stands after what belongs to no table.
    tables = TIERS if text.startswith(TIERS) else ""
    assert sentence in problems(text.removeprefix(tables) + tables)


@settings(max_examples=100, deadline=None)
@given(plans.plans())
def test_every_plan_is_said_in_sentences_and_its_picture_adds_up(plan: Plan) -> None:
    told = plan.sentences()
    assert all(one[0].isupper() or one[0].isdigit() for one in told)
    assert all(one.endswith((".", "!")) for one in told)
    for node in plan.nodes:
        assert any(f"“{node.label}”" in one for one in told)
    drawn = picture(plan)
    assert len(drawn) == 2 + len(plan.deductions) + len(plan.nodes)


def test_the_picture_of_a_nested_plan() -> None:
    assert picture(Plan.parse(NESTED + CUT)) == [
        "1.00 comes in",
        "├─ 0.10     cut → the society, for x",
        "└─ 0.90     is shared",
        "   └─ 0.90     all (100 %)",
        "      ├─ 0.45     one (50 %) → by requests",
        "      └─ 0.45     other (50 %) → all members, each the same",
    ]
    thirds = Plan.parse(GOOD + CUT.replace("10%", "1/3"))
    assert picture(thirds)[1:3] == ["├─ 0.3333…  cut → the society, for x", "└─ 0.6666…  is shared"]


def test_bounds_and_pools_in_words() -> None:
    plan = Plan.parse(GOOD + 'income = "pooled"\ncap = "5%"\nfloor = "EUR 10"\nif_over = "fund:culture"\n')
    assert plan.sentences() == [
        "All of the rest (“use”) is put together with that of all other pots of the same currency, and goes to "
        "each work in proportion to its requests, and on to its owners by their shares. If nobody is there, it "
        "is held.",
        "Of “use” every member in it gets 10.00 EUR at least, as far as it suffices.",
        "Of “use” no member gets more than 5 %.",
        "What is over a cap goes to the others in proportion; if all are at their caps, it goes to the fund "
        "“culture”.",
    ]


def test_a_cap_of_tiers_weights_and_files_in_words() -> None:
    tiers = '[tiers]\ngold = 9\nsmall = 0\n[uses]\nsearch = "0.5"\n[evidence]\nnone = "0"\n'
    told = GOOD.replace("[[share]]", tiers + "[[share]]", 1)
    plan = Plan.parse(
        told + 'weight = ["use", "evidence"]\ncaps = { gold = "40%", small = "1/3" }\nif_over = "hold"\n'
    )
    said = plan.sentences()
    assert (
        "each work in proportion to its requests, weighted by the use and what the request showed of who asks, "
        "and on to its owners by their shares." in said[0]
    )
    assert said[1] == "Of “use” the members of a tier together get at most: gold 40 %, small 1/3."
    assert said[-2:] == [
        "One count weighs, by the use: search 0.5, any other 1.",
        "One count weighs, by what the request showed of who asks: none 0, any other 1.",
    ]
    assert Plan.parse(GOOD.replace('"usage"', '"units"') + 'of = "seats"\n').sentences()[0] == (
        "All of the rest (“use”) goes to those whom the list “seats” names, in proportion to their units; what a "
        "work gets goes on to its owners by their shares. If nobody is there, it is held."
    )
    assert (
        "estimates, and on to its owners by their shares. If"
        in (Plan.parse(GOOD.replace('"usage"', '"survey"') + 'of = "schools"\n').sentences()[0])
    )


@pytest.mark.parametrize(
    ("outer", "inner", "said"),
    [
        ("", "", "goes over to the other portions; if those are empty too, nobody is in “all”."),
        (
            'if_empty = "fund:x"\n',
            "",
            "goes over to the other portions; if those are empty too, nobody is in “all”.",
        ),
        ("", 'if_empty = "hold"\n', "goes over to the other portions."),
    ],
)
def test_what_becomes_of_an_empty_portion_in_another(outer: str, inner: str, said: str) -> None:
    told = NESTED.replace('portion = "100%"\n', 'portion = "100%"\n' + outer)
    sentences = Plan.parse(told + inner).sentences()
    assert sentences[1].endswith(f"If nobody is there, it {said}")
    assert sentences[0].endswith("goes to the fund “x”." if outer else "If nobody is there, it is held.")


def test_a_lone_portion_within_another_is_empty_as_that_one_is() -> None:
    told = 'name = "lone"\n[[share]]\nlabel = "all"\nportion = "100%"\nif_empty = "fund:x"\n'
    told += '[[share.share]]\nlabel = "one"\nportion = "100%"\nkey = "usage"\n'
    assert Plan.parse(told).sentences()[1].endswith("If nobody is there, nobody is in “all”.")


def test_portions_that_nobody_could_add_up_by_hand() -> None:
    parts = (
        f'[[share]]\nlabel = "p{n}"\nportion = "1/{10**11 + 2 * n + 1}"\nkey = "equal"\n' for n in range(90)
    )
    with pytest.raises(PlanWrong) as wrong:
        Plan.parse('name = "many"\n' + "".join(parts))
    assert wrong.value.sentence == (
        "The plan cannot work: The portions sum to about 0 %, not to exactly 100 %."
    )


def test_how_many_members_a_floor_and_a_cap_have_room_for() -> None:
    plan = Plan.parse(EQUAL + 'cap = "5%"\nfloor = "1%"\nif_over = "fund:rest"\n')
    assert list(fitting.notes(plan, 50)) == []
    assert list(fitting.notes(plan, 12)) == [
        "“use”: 12 members at a cap of 5 % leave 40 % over, which goes to fund:rest."
    ]
    assert list(fitting.notes(plan, 101)) == [
        "“use”: a floor of 1 % is possible for 100 members; of 101 each gets the same, and less than that."
    ]


def test_what_a_plan_says_in_vain() -> None:
    tables = '[content]\nfeature = "2"\n[evidence]\nnone = "0"\n[tiers]\ngold = 9\n'
    told = GOOD.replace("[[share]]", tables + "[[share]]", 1)
    assert list(fitting.idle(Plan.parse(told + 'weight = "evidence"\n'))) == [
        'The weights in [content] are not used: no share says weight = "content tier".',
        "The tiers in [tiers] are not used: no share is for one of them, or caps one.",
    ]
    used = told + 'weight = ["evidence", "content tier"]\ncaps = { gold = "40%" }\n'
    assert list(fitting.idle(Plan.parse(used))) == []
    all_of_it = CUT.replace("10%", "100%")
    assert list(fitting.idle(Plan.parse(GOOD + all_of_it))) == [
        "The deductions keep all that comes in: nothing is left to be shared."
    ]
    assert list(fitting.idle(Plan.parse(GOOD + all_of_it + 'ceiling = "EUR 5"\n'))) == []


def test_a_survey_is_named_as_surveys_are() -> None:
    for name in ("offices.2026", "2026-offices_", "a" * 64):
        told = GOOD.replace('"usage"', '"survey"') + f'of = "{name}"\n'
        assert Plan.parse(told).surveys == (name,)


def test_the_lowest_tier_may_be_for_everybody() -> None:
    tiers = "[tiers]\ngold = 9\nall = 0\n"
    said = Plan.parse(GOOD.replace("[[share]]", tiers + "[[share]]", 1)).sentences()
    assert said[-1] == "The tiers: gold from 9 works, all from 0 works."


def test_the_example_that_uses_most_of_it_works() -> None:
    folder = Path(__file__).parents[2] / "examples/society/plans"
    for file in sorted(folder.glob("*.toml")):
        assert Plan.parse(file.read_text()).sentences()
    full = Plan.parse((folder / "training-and-output.toml").read_text())
    assert (full.needs_all_works, full.weighs_evidence, full.weighings) == (True, True, ("outputs",))


def test_the_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "plan.toml"
    file.write_text(EQUAL + 'cap = "5%"\n')
    assert main(["plan", "check", str(file)]) == 0
    assert capsys.readouterr().out == "The plan “good” can work.\n"
    assert main(["plan", "check", str(file), "--members", "10", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["notes"]) == 1
    assert main(["plan", "explain", str(file)]) == 0
    assert "└─ 1.00     is shared" in capsys.readouterr().out
    file.write_text(NESTED.replace('"50%"', '"40%"'))
    assert main(["plan", "check", str(file)]) == 4
    assert "sum to 80 %" in capsys.readouterr().err
