"""Both programs under valgrind, from start to SIGTERM under traffic."""

import shutil
import unittest

from headroom_test import HeadroomTest, main

NODES = ("alpha", "beta", "gamma")
VALGRIND = ("valgrind", "--quiet", "--leak-check=full", "--error-exitcode=99", "--child-silent-after-fork=yes")


@unittest.skipIf(shutil.which("valgrind") is None, "needs valgrind")
class Valgrind(HeadroomTest):
    def assert_clean(self, program):
        self.assert_stops(program)
        self.assertNotIn("==", program.log(), "valgrind reported an error")

    def test_no_errors_and_no_leaks(self):
        # The default has room for the samples of 20,000 agents, and valgrind touches all of it.
        collector = self.start_collector("--max-agents", "16", "--tick", "1s", wrapper=VALGRIND)
        collector.port()
        agents = [self.start_agent(node, [collector], wrapper=VALGRIND) for node in NODES]
        for node in NODES:
            collector.wait_samples(node, 25)
        self.assert_clean(agents[0])
        collector.wait_samples("beta", 35)
        self.assert_clean(collector)
        for agent in agents[1:]:
            agent.wait_log(r"the collector is shutting down; samples waiting: ")
            self.assert_clean(agent)
        self.assert_whole(collector.samples())


if __name__ == "__main__":
    main()
