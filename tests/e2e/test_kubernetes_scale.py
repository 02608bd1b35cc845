"""packaging/hooks/kubernetes-scale with a played Kubernetes API: what it sends, and what it does with each answer. It
was never run on a cluster."""

import json
import os
import shutil
import subprocess
import tempfile
import time
import unittest

import hook_kit
from headroom_test import SOURCE, main
from played_kubernetes import TOKEN, Api, Fault, scale

HOOK = os.path.join(SOURCE, "packaging", "hooks", "kubernetes-scale")
WEB = "/apis/apps/v1/namespaces/shop/deployments/web/scale"
DB = "/apis/apps/v1/namespaces/shop/statefulsets/db/scale"
WORKERS = "/apis/karpenter.sh/v1/nodepools/workers/scale"
SPARE = "/apis/autoscaling.x-k8s.io/v1beta1/namespaces/shop/capacitybuffers/spare"

MAP = f"""# group and path
web     {WEB}
db {DB}

workers\t{WORKERS}
spare   {SPARE}
other   https://example.invalid/web
two     {WEB} {DB}
parent  /apis/../web?x
web     {DB}
last    {WEB}"""

# As kubectl apply leaves it, with an annotation that contains another version of the object.
BUFFER = {"apiVersion": "autoscaling.x-k8s.io/v1beta1", "kind": "CapacityBuffer",
          "metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration":
                                       '{"spec":{"replicas":9},"status":{"replicas":9}}\n',
                                       "note": "\\\nspec.replicas 8\n}{"},
                       "managedFields": [{"fieldsV1": {"f:spec": {"f:replicas": {}}}, "manager": "kubectl"}],
                       "name": "spare", "namespace": "shop", "resourceVersion": "77"},
          "spec": {"limits": {"cpu": "40", "replicas": "7"}, "podTemplateRef": {"name": "chunk"}, "replicas": 4},
          "status": {"conditions": [{"status": "True", "type": "Ready", "replicas": 6}], "replicas": 3}}


class HookCase(unittest.TestCase):
    SHELL = []
    PROGRAMS = ()  # of busybox

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="headroom-kubernetes.")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.api = Api(self.folder)
        self.addCleanup(self.api.end)
        self.map = self.write("map", MAP)
        self.api.put(WEB, scale("web", 4, 3))
        os.mkdir(os.path.join(self.folder, "bin"))
        for name in self.PROGRAMS:
            os.symlink(shutil.which("busybox"), os.path.join(self.folder, "bin", name))

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        return path

    def call(self, *words, **variables):
        environment = {**os.environ, "PATH": f"{self.folder}/bin:{os.environ['PATH']}",
                       **self.api.variables(self.map), **variables}
        return subprocess.run([*self.SHELL, HOOK, *map(str, words)], input="{}", text=True, capture_output=True,
                              env=environment, timeout=60, check=False)

    def order(self, *words, status=0, **variables):
        """Returns what the hook prints."""
        done = self.call(*words, **variables)
        self.assertEqual(done.returncode, status, (words, done.stdout, done.stderr))
        if status not in (0, 64, 65):
            self.assertNotEqual(done.stderr, "")
        return done.stdout + done.stderr

    def assert_changes(self, *numbers, path=WEB):
        """The numbers of replicas that were wanted one after the other."""
        self.assertEqual(self.api.wanted[path], list(numbers))


