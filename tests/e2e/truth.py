"""The samples that agents produced, from their traces (agent_trace.c), and checks of a collector's files against
them."""

import os
import signal

from headroom_test import TEST_PROGRAMS, Agent, HeadroomTest, free_port, gap_rows, joined, read_csv_columns, wait_until

AGENT_TRACED = os.environ.get("HEADROOM_AGENT_TRACED", os.path.join(TEST_PROGRAMS, "headroom-agent-traced"))
LINE_LEN = 32
SETTLE_S = 90  # agents may be in the middle of their longest backoff


class Run:
    """One run of an agent, from its trace. A sample is (seq, uptime_ms)."""

    def __init__(self, path):
        self.path = path
        self.parsed = 0
        self.samples = []
        self.begun_ms = None  # a sample that may or may not be in the outbox
        self.acked_seq = 0

    def update(self):
        """Reads new lines; leaves an incomplete line for the next call."""
        try:
            with open(self.path, "rb") as file:
                file.seek(self.parsed)
                data = file.read()
        except FileNotFoundError:
            return self
        whole = len(data) - len(data) % LINE_LEN
        self.parsed += whole
        for line in data[:whole].splitlines():
            what, seq, uptime_ms = line.split()
            if what == b"B":
                self.begun_ms = int(uptime_ms)
            elif what == b"P":
                self.samples.append((int(seq), int(uptime_ms)))
                self.begun_ms = None
            else:
                self.acked_seq = max(self.acked_seq, int(seq))
        return self

    def newest_seq(self):
        return self.samples[-1][0] if self.samples else 0

    def acked_sample(self):
        """The last acknowledged sample; None if it is not of this run."""
        index = self.acked_seq - self.samples[0][0] if self.samples else -1
        return self.samples[index] if index >= 0 else None


class TracedAgent(Agent):
    def __init__(self, node, addresses, log_path, flags, variables=None):
        self.run = Run(log_path + ".trace")
        super().__init__(node, addresses, log_path, flags, program=AGENT_TRACED,
                         variables={"HEADROOM_TRACE": self.run.path, **(variables or {})})

    def spool_flags(self):
        """("--spool", DIR), or nothing."""
        words = self.process.args
        return tuple(words[words.index("--spool") :][:2]) if "--spool" in words else ()


class Instance:
    """The samples produced under one instance: certainly `samples`, acknowledged up to acked_seq."""

    def __init__(self, samples, acked_seq, killed):
        self.samples = samples
        self.acked_seq = acked_seq
        self.killed = killed  # and none of its samples was retained


def carry_on(node, runs):
    """The runs of an agent whose spool survived all of them are one instance: each begins where the last one ended.
    The sample that a killed run had begun exists if the next run skips its seq."""
    samples = []
    for i, run in enumerate(runs):
        for seq, uptime_ms in run.samples:
            expected = samples[-1][0] + 1 if samples else 1
            if seq == expected + 1 and i > 0 and runs[i - 1].begun_ms is not None:
                samples.append((expected, runs[i - 1].begun_ms))
            elif seq != expected:
                raise AssertionError(f"{node}, run {i}: seq {seq} at {uptime_ms} ms follows {expected - 1}")
            samples.append((seq, uptime_ms))
    return Instance(samples, max(run.acked_seq for run in runs), False)


def read_stored(data, last=None):
    """(node, instance, (seq, uptime_ms)), ... in the order of the files; optionally only of the last ones."""
    columns = ("node_id", "instance", "seq", "uptime")
    for node, instance, seq, uptime in read_csv_columns(data, "metrics", columns, last):
        yield node, instance, (int(seq), int(uptime.replace(".", "")))


def stored_samples(data):
    """{node: {instance: [(seq, uptime_ms), ...]}}, in the order of the files."""
    stored = {}
    for node, instance, sample in read_stored(data):
        stored.setdefault(node, {}).setdefault(instance, []).append(sample)
    return stored


