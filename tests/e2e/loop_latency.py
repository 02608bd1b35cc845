"""How long the collector's loop keeps others waiting, from its /metrics."""

import re

BUCKET = re.compile(r'headroom_loop_turn_seconds_bucket\{le="([^"]+)"\} (\d+)')


def loop_turns(text):
    """{seconds: turns of the loop that took no longer}."""
    return {float(bound): int(count) for bound, count in BUCKET.findall(text)}


def late_share(before, after, limit_s):
    """Of all moments between two (loop_turns(), time in s), the share at which something that comes waits longer than
    that for the loop; each turn taken for as long as its bucket allows, so it is no more."""
    counts = {bound: count - before[0][bound] for bound, count in after[0].items()}
    late_s, lower = 0.0, 0
    for bound, count in sorted(counts.items()):
        late_s += (count - lower) * max(0.0, min(bound, 10.0) - limit_s)
        lower = count
    return late_s / (after[1] - before[1])
