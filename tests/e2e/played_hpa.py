"""A Deployment, and what scales it: KEDA's metrics-api scaler with its fallback, and the Horizontal Pod Autoscaler.

The rules are those that the projects publish. HPA: an external metric with an AverageValue proposes ceil(value /
target) replicas, unless value / (target x status.replicas) is within the tolerance of 1; then it proposes
status.replicas. KEDA: an error leaves the replicas alone; after failureThreshold errors in a row the fallback replaces
the value, and with currentReplicasIfHigher it is at least the current number. Deployment: a rolling update keeps at
most replicas + maxSurge pods and at least replicas - maxUnavailable available ones; by default both are 25 %, rounded
up and down. Time is compressed."""

import http.client
import itertools
import json
import math
import threading
import time

from light_fleet import LEFT

SYNC_S = 0.5
READY_S = 1.0  # from a pod's creation until it serves
TOLERANCE = 0.1
FAILURES_MAX = 3
SHARE_DOWN = 0.5  # behavior.scaleDown: Percent 50
POLICY_S = 2.0    # its periodSeconds


class Keda:
    """value(current) reads `desired` as the metrics-api scaler does. None: an error."""

    def __init__(self, port, path, least):
        self.port = port
        self.path = path
        self.least = least  # fallback.replicas
        self.failures = 0
        self.statuses = set()
        self.values = []  # without repetitions

    def read(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", self.path)
            reply = connection.getresponse()
            body = reply.read()
            self.statuses.add(reply.status)
            return json.loads(body)["desired"] if reply.status == 200 else None
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def value(self, current):
        desired = self.read()
        self.failures = 0 if desired is not None else self.failures + 1
        if desired is not None and [desired] != self.values[-1:]:
            self.values.append(desired)
        if self.failures > FAILURES_MAX:
            return max(current, self.least)
        return desired


def propose(value, status):
    """HPA with targetValue 1."""
    if abs(1.0 - value / status) <= TOLERANCE:
        return status
    return math.ceil(value)


class Deployment(threading.Thread):
    """Its pods are nodes of a LightFleet, or RealPods; the nodes must not be changed by others."""

    STEP_S = 0.1

    def __init__(self, fleet, group, replicas, most, keda):
        super().__init__(daemon=True)
        self.fleet = fleet
        self.group = group
        self.keda = keda
        self.replicas = replicas
        self.most = most  # maxReplicas
        self.history = [replicas]
        self.lowered = []  # times of scale-downs
        self.template = 0
        self.names = itertools.count(1)
        self.pods = {}  # name: (template, when it is ready)
        self.lock = threading.Lock()
        self.ended = threading.Event()
        for _ in range(replicas):
            self.create(0.0)

    # ---- pods ----

    def create(self, ready_s):
        name = f"{self.group}-{next(self.names)}"
        self.pods[name] = (self.template, ready_s)
        self.fleet.add(self.group, name)

    def delete(self, names):
        for name in names:
            del self.pods[name]
            self.fleet.remove(name, LEFT)

    def old(self):
        return [name for name, (template, _) in self.pods.items() if template != self.template]

    def ready(self, now_s):
        return [name for name, (_, ready_s) in self.pods.items() if ready_s <= now_s]

    def roll(self):
        """kubectl rollout restart."""
        with self.lock:
            self.template += 1

    def is_rolled(self):
        with self.lock:
            return not self.old() and len(self.ready(time.monotonic())) == len(self.pods) == self.replicas

    def reconcile(self, now_s):
        surge = math.ceil(0.25 * self.replicas) if self.old() else 0
        least = self.replicas - (math.floor(0.25 * self.replicas) if self.old() else 0)
        new = len(self.pods) - len(self.old())
        for _ in range(min(self.replicas + surge - len(self.pods), self.replicas - new)):
            self.create(now_s + READY_S)
        self.delete(self.old()[:max(0, len(self.ready(now_s)) - least)])
        if not self.old() and len(self.pods) > self.replicas:
            self.delete(list(self.pods)[self.replicas - len(self.pods):])  # the youngest

    # ---- the autoscaler ----

    def autoscale(self, now_s):
        value = self.keda.value(self.replicas)
        if value is None:
            return
        least = math.floor(self.replicas * (1.0 - SHARE_DOWN)) if now_s - max(self.lowered, default=0) > POLICY_S \
            else self.replicas
        proposed = min(max(propose(value, len(self.pods)), least, 1), self.most)
        if proposed < self.replicas:
            self.lowered.append(now_s)
        if proposed != self.replicas:
            self.replicas = proposed
            self.history.append(proposed)

    def run(self):
        due_s = 0.0
        while not self.ended.wait(self.STEP_S):
            now_s = time.monotonic()
            with self.lock:
                if now_s >= due_s:
                    due_s = now_s + SYNC_S
                    self.autoscale(now_s)
                self.reconcile(now_s)

    def end(self):
        self.ended.set()
        self.join()
