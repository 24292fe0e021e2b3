"""A small bundle, and what the tests of bundles share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from quire.core import bundle, canonical, container, tokens
from quire.core.bundle import Bundle, BundleError

KEY = tokens.SigningKey.from_jwk(
    {
        "kty": "OKP",
        "crv": "Ed25519",
        "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    }
)
KEYS = tokens.KeySet.of(KEY.public_jwk())
ABOUT = {"society": "Example Society", "pot": "dst_1", "period": ["2026-01-01", "2027-01-01"]}
FILES = {
    "plan.toml": b'name = "per-usage"\n',
    "counts.jsonl": b"".join(canonical.write_lines({"work": f"wrk_{n}", "count": n} for n in range(5))),
    "lines.jsonl": b"".join(canonical.write_lines({"member": f"mem_{n}", "amount": "1.5"} for n in range(3))),
    "holds.jsonl": b"",
    "empty.txt": b"",
}
BUILT = bundle.build(FILES, ABOUT, KEY)
NAMES = sorted(BUILT)

slow_folder = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


def findings_of(path: Path) -> tuple[set[str], list[str]]:
    """Files named, and sentences, by reading and checking: whichever of the two complains."""
    try:
        found = bundle.check(bundle.read(path), KEYS)
    except BundleError as error:
        return set(error.data.get("files", [error.data["file"]])), [error.sentence]
    return {finding.file for finding in found}, [finding.sentence for finding in found]


def named(contents: Mapping[str, bytes], keys: tokens.KeySet | None = KEYS) -> set[str]:
    return {finding.file for finding in bundle.check(Bundle(contents), keys)}


def zipped() -> bytes:
    return b"".join(container.zip_chunks(BUILT))


odd = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "a.jsonl", "../a", "0" * 64, "é"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "jws", "key", "x", "kty", "root"]), inner, max_size=4)
    ),
    max_leaves=8,
)


WRITE: dict[str, Callable[[Path, Mapping[str, bytes]], None]] = {
    "folder": bundle.write_folder,
    "zip": bundle.write_zip,
}
