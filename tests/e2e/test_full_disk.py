"""A full disk delays samples, and loses none."""

import os
import subprocess
import time
import unittest

from headroom_test import HeadroomTest, main
from truth import TracedAgent, TruthTest

NODES = ("alpha", "beta", "gamma")
WATCH_S = 6  # twice the silence after which a peer counts as dead


class DiskTest(HeadroomTest):
    def mount(self, size):
        """A separate disk."""
        disk = self.path("disk")
        os.mkdir(disk)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk], stderr=subprocess.PIPE,
                                 text=True, check=False)
        if mounted.returncode != 0:
            raise unittest.SkipTest(f"no tmpfs can be mounted here: {mounted.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", disk], check=True)
        self.addCleanup(self.end_programs)
        return disk

    def fill(self, disk):
        """Writes until the disk is full, and returns the file to remove to free space."""
        path = os.path.join(disk, "ballast")
        fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            for size in (4096, 1):
                while True:
                    os.write(fd, b"x" * size)
        except OSError:
            pass
        finally:
            os.close(fd)
        return path



class FullDisk(DiskTest):
    def wait_for_more(self, collector, count):
        for node in NODES:
            stored = sum(row["node_id"] == node for row in collector.samples())
            collector.wait_samples(node, stored + count)

    def test_samples_wait_until_there_is_room(self):
        disk = self.mount("1m")
        collector = self.start_collector("--flush", "50ms", data="disk/data")
        agents = [self.start_agent(node, [collector], "--interval", "50ms") for node in NODES]
        self.wait_for_more(collector, 5)

        ballast = self.fill(disk)
        collector.wait_log(r"error: metrics\.csv can't be written: No space left on device")
        stuck = collector.samples()
        time.sleep(WATCH_S)
        self.assertEqual(collector.samples(), stuck)
        self.assertNotIn("can be written again", collector.log())

        os.remove(ballast)
        collector.wait_log(r"metrics\.csv can be written again")
        self.wait_for_more(collector, 10)
        for agent in agents:
            self.assert_stops(agent)
            self.assertEqual(agent.connections(), 1, agent.log())
        self.assert_all_stored(agents, collector.samples())
        self.assertEqual(len(collector.log_matches("can't be written")), 1, collector.log())
        self.assertEqual(len(collector.log_matches("can be written again")), 1, collector.log())

    def test_a_collector_that_stops_on_a_full_disk_loses_nothing(self):
        """Agents retain samples that the collector could not store, and send them when it is back."""
        disk = self.mount("1m")
        collector = self.start_collector("--flush", "50ms", data="disk/data")
        port = collector.port()
        agents = [self.start_agent(node, [collector]) for node in NODES]
        self.wait_for_more(collector, 5)
        ballast = self.fill(disk)
        collector.wait_log("can't be written")
        self.assert_stops(collector)
        os.remove(ballast)
        collector = self.start_collector(data="disk/data", port=port)
        self.wait_for_more(collector, 5)
        for agent in agents:
            self.assert_stops(agent)
        self.assert_all_stored(agents, collector.samples())

    def test_a_start_on_a_full_disk_waits_for_room(self):
        """Killed in the middle of a rotation: the live file does not exist."""
        disk = self.mount("256k")
        collector = self.start_collector("--flush", "50ms", data="disk/data")
        port = collector.port()
        agents = [self.start_agent(node, [collector], "--interval", "100ms") for node in NODES]
        self.wait_for_more(collector, 3)
        collector.process.kill()
        collector.join()
        data = os.path.join(disk, "data")
        os.rename(os.path.join(data, "metrics.csv"), os.path.join(data, "metrics-00000001.csv"))
        ballast = self.fill(disk)

        collector = self.start_collector("--flush", "50ms", data="disk/data", port=port)
        collector.wait_log(r"metrics\.csv can't be written yet: No space left on device")
        collector.wait_log(r"error: metrics\.csv can't be written: No space left on device")
        os.remove(ballast)
        collector.wait_log(r"metrics\.csv can be written again")
        self.wait_for_more(collector, 3)
        for agent in agents:
            self.assert_stops(agent)
        self.assert_all_stored(agents, collector.samples())


class FleetOnAFullDisk(DiskTest, TruthTest):
    """Checked against the agents' traces, with new files while the disk is full and decisions that continue."""

    SCALING = ("--tick", "500ms", "--lead-time", "3s", "--stabilization", "3s", "--max", "20")
    GROUPS = ("web", "db", "etl")
    GROUP = 4
    LEVEL = 0.70  # asks for the existing number of nodes
    SEEN_S = 5
    ROUNDS = 3

    def start_groups(self, collector):
        return [agent for group in self.GROUPS
                for agent in self.start_fleet([f"{group}-{i}" for i in range(self.GROUP)], collector, self.LEVEL,
                                              "--group", group, kind=TracedAgent)[1]]

    def test_a_disk_that_fills_up_again_and_again(self):
        disk = self.mount("12m")
        collector = self.start_collector(*self.SCALING, "--rotate-size", "64K", data="disk/data")
        agents = self.start_groups(collector)
        self.settle(agents)
        time.sleep(self.SEEN_S)
        decided = len(collector.decisions())
        said = {group: len(collector.said(group)) for group in self.GROUPS}
        for i in range(self.ROUNDS):
            ballast = self.fill(disk)
            collector.wait_log(r"error: metrics\.csv can't be written: No space left on device", count=i + 1)
            time.sleep(WATCH_S)
            os.remove(ballast)
            collector.wait_log(r"metrics\.csv can be written again", count=i + 1)
            self.settle(agents)
        self.stop_agents(agents)
        for group in self.GROUPS:
            self.assertFalse([words for words in collector.said(group)[said[group] :] if " hold " not in words],
                             collector.log())
        self.assertLessEqual({row["action"] for row in collector.decisions()[decided:]}, {"hold"})
        self.assertTrue(collector.running())
        self.assert_stops(collector)
        self.assertEqual([agent.connections() for agent in agents], [1] * len(agents))
        self.assertNotIn("rejected a connection", collector.log())
        self.assertEqual(self.assert_truth(agents, collector.data), 0)


if __name__ == "__main__":
    main()
