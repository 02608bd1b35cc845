#!/usr/bin/env python3
"""The Debian packages and their units, under a real systemd and journald.

Boots a fresh Debian in a container, installs the packages of an earlier version as docs/operations.md describes, upgrades
them to those that scripts/package has built, checks the services with systemctl and journalctl, and removes the packages.
Exit status: 0 success, 1 failure, 77 the test can't run on this machine.
"""
import argparse
import csv
import io
import json
import os
import re
import shutil
import signal
import sys
import time
import traceback
import urllib.parse

from container import Container, Skip, eventually, need_tools
from packages import NAMES, OLDER, built, make_older

TIME_LIMIT_S = 1500  # for all checks, including the creation of the tree
WATCHDOG_S = 4
EXPOSURE_MAX = 2.0
TRIES = 10  # of what could be lost at random
UNITS = ("headroom-collector", "headroom-agent")
PROGRAMS = ("headroom", "headroom-agent", "headroom-bridge", "headroom-collector", "headroom-scaler")
PAGES = PROGRAMS + ("headroom.conf", "headroom-hook", "headroom-protocol")
NODE = "node-7"
CONFIG = "/etc/headroom/headroom.conf"
METRICS = "/var/lib/headroom/metrics.csv"
HOOKS = "/usr/share/doc/headroom/examples/hooks"
FORWARDER = "headroom-forward@vm"
HOOK = "/usr/libexec/headroom/systemd-instances"

FLAGS = "--collector localhost:7420 --interval 200ms --token-file /etc/headroom/token"
AGENT_FLAGS = f'HEADROOM_AGENT_FLAGS="{FLAGS} --group web"\n'
# What the packages recommend is not in the tree of the container.
APT = ("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--assume-yes", "--no-install-recommends",
       "-o", "Dpkg::Options::=--force-confold")


def collector_config(more=""):
    """With at most one node, so that the first decision does not depend on other load on this machine."""
    return f"[collector]\ntick = 1s\ntoken-file = /etc/headroom/token\nmax = 1\n{more}"


def typed(document, mark):
    """The commands of a document: the first indented block behind the mark."""
    return re.search(r"(?:^    .*\n)+", document.split(mark, 1)[1], re.MULTILINE).group()


