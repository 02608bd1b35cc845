"""The process that starts hooks: what becomes of hooks and of the collector when one of the processes is killed."""

import os
import signal

from headroom_test import main, wait_until
from order_hooks import OrderHookTest

NAME = "headroom-spawn"
FLAGS = ("--tick", "500ms", "--warm-up", "1s", "--max", "20", "--cpu-forecast=off")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def is_gone(pid):
    try:
        return read(f"/proc/{pid}/stat").rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


class Spawner(OrderHookTest):
    def start(self):
        collector = self.start_collector("--on-scale", self.hook, *FLAGS)
        collector.wait_log("the hook keeps contract 2")
        return collector, self.spawner_of(collector)

    def spawner_of(self, collector):
        children = []
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                words = read(f"/proc/{name}/stat").rsplit(")", 1)
                if int(words[1].split()[1]) == collector.process.pid and words[0].endswith(f"({NAME}"):
                    children.append(int(name))
            except (FileNotFoundError, ProcessLookupError):
                pass
        self.assertEqual(len(children), 1, children)
        return children[0]

    def start_run(self, collector):
        """A run of the hook that ends when its file `go` is there."""
        self.write("hook/run.new", read(self.hook).replace('[ -z "$delay" ]', "while [ ! -e go ]; do sleep 0.1; done\n"
                                                           '[ -z "$delay" ]'))
        os.chmod(self.path("hook/run.new"), 0o755)
        os.replace(self.path("hook/run.new"), self.hook)
        self.start_fleet(("web-1", "web-2"), collector, 0.95, "--group", "web")
        wait_until(lambda: self.hook_lines("runs"), collector.log)

    def outcomes(self, collector):
        return [row["order"] for row in collector.decisions() if row["order"]]

    def test_it_holds_one_socket_and_has_a_name_of_its_own(self):
        _, spawner = self.start()
        self.assertEqual(read(f"/proc/{spawner}/cmdline").rstrip("\0"), NAME)
        targets = {os.readlink(f"/proc/{spawner}/fd/{fd}") for fd in os.listdir(f"/proc/{spawner}/fd")}
        self.assertEqual(len(targets), 1, targets)
        self.assertTrue(targets.pop().startswith("socket:"))

    def test_without_it_the_collector_stops_in_order_and_fails(self):
        collector, spawner = self.start()
        self.start_run(collector)
        os.kill(spawner, signal.SIGKILL)
        collector.wait_log(rf"the process that starts hooks, {NAME}, was killed by signal 9 \(Killed\); the collector "
                           r"stops")
        self.write("hook/go", "")
        self.assertEqual(collector.join(), 1)
        self.assertEqual(self.outcomes(collector), ["intent", "accepted"], collector.log())
        self.assertEqual(len(self.hook_lines("done")), 1)

    def test_it_ends_with_a_collector_that_is_killed(self):
        collector, spawner = self.start()
        self.start_run(collector)
        collector.kill()
        wait_until(lambda: is_gone(spawner), "the end of the spawner")
        self.write("hook/go", "")
        wait_until(lambda: self.hook_lines("done"), "the hook that goes on")

    def test_signals_to_all_processes_are_for_the_collector(self):
        collector, spawner = self.start()
        self.start_run(collector)
        os.kill(spawner, signal.SIGTERM)
        os.kill(spawner, signal.SIGINT)
        collector.signal(signal.SIGTERM)
        self.write("hook/go", "")
        self.assertEqual(collector.join(), 0)
        self.assertEqual(self.outcomes(collector), ["intent", "accepted"], collector.log())
        self.assertTrue(is_gone(spawner))


if __name__ == "__main__":
    main()
