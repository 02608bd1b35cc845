"""Other programs under the same load, for bench/run: each gets samples of VALUES numbers of a node, as agents send them,
over connections that stay open, after all nodes are known to it.

A module has NAME, with how durable a sample is when it is answered, and run(work, seconds, nodes), which returns None where
the program is not installed, or a dict of:

    batch_us      CPU time a sample, of batches of BATCH_SAMPLES samples of a node, as fast as it takes them; or None
    frame_us      CPU time a sample, one a second of each node, in a request or packet of its own
    frames        how many of these it took; less than seconds * nodes if it did not keep up
    node_kib      how much its resident memory grew since its start, a node"""

from . import collectd, fastapi, netdata, victoria
from .samples import VALUES  # noqa: F401

ALL = (fastapi, collectd, victoria, netdata)
