"""The manifests in packaging/kubernetes and docs/keda.md: by the schemas of Kubernetes, KEDA and Karpenter, and by what
they must have. They were never applied to a cluster."""

import glob
import json
import os
import re
import shutil
import subprocess
import textwrap
import unittest

import yaml

from headroom_test import AGENT, COLLECTOR, DATA, KEY, SOURCE, HeadroomTest, main, run

FOLDER = os.path.join(SOURCE, "packaging", "kubernetes")
FILES = [path for path in glob.glob(f"{FOLDER}/*/*.yaml") if os.path.basename(path) != "kustomization.yaml"]
SCHEMA = os.path.join(SOURCE, "tests", "e2e", "kubernetes_schema.mjs")
MODULES = os.environ.get("HEADROOM_BROWSER_MODULES", "")
ACCOUNT = [{"kind": "ServiceAccount", "name": "headroom-collector", "namespace": "headroom"}]
INSTALLED = "/usr/libexec/headroom/"
HOOKS = os.path.join(SOURCE, "packaging", "hooks") + "/"


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def objects():
    return [value for path in FILES for value in yaml.safe_load_all(read(path))]


def of_kind(values, kind, name=None):
    return [value for value in values if value["kind"] == kind and name in (None, value["metadata"]["name"])]


def documented_objects():
    """Those of docs/keda.md."""
    blocks = re.findall(r"^ {4}apiVersion:.*\n(?: {4}.*\n|\n(?= {4}))*", read(f"{SOURCE}/docs/keda.md"), re.M)
    return [value for block in blocks for value in yaml.safe_load_all(textwrap.dedent(block))]


def render(name):
    """What `kubectl kustomize` makes of a folder."""
    if shutil.which("kubectl") is None:
        raise unittest.SkipTest("there is no kubectl")
    done = subprocess.run(["kubectl", "kustomize", os.path.join(FOLDER, name)], capture_output=True, text=True,
                          check=False, timeout=60)
    if "cannot unmarshal object into Go struct field Kustomization" in done.stderr:
        raise unittest.SkipTest("this kubectl has a kustomize from before 4.0")
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return list(yaml.safe_load_all(done.stdout))


def granted(values, group, resource, name, namespace):
    """The verbs that the collector has for one object."""
    kind = "Role" if namespace else "ClusterRole"
    verbs = set()
    for binding in of_kind(values, f"{kind}Binding"):
        if binding["metadata"].get("namespace") != namespace or binding["subjects"] != ACCOUNT:
            continue
        role, = of_kind(values, kind, binding["roleRef"]["name"])
        for rule in role["rules"]:
            if (rule["apiGroups"], rule["resources"], rule["resourceNames"]) == ([group], [resource], [name]):
                verbs.update(rule["verbs"])
    return verbs


def mapped(name):
    """{group: (API group, resource, name, namespace)} of the map of a folder."""
    found = {}
    for line in read(f"{FOLDER}/{name}/kubernetes-scale.map").splitlines():
        if line and not line.startswith("#"):
            group, path = line.split()
            parts = re.fullmatch(r"/apis/([^/]+)/[^/]+(?:/namespaces/([^/]+))?/([^/]+)/([^/]+)/scale", path)
            found[group] = (parts[1], f"{parts[3]}/scale", parts[4], parts[2])
    return found


def sections():
    """The sections of groups of the example's configuration."""
    return dict(re.findall(r"^\[group (\S+)\]\n((?:.+\n)*)", read(f"{FOLDER}/example/headroom.conf"), re.M))


