"""Shared by the tests whose hook is order_hook: its files and its processes."""

import os
import shutil
import signal

from headroom_test import SOURCE, HeadroomTest, wait_until


class OrderHookTest(HeadroomTest):
    """Has a copy of order_hook, self.hook, in a directory of its own."""

    def setUp(self):
        super().setUp()
        os.mkdir(self.path("hook"))
        self.hook = shutil.copy(os.path.join(SOURCE, "tests", "e2e", "order_hook"), self.path("hook/run"))
        self.addCleanup(self.end_hooks)

    def hook_lines(self, name):
        """The complete lines of one of its files."""
        try:
            with open(self.path(f"hook/{name}"), encoding="ascii") as file:
                text = file.read()
        except FileNotFoundError:
            return []
        return text[: text.rfind("\n") + 1].splitlines()

    def hook_runs(self):
        """[(its process, the collector's, order id, group), ...]"""
        runs = []
        for line in self.hook_lines("runs"):
            pid, parent, order_id, group = line.split()
            runs.append((int(pid), int(parent), tuple(map(int, order_id.split("."))), group))
        return runs

    def hook_processes(self):
        """{pid: [operation, argument, ...]}"""
        found = {}
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{name}/cmdline", "rb") as file:
                    words = file.read().decode("utf-8", "replace").split("\0")
            except (FileNotFoundError, ProcessLookupError):
                continue
            if self.hook in words:
                found[int(name)] = words[words.index(self.hook) + 1 :]
        return found

    def settle_hooks(self):
        """Waits until all hooks that a killed collector has left behind have written their orders down: otherwise they
        might do so after the hooks of the next collector."""
        def unwritten():
            written = {pid for pid, _, _, _ in self.hook_runs()}
            return {pid for pid, words in self.hook_processes().items() if words[0].startswith("scale-")} - written

        wait_until(lambda: not unwritten(), lambda: f"hooks that have not written their orders: {unwritten()}")

    def end_hooks(self):
        """Those that hang outlive a collector that is killed. Each has a process group of its own."""
        for pid in self.hook_processes():
            try:
                if os.getpgid(pid) != os.getpgid(0):
                    os.killpg(os.getpgid(pid), signal.SIGKILL)
            except ProcessLookupError:
                pass
