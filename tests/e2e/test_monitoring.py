"""The dashboards and rules in packaging/: a real Prometheus, and VictoriaMetrics, evaluate each expression on the metrics
of a test fleet."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from urllib.parse import urlencode

import yaml

from engines import PROMETHEUS, VICTORIA, Prometheus, StubEngine, Victoria, request
from forward_case import Forwarder
from headroom_test import DATA, KEY, SOURCE, FakeNode, Fleet, main, wait_until
from http_case import HttpTest
from http_client import get
from test_containers import MOUNT_2, cgroup

DASHBOARDS = os.path.join(SOURCE, "packaging", "grafana")
RULES = os.path.join(SOURCE, "packaging", "prometheus")
RULE_FILES = ("headroom-recording.yml", "headroom-alerts.yml")
VARIABLES = {"$group": "web", "$node": ".*", "$collector": ".*", "$__rate_interval": "10m", "$__range": "10m"}
SELECTOR = re.compile(r"(?<![:\w])((?:headroom|process)_\w+(?![\w:])|up(?=\{))(\{[^}]*\})?")

# Metrics that the test fleet does not have.
ABSENT = {
    "headroom_http_certificate_expiry_seconds": "its HTTP server has no certificate",
    "headroom_tls_certificate_expiry_seconds": "its agents have keys and no certificates",
}


def read(*words):
    with open(os.path.join(*words), encoding="utf-8") as file:
        return file.read()


def dashboards():
    return {name: json.loads(read(DASHBOARDS, name)) for name in sorted(os.listdir(DASHBOARDS))}


def panels(dashboard):
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def filled(expression):
    """The expression with values for the dashboard's variables."""
    for name, value in VARIABLES.items():
        expression = expression.replace(name, value)
    return expression


def panel_expressions():
    """[(where it is, expression)] of all panels."""
    return [(f"{name}: {panel['title']}", filled(target["expr"])) for name, dashboard in dashboards().items()
            for panel in panels(dashboard) for target in panel["targets"]]


def variable_queries():
    """[(where it is, selector, label)] of the variables, which have the form label_values(SELECTOR, LABEL)."""
    found = []
    for name, dashboard in dashboards().items():
        for variable in dashboard["templating"]["list"]:
            if variable["type"] == "query":
                selector, label = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]["query"]).groups()
                found.append((f"{name}: {variable['name']}", filled(selector), label))
    return found


def rules(name):
    return [rule for group in yaml.safe_load(read(RULES, name))["groups"] for rule in group["rules"]]


def alert_names():
    return [rule["alert"] for rule in rules("headroom-alerts.yml")]


def selectors(expression):
    return {name + (labels or "") for name, labels in SELECTOR.findall(expression)}


def is_absent(expression):
    return any(name in expression for name in ABSENT)


class Files(unittest.TestCase):
    def promtool(self, *words):
        done = subprocess.run(["promtool", *words], cwd=RULES, text=True, capture_output=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    @unittest.skipIf(shutil.which("promtool") is None, "promtool is not installed")
    def test_promtool_tests_each_rule(self):
        self.promtool("check", "rules", *RULE_FILES)
        self.promtool("test", "rules", "headroom-tests.yml")
        cases = yaml.safe_load(read(RULES, "headroom-tests.yml"))["tests"]
        fired = {case["alertname"] for test in cases for case in test.get("alert_rule_test", []) if case["exp_alerts"]}
        self.assertEqual(fired, set(alert_names()))
        recorded = {case["expr"] for test in cases for case in test.get("promql_expr_test", [])}
        self.assertEqual(recorded, {rule["record"] for rule in rules("headroom-recording.yml")})

    @unittest.skipIf(shutil.which("promtool") is None, "promtool is not installed")
    def test_promtool_accepts_the_configurations(self):
        """Those of packaging and of docs/otel.md, whose receiver takes Prometheus' format."""
        document = read(SOURCE, "docs", "otel.md").split("    receivers:\n")[1].split("\n\n")[0]
        receiver = yaml.safe_load("receivers:\n" + document)["receivers"]["prometheus"]["config"]
        for text in (read(RULES, "prometheus.yml"), yaml.safe_dump(receiver)):
            with tempfile.TemporaryDirectory() as folder:
                shutil.copytree(RULES, folder, dirs_exist_ok=True)
                with open(os.path.join(folder, "token"), "w", encoding="ascii") as file:
                    file.write("t\n")
                path = os.path.join(folder, "config.yml")
                with open(path, "w", encoding="utf-8") as file:
                    file.write(re.sub(r"/etc/\w+/headroom-token", os.path.join(folder, "token"), text))
                self.promtool("check", "config", path)

    def test_the_document_lists_all_alerts_and_dashboards(self):
        document = read(SOURCE, "docs", "monitoring.md")
        self.assertEqual(re.findall(r"^\| `([a-z-]+)` \| (?:critical|warning|info) \|", document, re.M), alert_names())
        self.assertEqual(sorted(re.findall(r"^\| `([a-z]+\.json)` \|", document, re.M)), sorted(dashboards()))

    def test_dashboards_are_importable(self):
        """Grafana itself is not here: what it needs, and what it would show wrongly."""
        for name, dashboard in dashboards().items():
            self.assertEqual(dashboard["uid"], f"headroom-{name.removesuffix('.json')}")
            self.assertIsNone(dashboard["id"])
            ids = [panel["id"] for panel in dashboard["panels"]]
            self.assertEqual(len(ids), len(set(ids)), name)
            known = {f"${variable['name']}" for variable in dashboard["templating"]["list"]}
            known |= {"$__rate_interval", "$__range"}
            places = set()
            for panel in dashboard["panels"]:
                place = panel["gridPos"]
                cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                         for y in range(place["y"], place["y"] + place["h"])}
                self.assertLessEqual(place["x"] + place["w"], 24, panel["title"])
                self.assertFalse(cells & places, f"{name}: {panel['title']} overlaps another panel")
                places |= cells
            for panel in panels(dashboard):
                self.assertEqual(panel["datasource"], {"type": "prometheus", "uid": "${datasource}"}, panel["title"])
                used = {word for target in panel["targets"] for word in re.findall(r"\$\w+", target["expr"])}
                self.assertLessEqual(used, known, panel["title"])


