"""What becomes of nodes: protected, killed, left, and all of that over a restart of the collector."""
import os
import signal

from headroom_test import HeadroomTest, main, wait_until
from http_client import request




class Members(HeadroomTest):
    COLLECTOR_FLAGS = ("--flush", "100ms", "--ack-interval", "1s", "--tick", "500ms", "--http", "127.0.0.1:0")

    def node(self, collector, name):
        port = int(collector.wait_log(r"http on 127\.0\.0\.1:(\d+)").group(1))
        return request(port, "GET", f"/api/v1/nodes/{name}").json()

    def wait_state(self, collector, name, state):
        wait_until(lambda: self.node(collector, name)["state"] == state,
                   lambda: f"{name} {state}: {self.node(collector, name)}\n{collector.log()}")

    def test_a_file_protects_a_node(self):
        collector = self.start_collector()
        path = self.path("job")
        agent = self.start_agent("n-0", [collector], "--protect-file", path)
        collector.wait_samples("n-0", 2)
        self.assertFalse(self.node(collector, "n-0")["protected"])
        self.write("job", "")
        wait_until(lambda: self.node(collector, "n-0")["protected"], "a protected node")
        os.remove(path)
        wait_until(lambda: not self.node(collector, "n-0")["protected"], "a node without protection")
        self.assert_stops(agent)

    def test_how_a_node_goes_is_known_over_a_restart(self):
        collector = self.start_collector()
        agents = [self.start_agent(f"n-{i}", [collector], "--group", "web") for i in range(5)]
        for agent in agents:
            collector.wait_samples(agent.node, 15)  # less is only a visitor
        agents[0].signal(signal.SIGUSR1)
        agents[0].wait_log("draining")
        self.assert_stops(agents[0])
        self.assert_stops(agents[1])
        agents[2].signal(signal.SIGKILL)
        collector.wait_log(r"node n-0 \(web\) left")
        collector.wait_log(r"node n-1 \(web\): its agent restarts")
        collector.wait_log(r"warning: node n-2 \(web\) is missing: .* its agent is not connected")
        self.assert_stops(collector)
        collector = self.start_collector()
        self.wait_state(collector, "n-0", "leaving")
        self.wait_state(collector, "n-1", "returning")
        self.assertIn(self.node(collector, "n-2")["state"], ("unreported", "missing"))


if __name__ == "__main__":
    main()
