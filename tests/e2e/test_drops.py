"""Outboxes that are too small for an outage of the collector: drops are counted, and match exactly the missing
samples."""

import os
import random
import time

from headroom_test import main
from truth import TruthTest, stored_samples

AGENTS = 8
CYCLES = max(1, int(os.environ.get("HEADROOM_KILL_CYCLES", "20")) // 4)
OUTBOX = 40  # 2 s


class Drops(TruthTest):
    def test_what_is_missing_is_what_was_dropped(self):
        seed = int(os.environ.get("HEADROOM_SEED", random.randrange(1 << 32)))
        print(f"HEADROOM_SEED={seed}", flush=True)
        chance = random.Random(seed)
        collector = self.start_collector(port=self.port)
        agents = [self.start_traced(f"n{i}", None, "--outbox", str(OUTBOX)) for i in range(AGENTS)]
        self.settle(agents)
        for _ in range(CYCLES):
            time.sleep(chance.uniform(0.0, 2.0))
            collector.kill()
            time.sleep(chance.uniform(1.0, 4.0))
            collector = self.start_collector(port=self.port)
        self.stop_agents(agents, may_drop=True)
        self.assert_stops(collector)
        self.assert_dropped(agents, collector.data)

    def assert_dropped(self, agents, data):
        stored = self.stored_seqs(data)
        missing = self.assert_gaps_recorded(data, stored, ("dropped-outbox-full", "dropped"))
        self.assertEqual(missing, sum(agent.account()["dropped"] for agent in agents))
        self.assertGreater(missing, 0)
        print(f"{missing} samples dropped", flush=True)
        for agent in agents:
            [samples] = stored_samples(data)[agent.node].values()
            [instance] = self.produced(agents)[agent.node]
            self.assertEqual(samples, sorted(set(samples)), agent.node)
            self.assertLessEqual(set(samples), set(instance.samples), agent.node)
            self.assertEqual(len(instance.samples) - len(samples), agent.account()["dropped"], agent.node)


if __name__ == "__main__":
    main()