class ScrapingPrometheus(Prometheus):
    def __init__(self, test, config):
        super().__init__(test)
        self.config = config


class ScrapingVictoria(Victoria):
    def __init__(self, test, config):
        super().__init__(test)
        self.config = config

    def command(self):
        return [*super().command(), "-promscrape.config", self.config, "-promscrape.config.strictParse=false"]


class AppNode(FakeNode):
    """Its application writes its load and capacity again and again."""

    def __init__(self, root, app):
        self.app = app
        super().__init__(root)

    def advance(self, load, seconds):
        super().advance(load, seconds)
        os.utime(self.app)


@unittest.skipIf(PROMETHEUS is None, "prometheus is not installed")
class Evaluation(HttpTest):
    FLAGS = ("--actuator", "reader", "--max", "7", "--lead-time", "1s", "--warm-up", "0s")

    def start_nodes(self, key):
        """Three nodes that have all metrics between them: one with the files of a machine, one with those of a
        container, and this machine, whose file systems are real."""
        flags = ("--group", "web", "--token-file", key)
        node = AppNode(self.path("machine"), self.write("app", "3 10\n"))
        shutil.copytree(os.path.join(DATA, "proc-vm"), node.root, dirs_exist_ok=True,
                        ignore=shutil.ignore_patterns("stat"))
        fleet = Fleet([node], 0.5)
        fleet.start()
        self.addCleanup(fleet.end)
        self.start_agent("web-1", [self.collector], "--root", node.root, "--cgroup", "off", "--app-file", node.app,
                         *flags)
        shutil.copytree(os.path.join(DATA, "proc-container"), self.path("container"))
        files = cgroup("", 1 << 30, cpu="50000 100000")
        for name, text in {"/proc/self/cgroup": "0::/\n", "/proc/self/mountinfo": MOUNT_2, **files}.items():
            os.makedirs(os.path.dirname(self.path("container") + name), exist_ok=True)
            with open(self.path("container") + name, "w", encoding="ascii") as file:
                file.write(text)
        self.start_agent("web-2", [self.collector], "--root", self.path("container"), *flags)
        return self.start_agent("web-3", [self.collector], "--cgroup", "off", *flags)

    def scrape_config(self):
        """The files of packaging/prometheus: only addresses, the token and times are those of the test."""
        shutil.copytree(RULES, self.path("rules"))
        config = read(RULES, "prometheus.yml").replace("/etc/prometheus/headroom-token", self.path("http-token"))
        config = config.replace("collector.example:7421", f"127.0.0.1:{self.port}")
        return self.write("rules/prometheus.yml", re.sub(r"\b\d+s\b", "1s", config))

    def get(self, path):
        return get(self.port, path, Authorization="Bearer t")

    def ask(self, path, **parameters):
        return json.loads(request(f"{self.engine.url}/api/v1/{path}?{urlencode(parameters)}"))["data"]

    def values(self, expression):
        """[(labels, value)]; NaN is not a value."""
        result = self.ask("query", query=expression, nocache=1)["result"]
        return [(entry["metric"], float(entry["value"][1])) for entry in result if entry["value"][1] != "NaN"]

    def wait_values(self, where, expression):
        return wait_until(lambda: self.values(expression), lambda: f"{where}: {expression}\n{self.collector.log()}", 90)

    def alerts(self):
        """Those that are pending or firing, with their groups."""
        return {(alert["labels"]["alertname"], alert["labels"].get("group")) for alert in self.ask("alerts")["alerts"]}

    def write_signal(self):
        """A configuration with a signal. The program prints it each second."""
        program = self.write("demand", "#!/bin/sh\nwhile echo signal web-requests 120 0; do sleep 1; done\n")
        os.chmod(program, 0o755)
        return self.write("headroom.conf", f"[signal web-requests]\ngroup = web\nkind = load\nprogram = {program}\n"
                                           "per-node = 100\nmissing-after = 1m\n")

    def start_all(self, kind):
        """A collector, an engine that scrapes it, and then the agents, so that all counters rise. Returns an agent."""
        key = self.write("key", KEY)
        self.collector = self.start(*self.FLAGS, "--token-file", key, "--http-token-file",
                                    self.write("http-token", "t\n"), "--forward-dir", self.path("reports"),
                                    "--config", self.write_signal())
        self.engine = kind(self, self.scrape_config())
        self.engine.start()
        wait_until(lambda: self.values("headroom_build_info"), "a scrape before the first agent")
        agent = self.start_nodes(key)
        Forwarder(self, StubEngine(self).url, "--batch", "200ms")
        wait_until(lambda: self.get("/api/v1/groups/web").status == 200, self.collector.log)
        self.headroom("pin", "web=3", "--for", "1h", "--reason", "the test")
        return agent

    def test_each_expression_returns_data(self):
        agent = self.start_all(ScrapingPrometheus)
        self.assert_dashboards_work()
        for rule in rules("headroom-recording.yml"):
            self.wait_values(rule["record"], rule["record"])
        # Alerts are silent in a fleet without faults: but what they look at is there.
        for rule in rules("headroom-alerts.yml"):
            for selector in selectors(rule["expr"]):
                if not is_absent(selector):
                    self.wait_values(rule["alert"], selector)
        for name, why in ABSENT.items():
            self.assertEqual(self.values(name), [], f"{name} is there, although {why}")
        self.assert_conditions_have_alerts()
        self.assert_node_metrics_are_shown()
        self.assert_rules_work()
        agent.kill()
        wait_until(lambda: ("nodes-missing", "web") in self.alerts(),
                   lambda: f"an alert about the killed agent: {self.alerts()}", 90)

    @unittest.skipIf(VICTORIA is None, "victoria-metrics is not installed")
    def test_the_dashboards_work_with_victoria_metrics(self):
        self.start_all(ScrapingVictoria)
        self.assert_dashboards_work()

    def assert_dashboards_work(self):
        for where, expression in panel_expressions():
            if not is_absent(expression):
                self.wait_values(where, expression)
        for where, selector, label in variable_queries():
            self.assertTrue(all(label in labels for labels, _ in self.wait_values(where, selector)), where)

    def assert_conditions_have_alerts(self):
        """Of the same name."""
        conditions = {labels["condition"] for labels, _ in self.values('headroom_group_condition{group="web"}')}
        about = {rule["alert"]: re.findall(r'condition="([\w-]+)"', rule["expr"])
                 for rule in rules("headroom-alerts.yml") if "headroom_group_condition" in rule["expr"]}
        self.assertEqual(about, {name: [name] for name in conditions})

    def assert_node_metrics_are_shown(self):
        names = set(re.findall(r"^# TYPE (headroom_node_\w+)", self.get("/metrics/nodes").text(), re.M))
        shown = {name for _, expression in panel_expressions() for name in re.findall(r"headroom_node_\w+", expression)}
        self.assertEqual(names - shown, set(), "a metric of nodes that has no panel in node.json")

    def assert_rules_work(self):
        """As Prometheus itself sees them, and in a fleet in which nothing is wrong."""
        def evaluated():
            found = [rule for group in self.ask("rules")["groups"] for rule in group["rules"]]
            return found if all(rule["health"] != "unknown" for rule in found) else None

        found = wait_until(evaluated, "an evaluation of all rules")
        self.assertEqual({rule["name"]: rule.get("lastError") for rule in found if rule["health"] != "ok"}, {})
        self.assertEqual(len(found), sum(len(rules(name)) for name in RULE_FILES))
        self.assertFalse({"able-to-scale", "store-held"} & {name for name, _ in self.alerts()})


if __name__ == "__main__":
    main()