class Orders(HookCase):
    def test_contract(self):
        self.assertEqual(self.order("contract", HEADROOM_KUBERNETES_MAP="/nonexistent"), "2\n")
        self.assertEqual(self.api.requests, [])

    def test_scale_out_raises_to_the_number(self):
        self.assertIn("4 replicas -> 6", self.order("scale-out", "web", 6))
        self.assertEqual(self.api.requests, [
            ("GET", WEB, ""), ("PATCH", WEB, '{"metadata":{"resourceVersion":"1000"},"spec":{"replicas":6}}')])
        self.order("scale-out", "web", 6)
        self.assert_changes(4, 6)

    def test_scale_out_never_lowers(self):
        for to in (0, 1, 3, 4):
            self.order("scale-out", "web", to)
        self.assertEqual(set(self.api.methods()), {"GET"})
        self.assert_changes(4)

    def test_scale_out_from_zero(self):
        self.api.put(DB, scale("db", 0))
        self.order("scale-out", "db", 2)
        self.assert_changes(0, 2, path=DB)

    def test_scale_in_lowers_to_the_number_only(self):
        for to in (4, 5):
            self.order("scale-in", "web", to, status=65)
        self.assert_changes(4)
        self.order("scale-in", "web", 3)
        self.assertEqual(self.api.requests[-1],
                         ("PATCH", WEB, '{"metadata":{"resourceVersion":"1000"},"spec":{"replicas":3}}'))
        self.order("scale-in", "web", 3, status=65)
        self.order("scale-in", "web", 0)
        self.assert_changes(4, 3, 0)

    def test_pods_of_a_rolling_update_are_not_too_many(self):
        self.api.put(WEB, scale("web", 4, 6))
        self.assertEqual(self.order("count", "web"), "6\n")
        self.order("scale-in", "web", 4, status=65)
        self.order("scale-in", "web", 5, status=65)
        self.assert_changes(4)

    def test_named_nodes_are_refused(self):
        for names in (["web-1"], [f"web-{i}" for i in range(12)]):
            self.assertIn("set victims = any for group web", self.order("scale-in", "web", 3, *names, status=2))
        self.assertEqual(self.api.requests, [])

    def test_count_is_what_exists(self):
        self.assertEqual(self.order("count", "web"), "3\n")
        self.api.put(WEB, scale("web", 4, 0))
        self.assertEqual(self.order("count", "web"), "0\n")
        del self.api.objects[WEB]["status"]["replicas"]
        self.assertEqual(self.order("count", "web", status=64), "")

    def test_all_kinds(self):
        self.api.put(DB, scale("db", 2))
        self.api.put(WORKERS, scale("workers", 5))
        self.api.put(SPARE, json.loads(json.dumps(BUFFER)))
        for group, path, before in (("db", DB, 2), ("workers", WORKERS, 5), ("spare", SPARE, 4), ("last", WEB, 4)):
            with self.subTest(group):
                self.order("scale-out", group, before - 1)
                self.order("scale-out", group, before + 1)
                self.order("scale-in", group, before)
                self.assert_changes(before, before + 1, before, path=path)
        self.assertEqual(self.order("count", "spare"), "3\n")

    def test_an_object_without_a_number_of_replicas_is_left_alone(self):
        """Such as a NodePool that is not static: one can't become the other."""
        self.api.put(SPARE, {"kind": "CapacityBuffer", "metadata": {"resourceVersion": "1"}, "spec": {"percentage": 20},
                             "status": {}})
        for words in (("scale-out", "spare", 3), ("scale-in", "spare", 3), ("count", "spare")):
            self.assertIn("has no spec.replicas", self.order(*words, status=1))
        self.assertNotIn("PATCH", self.api.methods())

    def test_groups_that_the_map_does_not_have(self):
        for group in ("shop", "other", "two", "parent", "#", "we", "w.b"):
            with self.subTest(group):
                self.order("scale-out", group, 9, status=2 if group == "#" else 1)
                self.order("scale-in", group, 1, status=2 if group == "#" else 1)
                self.order("count", group, status=2 if group == "#" else 64)
        text = self.order("scale-out", "web", 9, status=1, HEADROOM_KUBERNETES_MAP="/nonexistent")
        self.assertIn("can't be read", text)
        self.assertEqual(self.api.requests, [])

    def test_calls_that_the_contract_does_not_have(self):
        for words in ((), ("scale", "web", 1, 2), ("resize", "web", 2), ("scale-out", "web"),
                      ("scale-out", "web", "-1"), ("scale-out", "web", ""), ("scale-out", "web", 6, 7),
                      ("count", "web", 1), ("count", ""), ("count", "../web"), ("scale-out", "$(id)", 3),
                      ("count", "-web"), ("contract", "web")):
            self.order(*words, status=2)
        self.assertEqual(self.api.requests, [])


