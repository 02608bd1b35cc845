"""What a collector takes, by the size of its fleet: the formulas of docs/performance.md, and how their constants follow from
measurements. It measures nothing itself.

Per second, a fleet of N agents with an interval of I seconds and a report each R seconds sends N / I samples in N / R frames,
which the loop serves in at most TURNS turns."""

import collections

TURNS = 100  # WAKE_MS of src/collector/intake/wake_budget.h

# CPU time of a turn of the loop, a frame, and a sample. Resident memory of the program, of a connected node, of the samples
# that come in a second (until they are on the disk), and of a sample in a node's history. Bytes on the network of a frame and
# of a sample, with all headers and what acknowledges them. Bytes of a sample on the disk. Files that are open besides the
# connections.
Constants = collections.namedtuple("Constants", "turn_us frame_us sample_us base_kib node_kib waiting_kib row_kib frame_bytes "
                                                "sample_bytes row_bytes files")
Fleet = collections.namedtuple("Fleet", "nodes interval_s report_s history_s", defaults=(1, 1, 600))


def solve(matrix, vector):
    """The solution of a system of linear equations, by Gauss-Jordan elimination with pivots."""
    rows = [[*row, value] for row, value in zip(matrix, vector)]
    for i, _ in enumerate(rows):
        pivot = max(range(i, len(rows)), key=lambda row: abs(rows[row][i]))
        if abs(rows[pivot][i]) < 1e-12:
            raise ValueError("the measurements do not determine the constants")
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [value / rows[i][i] for value in rows[i]]
        for j, row in enumerate(rows):
            if j != i:
                rows[j] = [value - row[i] * own for value, own in zip(row, rows[i])]
    return [row[-1] for row in rows]


def fit(rows, seen):
    """The constants c for which the sum of the squares of (row x c) / seen - 1 is least: each measurement counts alike."""
    scaled = [[value / total for value in row] for row, total in zip(rows, seen)]
    width = range(len(rows[0]))
    return solve([[sum(row[i] * row[j] for row in scaled) for j in width] for i in width],
                 [sum(row[i] for row in scaled) for i in width])


def per_second(fleet):
    """Turns, frames and samples."""
    frames = fleet.nodes / max(fleet.report_s, fleet.interval_s)
    return min(frames, TURNS), frames, fleet.nodes / fleet.interval_s


def cpu_share(fleet, constants):
    """Of a core."""
    turns, frames, samples = per_second(fleet)
    return (turns * constants.turn_us + frames * constants.frame_us + samples * constants.sample_us) / 1e6


def resident_mib(fleet, constants):
    rows = fleet.nodes * fleet.history_s / fleet.interval_s
    return (constants.base_kib + fleet.nodes * constants.node_kib + per_second(fleet)[2] * constants.waiting_kib +
            rows * constants.row_kib) / 1024


def network_mbit(fleet, constants):
    _, frames, samples = per_second(fleet)
    return (frames * constants.frame_bytes + samples * constants.sample_bytes) * 8 / 1e6


def disk_gb_a_day(fleet, constants):
    return per_second(fleet)[2] * 86400 * constants.row_bytes / 1e9


def descriptors(fleet, constants):
    return fleet.nodes + constants.files
