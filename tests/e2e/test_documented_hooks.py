"""docs/scaling-hooks.md: the record that a hook gets has the members that the page shows, and its hooks do what it says,
also with names that an agent chooses to do harm."""

import json
import os
import re
import subprocess
import textwrap

import hook_kit
from fleet_case import FleetCase
from headroom_test import SOURCE, WAIT_S, HeadroomTest, main, wait_until
from http_client import request

PAGE = os.path.join(SOURCE, "docs", "scaling-hooks.md")

RECORDER = """#!/bin/sh
case $1 in
contract) echo 2 ;;
count) exit 64 ;;
*)
    cat > "$(dirname "$0")/record.new"
    mv "$(dirname "$0")/record.new" "$(dirname "$0")/record" ;;
esac
"""

# A cloud whose nodes are the files of a directory.
CLOUD_LIST = '#!/bin/sh\nls "$CLOUD/$1"\n'
CLOUD_CREATE = '#!/bin/sh\ni=1; while [ -e "$CLOUD/$1/$1-$i" ]; do i=$((i + 1)); done; : > "$CLOUD/$1/$1-$i"\n'
CLOUD_DELETE = '#!/bin/sh\nrm "$CLOUD"/*/"$1"\n'

HOSTILE = ("", ".", "..", "../../bin/sh", "/bin/sh", "sh", "scale", "systemd-instances", "batch.sh", "web-1", "Web", "-e",
           "*", "web|api", "web)", "web\nbatch", "web;touch pwned", "$(touch pwned)", "`touch pwned`", "' touch pwned '")


def block(heading):
    """The first indented block below a heading of the page."""
    with open(PAGE, encoding="utf-8") as file:
        text = file.read()
    section = text[text.index(f"\n## {heading}\n"):]
    return textwrap.dedent(re.search(r"^ {4}.*\n(?: {4}.*\n|\n(?= {4}))*", section, re.M).group())


class Record(FleetCase):
    def test_it_has_the_members_that_the_page_shows(self):
        shown = json.loads(block("Input").replace("{...}", "{}"))
        self.write("hook/run", RECORDER)
        collector = self.start_collector("--on-scale", self.hook, "--max", "20", "--http", "127.0.0.1:0")
        fleet = self.start_light({"web": 1.9})
        for _ in range(2):
            fleet.add("web")
        fleet.move(collector.port())
        wait_until(lambda: os.path.exists(self.path("hook/record")), collector.log)
        with open(self.path("hook/record"), encoding="ascii") as file:
            got = json.load(file)
        self.assertEqual(list(got), list(shown))
        port = int(collector.wait_log(r"http on 127\.0\.0\.1:(\d+)").group(1))

        def with_forecast():
            record = request(port, "GET", "/api/v1/groups/web").json().get("record")
            return record if record and record["cpu"]["forecast"] else None

        got = wait_until(with_forecast, collector.log)
        self.assertEqual(list(got), list(shown))
        self.assertEqual(list(got["cpu"]), list(shown["cpu"]))
        self.assertEqual(list(got["cpu"]["forecast"]), list(shown["cpu"]["forecast"]))


class HookTest(HeadroomTest):
    def install(self, name, text):
        self.write(name, text)
        os.chmod(self.path(name), 0o755)

    def call(self, *words, **variables):
        done = subprocess.run([self.path("scale"), *words], env=dict(os.environ, **variables), cwd=self.folder, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=WAIT_S,
                              check=False)
        return done.returncode, done.stdout


class Dispatcher(HookTest):
    def setUp(self):
        super().setUp()
        text = block("Several programs")
        for path in re.findall(r"exec (\S+)", text):
            name = os.path.basename(path)
            self.install(name, f'#!/bin/sh\necho "{name} $*"\n')
            text = text.replace(path, self.path(name))
        self.install("scale", text)

    def test_the_groups_that_it_lists_have_their_programs(self):
        self.assertEqual(self.call("contract"), (0, "2\n"))
        for group, program in (("web", "systemd-instances"), ("api", "systemd-instances"), ("batch", "batch")):
            self.assertEqual(self.call("scale-in", group, "2", "n3"), (0, f"{program} scale-in {group} 2 n3\n"))

    def test_no_other_name_runs_anything(self):
        before = sorted(os.listdir(self.folder))
        for group in HOSTILE:
            with self.subTest(group):
                self.assertEqual(self.call("scale-out", group, "3"), (1, ""))
                self.assertEqual(self.call("scale-in", group, "1", "n3"), (1, ""))
                self.assertEqual(self.call("count", group), (64, ""))
        self.assertEqual(sorted(os.listdir(self.folder)), before)


class ShellHook(HookTest):
    def setUp(self):
        super().setUp()
        os.makedirs(self.path("bin"))
        os.makedirs(self.path("cloud/web"))
        for name, text in (("list", CLOUD_LIST), ("create", CLOUD_CREATE), ("delete", CLOUD_DELETE)):
            self.install(f"bin/cloud-{name}", text)
        self.install("scale", block("A hook in the shell"))

    def order(self, *words):
        status, text = self.call(*words, CLOUD=self.path("cloud"), PATH=f"{self.path('bin')}:{os.environ['PATH']}")
        return status, text, sorted(os.listdir(self.path("cloud/web")))

    def test_it_keeps_the_contract(self):
        self.assertEqual(self.order("contract"), (0, "2\n", []))
        three = ["web-1", "web-2", "web-3"]
        self.assertEqual(self.order("count", "web"), (0, "0\n\n", []))
        for _ in range(2):
            self.assertEqual(self.order("scale-out", "web", "3"), (0, "", three))
        self.assertEqual(self.order("scale-out", "web", "1"), (0, "", three))
        self.assertEqual(self.order("count", "web"), (0, "3\nweb-1\nweb-2\nweb-3\n", three))
        self.assertEqual(self.order("scale-in", "web", "2", "web-9", "-e", ".*"), (0, "", three))
        self.assertEqual(self.order("scale-in", "web", "2", "web-2", "web-3"), (0, "", ["web-1", "web-3"]))
        self.assertEqual(self.order("scale-in", "web", "2", "web-1"), (65, "", ["web-1", "web-3"]))
        self.assertEqual(self.order("resize", "web", "2")[0], 2)

    def test_it_passes_the_test_of_hooks(self):
        environment = {**os.environ, "CLOUD": self.path("cloud"), "PATH": f"{self.path('bin')}:{os.environ['PATH']}"}
        hook_kit.check(self, self.path("scale"), "--group=web", "--yes", environment=environment)


if __name__ == "__main__":
    main()
