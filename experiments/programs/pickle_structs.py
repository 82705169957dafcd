"""Object graphs through pickle, and records through struct."""

import pickle
import struct

KIND = "library"
EXPECTED = (21874641656983.0, 550000)

NODES = 9000


class Node:
    def __init__(self, name, value):
        self.name = name
        self.value = value
        self.links = []


def run():
    nodes = [Node("node-%d" % index, index * 0.5) for index in range(NODES)]
    for index, node in enumerate(nodes):
        node.links = [nodes[index * 3 % NODES].name, (index, -index), {"k": index % 10}]
    total = 0
    for protocol in (2, 4):
        for node in pickle.loads(pickle.dumps(nodes, protocol)):
            total += node.value + node.links[1][0] + node.links[2]["k"]
    record = struct.Struct("<IhdB7s")
    packed = b"".join(record.pack(i * 70001, i % 100 - 50, i / 4, i & 255, b"name%03d" % (i % 1000))
                      for i in range(25000))
    for number, small, real, byte, name in record.iter_unpack(packed):
        total += number + small + real + byte + name[-1]
    return total, len(packed)
