"""What goes wrong around the programs, by accident or on purpose: descriptors, files and pipes."""

import fcntl
import os
import re
import resource
import shutil
import signal
import time

from attack_case import AttackCase
from headroom_test import main, wait_until
from hostile import Attackers, hold
from http_client import get

F_SETPIPE_SZ = 1031


class Descriptors(AttackCase):
    def test_strangers_leave_the_files_of_the_collector_alone(self):
        """With room for few connections, files still begin, are renamed, and are saved, and agents get in."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.start("--tick", "200ms", "--rotate-age", "1s", wrapper=("prlimit", "--nofile=700:700"))
        finished = self.finished()
        with Attackers(lambda over: hold(self.port, b"", 400, over, "127.0.0.2"),
                       lambda over: hold(self.port, b"", 400, over, "127.0.0.3")):
            self.wait_figure("headroom_connections_evicted_total", 1)
            self.probe(2)
            wait_until(lambda: len(self.finished()) > len(finished), self.collector.log)
            wait_until(lambda: self.collector.saved_state(), self.collector.log)
        self.assertNotIn("oo many open files", self.collector.log())
        self.assert_undisturbed()

    def finished(self):
        return [name for name in os.listdir(self.collector.data) if re.fullmatch(r"metrics-\d+\.csv", name)]


class Files(AttackCase):
    def test_a_data_directory_that_is_removed_and_made_again(self):
        """The collector ends: what it writes would be lost. The next one finds all that was not acknowledged."""
        self.start()
        shutil.rmtree(self.collector.data, ignore_errors=True)
        os.makedirs(self.collector.data, exist_ok=True)
        self.assertNotEqual(self.collector.join(), 0)
        self.assertRegex(self.collector.log(), r"error: .*data")
        again = self.start_collector(port=self.port)
        again.wait_samples("honest", 5)
        self.assert_stops(self.agent)
        self.assertEqual(self.agent.account()["dropped"], 0, self.agent.log())

    def test_a_spool_that_is_truncated_under_its_agent(self):
        """The agent ends with a message, and the next one goes on."""
        os.mkdir(self.path("spool"))
        self.start(agent_flags=("--spool", self.path("spool")))
        with open(self.path("spool/honest.spool"), "r+b") as file:
            file.truncate(0)
        self.assertGreater(self.agent.join(), 0, "it was ended by a signal")
        self.assertIn("spool", self.agent.log())
        before = {row["instance"] for row in self.collector.samples()}
        again = self.start_agent("honest", [self.collector], "--spool", self.path("spool"))
        wait_until(lambda: {row["instance"] for row in self.collector.samples()} > before, again.log)
        self.assert_stops(again)
        self.assertEqual(again.account()["dropped"], 0, again.log())


class Pipes(AttackCase):
    def read_log(self, pattern):
        """Reads the log until the pattern is there."""
        def found():
            try:
                self.text += os.read(self.reading, 4096).decode()
            except BlockingIOError:
                pass
            return re.search(pattern, self.text)

        return wait_until(found, lambda: f"{pattern!r} in {self.text}")

    def test_a_log_that_nobody_reads(self):
        """A full pipe takes no more lines. All else goes on."""
        os.mkfifo(self.path("pipe"))
        self.text, self.reading = "", os.open(self.path("pipe"), os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, self.reading)
        collector = self.start_collector(wrapper=("sh", "-c", f'exec "$@" 2> {self.path("pipe")}', "sh"))
        port = int(self.read_log(r"listening on 127\.0\.0\.1:(\d+)")[1])
        http = int(self.read_log(r"http on 127\.0\.0\.1:(\d+)")[1])
        fcntl.fcntl(self.reading, F_SETPIPE_SZ, 4096)
        agent = self.start_agent("honest", [f"127.0.0.1:{port}"])
        collector.wait_samples("honest", 5)
        for _ in range(20):  # 500 bytes each
            collector.signal(signal.SIGUSR1)
            time.sleep(0.02)
        stored = len(collector.samples())
        collector.wait_samples("honest", stored + 10)
        self.assertEqual(get(http, "/healthz").status, 200)
        self.assert_stops(agent)
        self.assert_nothing_lost(collector, agent)

        def dropped():  # once there is room again, the next lines say so
            collector.signal(signal.SIGUSR1)
            return re.search(r"dropped \d+ lines of the log: nobody read standard error", self.read_log("").string)

        wait_until(dropped, lambda: self.text)


if __name__ == "__main__":
    main()
