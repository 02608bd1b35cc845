"""headroom-scaler simulate: the policies of others against an independent implementation of their published rules, on
the loads of tests/data/traces."""

import collections
import csv
import json
import math
import os
import subprocess

from headroom_test import DATA, SCALER, HeadroomTest, main

TRACES = os.path.join(DATA, "traces")
STEP = 15
STEPS = 2 * 86400 // STEP
FIGURES = ["violation_share", "unserved_share", "cost_ratio", "actions_per_hour", "node_hours", "max_nodes"]


def ceiling(nodes):
    return math.ceil(nodes - 1e-9)


def percentile(values, share):
    values = sorted(values)
    rank = share * (len(values) - 1)
    low = int(rank)
    return values[low] + (values[min(low + 1, len(values) - 1)] - values[low]) * (rank - low)


def demand_of(path):
    """In nodes at each step: interpolated, with the 99 % quantile of the whole load at 70 % of 40 nodes."""
    with open(path, encoding="ascii") as file:
        points = [(float(row["timestamp_s"]), float(row["demand"])) for row in csv.DictReader(file)]
    demand, at = [], 0
    for step in range(int(points[-1][0] // STEP) + 1):
        t = step * STEP
        while at + 1 < len(points) and points[at + 1][0] <= t:
            at += 1
        (t0, d0), (t1, d1) = points[at], points[min(at + 1, len(points) - 1)]
        demand.append(d0 + (d1 - d0) * (t - t0) / (t1 - t0) if t1 > t0 and t >= t0 else d0)
    scale = 40 * 0.7 / percentile(demand, 0.99)
    return [scale * value for value in demand[:STEPS]]


class Hpa:
    """replica_calculator.go, and the default behaviour of a HorizontalPodAutoscaler."""

    def __init__(self, target=0.7, tolerance=0.1, window=20):
        self.target, self.tolerance = target, tolerance
        self.history = collections.deque(maxlen=window)

    def count(self, used, ready, pending):
        ratio = used / self.target
        if ratio > 1 and pending:  # those that start count as idle
            ratio = used * ready / (ready + pending) / self.target
            if ratio < 1 or abs(ratio - 1) <= self.tolerance:
                return ready + pending
            return max(ready + pending, ceiling(ratio * (ready + pending)))
        return ready + pending if abs(ratio - 1) <= self.tolerance else ceiling(ratio * ready)

    def settle(self, step, count, now):
        if step == 0:
            self.start = now  # counts as recommended until the window is full
        self.history.append(count)
        if count > now:
            return min(count, max(now + 4, 2 * now))
        return min(now, max([*self.history, self.start if step < self.history.maxlen else 0]))

    def __call__(self, step, used, ready, pending):
        return self.settle(step, self.count(used, ready, pending), ready + pending)


class AwsTracking:
    def __init__(self):
        self.used, self.minutes = [], []

    def __call__(self, step, used, ready, pending):
        self.used.append(used)
        if len(self.used) < 4:
            return ready + pending
        self.minutes.append(sum(self.used) / 4)
        self.used = []
        nodes = max(1, ceiling(self.minutes[-1] * ready / 0.7))
        if len(self.minutes) >= 3 and min(self.minutes[-3:]) > 0.7:
            return max(ready + pending, nodes)
        if len(self.minutes) >= 15 and max(self.minutes[-15:]) < 0.9 * 0.7 and not pending:
            return min(ready, nodes)
        return ready + pending


class AwsPredictive(AwsTracking):
    def __init__(self):
        super().__init__()
        self.served = []

    def least(self, step):
        """Of the hour of that step: the mean of it on the days before."""
        begin = step // 240 * 240
        days = [self.served[begin - day * 5760:][:240] for day in range(1, 15) if begin >= day * 5760]
        days.reverse()
        return max(1, ceiling(sum(sum(hour) / 240 for hour in days) / len(days) / 0.7)) if days else 0

    def __call__(self, step, used, ready, pending):
        nodes = super().__call__(step, used, ready, pending)
        nodes = max(nodes, self.least(step), self.least(step + 20))
        self.served.append(used * ready)
        return nodes


class Autopilot:
    def __init__(self):
        self.weight = collections.defaultdict(float)

    def __call__(self, step, used, ready, pending):
        load = used * ready
        for bucket in self.weight:
            self.weight[bucket] *= 2 ** (-1 / (12 * 240))
        self.weight[0 if load <= 0.01 else 1 + math.floor(math.log(load / 0.01) / math.log(1.05))] += 1
        reached, total = 0, sum(self.weight[bucket] for bucket in sorted(self.weight))
        for bucket in sorted(self.weight):
            reached += self.weight[bucket]
            if reached >= 0.95 * total:
                return max(1, ceiling(0.01 * 1.05 ** bucket / 0.7))


class KedaCron(Hpa):
    def __init__(self):
        super().__init__()
        self.served = []

    def __call__(self, step, used, ready, pending):
        begin = step // 240 * 240 - 5760
        cron = max(1, ceiling(percentile(self.served[begin:][:240], 0.95) / 0.7)) if begin >= 0 else 0
        self.served.append(used * ready)
        return self.settle(step, max(cron, self.count(used, ready, pending)), ready + pending)


def simulate(demand, delay, policy):
    """The figures of a policy: a fleet of nodes that can do 1 each, and take `delay` steps to start."""
    ready, orders = min(max(ceiling(demand[0] / 0.7), 1), 200), []
    above = unserved = cost = actions = most = 0
    for step, load in enumerate(demand):
        ready += sum(1 for due in orders if due == step)
        orders = [due for due in orders if due > step]
        above += load / ready > 0.9
        unserved += max(0, load - ready)
        now = ready + len(orders)
        cost += now
        most = max(most, now)
        wanted = min(max(policy(step, min(1, load / ready), ready, len(orders)), 1), 200)
        actions += wanted != now
        orders += [step + delay] * (wanted - now)
        if wanted < now:
            left = len(orders) - (now - wanted)
            ready += min(left, 0)
            orders = orders[:max(left, 0)]  # the last ordered go first
    least = sum(min(max(ceiling(max(demand[step:step + delay + 1]) / 0.7), 1), 200) for step in range(len(demand)))
    return {"violation_share": above / len(demand), "unserved_share": unserved / sum(demand), "cost_ratio": cost / least,
            "actions_per_hour": actions / (len(demand) / 240), "node_hours": cost / 240, "max_nodes": most}


POLICIES = [("hpa", [], Hpa),
            ("hpa", ["--hpa-target", "55%", "--hpa-tolerance", "0", "--hpa-window", "10m"], lambda: Hpa(0.55, 0.0, 40)),
            ("hpa", ["--hpa-target", "80%", "--hpa-tolerance", "5%", "--hpa-window", "15s"], lambda: Hpa(0.8, 0.05, 1)),
            ("aws-tracking", [], AwsTracking), ("aws-predictive", [], AwsPredictive), ("autopilot", [], Autopilot),
            ("keda-cron", [], KedaCron)]


class Peers(HeadroomTest):
    def test_each_policy_does_what_its_description_says(self):
        for name in sorted(name for name in os.listdir(TRACES) if name.endswith(".csv")):
            path = os.path.join(TRACES, name)
            demand = demand_of(path)
            for delay in 120, 300:
                for policy, flags, make in POLICIES:
                    command = [SCALER, "simulate", "--json", "--policy", policy, "--noise", "0", "--speed", "1",
                               "--first", "2d", "--startup-delay", f"{delay}s", *flags, path]
                    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
                    expected = simulate(demand, delay // STEP, make())
                    for figure in FIGURES:
                        with self.subTest(load=name, delay=delay, policy=policy, flags=flags, figure=figure):
                            self.assertLessEqual(abs(found[figure] - expected[figure]),
                                                 1e-9 * max(1, abs(expected[figure])))


if __name__ == "__main__":
    main()
