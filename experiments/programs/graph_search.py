"""Breadth-first search and connected components in a dict of neighbour lists."""

from collections import deque

KIND = "python"
EXPECTED = (593, 21411, 406, 4679286)

SIDE = 190


def make_graph():
    graph = {}
    for row in range(SIDE):
        for column in range(SIDE):
            if ((row * 73856093 ^ column * 19349663) >> 5) % 100 < 36:
                continue
            graph[row, column] = []
    for row, column in graph:
        for step in ((row + 1, column), (row, column + 1), (row - 1, column), (row, column - 1)):
            if step in graph:
                graph[row, column].append(step)
    return graph


def distances(graph, start):
    seen = {start: 0}
    queue = deque([start])
    while queue:
        node = queue.popleft()
        further = seen[node] + 1
        for neighbour in graph[node]:
            if neighbour not in seen:
                seen[neighbour] = further
                queue.append(neighbour)
    return seen


def run():
    graph = make_graph()
    left = set(graph)
    components = []
    while left:
        reached = distances(graph, next(iter(left)))
        components.append(reached)
        left -= reached.keys()
    largest = max(components, key=len)
    far = distances(graph, min(largest))
    return len(components), len(largest), max(far.values()), sum(far.values())
