"""A collector that is killed in the middle of an order that a hook for a cloud carries out, with a slow tool and a list
that lags behind: nothing is done twice, nothing is lost, and nothing is removed that was not named."""

import contextlib
import os
import signal

from cloud_case import Aws, Azure, CloudTest, Google, Hetzner, Openstack
from headroom_test import free_port, main, wait_until
from order_hooks import OrderHookTest

FLAGS = ("--tick", "500ms", "--warm-up", "1s", "--lead-time", "4s", "--stabilization", "2s", "--hook-timeout", "20s")

# Writes down what the hook is called with, and its process, before it runs it.
RECORDER = """#!/bin/sh
case $1 in scale-*) echo "$$ $*" >> "$(dirname "$0")/orders" ;; esac
exec "$PROGRAM" "$@"
"""


class Kills(CloudTest, OrderHookTest):
    def setUp(self):
        super().setUp()
        self.write("hook/run", RECORDER)
        os.chmod(self.hook, 0o755)
        self.address_port = free_port()
        self.agents = {}
        self.fleet = None

    def start(self, *flags, settle_s=60):
        return self.start_collector("--on-scale", self.hook, *FLAGS, *flags, port=self.address_port,
                                    variables={**self.variables(), "PROGRAM": self.program,
                                               "HEADROOM_HOOK_SETTLE_S": str(settle_s)})

    def start_nodes(self, collector, level):
        """Agents on all servers that exist. They say when their server goes."""
        self.fleet, agents = self.start_fleet(self.cloud.names(), collector, level, "--group", "web",
                                              "--on-stop", "leaving")
        self.agents = {agent.node: agent for agent in agents}

    def start_new_nodes(self, collector):
        """On a new server there is an agent, with the load of the others."""
        for name in set(self.cloud.names()) - set(self.agents):
            root = self.fleet.nodes[0].root
            self.agents[name] = self.start_agent(name, [collector], "--root", root, "--group", "web")

    def stop_old_nodes(self):
        """On a server that was deleted there is none."""
        for name in set(self.agents) - set(self.cloud.names()):
            self.agents.pop(name).terminate()

    def orders(self, verb):
        """[(process, [TO, NODE...]), ...]"""
        lines = [line.split() for line in self.hook_lines("orders")]
        return [(int(line[0]), line[3:]) for line in lines if line[1] == verb]

    def test_a_kill_during_scale_out(self):
        """The hook goes on, beside those of the next collector."""
        collector = self.start("--max", "4", "--cpu-forecast=off")
        first = self.cloud.names()
        self.start_nodes(collector, 0.95)
        self.cloud.ask_faults(slow_s=1.5, linger_s=1.5, lag_s=2)
        wait_until(self.cloud.commands, collector.log)
        collector.kill()
        collector = self.start("--max", "4", "--cpu-forecast=off")
        collector.wait_log("the collector was killed during 1 orders")

        def done():
            self.start_new_nodes(collector)
            return len(self.cloud.names()) >= 4

        wait_until(done, lambda: f"{self.cloud.names()}\n{collector.log()}", timeout=60)
        collector.wait_said("web", "at its maximum|the maximum", timeout=60)
        self.assert_stops(collector)
        self.assertEqual(self.cloud.names()[:2], first)
        self.assertEqual(self.cloud.read("state", None)["number"], 4, "servers that were ever created")
        self.assertEqual(self.orders("scale-in"), [])

    def test_a_kill_during_scale_in(self):
        """The hook is killed, too, as systemd does it."""
        self.have(5)
        collector = self.start("--min", "2", "--max", "9", settle_s=8)
        self.start_nodes(collector, 0.05)
        self.cloud.ask_faults(slow_s=1.5, linger_s=1.5, lag_s=2)
        wait_until(self.cloud.commands, collector.log)
        collector.kill()
        with contextlib.suppress(ProcessLookupError):  # it has just ended
            os.killpg(self.orders("scale-in")[-1][0], signal.SIGKILL)
        collector = self.start("--min", "2", "--max", "9", settle_s=8)

        def done():
            self.stop_old_nodes()
            return len(self.cloud.names()) <= 2

        wait_until(done, lambda: f"{self.cloud.names()}\n{collector.log()}", timeout=60)
        self.assert_stops(collector)
        named = {node for _, words in self.orders("scale-in") for node in words[1:]}
        removed = set(map(self.node, range(1, 6))) - set(self.cloud.names())
        self.assertLessEqual(removed, named)
        self.assertEqual(len(removed), 3)
        self.assertEqual(self.orders("scale-out"), [])


class AwsAsg(Aws, Kills):
    pass


class GoogleMig(Google, Kills):
    pass


class AzureVmss(Azure, Kills):
    pass


class OpenstackServers(Openstack, Kills):
    pass


class HetznerServers(Hetzner, Kills):
    pass


del Kills

if __name__ == "__main__":
    main()
