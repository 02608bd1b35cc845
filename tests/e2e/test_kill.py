"""SIGKILL at random moments, under 50 agents at 20 Hz. By the agents' own traces: nothing that had to survive is lost,
and nothing is stored twice.

HEADROOM_KILL_CYCLES and HEADROOM_KILL_AGENTS make it longer and larger (see scripts/soak). What is done at random
follows from a seed, which is printed, and can be given in HEADROOM_SEED."""

import os
import random
import re
import time

from headroom_test import main
from truth import TruthTest

CYCLES = int(os.environ.get("HEADROOM_KILL_CYCLES", "20"))
AGENTS = int(os.environ.get("HEADROOM_KILL_AGENTS", "50"))


class KillTest(TruthTest):
    COLLECTOR_FLAGS = (*TruthTest.COLLECTOR_FLAGS, "--flush", "300ms")  # so that a kill finds much that is not stored
    AGENT_FLAGS = (*TruthTest.AGENT_FLAGS, "--outbox", "20000")  # room, however seldom a busy machine lets them connect

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
        """Each so many-th has a spool; none with None."""
        for i in range(AGENTS):
            flags = self.spool_flags(f"spool-{i:02d}") if spool_every and i % spool_every == 0 else ()
            self.agents.append(self.start_traced(f"n{i:02d}", None, *flags))
        self.settle(self.agents)

    def spool_flags(self, name):
        os.mkdir(self.path(name))
        return "--spool", self.path(name)

    # ---- what is killed ----

    def kill_collector(self):
        """One in five is killed while it starts. The others serve for a while, however long they took to read their
        files back: else, on a busy machine, agents find one too seldom, and their outboxes fill up."""
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
        """A tenth of them, one after the other, and then they start again, in another order."""
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

    # ---- the whole ----

    def repeat(self, kill):
        for cycle in range(CYCLES):
            kill()
            if cycle % 50 == 49:
                print(f"{cycle + 1} cycles", flush=True)

    def finish(self):
        """Returns how many samples are gone."""
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
        """Each run that was killed is one that ended without Goodbye. One killed before its first connection stood is
        not known to the collector, or just so."""
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


if __name__ == "__main__":
    main()
