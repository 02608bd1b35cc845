"""Shared by the tests of the hooks for clouds: each hook with the stub of its tool, and a cloud of its own."""

import os
import shutil
import signal
import subprocess

from cloud_state import CloudState
from headroom_test import SOURCE, WAIT_S, HeadroomTest

HOOKS = os.path.join(SOURCE, "packaging", "hooks")


class CloudTest(HeadroomTest):
    """`adapter`: the name of the hook. `tool`: that of the cloud's tool. `arguments`: those of a group in the map.
    `naming`: of instances whose number the cloud keeps; None if the hook gives the names."""

    adapter = tool = arguments = naming = None

    def setUp(self):
        super().setUp()
        for folder in ("bin", "cloud", "libexec"):
            os.mkdir(self.path(folder))
        os.symlink(os.path.join(SOURCE, "tests", "e2e", "cloud_tool.py"), self.path(f"bin/{self.tool}"))
        shutil.copytree(os.path.join(HOOKS, "cloud"), self.path("libexec/cloud"))
        self.program = shutil.copy(os.path.join(HOOKS, self.adapter), self.path("libexec"))
        self.write("map", f"# GROUP ARGUMENT...\n\nother {self.arguments}-2\nweb {self.arguments}\n")
        self.cloud = CloudState(self.path("cloud"))
        self.have(2)

    def node(self, number):
        """The name of the server with this number."""
        return self.naming.format(number) if self.naming else f"web-{number}"

    def have(self, count, largest=50):
        """A cloud in which that many servers have long existed."""
        self.cloud.begin(map(self.node, range(1, count + 1)), "web", self.naming, largest)

    def variables(self):
        return {"PATH": f"{self.path('bin')}:{os.environ['PATH']}", "CLOUD": self.path("cloud"),
                "HEADROOM_HOOK_MAP": self.path("map"), "HEADROOM_HOOK_STATE": self.path("state"),
                "HEADROOM_HOOK_SETTLE_S": "60"}

    def begin_hook(self, *words, shell=(), **variables):
        process = subprocess.Popen([*shell, self.program, *map(str, words)], stdin=subprocess.DEVNULL, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
                                   env={**os.environ, **self.variables(), **variables})
        self.addCleanup(self.end_hook, process)
        return process

    def end_hook(self, process):
        """After a test that failed; with its tool."""
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()

    def run_hook(self, *words, **how):
        """(exit status, standard output, standard error)"""
        process = self.begin_hook(*words, **how)
        output, errors = process.communicate(timeout=WAIT_S)
        return process.returncode, output, errors

    def order(self, *words, status=0, **how):
        """Returns its standard error."""
        done = self.run_hook(*words, **how)
        self.assertEqual(done[0], status, done)
        self.assertEqual(done[2] == "", status in (0, 65), done)
        return done[2]

    def count(self):
        """The number, and the names."""
        status, output, errors = self.run_hook("count", "web")
        self.assertEqual((status, errors), (0, ""))
        number, *names = output.splitlines()
        self.assertEqual(int(number), len(names))
        return names


class Aws:
    adapter, tool, arguments, naming = "aws-asg", "aws", "pool --region eu-central-1", "i-{:017x}"


class Google:
    adapter, tool, arguments, naming = "google-mig", "gcloud", "pool --zone europe-west3-a", "pool-{:04x}"


class Azure:
    adapter, tool, arguments, naming = "azure-vmss", "az", "pool --resource-group fleet", "pool_{}"


class Openstack:
    adapter, tool, arguments, naming = "openstack-servers", "openstack", "--image i --flavor f --network n", None


class Hetzner:
    adapter, tool, arguments, naming = "hetzner-servers", "hcloud", "--type cx22 --image 1", None
