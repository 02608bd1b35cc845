"""A Deployment that KEDA and the HPA scale by the collector's number, at constant load: the number stays while all pods,
with real agents, are replaced; and the replicas do not fall when the collector is restarted with an empty folder
meanwhile. KEDA and the HPA are played."""

import time

from fleet_case import FleetCase, need
from headroom_test import free_port, main, wait_until
from http_client import get
from played_hpa import Deployment, Keda
from real_pods import RealPods

ROLLS = 10
REPLICAS = 10
DEMAND = 7.0
SETTLE_S = 4.0  # longer than the stabilization window
MAX = 30
MOST = 15  # pods of a rolling update of 12, which the HPA takes for 10 within its tolerance


class Rollouts(FleetCase):
    COLLECTOR_FLAGS = (*FleetCase.COLLECTOR_FLAGS, "--tick", "500ms", "--actuator", "reader", "--min", "2",
                       "--max", str(MAX))

    def setUp(self):
        super().setUp()
        self.port, self.http = free_port(), free_port()
        self.starts = 0
        self.collector = self.start()

    def start(self):
        """With an empty folder."""
        self.starts += 1
        collector = self.start_collector("--http", f"127.0.0.1:{self.http}", port=self.port, data=f"data-{self.starts}")
        collector.port()
        return collector

    def deploy(self, pods):
        deployment = Deployment(pods, "web", REPLICAS, MAX, Keda(self.http, "/api/v1/groups/web", 2))
        self.addCleanup(deployment.end)
        deployment.start()
        wait_until(self.desired, self.collector.log)
        time.sleep(SETTLE_S)
        return deployment

    def lose_folder(self):
        self.collector.kill()
        time.sleep(1.0)
        self.collector = self.start()

    def desired(self):
        reply = get(self.http, "/api/v1/groups/web")
        return reply.json()["desired"] if reply.status == 200 else None

    def roll(self, deployment, times, meanwhile=lambda: None):
        """Rolls the deployment. Each time something may happen while old and new pods run."""
        for _ in range(times):
            deployment.roll()
            time.sleep(1.0)
            meanwhile()
            wait_until(deployment.is_rolled, lambda: f"{deployment.pods}: {self.collector.log()}")

    def assert_enough(self, deployment):
        self.assertGreaterEqual(min(deployment.history), REPLICAS, f"{deployment.history} {deployment.keda.values}")


class Steady(Rollouts):
    def test_the_number_stays_while_the_deployment_is_rolled_ten_times(self):
        pods = RealPods(self, self.collector, DEMAND)
        pods.start()
        self.addCleanup(pods.end)
        deployment = self.deploy(pods)
        self.roll(deployment, ROLLS)
        time.sleep(SETTLE_S)
        self.assert_enough(deployment)
        self.assertLessEqual(set(deployment.keda.values), set(range(need(DEMAND) - 1, need(DEMAND) + 2)),
                             f"{deployment.history}")


class Forgetful(Rollouts):
    def test_replicas_do_not_fall_when_the_collector_has_lost_its_folder(self):
        pods = self.start_light({"web": DEMAND})
        pods.move(self.port)
        deployment = self.deploy(pods)
        self.roll(deployment, 2, self.lose_folder)
        wait_until(self.desired, self.collector.log)
        self.roll(deployment, 1, self.lose_folder)
        wait_until(self.desired, self.collector.log)
        time.sleep(SETTLE_S)
        self.assertIn(503, deployment.keda.statuses)
        self.assert_enough(deployment)
        self.assertLessEqual(max(deployment.history), MOST, deployment.keda.values)


if __name__ == "__main__":
    main()
