"""The samples that all programs get: the metrics that each node of Headroom has."""

METRICS = ("cpu_percent", "memory_percent", "disk_read_bytes", "disk_write_bytes", "disk_busy_percent", "load1",
           "iowait_percent", "steal_percent", "swap_percent", "net_rx_bytes", "net_tx_bytes", "psi_cpu_percent",
           "psi_memory_percent", "psi_io_percent")
VALUES = len(METRICS)
BATCH_SAMPLES = 100


def node_name(node):
    return f"node-{node:05}"


def values_of(node, time_s):
    """They change from second to second and differ between nodes; counters rise."""
    wave = (node * 7 + int(time_s) * 3) % 50
    return [round((wave + 20) * (1 + metric / 10) + int(time_s) % 1000 * 1000 * metric, 2) if "bytes" in name
            else round((wave + metric) % 100 + 0.25 * (int(time_s) % 4), 2) for metric, name in enumerate(METRICS)]