class Checks:
    """The checks run in order of definition; each docstring is printed as the name of the check."""

    def __init__(self, container):
        self.container = container
        self.message_id = re.search(r"^-- ([0-9a-f]{32})$", container.read("/usr/lib/systemd/catalog/headroom.catalog"),
                                    re.MULTILINE).group(1)
        self.next_line = collector_config().count("\n") + 1
        self.agent_pid = self.property("headroom-agent", "MainPID")

    def property(self, unit, name):
        return self.container.run("systemctl", "show", "--value", f"--property={name}", unit).strip()

    def entries(self, *matches):
        """Journal entries, as dictionaries of their fields."""
        lines = self.container.run("journalctl", "--quiet", "--output=json", *matches).splitlines()
        return [json.loads(line) for line in lines]

    def messages(self, unit, *matches):
        return [entry["MESSAGE"] for entry in self.entries(f"--unit={unit}", *matches)]

    def said(self, unit, pattern, *matches):
        found = [re.search(pattern, message) for message in self.messages(unit, *matches)]
        return next((match for match in found if match), None)

    def ask(self, url):
        """The body of an answer on the container's loopback interface; empty while there is none."""
        return self.container.in_network("curl", "--silent", "--max-time", "10", url).stdout

    def decisions(self):
        return self.entries(f"MESSAGE_ID={self.message_id}")

    def samples(self):
        return list(csv.DictReader(io.StringIO(self.container.read(METRICS))))

    def account(self):
        """The numbers that the agent logged when it was stopped last: produced, acknowledged, dropped, waiting."""
        pattern = (r"^stopped: (\d+) samples produced, \d+ sent, (\d+) acknowledged, (\d+) dropped because the outbox "
                   r"was full, (\d+) not acknowledged$")
        found = [match for match in (re.search(pattern, text) for text in self.messages("headroom-agent")) if match]
        assert found, self.messages("headroom-agent")[-3:]
        print(f"#   {found[-1].group()}")
        return tuple(int(number) for number in found[-1].groups())

    def seqs(self):
        return [int(row["seq"]) for row in self.samples()]

    def configure(self, more=""):
        self.container.write(CONFIG, collector_config(more))

    # ---- the checks ----

    def check_ready(self):
        """both units report readiness and a status"""
        wanted = {"headroom-collector": r"Collecting|\d+ agents",
                  "headroom-agent": "Streaming to localhost:7420"}
        for unit in UNITS:
            state = [self.property(unit, name) for name in ("Type", "ActiveState", "SubState")]
            assert state == ["notify", "active", "running"], f"{unit}: {state}"
            eventually(f"{unit}: status like {wanted[unit]}",
                       lambda unit=unit: re.match(wanted[unit], self.property(unit, "StatusText")))

    def check_users(self):
        """both run as dynamic users, in the group that may read the token, and without capabilities"""
        group = self.container.run("getent", "group", "headroom").split(":")[2]
        for unit in UNITS:
            status = self.container.read(f"/proc/{self.property(unit, 'MainPID')}/status")
            user = int(re.search(r"^Uid:\t(\d+)", status, re.MULTILINE).group(1))
            assert 61184 <= user <= 65519, f"{unit} runs as user {user}"
            assert group in re.search(r"^Groups:(.*)", status, re.MULTILINE).group(1).split(), status
            assert re.search(r"^CapBnd:\t0+$", status, re.MULTILINE), status

    def check_metrics(self):
        """the sandboxed agent measures the same values as an unconfined one, and its spool is in the state directory"""
        rows = eventually("3 samples in " + METRICS, lambda: self.samples()[2:])
        assert {row["node_id"] for row in rows} == {NODE}, rows[-1]
        unconfined = json.loads(self.container.run("headroom-agent", "--once", "--interval", "100ms"))
        absent = sorted(name for name, value in unconfined.items() if value is None)
        empty = sorted(name for name, value in rows[-1].items() if value == "")
        assert len(absent) == len(empty), f"unconfined without {absent}, confined without {empty}"
        for name in ("cpu", "memory", "disk_read", "net_rx"):
            print(f"#   {name}: {rows[-1][name] or 'absent'}")
        assert rows[-1]["cpu"] and rows[-1]["memory"], rows[-1]

    def check_decision(self):
        """a decision is found by its MESSAGE_ID, with its fields"""
        entry = eventually("a decision in the journal", self.decisions)[0]
        fields = {name: entry.get("HEADROOM_" + name) for name in ("GROUP", "ACTION", "CURRENT", "DESIRED", "REASON")}
        print(f"#   {fields}")
        assert fields["GROUP"] == "web" and fields["ACTION"] == "hold" and fields["DESIRED"] == "1", fields
        assert fields["CURRENT"] in ("0", "1"), fields  # the decision may precede the node's first sample
        assert fields["REASON"] == entry["MESSAGE"] and fields["REASON"].startswith("web: hold 1 ("), fields
        assert entry["_SYSTEMD_UNIT"] == "headroom-collector.service" and entry["PRIORITY"] == "6", entry

    def check_upgrade(self):
        """an upgrade keeps the edited configuration, restarts both services, and loses no sample"""
        pids = {unit: self.property(unit, "MainPID") for unit in UNITS}
        install(self.container, "newer")
        for name in NAMES:
            assert not self.container.run("dpkg-query", "--show", "--showformat=${Version}", name).endswith(OLDER), name
        assert self.container.read(CONFIG) == collector_config()
        assert "[collector]" in self.container.read(CONFIG + ".dpkg-dist")
        assert self.container.read("/etc/default/headroom-agent") == AGENT_FLAGS
        for unit, pid in pids.items():
            eventually(f"{unit}: another process", lambda unit=unit, pid=pid:
                       self.property(unit, "MainPID") not in ("0", pid) and
                       self.property(unit, "ActiveState") == "active", timeout=60)
        self.agent_pid = self.property("headroom-agent", "MainPID")
        produced, acknowledged, dropped, waiting = self.account()
        assert produced == acknowledged and dropped == 0 and waiting == 0
        seqs = eventually("samples of the new agent", lambda: self.seqs()[produced:] and self.seqs(), timeout=60)
        assert seqs == list(range(1, len(seqs) + 1)), seqs

    def check_manual(self):
        """man finds a page for each program and format, and the shells a completion for each program"""
        for page in PAGES:
            self.container.run("man", "--where", page)
        for program in PROGRAMS:
            self.container.run("test", "-s", f"/usr/share/bash-completion/completions/{program}")
            self.container.run("test", "-s", f"/usr/share/zsh/vendor-completions/_{program}")

    def check_commands(self):
        """root and members of headroom-admin may give commands, others may not, and the collector knows who did"""
        socket_status = self.container.run("stat", "--format=%G %a", "/run/headroom/admin.sock").split()
        assert socket_status == ["headroom-admin", "660"], socket_status
        group = self.container.run("getent", "group", "headroom-admin").split(":")[2]
        self.container.run("setpriv", "--reuid=4242", "--regid=4242", f"--groups={group}", "headroom", "pause", "web",
                           "--scale-in", "--for", "1h")
        entry = eventually("the pause in the journal", lambda: self.entries("HEADROOM_OVERRIDE=pause-scale-in"))[0]
        print(f"#   {entry['MESSAGE']}")
        assert entry["HEADROOM_UID"] == "4242" and entry["HEADROOM_GROUP"] == "web", entry
        others = self.container.run("sh", "-c", "setpriv --reuid=4242 --regid=4242 --clear-groups headroom resume web"
                                                " 2>&1; echo $?")
        assert "Permission denied" in others and others.endswith("3\n"), others
        self.container.run("headroom", "resume", "web")
        assert "by hand: pause" not in self.container.run("sh", "-c", "headroom status; test $? -le 1")

    def check_reload(self):
        """a changed configuration takes effect on reload: more nodes are desired"""
        pid = self.property("headroom-collector", "MainPID")
        self.configure("[group web]\nmin = 3\nmax = 3\n")
        self.container.run("systemctl", "reload", "headroom-collector")
        entry = eventually("a decision to scale up", lambda: self.entries(
            f"MESSAGE_ID={self.message_id}", "HEADROOM_ACTION=up", "HEADROOM_CURRENT=1", "HEADROOM_DESIRED=3"))[0]
        print(f"#   {entry['HEADROOM_REASON']}")
        assert self.property("headroom-collector", "MainPID") == pid

    def check_catalog(self):
        """journalctl -x explains a decision"""
        text = self.container.run("journalctl", "--quiet", "--catalog", f"MESSAGE_ID={self.message_id}",
                                  "HEADROOM_ACTION=up")
        assert re.search(r"^\S+ Subject: Nodes in group web: 1 current, 3 desired \(up\)$", text, re.MULTILINE), text
        assert re.search(r'mode is "(full|observe)"', text), text
        assert "@" not in text, text  # all fields have been replaced

    def check_forwarder(self):
        """a forwarder sends the rows to VictoriaMetrics, as another user, and the collector shows it"""
        program = shutil.which("victoria-metrics")
        if program is None:
            print("#   skipped: there is no victoria-metrics")
            return
        engine = "http://127.0.0.1:8428"
        shutil.copy(program, self.container.path("/usr/local/bin/victoria-metrics"))
        self.container.run("systemd-run", "--unit=victoria", "victoria-metrics", "-storageDataPath=/var/lib/victoria",
                           f"-httpListenAddr={engine.removeprefix('http://')}", "-memory.allowedBytes=128MB")
        self.container.write("/etc/headroom/forward-vm.conf",
                             f'HEADROOM_FORWARD_FLAGS="--to {engine}/api/v1/write --from oldest --batch 1s"\n')
        self.container.run("systemctl", "start", FORWARDER)
        eventually("rows in the engine", lambda: re.match("[1-9][0-9]* rows in the engine",
                                                          self.property(FORWARDER, "StatusText")), timeout=60)
        query = urllib.parse.urlencode({"match[]": "headroom_node_cpu_ratio"})
        eventually("samples in the engine", lambda: self.ask(f"{engine}/api/v1/export?{query}"), timeout=60)
        pids = [self.property(unit, "MainPID") for unit in ("headroom-collector", FORWARDER)]
        users = [self.container.read(f"/proc/{pid}/status") for pid in pids]
        uids = [re.search(r"^Uid:\t(\d+)", status, re.MULTILINE).group(1) for status in users]
        assert uids[0] != uids[1] and all(61184 <= int(uid) <= 65519 for uid in uids), uids
        group = self.container.run("getent", "group", "headroom-data").split(":")[2]
        assert re.search(rf"^Gid:\t{group}\t", users[1], re.MULTILINE), users[1]
        self.container.run("nsenter", f"--target={pids[1]}", "--mount", "setpriv", f"--reuid={uids[1]}",
                           f"--regid={group}", "--clear-groups", "sh", "-c",
                           f"test -r {METRICS} && ! test -w {METRICS}")

        def shown():
            """The collector reads the forwarder's state every few seconds."""
            forwarders = json.loads(self.ask("http://127.0.0.1:7421/api/v1/fleet"))["forwarders"]
            return [each for each in forwarders if each["name"] == "vm" and each["rows"]["unsettled"] > 0]

        found = eventually("the forwarder in the collector's answers", shown, timeout=60)
        print(f"#   {found[0]}")
        self.container.run("test", "-f", "/var/lib/private/headroom-forward/vm/forward-vm.cursor")
        self.container.run("systemctl", "stop", "victoria")

    def check_bad_reload(self):
        """a reload of an invalid configuration fails, with file and line in the journal, and the collector continues"""
        pid = self.property("headroom-collector", "MainPID")
        self.configure("cpu-high = 300%\n")
        for _ in range(TRIES):
            assert self.container.try_run("systemctl", "reload", "headroom-collector").returncode != 0
        refusal = rf"^{re.escape(CONFIG)}:{self.next_line}: cpu-high must be "

        def refusals():
            found = [text for text in self.messages("headroom-collector", "--priority=err") if re.match(refusal, text)]
            return found if len(found) == TRIES else None

        print(f"#   {eventually('each refusal in the journal', refusals)[0]}")
        eventually("the collector active", lambda: self.property("headroom-collector", "ActiveState") == "active")
        assert self.property("headroom-collector", "MainPID") == pid
        self.configure()

    def check_watchdog_pings(self):
        """the watchdog is on, and the programs ping it"""
        for unit in UNITS:
            assert self.property(unit, "WatchdogUSec") == f"{WATCHDOG_S}s", self.property(unit, "WatchdogUSec")
            since = int(self.property(unit, "ActiveEnterTimestampMonotonic")) / 1e6
            eventually(f"{unit}: longer up than two watchdog times",
                       lambda since=since: time.monotonic() - since > 2 * WATCHDOG_S)
            assert self.property(unit, "NRestarts") == "0", unit

    def check_watchdog_bites(self):
        """a collector that hangs is restarted, reads its samples back, and continues with its agent"""
        pid = self.property("headroom-collector", "MainPID")
        self.container.run("sh", "-c", f"kill -STOP {pid}")
        eventually("another collector", lambda: self.property("headroom-collector", "MainPID") not in ("0", pid))
        assert self.said("init.scope", "headroom-collector.service: Watchdog timeout"), "no message about the watchdog"
        eventually("the collector active", lambda: self.property("headroom-collector", "ActiveState") == "active")
        assert self.said("headroom-collector", r"read back \d+ samples of 1 nodes")
        assert self.said("headroom-collector", "data directory was last used by") is None, "it has waited for itself"
        count = len(self.samples())
        eventually("new samples", lambda: len(self.samples()) > count + 2)
        assert self.said("headroom-agent", r"^lost localhost:.*samples waiting: ", "--priority=warning")

    def check_agent_kill(self):
        """an agent that is killed continues its run from its spool"""
        assert self.property("headroom-agent", "MainPID") == self.agent_pid, "the agent was restarted"
        assert self.said("headroom-agent", "in memory only") is None
        self.container.run("test", "-f", f"/var/lib/private/headroom-agent/{NODE}.spool")
        self.container.run("systemctl", "kill", "--signal=SIGKILL", "headroom-agent")
        eventually("another agent",
                   lambda: self.property("headroom-agent", "MainPID") not in ("0", self.agent_pid))
        self.agent_pid = self.property("headroom-agent", "MainPID")
        eventually("the run to be continued", lambda: self.said("headroom-agent", "^spool: continuing the last run"))
        count = len(self.samples())
        eventually("new samples", lambda: len(self.samples()) > count + 2)

    def check_agent_stop(self):
        """when an agent is stopped, all its samples are acknowledged and stored once"""
        assert self.property("headroom-agent", "MainPID") == self.agent_pid, "the agent was restarted"
        self.container.run("systemctl", "stop", "headroom-agent")
        assert self.property("headroom-agent", "Result") == "success"
        produced, acknowledged, dropped, waiting = self.account()
        assert produced == acknowledged and dropped == 0 and waiting == 0
        assert self.seqs() == list(range(1, produced + 1))

    def check_credential(self):
        """the token can be a credential instead of a readable file"""
        self.container.run("chmod", "600", "/etc/headroom/token")
        flags = "--spool %S/headroom-agent --collector localhost:7420 --token-file %d/token"
        self.container.write("/etc/systemd/system/headroom-agent.service.d/token.conf",
                             "[Service]\nLoadCredential=token:/etc/headroom/token\n"
                             f"ExecStart=\nExecStart=/usr/bin/headroom-agent {flags}\n")
        self.container.run("systemctl", "daemon-reload")
        self.container.run("systemctl", "start", "headroom-agent")
        eventually("the agent connected", lambda: self.property("headroom-agent", "StatusText").startswith("Streaming"))
        self.container.run("chmod", "640", "/etc/headroom/token")

    def check_bad_start(self):
        """a collector with an invalid configuration does not start, logs the reason, and is not restarted"""
        self.configure("min = many\n")
        result = self.container.try_run("systemctl", "restart", "headroom-collector")
        assert result.returncode != 0
        assert self.property("headroom-collector", "ActiveState") == "failed"
        assert self.property("headroom-collector", "ExecMainStatus") == "2"
        assert self.said("headroom-collector", rf"{re.escape(CONFIG)}:{self.next_line}: min must be ")
        self.configure()
        self.container.run("systemctl", "restart", "headroom-collector")

    def crew(self):
        """The running instances of the group that the hook scales."""
        units = self.container.run("systemctl", "list-units", "--plain", "--no-legend", "--state=active",
                                   "headroom-worker@*.service")
        return [line.split()[0].removeprefix("headroom-worker@").removesuffix(".service")
                for line in units.splitlines()]

    def crew_is_warm(self, nodes):
        answer = self.ask("http://127.0.0.1:7421/api/v1/groups")
        groups = json.loads(answer)["groups"] if answer else []
        return any(group["name"] == "crew" and group["nodes"]["live"] == nodes and group["warming"] == 0 and
                   group["carrying"] == nodes for group in groups)

    def hook_says(self, pattern):
        said = eventually("the hook's log", lambda: self.said("headroom-collector", pattern))
        print(f"#   {said.group()}")

    def check_hook(self):
        """what the hooks' README says, typed as it stands there, lets the collector start and stop instances"""
        commands = typed(self.container.read(HOOKS + "/README.md"), "\n## systemd-instances\n")
        self.container.run("sh", "-ec", f"cd {HOOKS}\n{commands}")
        self.configure(f"on-scale = {HOOK}\nwarm-up = 1s\nlead-time = 5s\n[group crew]\nmin = 3\nmax = 3\nvictims = newest\n")
        self.container.run("systemctl", "start", "headroom-collector")
        self.hook_says("the hook keeps contract 2")
        self.container.run("systemctl", "start", "headroom-worker@crew-1")
        eventually("two more nodes", lambda: self.crew() == ["crew-1", "crew-2", "crew-3"], timeout=60)
        self.hook_says(r"hook for crew, scale-out to 3: accepted.*")
        eventually("their samples", lambda: {"crew-2", "crew-3"} <= {row["node_id"] for row in self.samples()})
        # A node that warms up is not removed, so none may be warmer than the others.
        eventually("three warm nodes", lambda: self.crew_is_warm(3))
        # On a busy machine, the scaler would not remove a node by itself.
        self.container.run("headroom", "pin", "crew=2", "--for", "1h", "--force")
        eventually("one node less", lambda: len(self.crew()) == 2, timeout=90)
        self.hook_says(r"hook for crew, scale-in of 1 node to 2: accepted.*")
        assert "crew-1" in self.crew(), self.crew()  # the newest are removed
        assert self.said("headroom-collector", r"hook for crew, .*exit status") is None

    def check_hook_limits(self):
        """the polkit rule permits its user nothing else"""
        def as_collector(*command):
            user = self.container.run("stat", "--format=%u", "/var/lib/private/headroom").strip()
            return self.container.try_run("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *command)

        assert as_collector("systemctl", "start", "headroom-worker@crew-9.service").returncode == 0
        for verb, unit in (("stop", "headroom-agent"), ("restart", "headroom-worker@crew-9"), ("start", "other@crew-1"),
                           ("start", "headroom-worker@crew")):
            result = as_collector("systemctl", "--no-ask-password", verb, f"{unit}.service")
            assert result.returncode != 0 and "authentication required" in result.stdout, (verb, unit, result.stdout)
        self.container.run("systemctl", "stop", "headroom-worker@*.service")

    def check_collector_stop(self):
        """a stopped collector has stored everything"""
        self.container.run("systemctl", "stop", *UNITS)
        assert self.property("headroom-collector", "Result") == "success"
        accounts = [re.match(r"stopped: (\d+) samples received, (\d+) stored", message)
                    for message in self.messages("headroom-collector")]
        received, stored = [match for match in accounts if match][-1].groups()
        assert received == stored, (received, stored)

    def check_security(self):
        """systemd-analyze security finds little to expose"""
        for unit in (*UNITS, FORWARDER):
            text = self.container.run("systemd-analyze", "security", "--no-pager", f"{unit}.service")
            exposure = float(re.search(r"Overall exposure level for \S+: ([0-9.]+)", text).group(1))
            print(f"#   {unit}: {exposure}")
            assert exposure <= EXPOSURE_MAX, text


    def check_remove(self):
        """removed packages leave the data, the configuration and the key, and purged ones only the key"""
        self.container.run("systemctl", "start", *UNITS)
        self.container.run(*APT, "remove", *NAMES, timeout=300)
        for unit in (*UNITS, FORWARDER):
            assert self.property(unit, "ActiveState") in ("inactive", "failed"), unit
            assert self.property(unit, "LoadState") == "not-found", unit
        programs = self.container.try_run("sh", "-c", "ls /usr/bin/headroom* /usr/libexec/headroom").stdout
        assert programs.count("No such file") == 2, programs
        self.container.run("test", "-s", METRICS)
        assert self.container.read(CONFIG).startswith("[collector]")
        self.container.run(*APT, "purge", *NAMES, timeout=300)
        left = self.container.run("find", "/etc/headroom", "/etc/default", "/var/lib", "/usr/share/doc",
                                  "-name", "*headroom*", "-o", "-path", "/etc/headroom/*")
        print("#   " + " ".join(left.split()))
        assert set(left.split()) - {"/etc/headroom/forward-vm.conf"} == {
            "/etc/headroom", "/etc/headroom/token", "/etc/default/headroom-worker"}, left


def run_checks(checks):
    failed = 0
    methods = [(name, method) for name, method in vars(Checks).items() if name.startswith("check_")]
    for number, (name, method) in enumerate(methods, 1):
        try:
            method(checks)
            print(f"ok {number} - {name}: {method.__doc__}", flush=True)
        except Exception:  # each check has its own result
            failed += 1
            print(f"not ok {number} - {name}: {method.__doc__}", flush=True)
            print("".join("# " + line + "\n" for line in traceback.format_exc().splitlines()), flush=True)
    return failed


class Interrupted(BaseException):
    """Not a failed check: it ends the whole test."""


def on_signal(signum, frame):
    signal.alarm(0)
    raise Interrupted(f"not done within {TIME_LIMIT_S} s" if signum == signal.SIGALRM else "stopped by a signal")


def install(container, folder):
    """Installs the packages of a folder; what they depend on is there."""
    container.run("sh", "-c", f"{' '.join(APT)} install /root/{folder}/*.deb", timeout=300)


def prepare(container, packages):
    """Files that the container finds when it boots. Shorter intervals make the test faster."""
    container.write("/etc/hosts", "127.0.0.1 localhost\n")
    container.write("/etc/hostname", NODE + "\n")
    container.write("/etc/default/headroom-worker", f'HEADROOM_AGENT_FLAGS="{FLAGS}"\n')
    for unit in UNITS:
        os.makedirs(container.path(f"/etc/systemd/system/{unit}.service.d"))
        container.write(f"/etc/systemd/system/{unit}.service.d/test.conf",
                        f"[Service]\nWatchdogSec={WATCHDOG_S}s\nRestartSec=1s\n")
    for folder in ("older", "newer"):
        os.mkdir(container.path(f"/root/{folder}"))
    for package in packages:
        shutil.copy(package, container.path("/root/newer"))
        make_older(package, container.path("/root/older"))


def set_up(container):
    """What docs/operations.md describes, from the packages to the first sample."""
    install(container, "older")
    for unit, enabled, active in (("headroom-collector", "enabled", "active"), ("headroom-agent", "disabled", "inactive")):
        states = [container.try_run("systemctl", verb, unit).stdout.strip() for verb in ("is-enabled", "is-active")]
        assert states == [enabled, active], f"{unit}: {states}"
    guide = container.read("/usr/share/doc/headroom/operations.md")
    container.run("sh", "-ec", typed(guide, "make a key"))
    container.write(CONFIG, collector_config())
    container.run("sh", "-ec", typed(guide, "address). Then:"))
    container.write("/etc/default/headroom-agent", AGENT_FLAGS)
    container.run("systemctl", "enable", "--now", "headroom-agent")


def test(cache, packages):
    begin = time.monotonic()
    container = Container(cache, packages)
    try:
        prepare(container, packages)
        container.boot(timeout=120)
        print(f"# booted after {time.monotonic() - begin:.1f} s", flush=True)
        set_up(container)
        print(f"# installed after {time.monotonic() - begin:.1f} s", flush=True)
        failed = run_checks(Checks(container))
        if failed:
            print(container.try_run("journalctl", "--no-pager", *(f"--unit={unit}" for unit in UNITS)).stdout)
    finally:
        container.close()
    print(f"# {failed} checks failed; done after {time.monotonic() - begin:.1f} s")
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packages", required=True, help="the folder of the packages")
    parser.add_argument("--cache", required=True, help="a folder for the tree of the container")
    arguments = parser.parse_args()
    cache = os.path.abspath(arguments.cache)
    for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    signal.alarm(TIME_LIMIT_S)
    try:
        need_tools()
        os.makedirs(cache, exist_ok=True)
        return test(cache, built(arguments.packages))
    except Skip as reason:
        print(f"skipped: {reason}")
        return 77
    except Interrupted as reason:
        print(f"failed: {reason}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
