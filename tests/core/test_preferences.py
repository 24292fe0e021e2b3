"""Preferences on a line: AIPREF's dictionary and Cloudflare's list."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.core.preferences import signals_of, signals_text, stricter, usage_of, usage_text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", {}),
        ("train-ai=n", {"train-ai": False}),
        ("train-ai=n, ai-use=y,search=y", {"train-ai": False, "ai-use": True, "search": True}),
        ("train-ai=n;a=1;b, search=y", {"train-ai": False, "search": True}),
        ("train-ai=y, train-ai=n", {"train-ai": False}),
        ("train-ai=y, train-ai", {}),
        ('train-ai="n", search=y', {"search": True}),
        ('x="a, train-ai=y", search=n', {"search": False}),
        ("x=(a b;c), y=?1, z=:aGk=:, d=@1, e=1.5, search=y", {"search": True}),
        ("train-ai=no", {}),
        # What is no dictionary says nothing at all.
        ("train-ai=n,", {}),
        ("train-ai=n search=y", {}),
        ("train-ai = n", {}),
        ("Train-AI=n", {}),
        ("train-ai=n,,search=y", {}),
        ("train-ai=n, " + "x" * 5_000, {}),
    ],
)
def test_a_usage_dictionary(text: str, said: dict[str, bool]) -> None:
    assert usage_of(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("search=yes, ai-train=no", {"search": True, "ai-train": False}),
        ("SEARCH=YES,use=reference", {"search": True}),
        (",=,x", {}),
    ],
)
def test_a_list_of_signals(text: str, said: dict[str, bool]) -> None:
    assert signals_of(text) == said


LABELS = st.dictionaries(st.sampled_from(["train-ai", "ai-use", "search", "x"]), st.booleans())


@given(LABELS, LABELS)
@settings(max_examples=50)
def test_what_is_written_is_read_and_a_no_stays_a_no(one: dict[str, bool], other: dict[str, bool]) -> None:
    assert usage_of(usage_text(one)) == one
    assert signals_of(signals_text(one)) == one
    together = stricter([one, other])
    assert together == {label: one.get(label, True) and other.get(label, True) for label in {**one, **other}}


@given(st.text(max_size=100) | st.text(st.sampled_from('abn=y,;" ()\\?:@%*1.'), max_size=40))
@settings(max_examples=200)
def test_any_text_is_read(text: str) -> None:
    assert set(usage_of(text).values()) <= {True, False}
    assert set(signals_of(text).values()) <= {True, False}
