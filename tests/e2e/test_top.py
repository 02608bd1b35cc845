"""headroom top with a real collector in a real terminal: what it shows of fleets of 3 and 5,000 nodes at 80x24 and
200x50, what its keys do, a collector that is stopped or hangs, and the terminal afterwards."""

import fcntl
import os
import re
import signal
import struct
import subprocess
import sys
import termios
import unittest

from headroom_test import BUILD, HEADROOM, SOURCE, HeadroomTest, free_port, main, wait_until
from http_client import get
from terminal import TMUX, Terminal

LOADGEN = os.environ.get("HEADROOM_LOADGEN", os.path.join(BUILD, "..", "bench", "headroom-loadgen"))
BARS = "▁▂▃▄▅▆▇█"


@unittest.skipUnless(TMUX, "there is no tmux")
class TopTest(HeadroomTest):
    COLLECTOR_FLAGS = ("--flush", "50ms", "--ack-interval", "1s", "--tick", "1s")

    def start_http(self, *flags):
        """A collector with HTTP on a port that a later one can take over."""
        self.port = free_port()
        collector = self.start_collector("--http", f"127.0.0.1:{self.port}", *flags)
        collector.wait_log(r"http on 127\.0\.0\.1:\d+")
        return collector

    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def open_terminal(self, argv, columns=80, rows=24, **how):
        terminal = Terminal(argv, columns, rows, **how)
        self.addCleanup(terminal.close)
        return terminal

    def start_top(self, *flags, columns=80, rows=24, **how):
        return self.open_terminal([HEADROOM, "top", "--collector", self.url(), "--delay", "500ms", *flags], columns,
                                  rows, **how)

    def start_three(self, *flags):
        """A group of two nodes at 90 %, and one of one node at 10 %."""
        collector = self.start_http(*flags)
        self.start_fleet(["web-1", "web-2"], collector, 0.9, "--group", "web")
        self.start_fleet(["db-1"], collector, 0.1, "--group", "db")
        wait_until(lambda: "decided_ms" in get(self.port, "/api/v1/groups/db").json()
                   and "decided_ms" in get(self.port, "/api/v1/groups/web").json(), lambda: collector.log())
        return collector


def row_of(lines, name):
    """The words of the row that begins with the name; None: there is none."""
    return next((line.split() for line in lines if line.startswith(name + " ")), None)


def documented_keys():
    with open(os.path.join(SOURCE, "docs", "commands.md"), encoding="utf-8") as file:
        table = file.read().split("## headroom top")[1].split("| --- | --- |\n")[1].split("\n\n")[0]
    return [key for row in table.split("\n") for key in row.split("|")[1].strip().split(", ")]


def first_row(lines, title):
    """The first row below the titles, of which the first one is `title`."""
    at = next((i for i, line in enumerate(lines) if line.startswith(title)), None)
    return lines[at + 1] if at is not None and at + 1 < len(lines) else ""


