"""Trees of small objects made and dropped: allocation and reference counts."""

KIND = "python"
EXPECTED = (390486, 65535)

DEPTH = 15


class Node:
    def __init__(self, left, right):
        self.left = left
        self.right = right


def grow(depth):
    if depth == 0:
        return Node(None, None)
    return Node(grow(depth - 1), grow(depth - 1))


def count(node):
    if node.left is None:
        return 1
    return 1 + count(node.left) + count(node.right)


def run():
    lasting = grow(DEPTH)
    total = 0
    for depth in range(4, DEPTH + 1, 2):
        for _ in range(1 << (DEPTH - depth)):
            total += count(grow(depth))
    return total, count(lasting)
