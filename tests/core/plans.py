"""Plans at random over the whole algebra, as TOML, for properties of the core; every one of them can work."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from quire.core.plan import Plan

TIERS = {"gold": 1000, "bronze": 100}
NAMES = {"attribution": "what was found", "units": "seats 2027"}
"""The weighings that a plan may ask for, by kind."""
SURVEY = "bars"
"""The survey that it may ask for."""

empties = st.sampled_from(["spread", "spread", "hold", "fund:culture"])
caps = st.sampled_from(["5%", "1/3", "60%", "99.9%"])
floors = st.sampled_from(
    ['"1%"', '"0.1%"', '"1/25"', '"EUR 0.01"', '["EUR 2.50", "JPY 700", "KWD 0.000000000001"]']
)
Node = dict[str, Any]


def quoted(value: str) -> str:
    return f'"{value}"'


@st.composite
def bounds(draw: st.DrawFn, key: str) -> Node:
    """Often none; else caps and floors that do not contradict one another."""
    told: Node = {}
    if draw(st.integers(0, 2)):
        return told
    if draw(st.booleans()):
        told["cap"] = quoted(draw(caps))
    if draw(st.booleans()):
        told["floor"] = draw(floors)
    if key != "tier" and draw(st.booleans()):
        told["caps"] = {tier: quoted(draw(caps)) for tier in sorted(TIERS) if draw(st.booleans())}
    if "cap" in told or told.get("caps"):
        told["if_over"] = quoted(draw(st.sampled_from(["hold", "fund:rest"])))
    return {name: value for name, value in told.items() if value}


@st.composite
def leaf(draw: st.DrawFn) -> Node:
    key = draw(st.sampled_from(["usage", "usage", "usage", "equal", "equal", "tier", "survey", *NAMES]))
    told: Node = {"key": quoted(key)} | draw(bounds(key))
    if key == "tier":
        told["tier"] = quoted(draw(st.sampled_from(sorted(TIERS))))
    if key == "equal":
        told["among"] = quoted(draw(st.sampled_from(["members", "works"])))
    if key in (*NAMES, "survey"):
        told["of"] = quoted(NAMES.get(key, SURVEY))
    elif draw(st.integers(0, 3)) == 0:
        told["income"] = quoted("pooled")
    if key == "usage":
        measure = draw(st.sampled_from(["requests", "value", "works"]))
        told["measure"] = quoted(measure)
        words = ["content tier"] if measure == "works" else ["content tier", "use", "evidence"]
        if weighed := [word for word in words if draw(st.booleans())]:
            told["weight"] = quoted(weighed[0]) if len(weighed) == 1 else str(weighed).replace("'", '"')
    return told


@st.composite
def nodes(draw: st.DrawFn, most: int, depth: int) -> list[Node]:
    """Shares of one level, whose portions sum to all."""
    parts = draw(st.lists(st.integers(1, 6), min_size=1, max_size=most))
    found = []
    for part in parts:
        within = depth < 3 and draw(st.integers(0, 4)) == 0
        told: Node = {"share": draw(nodes(3, depth + 1))} if within else draw(leaf())
        told |= {"portion": quoted(f"{part}/{sum(parts)}"), "if_empty": quoted(draw(empties))}
        found.append(told)
    return found


def flat(found: list[Node]) -> list[Node]:
    """All of them, with those within."""
    return [one for node in found for one in (node, *flat(node.get("share", [])))]


def text_of(found: list[Node], name: str) -> str:
    """The tables, each followed by those within it."""
    text = ""
    for node in found:
        text += f"[[{name}]]\n"
        for key, value in node.items():
            if key == "caps":
                value = "{ " + ", ".join(f"{tier} = {cap}" for tier, cap in value.items()) + " }"
            if key != "share":
                text += f"{key} = {value}\n"
        text += text_of(node.get("share", []), f"{name}.share")
    return text


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Any plan that works: up to three deductions, up to four portions on the first level."""
    shares = draw(nodes(4, 1))
    for place, node in enumerate(flat(shares)):
        node["label"] = quoted(f"part {place}")
    # A tier that no portion pays is refused, unless none is paid at all.
    paid = {node["tier"].strip('"') for node in flat(shares) if "tier" in node}
    tiers = {name: least for name, least in TIERS.items() if name in paid or not paid}
    for node in flat(shares):
        kept = {tier: cap for tier, cap in node.pop("caps", {}).items() if tier in tiers}
        if kept:
            node["caps"] = kept
        elif "cap" not in node:
            node.pop("if_over", None)
    text = 'name = "random"\n'
    if tiers and draw(st.booleans()):
        text += f'below = "{draw(st.sampled_from(sorted(tiers)))}"\n'
    text += "[tiers]\n" + "".join(f"{name} = {least}\n" for name, least in tiers.items())
    text += draw(st.sampled_from(['[content]\nnews = "2.5"\n"*" = "1"\n', '[content]\nphoto = "0"\n']))
    text += draw(st.sampled_from(['[uses]\nai-train = "2"\n"*" = "0.5"\n', '[uses]\nsearch = "0"\n']))
    text += '[evidence]\nkey = "1.25"\nname = "0.5"\nnone = "0"\n'
    text += draw(st.sampled_from(["", '[recovery]\nlimit = "50%"\n', '[recovery]\nlimit = "1/3"\n']))
    for place in range(draw(st.integers(0, 3))):
        rate = draw(st.sampled_from(["15%", "0", "1/3", "33.3%", "0.1%"]))
        base, whom = draw(st.sampled_from(["gross", "rest"])), draw(st.sampled_from(["society:x", "fund:y"]))
        text += f'[[deduct]]\nlabel = "cut {place}"\nrate = "{rate}"\nof = "{base}"\nto = "{whom}"\n'
        text += draw(
            st.sampled_from(["", "", 'ceiling = "EUR 0.5"\n', 'ceiling = ["JPY 1", "USD 100.25"]\n'])
        )
    return Plan.parse(text + text_of(shares, "share"))