class Views(TopTest):
    def test_groups_nodes_and_metrics_of_three_nodes(self):
        self.start_three()
        top = self.start_top()
        top.wait(lambda lines: row_of(lines, "web") and "90%" in row_of(lines, "web"), "the cpu of web")
        lines = top.wait(lambda lines: lines if "Nodes 3: 3 live" in lines[1] else None, "three nodes")
        self.assertEqual(len(lines), 24)
        self.assertRegex(lines[0], rf"^Headroom \S+  {re.escape(self.url())} .* \d\d:\d\d:\d\d \S+$")
        self.assertEqual(row_of(lines, "db")[1:3], ["observe", "1"])
        self.assertTrue(lines[-1].startswith("F1Help") and lines[-1].endswith("F10Quit"), lines[-1])
        top.send("Tab")
        top.wait(lambda lines: first_row(lines, "NODE").startswith("web-"), "the busiest node first")
        top.wait(lambda lines: re.search(f"[{BARS}]{{2}}$", first_row(lines, "NODE")), "two bars of history")
        top.send("End", "Enter")
        top.wait_text("[Node db-1]")
        self.assertIn("group db, live", top.wait_text("newest sample"))
        top.wait(lambda lines: row_of(lines, "CPU") and row_of(lines, "CPU")[1] == "10%"
                 and row_of(lines, "CPU")[-1][-1] == BARS[0], "the cpu of db-1 with its history")
        top.send("Escape")
        top.wait_text("[Nodes 3]")

    def test_a_group_is_opened_by_enter_or_by_its_name(self):
        self.start_three("--max", "2")
        top = self.start_top()
        top.wait(lambda lines: row_of(lines, "web") and "live" not in lines[4] and "90%" in row_of(lines, "web"), "web")
        top.send("/")
        top.write("web")
        top.wait_text("Search: web_")
        top.send("Enter", "Enter")
        top.wait_text("Group web: 2 live, ")
        top.wait(lambda lines: row_of(lines, "web-2") and not row_of(lines, "db-1"), "only the nodes of web")
        self.assertTrue(any(line.startswith("web: ") for line in top.lines()), top.screen())
        top.send("q")
        top.wait_text("exit status 0")
        top = self.start_top("db")
        top.wait_text("Group db: 1 live, ")
        top.wait(lambda lines: row_of(lines, "db-1") and not row_of(lines, "web-1"), "only the node of db")

    def test_problems_are_worst_first_and_lead_to_their_group(self):
        collector = self.start_three("--max", "2", "--mode", "full")
        wait_until(lambda: get(self.port, "/api/v1/problems").json()["problems"], lambda: collector.log())
        top = self.start_top()
        top.wait(lambda lines: lines[2].startswith("Problems: ") and " for " in lines[2], "problems")
        top.send("BTab")
        top.wait_text("WHAT IS WRONG")
        names = [(problem["severity"], problem["group"]) for problem in
                 get(self.port, "/api/v1/problems").json()["problems"] if problem["group"]]
        severity, group = names[0]
        top.wait(lambda lines: any(line.startswith(severity) and f" {group} " in line for line in lines), "the worst one")
        top.send("F4")
        top.write(group)
        top.send("Enter")
        top.wait_text(f"filter: {group}, ")
        top.send("Enter")
        top.wait_text(f"Group {group}: ")

    def test_sorting_filtering_and_pausing(self):
        self.start_three()
        top = self.start_top()
        top.send("Tab")
        top.wait(lambda lines: first_row(lines, "NODE").startswith("web-"), "the busiest node first")
        top.send("I")
        top.wait(lambda lines: first_row(lines, "NODE").startswith("db-1"), "the idlest node first")
        top.send("F6")
        top.wait_text("Sort by:")
        top.send("Up", "Up", "Up", "Up", "Enter")
        top.wait(lambda lines: first_row(lines, "NODE+").startswith("db-1"), "sorted by name")
        top.send("F4")
        top.write("web-2")
        top.wait(lambda lines: first_row(lines, "NODE+").startswith("web-2") and not row_of(lines, "db-1"), "a filter")
        top.send("Escape", "Space")
        top.wait_text("PAUSED")
        top.wait(lambda lines: row_of(lines, "db-1"), "all nodes")
        top.send("?")
        top.wait_text("headroom top: keys")
        help_text = top.screen()
        for key in documented_keys():
            self.assertRegex(help_text, rf"(?m)^ {{2}}(\S+ )*{re.escape(key)} ", "a key of docs/commands.md")
        top.send("x", "Space")
        top.wait_no_text("PAUSED")


