"""Whether a figure changed beyond noise, from pairs of runs that alternated. It measures nothing itself.

The runs of a pair are made one after the other, so both see the same machine. Of each pair the logarithm of new / old is
taken, or the difference if a value is 0. If nothing had changed, each of them might as well have the other sign: the share of
all choices of signs whose sum is at least as far from 0, on the same side, is the probability that noise alone does this
(an exact permutation test of pairs). A change counts if that share is at most LEVEL, and if the median of the ratios is at
least `least` away from 1. Five pairs are the fewest that can show anything: all of them must agree."""

import itertools
import math
import statistics

LEVEL = 0.05
PAIRS_MAX = 16  # 65,536 choices of signs


def is_better_if_more(name):
    return name.endswith("_per_second")


def effects(old, new):
    if min(*old, *new) > 0:
        return [math.log(after / before) for before, after in zip(old, new)]
    return [after - before for before, after in zip(old, new)]


def chance(values):
    """The probability of a sum that is as far from 0 on this side, if each sign were a coin's."""
    total = abs(sum(values))
    sums = (sum(sign * value for sign, value in zip(signs, values)) for signs in itertools.product((1, -1), repeat=len(values)))
    return sum(one >= total - 1e-12 for one in sums) / 2 ** len(values)


def ratio(old, new):
    """The median of the pairs; of values that may be 0, infinity where something came from nothing."""
    if min(*old, *new) > 0:
        return statistics.median(after / before for before, after in zip(old, new))
    before, after = statistics.median(old), statistics.median(new)
    return after / before if before > 0 else 1.0 if after <= 0 else math.inf


def judge(name, old, new, least):
    """A dict: medians, ratio, chance, and verdict: "same", "better" or "worse". old, new: the values of the pairs."""
    values = effects(old, new)
    share, moved = chance(values), ratio(old, new)
    changed = share <= LEVEL and abs(moved - 1) >= least
    rose = sum(values) > 0
    return {"name": name, "old": statistics.median(old), "new": statistics.median(new), "ratio": moved, "chance": share,
            "verdict": "same" if not changed else "better" if rose == is_better_if_more(name) else "worse"}


def order(pairs):
    """Which of two runs first: old new, new old, old new, ..., so that a machine that gets busier favours neither."""
    return [("old", "new") if pair % 2 == 0 else ("new", "old") for pair in range(pairs)]
