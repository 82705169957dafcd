"""Compound interest with decimal.Decimal: a C number type behind operators."""

from decimal import Decimal, ROUND_HALF_EVEN, localcontext

KIND = "library"
EXPECTED = '29627113.43'

ACCOUNTS, MONTHS = 1400, 240


def run():
    with localcontext() as context:
        context.prec = 34
        context.rounding = ROUND_HALF_EVEN
        total = Decimal(0)
        cent = Decimal("0.01")
        for account in range(ACCOUNTS):
            rate = 1 + Decimal(account % 12 + 1) / 1200
            balance = Decimal(1000 + account)
            for month in range(MONTHS):
                balance = (balance * rate + 25).quantize(cent)
                if month % 12 == 11:
                    balance -= Decimal("3.75")
            total += balance
    return str(total)
