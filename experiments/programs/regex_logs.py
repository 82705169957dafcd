"""Log lines taken apart with regular expressions."""

import re

KIND = "library"
EXPECTED = ([('200', 6667), ('404', 6667), ('500', 6666)], 2199890000, 18, 20000, 4000)

LINES = 20000


def make_log():
    lines = []
    for index in range(LINES):
        lines.append('10.%d.%d.7 - [%02d/May/2023:10:%02d:00] "%s /item/%d?q=a%%20b&n=%d" %d %d' % (
            index % 7, index % 250, index % 28 + 1, index % 60, "GET" if index % 3 else "POST",
            index * 3, index % 17, (200, 404, 500)[index % 3], index * 11))
    return "\n".join(lines)


LOG = make_log()
LINE = re.compile(
    r'^(?P<ip>\d+(?:\.\d+){3}) - \[([^\]]+)\] "(GET|POST) (\S+)" (\d{3}) (\d+)$', re.M)
QUERY = re.compile(r"[?&](\w+)=([^&]*)")
ESCAPE = re.compile(r"%([0-9a-f]{2})", re.I)


def unescape(match):
    return chr(int(match.group(1), 16))


def run():
    statuses, names = {}, {}
    size = 0
    for match in LINE.finditer(LOG):
        path, status = match.group(4), match.group(5)
        statuses[status] = statuses.get(status, 0) + 1
        size += int(match.group(6))
        for name, value in QUERY.findall(path):
            value = ESCAPE.sub(unescape, value)
            names[name, value] = names.get((name, value), 0) + 1
    slow = len(re.findall(r"(?:[a-z]+/)+\d*[05]\?", LOG))
    return sorted(statuses.items()), size, len(names), names["q", "a b"], slow
