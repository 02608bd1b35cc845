"""A data directory with a week of a group: what a collector has written, for tests of its history."""

import os
import time

WHY = "web: scale up 10 -> 14 (cpu 72% now, 88% within 135 s, high 80%)"
HORIZON_S = 135
STEP_S = 300  # between two decisions of the group: as a decision that stands is logged again


def demand_at(at):
    """Demand in cores: a day's wave, from 20 to 60 of 80."""
    day = (at % 86400) / 86400
    return 20.0 + 80.0 * min(day, 1.0 - day)


def decision_row(header, at, group, **fields):
    """A row of decisions.csv. Fields that are not given are empty."""
    values = {"timestamp": f"{at:.3f}", "group": group, "action": "hold", "current": 10, "raw": 10, "desired": 10,
              "existing": 10, "live": 10, "rule": "none", "guard": "none", "mode": "full", "cpu_capacity": "80.0000",
              "why": f"{group}: hold 10", **fields}
    cells = [str(values.get(name, "")) for name in header]
    cells[header.index("why")] = '"' + cells[header.index("why")].replace('"', '""') + '"'
    return ",".join(cells) + "\n"


def around(at, scaled_at):
    """Half an hour before the order some nodes are silent, and half an hour after it the number is pinned."""
    if scaled_at is None:
        return {}
    if -2400 < at - scaled_at < -1200:
        return {"missing": 3, "live": 7}
    return {"pin": 9} if 1200 < at - scaled_at < 2400 else {}


def write_decisions(folder, header, end, days=7, groups=("web",), scaled_at=None):
    """A week of decisions until `end`, two days a file; web is scaled up once."""
    rows = []
    for at in range(int(end - days * 86400), int(end), STEP_S):
        for group in groups:
            demand = demand_at(at)
            forecast = demand_at(at + HORIZON_S)
            rows.append((at, decision_row(header, at, group, cpu_demand=f"{demand:.4f}", cpu=f"{demand / 0.8:.2f}",
                                          cpu_forecast=f"{forecast:.4f}", cpu_forecast_low=f"{0.9 * forecast:.4f}",
                                          cpu_forecast_high=f"{1.1 * forecast:.4f}", horizon_s=HORIZON_S,
                                          **around(at, scaled_at))))
    if scaled_at is not None:
        order = {"action": "up", "current": 10, "raw": 14, "desired": 14, "to": 14, "order_epoch": 7, "order_number": 1,
                 "rule": "forecast", "resource": "cpu", "cpu_demand": "57.5000", "cpu": "71.88"}
        rows.append((scaled_at, decision_row(header, scaled_at, "web", **order, order="intent", why=WHY)))
        rows.append((scaled_at + 1, decision_row(header, scaled_at + 1, "web", **order, order="accepted",
                                                 why="hook for web, scale-out to 14: accepted after 1.0 s")))
    rows.sort()
    for number, first in enumerate(range(0, days, 2)):
        begin, until = end - (days - first) * 86400, end - (days - first - 2) * 86400
        name = "decisions.csv" if first + 2 >= days else f"decisions-{number + 1:08}.csv"
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(",".join(header) + "\n")
            file.writelines(row for at, row in rows if begin <= at < until)


def write_metrics(folder, header, end, nodes, days=7, interval_s=600):
    """Samples of nodes of web for a week until `end`, in one file: cpu is 40 and 60 in turn."""
    with open(os.path.join(folder, "metrics-00000001.csv"), "w", encoding="utf-8") as file:
        file.write(",".join(header) + "\n")
        begin = int(end - days * 86400)
        for seq, at in enumerate(range(begin, int(end), interval_s), 1):
            for number, node in enumerate(nodes):
                values = {"node_id": node, "cpu": f"{40 + 20 * (seq % 2)}.00", "memory": "50.00",
                          "disk_read": 1000 * (at - begin), "timestamp": f"{at}.000", "group": "web",
                          "instance": f"i{number + 1:016x}", "seq": seq, "uptime": f"{at - begin}.000"}
                file.write(",".join(str(values.get(name, "")) for name in header) + "\n")


def engine_lines(end, days=7):
    """The same week of web in the text format of Prometheus, with times in milliseconds."""
    labels = 'group="web",resource="cpu"'
    for at in range(int(end - days * 86400), int(end), STEP_S):
        yield f"headroom_group_demand{{{labels}}} {demand_at(at):.4f} {at * 1000}"
        yield f"headroom_group_capacity{{{labels}}} 80 {at * 1000}"


def header_of(path):
    with open(path, encoding="utf-8") as file:
        return file.readline().rstrip("\n").split(",")


def now():
    return float(int(time.time()))