class Terminals(TopTest):
    def test_a_terminal_of_1978_without_colours_and_without_utf_8(self):
        self.start_three()
        top = self.start_top(variables={"LC_ALL": "C", "LANG": "C", "TERM": "vt100"})
        top.send("Tab")
        top.wait(lambda lines: re.search(r" [#*+]{2,}$", first_row(lines, "NODE")), "ASCII bars")
        self.assertTrue(top.screen().isascii(), top.screen())
        self.assertEqual(re.findall(r"\x1b\[[0-9;]*3[0-7]m", top.screen(escapes=True)), [])
        top.send("Down")
        top.wait(lambda lines: first_row(lines, "NODE"), "a row")

    def test_colours_only_if_they_are_wanted(self):
        self.start_three()
        for variables, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
            top = self.start_top(variables=variables)
            top.wait(lambda lines: row_of(lines, "web"), "web")
            self.assertEqual(re.search(r"\x1b\[[0-9;]*3[0-7]m", top.screen(escapes=True)) is not None, coloured,
                             repr(top.screen(escapes=True)))
            top.close()

    def test_it_follows_the_size_of_the_terminal(self):
        self.start_three()
        top = self.start_top()
        top.send("Tab")
        top.wait(lambda lines: len(lines) == 24 and row_of(lines, "web-1"), "80x24")
        top.wait_no_text("IOWAIT")
        top.resize(200, 50)
        top.wait(lambda lines: len(lines) == 50 and lines[49].startswith("F1Help"), "200x50")
        top.wait_text("IOWAIT")
        top.resize(20, 5)
        top.wait(lambda lines: len(lines) == 5 and lines[0].startswith("Headroom"), "20x5")
        top.resize(80, 24)
        top.wait(lambda lines: row_of(lines, "web-1"), "80x24 again")

    def test_a_size_that_no_screen_has(self):
        self.port = 1
        keyboard, terminal = os.openpty()
        self.addCleanup(os.close, keyboard)
        top = subprocess.Popen([HEADROOM, "top", "--collector", self.url()], stdin=terminal, stdout=terminal,
                               stderr=subprocess.DEVNULL, start_new_session=True,
                               env={**os.environ, "TERM": "xterm"})
        self.addCleanup(top.wait)
        self.addCleanup(top.kill)
        os.close(terminal)
        self.read_screen(keyboard)
        for rows, columns in ((65535, 65535), (24, 40000), (1, 1), (24, 80)):
            fcntl.ioctl(keyboard, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            top.send_signal(signal.SIGWINCH)
            self.read_screen(keyboard)
            self.assertIsNone(top.poll(), (rows, columns))
        os.write(keyboard, b"q")
        self.assertEqual(top.wait(timeout=40), 0)

    def read_screen(self, keyboard):
        """Reads until the whole screen has been drawn, or the program has ended."""
        text = b""
        while b"\x1b[2J" not in text and b"\x1b[J" not in text:
            try:
                text += os.read(keyboard, 65536)
            except OSError:
                return

    def test_the_terminal_is_restored(self):
        self.start_three()
        for how in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, "C-c", "q"):
            top = self.open_terminal(["sh", "-c", 'echo "process $$"; read -r _; exec "$@"', "sh", HEADROOM, "top",
                                      "--collector", self.url()])
            pid = int(top.wait_text("process ").split()[1])
            top.send("Enter")
            top.wait(lambda lines: row_of(lines, "web"), "web")
            if isinstance(how, str):
                top.send(how)
            else:
                os.kill(pid, how)
            top.wait_text("exit status 0")
            top.write("stty -a")
            top.send("Enter")
            top.wait_text(" echo ")
            self.assertIn(" icanon ", top.screen().replace("\n", " "))
            top.close()

    def test_it_stops_and_continues(self):
        self.start_three()
        top = self.open_terminal(["sh", "-c", f"echo begin; exec bash --norc -i"])
        top.wait_text("begin")
        top.write(f"{HEADROOM} top --collector {self.url()}")
        top.send("Enter")
        top.wait(lambda lines: row_of(lines, "web"), "web")
        top.send("C-z")
        top.wait_text("Stopped")
        top.write("echo $((40+2)); fg")
        top.wait_text("echo $((40+2))")  # the terminal echoes
        top.send("Enter")
        top.wait(lambda lines: row_of(lines, "web") and lines[-1].startswith("F1Help"), "the screen again")
        top.send("q")
        top.wait_text("42")

    def test_a_terminal_that_goes_away_ends_it(self):
        """Also one that sends no SIGHUP, because it is not the controlling terminal."""
        self.port = 1
        keyboard, terminal = os.openpty()
        top = subprocess.Popen([HEADROOM, "top", "--collector", self.url()], stdin=terminal, stdout=terminal,
                               stderr=subprocess.DEVNULL, start_new_session=True,
                               env={**os.environ, "TERM": "xterm"})
        self.addCleanup(top.wait)
        self.addCleanup(top.kill)
        os.close(terminal)
        self.assertNotEqual(os.read(keyboard, 1), b"")
        os.close(keyboard)
        self.assertEqual(top.wait(timeout=40), 0)

    def test_without_a_terminal_it_refuses(self):
        for argv, variables, pattern in (
                ([], {}, r"^headroom top: it needs a terminal; .*headroom status"),
                (["--delay", "1ms"], {}, r"^headroom top: --delay must be a duration from 200ms to 1h, got \"1ms\""),
                (["a", "b"], {}, r"^headroom top: one group at a time; \"b\" is one too many"),
                (["--collector", "ftp://x"], {}, r"^headroom top: --collector must be a URL")):
            done = subprocess.run([HEADROOM, "top", *argv], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  timeout=20, check=False, env={**os.environ, **variables})
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertRegex(done.stderr, pattern)
        self.port = 1
        for term in ("no-such-terminal", "dumb"):
            top = self.start_top(term=term)
            top.wait_text("exit status 2")
            self.assertIn(f'the terminal "{term}" is not known here, or can\'t show', " ".join(top.lines()))


