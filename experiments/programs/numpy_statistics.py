"""Sorting, cumulative sums and histograms of a large NumPy array."""

import numpy as np

KIND = "numpy-large"
EXPECTED = (500001066785, 500001, 15626, 250000, 9999468667)

SIZE = 1000000


def run():
    index = np.arange(SIZE, dtype=np.uint64)
    noise = (index * np.uint64(2654435761)) % np.uint64(1000003)
    ordered = np.sort(noise)
    sums = np.cumsum(ordered)
    buckets = np.bincount((noise % np.uint64(64)).astype(np.int64))
    unique = np.unique(noise[::4])
    where = np.searchsorted(ordered, np.arange(0, 1000000, 50, dtype=np.uint64))
    return int(sums[-1]), int(ordered[SIZE // 2]), int(buckets.max()), len(unique), int(where.sum())