class Schemas(unittest.TestCase):
    def setUp(self):
        if shutil.which("node") is None:
            self.skipTest("there is no node; scripts/test installs it")
        for name in ("kubernetes-models", "@kubernetes-models/keda", "@kubernetes-models/karpenter"):
            if not os.path.isdir(os.path.join(MODULES, "node_modules", name)):
                self.skipTest(f"there is no {name}; scripts/test installs it")

    def faults(self, values):
        done = subprocess.run(["node", SCHEMA], input=json.dumps(values), capture_output=True, text=True, check=False,
                              timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def assert_valid(self, values):
        self.assertGreater(len(values), 0)
        for value, faults in zip(values, self.faults(values)):
            with self.subTest(f"{value['kind']} {value['metadata']['name']}"):
                self.assertEqual(faults, [])

    def test_files(self):
        self.assert_valid(objects())

    def test_documents(self):
        self.assertEqual({value["kind"] for value in documented_objects()}, {"ScaledObject", "TriggerAuthentication"})
        self.assert_valid(documented_objects())

    def test_rendered(self):
        for name in ("base", "example"):
            self.assert_valid(render(name))

    def test_it_finds_faults(self):
        wrong = [("Deployment", ("spec", "template", "spec"), "containrs", []),
                 ("Deployment", ("spec",), "replicas", "two"),
                 ("Role", ("rules", 0), "verb", ["get"]),
                 ("ScaledObject", ("spec", "fallback"), "behavior", "neverLower"),
                 ("NodePool", ("spec",), "replicaz", 3)]
        broken = []
        for kind, path, name, value in wrong:
            copy = json.loads(json.dumps(of_kind(objects(), kind)[0]))
            inner = copy
            for step in path:
                inner = inner[step]
            inner[name] = value
            broken.append(copy)
        for (kind, _, name, _), faults in zip(wrong, self.faults(broken)):
            self.assertEqual(len(faults), 1, (kind, name, faults))
            self.assertIn(name, faults[0])


class Rules(unittest.TestCase):
    def test_the_collector_may_do_what_its_map_needs_and_nothing_else(self):
        values = objects()
        groups = mapped("example")
        for group, target in groups.items():
            is_read = "actuator = reader" in sections()[group]
            self.assertEqual(granted(values, *target), {"get"} if is_read else {"get", "patch"}, group)
        rules = [rule for kind in ("Role", "ClusterRole") for role in of_kind(values, kind) for rule in role["rules"]]
        self.assertEqual(len(rules), len(groups))

    def test_what_is_scaled_exists_and_has_no_number_that_would_undo_it(self):
        values = objects()
        for group, (_, resource, name, namespace) in mapped("example").items():
            kind = {"deployments/scale": "Deployment", "nodepools/scale": "NodePool"}[resource]
            found, = of_kind(values, kind, name)
            self.assertEqual(found["metadata"].get("namespace"), namespace)
            self.assertEqual("replicas" in found["spec"], kind == "NodePool", group)

    def test_there_is_never_more_than_one_collector(self):
        spec = of_kind(objects(), "Deployment", "headroom-collector")[0]["spec"]
        self.assertEqual((spec["replicas"], spec["strategy"]), (1, {"type": "Recreate"}))
        volume, = of_kind(objects(), "PersistentVolumeClaim", "headroom-collector")
        self.assertEqual(volume["spec"]["accessModes"], ["ReadWriteOncePod"])

    def test_nothing_of_headroom_has_privileges(self):
        values = objects()
        containers = [(value, container) for value in of_kind(values, "Deployment") + of_kind(values, "DaemonSet")
                      for container in value["spec"]["template"]["spec"].get("initContainers", []) +
                      value["spec"]["template"]["spec"]["containers"]
                      if container["image"].startswith("registry.example/headroom-")]
        self.assertEqual(len(containers), 3)
        for value, container in containers:
            spec = value["spec"]["template"]["spec"]
            security = {**spec["securityContext"], **container["securityContext"]}
            for name, expected in (("runAsNonRoot", True), ("allowPrivilegeEscalation", False),
                                   ("readOnlyRootFilesystem", True), ("capabilities", {"drop": ["ALL"]}),
                                   ("seccompProfile", {"type": "RuntimeDefault"})):
                self.assertEqual(security[name], expected, (value["metadata"]["name"], name))
            token = spec["automountServiceAccountToken"]
            self.assertEqual(token, value["metadata"]["name"] == "headroom-collector")

    def test_agents_get_the_key_of_agents_only(self):
        spec = of_kind(objects(), "DaemonSet")[0]["spec"]["template"]["spec"]
        token = next(volume for volume in spec["volumes"] if volume["name"] == "token")
        self.assertEqual(token["secret"]["items"], [{"key": "token", "path": "token"}])

    def test_the_collector_that_is_rendered(self):
        values = render("example")
        self.assertEqual({value["metadata"].get("namespace") for value in values}, {None, "headroom", "shop"})
        config, = of_kind(values, "ConfigMap")
        self.assertEqual(config["data"], {name: read(f"{FOLDER}/example/{name}")
                                          for name in ("headroom.conf", "kubernetes-scale.map")})
        collector, = of_kind(values, "Deployment", "headroom-collector")
        spec = collector["spec"]["template"]["spec"]
        self.assertEqual(spec["volumes"][0]["projected"]["sources"][0]["configMap"]["name"], config["metadata"]["name"])
        self.assertEqual(spec["containers"][0]["image"], "registry.example.org/headroom-collector-hooks:0.1.0")
        agents, = of_kind(values, "DaemonSet")
        self.assertEqual(agents["spec"]["template"]["spec"]["nodeSelector"], {"pool": "workers"})


class Programs(HeadroomTest):
    """The programs accept what the manifests give them."""

    def config(self, name):
        places = {"/etc/headroom/token": self.write("token", KEY),
                  "/etc/headroom/http-token": self.write("http", "t" * 64), INSTALLED: HOOKS,
                  "/var/lib/headroom": self.path("data")}
        text = read(f"{FOLDER}/{name}/headroom.conf")
        for place, replacement in sorted(places.items(), reverse=True):
            text = text.replace(place, replacement)
        for path in places:
            if "token" in path:
                os.chmod(places[path], 0o400)
        return self.write("headroom.conf", text)

    def test_configurations(self):
        for name in ("base", "example"):
            done = run(COLLECTOR, "--config", self.config(name), "--check-config")
            self.assertEqual((name, done.returncode, done.stderr), (name, 0, ""))

    def test_groups_that_the_hook_scales(self):
        """Each is in the map, and expects that Kubernetes chooses what goes."""
        self.assertEqual(list(sections()), list(mapped("example")))
        for name, text in sections().items():
            self.assertNotEqual("victims = any" in text, "actuator = reader" in text, name)
            self.assertRegex(text, r"(?m)^max = \d+$")

    def test_the_flags_of_the_sidecar(self):
        pod = of_kind(objects(), "Deployment", "queue")[0]["spec"]["template"]["spec"]
        places = {"/etc/headroom/token": self.write("token", KEY), "/run/headroom/app": self.write("app", "3 10\n"),
                  "$(POD_NAME)": "queue-1"}
        os.chmod(places["/etc/headroom/token"], 0o400)
        shutil.copytree(os.path.join(DATA, "proc-vm"), self.path("host"))
        flags = [f"{name}={places.get(value, value)}"
                 for name, value in (flag.split("=", 1) for flag in pod["initContainers"][0]["args"])]
        done = run(AGENT, "--once", "--interval", "100ms", "--root", self.path("host"), *flags)
        self.assertEqual(done.returncode, 0, done.stderr)
        sample = json.loads(done.stdout)
        self.assertEqual((sample["node_id"], sample["group"], sample["app_load"]), ("queue-1", "queue", 3.0))


if __name__ == "__main__":
    main()