@unittest.skipIf(shutil.which("busybox") is None, "there is no busybox; scripts/test installs it")
class OrdersInBusybox(Orders):
    """As in an image that has nothing else but curl."""

    SHELL = ["busybox", "ash"]
    PROGRAMS = ("awk", "cat", "sed", "sleep")


class Answers(HookCase):
    def test_a_conflict_is_read_again(self):
        self.api.faults = [Fault("PATCH", before=lambda: self.api.touch(WEB))] * 2
        self.order("scale-out", "web", 6)
        self.assertEqual(self.api.methods(), ["GET", "PATCH"] * 3)
        self.assert_changes(4, 6)
        self.api.faults = [Fault("PATCH", before=lambda: self.api.touch(WEB))]
        self.order("scale-in", "web", 5)
        self.assert_changes(4, 6, 5)

    def test_conflicts_without_end(self):
        self.api.faults = [Fault("PATCH", before=lambda: self.api.touch(WEB))] * 9
        self.assertIn("5 conflicts in a row", self.order("scale-out", "web", 6, status=1))
        self.assert_changes(4)

    def test_somebody_else_scales_meanwhile(self):
        """A scale-out never undoes what somebody else has raised, and a scale-in whose number has changed is void."""
        self.api.faults = [Fault("PATCH", before=lambda: self.api.set_replicas(WEB, 8))]
        self.order("scale-out", "web", 6)
        self.assert_changes(4, 8)
        self.api.faults = [Fault("PATCH", before=lambda: self.api.set_replicas(WEB, 9))]
        self.assertIn("somebody has changed 8 replicas to 9", self.order("scale-in", "web", 5, status=1))
        self.api.faults = [Fault("PATCH", before=lambda: self.api.set_replicas(WEB, 2))]
        self.order("scale-in", "web", 5, status=65)
        self.assert_changes(4, 8, 9, 2)

    def test_refusals_are_failures_with_the_reason(self):
        message = 'deployments.apps \\"web\\" is forbidden: ' \
                  'User \\"system:serviceaccount:headroom:headroom-collector\\" cannot patch resource ' \
                  '\\"deployments/scale\\"'
        for status in (403, 404, 500, 503):
            for method in ("GET", "PATCH"):
                with self.subTest((status, method)):
                    self.api.faults = [Fault(method, status, message=message.replace("\\", ""))]
                    text = self.order("scale-out", "web", 6, status=1)
                    self.assertIn(f"{method} {WEB}: status {status}: {message}", text)
            self.api.faults = [Fault("GET", status)]
            self.order("count", "web", status=1)
        self.assert_changes(4)

    def test_the_token(self):
        self.api.token = "another"
        self.assertIn("status 401: Unauthorized", self.order("scale-out", "web", 6, status=1))
        self.api.token = TOKEN
        self.order("scale-out", "web", 6)
        os.remove(os.path.join(self.api.credentials, "token"))
        self.assertIn("there is no token", self.order("scale-out", "web", 7, status=1))
        self.assert_changes(4, 6)

    def test_the_token_is_in_no_command_line(self):
        seen = []

        def look():
            for name in filter(str.isdigit, os.listdir("/proc")):
                try:
                    with open(f"/proc/{name}/cmdline", "rb") as file:
                        seen.append(file.read())
                except OSError:
                    pass

        self.api.faults = [Fault("PATCH", before=look)]
        self.order("scale-out", "web", 6)
        self.assertTrue(any(b"headroom-kubernetes-scale" in words for words in seen))
        self.assertFalse(any(TOKEN.encode() in words for words in seen))

    def test_a_pause_that_the_api_asks_for(self):
        self.api.faults = [Fault("PATCH", 429, {"Retry-After": "1"}), Fault("GET", 503, {"Retry-After": "1"})]
        begin = time.monotonic()
        self.order("scale-out", "web", 6)
        self.assertGreaterEqual(time.monotonic() - begin, 2)
        self.assert_changes(4, 6)

    def test_pauses_that_are_too_long_or_too_many(self):
        for faults in ([Fault("GET", 429, {"Retry-After": "11"})], [Fault("GET", 429, {"Retry-After": "soon"})],
                       [Fault("GET", 429)], [Fault("GET", 429, {"Retry-After": "0"})] * 3):
            self.api.faults = list(faults)
            self.assertIn("status 429", self.order("scale-out", "web", 6, status=1))
            self.assertEqual(self.api.faults, [])
        self.assert_changes(4)

    def test_no_answer(self):
        self.api.faults = [Fault("GET", before=self.api.hang)]
        begin = time.monotonic()
        self.assertIn("no answer", self.order("count", "web", status=1))
        self.assertGreaterEqual(time.monotonic() - begin, 9)
        self.assertIn("no answer", self.order("count", "web", status=1, KUBERNETES_SERVICE_PORT="1"))

    def test_an_answer_that_is_lost(self):
        """The next order finds that it was carried out."""
        self.api.faults = [Fault("PATCH", after=self.api.hang)]
        self.order("scale-out", "web", 6, status=1)
        self.order("scale-out", "web", 6)
        self.assert_changes(4, 6)

    def test_another_authority(self):
        os.remove(os.path.join(self.api.credentials, "ca.crt"))
        shutil.copy("/etc/ssl/certs/ca-certificates.crt", os.path.join(self.api.credentials, "ca.crt"))
        self.assertIn("no answer", self.order("scale-out", "web", 6, status=1))
        self.assertEqual(self.api.requests, [])

    def test_an_answer_of_something_else(self):
        for value in ({}, {"kind": "Scale", "metadata": {}, "spec": {"replicas": 3}}, [], "up"):
            self.api.objects[WEB] = value
            self.order("scale-out", "web", 6, status=1)
        self.assertNotIn("PATCH", self.api.methods())

    def test_numbers_that_a_shell_cannot_compare(self):
        """A scale-out would take them for smaller ones."""
        for replicas in (10**10, 10**20, -1, 4.5):
            self.api.objects[WEB] = scale("web", replicas)
            self.assertIn("has no spec.replicas", self.order("scale-out", "web", 6, status=1))
            self.assertIn("has no spec.replicas", self.order("scale-in", "web", 2, status=1))
        self.assertNotIn("PATCH", self.api.methods())
        self.api.put(WEB, scale("web", 4, 10**20))
        self.order("count", "web", status=64)
        for to in ("06", "1" * 20):
            self.order("scale-out", "web", to, status=2)

    def test_an_answer_without_end(self):
        self.api.objects[WEB] = {"text": "x" * 40000000}
        done = subprocess.run(["bash", "-c", 'ulimit -v 65536; exec "$@"', "bash", *self.SHELL, HOOK, "count", "web"],
                              env={**os.environ, **self.api.variables(self.map)}, text=True, capture_output=True,
                              timeout=60, check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(f"GET {WEB}: no answer", done.stderr)

    def test_no_proxy_gets_the_token(self):
        proxy = "http://127.0.0.1:1"
        self.order("scale-out", "web", 6, http_proxy=proxy, https_proxy=proxy, ALL_PROXY=proxy)
        self.assert_changes(4, 6)

    def test_the_address_of_the_api(self):
        port = self.api.server.server_address[1]
        self.order("scale-out", "web", 6, HEADROOM_KUBERNETES_API=f"https://127.0.0.1:{port}",
                   KUBERNETES_SERVICE_PORT="1")
        done = self.call("scale-out", "web", 7, KUBERNETES_SERVICE_HOST="")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("set HEADROOM_KUBERNETES_API", done.stderr)


class Kit(HookCase):
    """headroom-hook-test."""

    def test_the_hook_keeps_the_contract(self):
        self.api.is_instant = True
        self.api.put(WEB, scale("web", 0))
        variables = self.api.variables(self.write("map", f"hook-test {WEB}\n"))
        hook_kit.check(self, HOOK, "--victims=any", environment={**os.environ, **variables})
        self.assertGreater(len(self.api.wanted[WEB]), 3)


if __name__ == "__main__":
    main()