class TruthTest(HeadroomTest):
    """Agents with a trace at 20 Hz, and collectors that rotate their files every few seconds."""

    COLLECTOR_FLAGS = (*HeadroomTest.COLLECTOR_FLAGS, "--rotate-size", "256K")
    AGENT_FLAGS = ("--interval", "50ms")

    def setUp(self):
        super().setUp()
        self.port = free_port()
        self.past_runs = {}  # of each node, except the last

    def start_traced(self, node, collectors=None, *flags, **how):
        return self.start_agent(node, collectors or [f"127.0.0.1:{self.port}"], *flags, kind=TracedAgent, **how)

    def kill_agent(self, agent):
        agent.kill()
        self.past_runs.setdefault(agent.node, []).append(agent.run.update())

    def assert_acks_are_true(self, agents, data):
        """For a collector that was just killed: checks that its files contain all acknowledged samples. This can't be
        checked later, since agents send again what they still have."""
        acked = {(agent.node, agent.run.update().acked_sample()) for agent in agents if agent.run.acked_sample()}
        for last in (3, None):
            acked -= {(node, sample) for node, _, sample in read_stored(data, last)}
            if not acked:
                return
        self.fail(f"acknowledged (node, (seq, uptime_ms)), but not stored: {sorted(acked)}")

    # ---- at the end ----

    def stored_seqs(self, data):
        """{(node, instance): [seq, ...]}, in the order of the files."""
        return {(node, name): [seq for seq, _ in samples]
                for node, instances in stored_samples(data).items() for name, samples in instances.items()}

    def settle(self, agents):
        """Waits until all samples that the agents have produced so far are acknowledged."""
        goals = {agent: agent.run.update().newest_seq() for agent in agents}

        def late():
            for agent in agents:
                self.assertTrue(agent.running(), agent.log())
            return [agent for agent in agents if agent.run.update().acked_seq < max(1, goals[agent])]

        def complaint():
            agent = late()[0]
            return (f"{len(late())} of {len(agents)} agents whose samples should be acknowledged; {agent}: "
                    f"{goals[agent]} wanted, {agent.run.acked_seq} acknowledged:\n{agent.log()}")

        wait_until(lambda: not late(), complaint, SETTLE_S)

    def stop_agents(self, agents, may_drop=False):
        """Stops the agents normally: everything is acknowledged when they exit."""
        self.settle(agents)
        for agent in agents:
            agent.signal(signal.SIGTERM)
        for agent in agents:
            self.assertEqual(agent.join(), 0, agent.log())
            account = agent.account()
            self.assertEqual(account["waiting"], 0, agent.log())
            self.assertTrue(may_drop or account["dropped"] == 0, agent.log())
            self.assertEqual(agent.run.update().begun_ms, None)

    def produced(self, agents):
        """{node: [Instance, ...]} of agents that have stopped, including their killed runs."""
        produced = {}
        for agent in agents:
            killed = self.past_runs.get(agent.node, [])
            last = agent.run.update()
            if agent.spool_flags():
                produced[agent.node] = [carry_on(agent.node, [*killed, last])]
            else:
                produced[agent.node] = [Instance(run.samples, run.acked_seq, True) for run in killed]
                produced[agent.node].append(Instance(last.samples, last.acked_seq, False))
        return produced

    def assert_truth(self, agents, data):
        """Checks that exactly the produced samples are stored, each once and in order. A killed run without a spool may
        have lost unacknowledged samples, but only from its end. Returns the number of lost samples."""
        stored = stored_samples(data)
        produced = self.produced(agents)
        self.assertLessEqual(set(stored), set(produced))
        gone = count = 0
        for node, instances in produced.items():
            found = {samples[0]: (name, samples) for name, samples in stored.get(node, {}).items()}
            self.assertEqual(len(found), len(stored.get(node, {})), f"{node}: two instances begin with one sample")
            for instance in instances:
                name, samples = found.pop(instance.samples[0], ("none", [])) if instance.samples else ("none", [])
                self.assert_instance(f"{node} {name}", instance, samples)
                gone += len(instance.samples) - len(samples)
                count += len(instance.samples)
            self.assertEqual(found, {}, f"{node}: stored, but not produced")
        self.assertFalse(gap_rows(data), "gaps are recorded where there are none")
        print(f"{count} samples produced by {len(produced)} agents in {sum(map(len, produced.values()))} instances, "
              f"{gone} gone", flush=True)
        return gone

    def assert_instance(self, name, instance, samples):
        if not instance.killed:
            self.assert_same(name, samples, instance.samples)
            return
        self.assert_same(name, samples, instance.samples[: len(samples)])
        self.assertGreaterEqual(len(samples), instance.acked_seq, f"{name}: acknowledged, but not stored")

    def assert_same(self, name, stored, produced):
        """As assertEqual(), but shows only the difference between long lists."""
        if stored == produced:
            return
        lost = sorted(set(produced) - set(stored))
        twice = sorted({sample for sample in stored if stored.count(sample) > 1})
        strange = sorted(set(stored) - set(produced))
        self.fail(f"{name}: {len(produced)} samples (seq, uptime_ms) produced, {len(stored)} stored\n"
                  f"lost: {seq_ranges(lost)}\ntwice: {twice[:20]}\nstored, but not produced: {strange[:20]}\n"
                  f"in order: {stored == sorted(stored)}")


def seq_ranges(samples):
    return joined([(seq, seq) for seq, _ in samples])
