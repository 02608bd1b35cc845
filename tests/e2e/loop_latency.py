"""Latency of the collector's event loop, from its /metrics."""

import re

BUCKET = re.compile(r'headroom_loop_turn_seconds_bucket\{le="([^"]+)"\} (\d+)')


def loop_turns(text):
    """{seconds: number of loop turns that took at most this long}."""
    return {float(bound): int(count) for bound, count in BUCKET.findall(text)}


def late_share(before, after, limit_s):
    """The share of moments between two (loop_turns(), time in s) at which an arriving event waits longer than that for
    the loop. Each turn counts with the upper bound of its bucket, so the result is an upper bound."""
    counts = {bound: count - before[0][bound] for bound, count in after[0].items()}
    late_s, lower = 0.0, 0
    for bound, count in sorted(counts.items()):
        late_s += (count - lower) * max(0.0, min(bound, 10.0) - limit_s)
        lower = count
    return late_s / (after[1] - before[1])
