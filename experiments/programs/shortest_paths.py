"""Dijkstra's algorithm with heapq on a grid of costs."""

from heapq import heappop, heappush

KIND = "python"
EXPECTED = (1396, 1399, 44100)

SIDE = 210


def cost(x, y):
    return 1 + (x * x * 31 + y * 17 + x * y) % 9


def run():
    best = {(0, 0): 0}
    heap = [(0, 0, 0)]
    settled = set()
    while heap:
        distance, x, y = heappop(heap)
        if (x, y) in settled:
            continue
        settled.add((x, y))
        for nx, ny in ((x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)):
            if 0 <= nx < SIDE and 0 <= ny < SIDE:
                candidate = distance + cost(nx, ny)
                if candidate < best.get((nx, ny), 1 << 30):
                    best[nx, ny] = candidate
                    heappush(heap, (candidate, nx, ny))
    return best[SIDE - 1, SIDE - 1], max(best.values()), len(settled)
