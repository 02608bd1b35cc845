"""Two collectors on one data directory, as from two machines: their boot ids differ, and their locks do not meet, as on a
network file system that does not pass flock() to its server."""

import os
import re
import signal
import socket
import subprocess

from headroom_test import COLLECTOR_STEPPED, SCALER, free_port, main, wait_until
from test_replay import HEADER, steady
from truth import TruthTest

BOOT_IDS = {"here": "5eed0001aaaa4bbb8ccc990385173eaf", "there": "5eed0002aaaa4bbb8ccc990385173eaf"}
WAIT_S = 25  # how long a start watches the record of another machine
LONG_S = 120
HOST = re.escape(socket.gethostname())


class SharedDirectory(TruthTest):
    def start(self, machine, port=0):
        return self.start_collector("--admin-socket", self.path(f"{machine}.sock"), port=port, program=COLLECTOR_STEPPED,
                                    variables={"HEADROOM_BOOT_ID": BOOT_IDS[machine], "HEADROOM_FLOCK_LOCAL": "1"})

    def test_a_second_machine_is_refused_while_the_first_one_runs(self):
        first = self.start("here")
        first.port()
        second = self.start("there")
        second.wait_log(rf"warning: the data directory was last used by the collector on host {HOST} "
                        rf"\(process {first.process.pid}\), which did not record that it ended; waiting {WAIT_S} s")
        self.assertEqual(second.join(LONG_S), 1)
        second.wait_log(rf"error: --data: .*: the collector on host {HOST} \(process {first.process.pid}\) uses it; stop "
                        "that one first, or give each its own")
        self.assert_import_is_refused(first)
        self.assert_stops(first)
        third = self.start("there")  # the first one has said that it ended
        third.port()
        self.assertEqual(third.log_matches("was last used by"), [])
        self.assert_stops(third)

    def assert_import_is_refused(self, collector):
        """Of the program that changes a collector's saved state, on another machine."""
        recorded = self.write("recorded.csv", HEADER + steady("old-1"))
        done = subprocess.run([SCALER, "import", "--data", collector.data, "--cores", "4", recorded], text=True,
                              capture_output=True, env={**os.environ, "HEADROOM_BOOT_ID": BOOT_IDS["there"]},
                              timeout=LONG_S, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertRegex(done.stderr, rf"the collector on host {HOST} \(process {collector.process.pid}\) uses it")

    def test_a_kill_on_this_machine_is_not_waited_for(self):
        first = self.start("here")
        first.port()
        first.kill()
        second = self.start("here")
        second.port()
        self.assertEqual(second.log_matches("was last used by"), [])
        self.assert_stops(second)

    def test_a_machine_that_hung_loses_the_directory_and_no_sample(self):
        first = self.start("here")
        port = free_port()  # of the second one, which does not run yet
        agents = [self.start_traced(f"web-{i}", [first, f"127.0.0.1:{port}"]) for i in range(3)]
        for agent in agents:
            first.wait_samples(agent.node, 20)
        first.signal(signal.SIGSTOP)
        second = self.start("there", port)
        second.wait_log("listening on", timeout=LONG_S)
        for agent in agents:
            agent.wait_log(rf" connected to {second.address()}", timeout=LONG_S)
        first.signal(signal.SIGCONT)
        self.assertEqual(first.join(LONG_S), 1)
        first.wait_log(rf"error: --data: .* was taken by the collector on host {HOST} \(process {second.process.pid}\), "
                       "since this one did not renew its lock in time; ending without writing to it")
        taken = max(agent.run.update().newest_seq() for agent in agents)
        wait_until(lambda: all(agent.run.update().acked_seq > taken for agent in agents), second.log, timeout=LONG_S)
        self.assert_lossless(agents, second)

    def assert_lossless(self, agents, collector):
        self.settle(agents)
        self.stop_agents(agents)
        self.assert_stops(collector)
        self.assertEqual(collector.log_matches("another program has"), [])
        self.assert_all_stored(agents, collector.samples())
        self.assertEqual([name for name in os.listdir(collector.data) if ".cut-" in name], [])


if __name__ == "__main__":
    main()
