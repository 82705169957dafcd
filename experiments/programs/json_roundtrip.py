"""Nested documents written and read as JSON."""

import json

KIND = "library"
EXPECTED = (766818, 477750.0, True)

ORDERS = 1400


def make_document():
    return {"orders": [
        {"id": index, "customer": {"name": "Ada \u00e9 %d" % index, "vip": index % 5 == 0},
         "lines": [{"sku": "s%03d" % (index * k % 211), "count": k, "price": k * 1.25}
                   for k in range(1, 7)],
         "note": None if index % 2 else "tab\tand \"quotes\""}
        for index in range(ORDERS)]}


DOCUMENT = make_document()


def run():
    total = 0.0
    text = ""
    for indent in (None, None, 1):
        text = json.dumps(DOCUMENT, sort_keys=True, indent=indent)
        loaded = json.loads(text)
        for order in loaded["orders"]:
            total += sum(line["count"] * line["price"] for line in order["lines"])
    return len(text), total, loaded == DOCUMENT
