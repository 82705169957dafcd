"""Records sorted by several keys, grouped and merged."""

from operator import itemgetter

KIND = "library"
EXPECTED = ((1008, 'n109', 26506), (879, 'n99', 39900), (1006, 'n239', 39010), 0.49132155, 4)

RECORDS = 40000


def make_records():
    records, state = [], 7
    for index in range(RECORDS):
        state = (state * 48271) % 2147483647
        records.append((state % 1009, "n%d" % (state % 317), index, state / 2147483647))
    return records


RECORDS_LIST = make_records()


def run():
    records = list(RECORDS_LIST)
    records.sort(key=itemgetter(1))
    records.sort(key=lambda record: -record[0])
    by_pair = sorted(records, key=lambda record: (record[0] % 10, record[1], record[2]))
    floats = sorted(record[3] for record in records)
    backwards = sorted(records, reverse=True)
    names = sorted(set(map(itemgetter(1), records)), key=len)
    return (records[0][:3], by_pair[-1][:3], backwards[100][:3],
            round(floats[len(floats) // 2], 9), len(names[-1]))
