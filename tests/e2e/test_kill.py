"""SIGKILL at random moments, with 50 agents at 20 Hz. According to the agents' traces, no sample that had to survive is
lost, and none is stored twice.

HEADROOM_KILL_CYCLES and HEADROOM_KILL_AGENTS make it longer and larger (see scripts/soak). Random choices follow from a
seed, which is printed and can be set with HEADROOM_SEED."""

import os
import random
import re
import time

from headroom_test import main
from truth import TruthTest

CYCLES = int(os.environ.get("HEADROOM_KILL_CYCLES", "20"))
AGENTS = int(os.environ.get("HEADROOM_KILL_AGENTS", "50"))


class KillTest(TruthTest):
    COLLECTOR_FLAGS = (*TruthTest.COLLECTOR_FLAGS, "--flush", "300ms")  # so that much is not yet stored at a kill
    AGENT_FLAGS = (*TruthTest.AGENT_FLAGS, "--outbox", "20000")  # enough even if agents rarely connect

    def setUp(self):
        super().setUp()
        seed = int(os.environ.get("HEADROOM_SEED", random.randrange(1 << 32)))
        print(f"HEADROOM_SEED={seed}", flush=True)
        self.random = random.Random(seed)
        self.collector = self.start_collector(port=self.port)
        self.agents = []
        self.kills = 0
        self.killed_connected = 0

    def start_agents(self, spool_every):
        """Every n-th agent has a spool; none with None."""
        for i in range(AGENTS):
            flags = self.spool_flags(f"spool-{i:02d}") if spool_every and i % spool_every == 0 else ()
            self.agents.append(self.start_traced(f"n{i:02d}", None, *flags))
        self.settle(self.agents)

    def spool_flags(self, name):
        os.mkdir(self.path(name))
        return "--spool", self.path(name)

    # ---- kills ----

    def kill_collector(self):
        """One in five is killed while it starts. The others serve for a while, however long they took to read their
        files; otherwise, on a busy machine, agents rarely find a collector and their outboxes fill up."""
        if self.random.random() < 0.2:
            time.sleep(self.random.uniform(0.0, 0.05))
        else:
            self.collector.port()
            time.sleep(self.random.uniform(0.0, 2.5))
        self.collector.kill()
        self.assert_acks_are_true(self.agents, self.collector.data)
        time.sleep(self.random.uniform(0.0, 0.4))
        self.collector = self.start_collector(port=self.port)

    def kill_agents(self):
        """Kills a tenth of the agents, one after another, and restarts them in another order."""
        time.sleep(self.random.uniform(0.05, 0.7))
        chosen = self.random.sample(range(len(self.agents)), max(2, len(self.agents) // 10))
        for i in chosen:
            self.kill_agent(self.agents[i])
            self.kills += 1
            self.killed_connected += self.agents[i].connections() > 0
            time.sleep(self.random.uniform(0.0, 0.02))
        self.random.shuffle(chosen)
        for i in chosen:
            time.sleep(self.random.uniform(0.0, 0.03))
            old = self.agents[i]
            self.agents[i] = self.start_traced(old.node, None, *old.spool_flags())

    def kill_either(self):
        for kill in self.random.sample((self.kill_collector, self.kill_agents), 2):
            kill()

    # ---- tests ----

    def repeat(self, kill):
        for cycle in range(CYCLES):
            kill()
            if cycle % 50 == 49:
                print(f"{cycle + 1} cycles", flush=True)

    def finish(self):
        """Returns the number of lost samples."""
        self.stop_agents(self.agents)
        self.assert_stops(self.collector)
        return self.assert_truth(self.agents, self.collector.data)


class CollectorKills(KillTest):
    def test_nothing_is_lost_or_stored_twice(self):
        self.start_agents(spool_every=None)
        self.repeat(self.kill_collector)
        self.assertEqual(self.finish(), 0)
        connections = sum(agent.connections() for agent in self.agents)
        print(f"{CYCLES} collectors killed, {connections} connections", flush=True)


class AgentKillsWithSpool(KillTest):
    def test_nothing_is_lost_or_stored_twice(self):
        self.start_agents(spool_every=1)
        self.repeat(self.kill_agents)
        self.assertEqual(self.finish(), 0)
        print(f"{self.kills} agents killed", flush=True)


class AgentKillsWithoutSpool(KillTest):
    def test_only_what_was_not_acknowledged_is_gone(self):
        self.start_agents(spool_every=None)
        self.repeat(self.kill_agents)
        self.finish()
        print(f"{self.kills} agents killed", flush=True)
        self.assert_shown_as_ended()

    def assert_shown_as_ended(self):
        """Each killed run counts as ended without Goodbye. If a run was killed before its first connection was
        established, the collector may not know it."""
        last_words = re.search(r"(\d+) instances ended without Goodbye", self.collector.log())
        self.assertIsNotNone(last_words, self.collector.log())
        self.assertGreaterEqual(int(last_words.group(1)), self.killed_connected)
        self.assertLessEqual(int(last_words.group(1)), self.kills)
        killed = set(self.past_runs)
        named = {match.group(1) for match in self.collector.log_matches(r"node (\S+): .*ended without Goodbye")}
        self.assertTrue(named)
        self.assertLessEqual(named, killed)


class MixedKills(KillTest):
    def test_nothing_is_lost_that_was_to_survive(self):
        self.start_agents(spool_every=2)
        self.repeat(self.kill_either)
        self.finish()
        print(f"{CYCLES} collectors and {self.kills} agents killed", flush=True)


class Reports(KillTest):
    """Agents send a hundred samples in a frame, five seconds apart: the credit of a small fleet allows it. Most samples
    wait in the outbox when something is killed."""

    COLLECTOR_FLAGS = (*KillTest.COLLECTOR_FLAGS, "--report", "5s", "--tick", "15s", "--ack-interval", "5s",
                       "--max-agents", "100")

    def test_nothing_is_lost_or_stored_twice(self):
        self.start_agents(spool_every=1)
        for _ in range(CYCLES // 4):
            self.kill_either()
        self.assertEqual(self.finish(), 0)


if __name__ == "__main__":
    main()
