"""The collector scales a Deployment of a played Kubernetes API by packaging/hooks/kubernetes-scale. The number stays
while the Deployment is rolled. The collector is killed in the middle of an order: nothing is ordered twice, and nothing
is removed by an order that is no longer true."""

import threading
import time

from fleet_case import HIGH, FleetCase, need
from headroom_test import SOURCE, free_port, main, wait_until
from played_hpa import Deployment
from played_kubernetes import Api, Fault, scale

HOOK = f"{SOURCE}/packaging/hooks/kubernetes-scale"
WEB = "/apis/apps/v1/namespaces/shop/deployments/web/scale"
MAX = 20
ROLLS = 3
NO_FORECAST = ("--cpu-forecast=off",)  # one order, for what the load is
SETTLE_S = 4.0  # longer than the stabilization window


class Pods(Deployment):
    """The Deployment of the API. A hook sets the number of replicas, and not an HPA."""

    def __init__(self, api, fleet, replicas):
        self.api = api
        super().__init__(fleet, "web", replicas, most=MAX, keda=None)

    def autoscale(self, _):
        self.replicas = self.api.replicas(WEB)

    def reconcile(self, now_s):
        super().reconcile(now_s)
        self.api.set_status(WEB, len(self.pods))


class HookCase(FleetCase):
    def setUp(self):
        super().setUp()
        self.port = free_port()
        self.api = Api(self.folder)
        self.addCleanup(self.api.end)
        self.map = self.write("map", f"web {WEB}\n")
        self.flags = ()
        self.held = threading.Event()
        self.addCleanup(self.held.set)

    def deploy(self, replicas, demand):
        self.api.put(WEB, scale("web", replicas))
        self.fleet = self.start_light({"web": demand})
        self.collector = self.start()
        self.fleet.move(self.port)
        pods = Pods(self.api, self.fleet, replicas)
        self.addCleanup(pods.end)
        pods.start()
        return pods

    def start(self):
        config = self.write("any.conf", "[group web]\nvictims = any\n")
        collector = self.start_collector("--on-scale", HOOK, "--config", config, "--max", str(MAX), *self.flags,
                                         port=self.port, variables=self.api.variables(self.map))
        collector.port()
        return collector


class Rollouts(HookCase):
    def test_the_number_stays_while_the_deployment_is_rolled(self):
        demand = 7.0
        pods = self.deploy(need(demand), demand)
        for _ in range(ROLLS):
            time.sleep(SETTLE_S)
            pods.roll()
            wait_until(pods.is_rolled, lambda: f"{pods.pods}: {self.collector.log()}")
        time.sleep(SETTLE_S)
        wanted = self.api.wanted[WEB]
        self.assertLessEqual(set(wanted), {need(demand), need(demand) + 1}, self.collector.log())


class Orders(HookCase):
    """Each test kills the collector during an order, which the API holds until it is let go."""

    def kill_during_an_order(self, **how):
        """Waits until a hook has sent a PATCH that meets the fault, and kills the collector."""
        sent = self.api.methods().count("PATCH")
        with self.api.lock:
            self.api.faults = [Fault("PATCH", **how)]
        wait_until(lambda: self.api.methods().count("PATCH") > sent, self.collector.log)
        self.collector.kill()

    def wait_wanted(self, replicas):
        """Waits for a number of replicas, and for a stabilization window in which it could change again."""
        wait_until(lambda: self.api.replicas(WEB) >= replicas,
                   lambda: f"{replicas} replicas, not {self.api.wanted[WEB]}: {self.collector.log()}")
        self.held.set()
        time.sleep(SETTLE_S)

    def assert_outcomes(self):
        """Each order in the file has one outcome."""
        self.assert_stops(self.collector)
        rows = [row for row in self.rows() if row["order"]]
        ids = [(row["order_epoch"], row["order_number"]) for row in rows]
        intents = [order for order, row in zip(ids, rows) if row["order"] == "intent"]
        self.assertEqual(sorted(ids), sorted(2 * intents), rows)

    def test_a_scale_out_that_the_api_has_not_looked_at(self):
        self.flags = NO_FORECAST
        self.deploy(2, 1.9)
        self.kill_during_an_order(before=self.held.wait)
        self.collector = self.start()
        self.wait_wanted(need(1.9))
        self.assertEqual(self.api.wanted[WEB], [2, need(1.9)])
        self.assert_outcomes()

    def test_a_scale_out_whose_answer_is_lost(self):
        self.flags = NO_FORECAST
        self.deploy(2, 1.9)
        self.kill_during_an_order(after=self.held.wait)
        self.collector = self.start()
        self.wait_wanted(need(1.9))
        self.assertEqual(self.api.wanted[WEB], [2, need(1.9)])
        self.assert_outcomes()

    def test_a_scale_in_that_is_no_longer_true(self):
        """The load has risen since. The hook of the killed collector still waits for its answer when the next one has
        ordered more."""
        self.deploy(5, 1.9)
        self.kill_during_an_order(before=self.held.wait)
        self.fleet.demand["web"] = 4.5
        self.collector = self.start()
        self.wait_wanted(need(4.5, HIGH))
        wanted = self.api.wanted[WEB]
        self.assertEqual(wanted, sorted(set(wanted)))
        self.assert_outcomes()

    def test_a_scale_in_whose_answer_is_lost(self):
        """It is not resumed: the next one is a decision of its own, for the pods that are there then."""
        self.deploy(5, 1.9)
        self.kill_during_an_order(after=self.held.wait)
        self.collector = self.start()
        self.wait_wanted(need(1.9, HIGH))
        wanted = self.api.wanted[WEB]
        self.assertEqual(wanted, sorted(set(wanted), reverse=True))
        self.assertGreaterEqual(wanted[-1], need(1.9, HIGH))
        self.assert_outcomes()


if __name__ == "__main__":
    main()
