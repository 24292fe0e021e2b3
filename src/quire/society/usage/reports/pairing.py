"""One to one: which of a lab's events is which of the sites' requests. Numbers in, numbers out."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

BLOCK = 1_000_000
"""About so many rows of a side are walked through at once; rows of one key are never divided."""


def pair(
    site_key: np.ndarray, site_at: np.ndarray, lab_key: np.ndarray, lab_at: np.ndarray, window: int
) -> tuple[np.ndarray, np.ndarray]:
    """As many pairs as there can be of a row of each side with the same key, at most ``window`` apart.

    Both sides (int64) are sorted by key, then by time. No row is in two pairs. Comes back as the places of
    the pairs' rows, int64, one array for each side. The earliest row that can still have a partner gets the
    earliest one left to it; because every row reaches equally far, no other way makes more pairs.
    """
    ours, theirs = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    cuts = [*np.unique(site_key[::BLOCK]).tolist(), None]
    for first, following in pairwise(cuts):
        a, c = (int(np.searchsorted(keys, first)) for keys in (site_key, lab_key))
        b, d = len(site_key), len(lab_key)
        if following is not None:
            b, d = (int(np.searchsorted(keys, following)) for keys in (site_key, lab_key))
        found = _walk(
            list(zip(site_key[a:b].tolist(), site_at[a:b].tolist(), strict=True)),
            list(zip(lab_key[c:d].tolist(), lab_at[c:d].tolist(), strict=True)),
            window,
        )
        places = np.array(found, dtype=np.int64).reshape(-1, 2)
        ours.append(places[:, 0] + a)
        theirs.append(places[:, 1] + c)
    return np.concatenate(ours), np.concatenate(theirs)


def _walk(site: list[tuple[int, int]], lab: list[tuple[int, int]], window: int) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    i = j = 0
    while i < len(site) and j < len(lab):
        (key, at), (other, then) = site[i], lab[j]
        if (other, then) < (key, at - window):
            j += 1
        elif (key, at) < (other, then - window):
            i += 1
        else:
            found.append((i, j))
            i, j = i + 1, j + 1
    return found