class Outages(TopTest):
    def test_a_stopped_collector_is_reported_and_awaited(self):
        collector = self.start_three()
        top = self.start_top()
        top.wait(lambda lines: row_of(lines, "web") and "90%" in row_of(lines, "web"), "web")
        collector.kill()
        top.wait_text("; the values are old: ")
        self.assertEqual(row_of(top.lines(), "web")[1], "observe")
        top.send("Tab", "BTab", "End")  # keys work
        top.wait_text("[Groups 2]")
        collector = self.start_collector("--http", f"127.0.0.1:{self.port}")
        top.wait_no_text("values are old")
        top.wait_text("samples/s")

    def test_keys_work_while_a_collector_hangs(self):
        collector = self.start_three()
        top = self.start_top()
        top.wait(lambda lines: row_of(lines, "web"), "web")
        collector.signal(signal.SIGSTOP)
        self.addCleanup(collector.signal, signal.SIGCONT)
        top.send("F4")
        top.write("web")
        top.wait(lambda lines: row_of(lines, "web") and not row_of(lines, "db"), "the filter")
        top.wait(lambda lines: any(re.match(r"No answer for \d+ s; the values are old", line) for line in lines),
                 "how long there has been no answer")
        collector.signal(signal.SIGCONT)
        top.wait_no_text("values are old")
        collector.signal(signal.SIGSTOP)
        top.send("Enter", "q")
        top.wait_text("exit status 0")

    def test_a_collector_that_was_never_there(self):
        self.port = free_port()
        top = self.start_top()
        top.wait_text("No answer for ")
        top.wait(lambda lines: "Connection refused" in " ".join(lines[1:3]), "the reason")
        top.wait_text("No answer yet")

    def test_keys_work_while_a_name_is_not_resolved(self):
        """In a network of its own, with a name server that never answers."""
        self.write("resolv.conf", "nameserver 127.0.0.1\noptions timeout:30 attempts:5\n")
        self.write("silent.py", "import socket, time\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
                   "s.bind(('127.0.0.1', 53))\nprint('bound', flush=True)\ntime.sleep(600)\n")
        if subprocess.run(["unshare", "--mount", "--net", "true"], capture_output=True, check=False).returncode != 0:
            self.skipTest("no network namespaces")
        script = ('ip link set lo up; mount --bind "$1" /etc/resolv.conf; "$2" "$3" & silent=$!; sleep 0.1; "$4" top '
                  '--collector http://collector.example:7421; echo "ended with $?"; kill "$silent"')
        top = self.open_terminal(["unshare", "--mount", "--net", "sh", "-c", script, "sh", self.path("resolv.conf"),
                                  sys.executable, self.path("silent.py"), HEADROOM])
        top.wait_text("Resolving timed out")
        top.send("Tab")
        top.wait_text("[Nodes")
        top.send("q")
        top.wait_text("ended with 0")

    def test_a_token_is_needed(self):
        self.write("token", "a-token-of-http-0123456789\n")
        os.chmod(self.path("token"), 0o600)
        self.start_three_with_token()
        top = self.start_top()
        top.wait(lambda lines: "--token-file" in " ".join(lines[:4]), "what is missing")
        top.close()
        top = self.start_top("--token-file", self.path("token"))
        top.wait_text("Nodes 1: 1 live")

    def start_three_with_token(self):
        collector = self.start_http("--http-token-file", self.path("token"))
        self.start_fleet(["web-1"], collector, 0.5, "--group", "web")
        collector.wait_samples("web-1", 1)


class Sizes(TopTest):
    def test_five_thousand_nodes(self):
        collector = self.start_http()
        loadgen = subprocess.Popen([LOADGEN, "--collector", collector.address(), "--pid", str(collector.process.pid),
                                    "--nodes", "5000", "--groups", "40", "--interval", "2s", "--for", "5m", "--prefix",
                                    "sim"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(loadgen.wait)
        self.addCleanup(loadgen.kill)
        top = self.start_top(columns=200, rows=50)
        top.wait_text("Nodes 5,000:")
        top.wait_text("[Groups 40]")
        top.send("Tab")
        top.wait(lambda lines: sum(line.startswith("sim-0") for line in lines) >= 40, "a screen of nodes")
        top.wait_text("IOWAIT")
        top.send("F4")
        top.write("sim-04999")
        top.wait(lambda lines: sum(line.startswith("sim-0") for line in lines) == 1 and row_of(lines, "sim-04999"),
                 "one node")
        top.send("Escape")
        top.resize(80, 24)
        top.wait(lambda lines: len(lines) == 24 and sum(line.startswith("sim-0") for line in lines) >= 17, "a screen of nodes")
        top.send("End")
        top.wait(lambda lines: sum(line.startswith("sim-0") for line in lines) >= 17, "the last nodes")
        top.send("Enter")
        top.wait_text("[Node sim-0")
        top.wait(lambda lines: row_of(lines, "CPU") and row_of(lines, "CPU")[1].endswith("%"), "its cpu")
        top.send("q")
        top.wait_text("exit status 0")


if __name__ == "__main__":
    main()
