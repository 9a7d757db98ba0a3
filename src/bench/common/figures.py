"""Functions shared by the reports of ci/bench/tx and ci/bench/rx."""

MIB = 1 << 20


def quarter(values):
    """Returns the lower quartile of the values."""
    values = sorted(values)
    return values[(len(values) - 1) // 4]


def table(rows):
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        print("  ".join([row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))]))


def tell_of_targets(targets):
    """Prints whether targets are met; each has a name, a value, a limit, and whether more is better."""
    for what, value, limit, more in targets:
        met = value >= limit if more else value <= limit
        print(f"target: {what}: {value:.3g} (at {'least' if more else 'most'} {limit}): {'met' if met else 'missed'}")
