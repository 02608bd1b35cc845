"""The configuration of Pacemaker in docs/availability.md, by Pacemaker's own tools and without a cluster: it is valid, and
nothing starts on another machine before the one that failed is fenced."""

import os
import re
import shutil
import subprocess
import tempfile
import textwrap
import unittest

from headroom_test import SOURCE, main

TOOLS = ("cibadmin", "crm", "crm_simulate", "crm_verify")
NODES = '<nodes><node id="1" uname="node-a"/><node id="2" uname="node-b"/></nodes>'
WAIT_S = 120


@unittest.skipUnless(all(map(shutil.which, TOOLS)), f"{', '.join(TOOLS)} are not installed")
class DocumentedCluster(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="headroom-cluster.")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        with open(os.path.join(SOURCE, "docs", "availability.md"), encoding="utf-8") as file:
            [block] = re.findall(r"^    primitive .*\n(?:^    .*\n)*", file.read(), re.MULTILINE)
        self.write("headroom.crm", textwrap.dedent(block))
        self.write("cib.xml", self.tool("cibadmin", "--empty").replace("<nodes/>", NODES))
        # What agents of resources are on this machine is not the question: the fences of most sites are not.
        self.tool("crm", "--force", "--display", "plain", "configure", "load", "update", self.path("headroom.crm"))
        self.simulate("cib.xml", "up.xml", "--node-up", "node-a", "--node-up", "node-b")

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def tool(self, *words):
        done = subprocess.run(words, env={**os.environ, "CIB_file": self.path("cib.xml"), "HOME": self.folder}, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=WAIT_S, check=False)
        self.assertEqual(done.returncode, 0, (words, done.stdout, done.stderr))
        return done.stdout

    def simulate(self, before, after, *events):
        """The steps that the cluster would take, in their order."""
        text = self.tool("crm_simulate", "--xml-file", self.path(before), "--save-output", self.path(after), "--simulate",
                         "--quorum", "true", *events)
        text = text[text.index("Executing Cluster Transition:") : text.index("Revised Cluster Status:")]
        return [" ".join(line.strip(" *").split()) for line in text.splitlines()[1:] if line.strip()]

    def assert_fenced_first(self, steps):
        fencing = steps.index("Fencing node-a (reboot)")
        moved = [f"Resource action: headroom-{part} start on node-b" for part in ("data", "address", "collector")]
        self.assertEqual([step for step in steps if " start on node-b" in step], moved)
        self.assertLess(fencing, steps.index(moved[0]))

    def test_it_is_valid(self):
        self.assertEqual(self.tool("crm_verify", "-V", "--xml-file", self.path("up.xml")), "")

    def test_a_machine_that_is_lost_is_fenced_first(self):
        self.assert_fenced_first(self.simulate("up.xml", "after.xml", "--node-fail", "node-a"))

    def test_a_stop_that_fails_fences_the_machine(self):
        self.assert_fenced_first(self.simulate("up.xml", "after.xml", "--op-inject",
                                               "headroom-collector_stop_0@node-a=1"))

    def test_a_crash_is_repaired_on_the_same_machine(self):
        steps = self.simulate("up.xml", "after.xml", "--op-inject", "headroom-collector_monitor_10000@node-a=7")
        self.assertIn("Resource action: headroom-collector start on node-a", steps)
        self.assertEqual([step for step in steps if "node-b" in step or "Fencing" in step], [])


if __name__ == "__main__":
    main()
