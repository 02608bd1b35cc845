#!/usr/bin/env python3
"""The manual pages and the completions of shells, which are made from the programs' own lists of flags."""
import os
import pty
import re
import select
import shutil
import subprocess
import tempfile
import time
import unittest

from headroom_test import AGENT, BRIDGE, COLLECTOR, HEADROOM, HOOK_TEST, SCALER, SOURCE

PAGES = os.environ.get("HEADROOM_PAGES", os.path.join(SOURCE, "build", "dev", "packaging", "man"))
COMPLETIONS = os.path.join(SOURCE, "packaging", "completions")
PROGRAMS = {"headroom": HEADROOM, "headroom-agent": AGENT, "headroom-bridge": BRIDGE, "headroom-collector": COLLECTOR,
            "headroom-hook-test": HOOK_TEST, "headroom-scaler": SCALER}
WAIT_S = 60


def listed(program, *command):
    """The records that the program lists, each as a list of fields."""
    run = subprocess.run([program, *command, "--list-flags"], capture_output=True, text=True, check=True)
    return [line.split("\t") for line in run.stdout.splitlines()]


def names(records, kind):
    return [record[1] for record in records if record[0] == kind]


def pages():
    made = [os.path.join(PAGES, name) for name in os.listdir(PAGES) if re.search(r"\.[157]$", name)]
    written = os.path.join(SOURCE, "packaging", "man")
    return made + [os.path.join(written, name) for name in os.listdir(written) if name.endswith(".7")]


def text_of(page):
    """A page as plain text without line breaks within words."""
    run = subprocess.run(["mandoc", "-T", "ascii", "-O", "width=1000", page], capture_output=True, text=True, check=True)
    return re.sub(r".\x08", "", run.stdout)


@unittest.skipUnless(shutil.which("mandoc"), "mandoc is not installed")
class Pages(unittest.TestCase):
    def test_are_complete(self):
        found = {os.path.basename(page) for page in pages()}
        self.assertEqual(found, {f"{name}.1" for name in PROGRAMS} |
                         {"headroom.conf.5", "headroom-hook.7", "headroom-protocol.7"})

    def test_have_no_warnings(self):
        for page in pages():
            lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page], capture_output=True, text=True)
            self.assertEqual((lint.returncode, lint.stdout), (0, ""))

    @unittest.skipUnless(shutil.which("man"), "man is not installed")
    def test_are_shown_by_man_without_warnings(self):
        for page in pages():
            shown = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", page],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                   env={**os.environ, "LC_ALL": "C.UTF-8"})
            self.assertEqual((shown.returncode, shown.stderr), (0, ""), page)

    def test_have_all_flags_of_all_commands(self):
        for name, program in PROGRAMS.items():
            text = text_of(os.path.join(PAGES, f"{name}.1"))
            for command in names(listed(program), "command") or [""]:
                for flag in names(listed(program, *command.split()), "flag"):
                    self.assertRegex(text, rf"--{flag}\b", f"{name} {command}")

    def test_have_all_settings(self):
        text = text_of(os.path.join(PAGES, "headroom.conf.5"))
        with open(os.path.join(SOURCE, "packaging", "headroom.conf"), encoding="utf-8") as file:
            example = file.read()
        settings = set(re.findall(r"^# ?([a-z-]+) = ", example, re.MULTILINE))
        self.assertGreater(len(settings), 60)
        for setting in settings:
            self.assertRegex(text, rf"\b{setting}\b")


class Flags(unittest.TestCase):
    def test_every_command_has_a_short_help(self):
        for name, program in PROGRAMS.items():
            for command in [""] + names(listed(program), "command"):
                short = subprocess.run([program, *command.split(), "-h"], capture_output=True, text=True)
                long = subprocess.run([program, *command.split(), "--help"], capture_output=True, text=True)
                self.assertEqual((short.returncode, short.stdout), (0, long.stdout), f"{name} {command}")
                self.assertIn("Usage:", short.stdout)


class Completions(unittest.TestCase):
    """Typed words and what they are completed to; all in one directory, with programs of their real names."""
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.addCleanup(self.dir.cleanup)
        for name, program in PROGRAMS.items():
            os.symlink(program, os.path.join(self.dir.name, name))
        self.env = {**os.environ, "PATH": f"{self.dir.name}:{os.environ['PATH']}", "ZDOTDIR": self.dir.name, "TERM": "dumb"}

    def bash(self, *words):
        """What bash offers for the last one of these words."""
        script = (f". {COMPLETIONS}/headroom.bash; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _headroom; "
                  "printf '%s\\n' \"${COMPREPLY[@]}\"")
        run = subprocess.run(["bash", "-c", script, "bash", *words], capture_output=True, text=True, check=True,
                             env=self.env, cwd=self.dir.name)
        return run.stdout.split()

    def test_bash(self):
        self.assertEqual(self.bash("headroom", "pi"), ["pin"])
        self.assertEqual(self.bash("headroom", "pin", "--un"), ["--until"])
        self.assertEqual(set(self.bash("headroom-scaler", "")), set(names(listed(SCALER), "command")) |
                         {"--help", "--usage", "--version"})
        self.assertEqual(self.bash("headroom", "nodes", "--state", "le"), ["leaving"])
        self.assertEqual(self.bash("headroom-agent", "--tok"), ["--token-file"])
        self.assertEqual(self.bash("headroom-agent", "--on-stop", ""), ["auto", "leaving", "restarting"])
        self.assertEqual(self.bash("headroom-agent", "--on-stop", "=", "le"), ["leaving"])
        self.assertEqual(self.bash("headroom-collector", "--insecure", "="), ["on", "off"])
        self.assertEqual(self.bash("headroom-collector", "--insecure", "--lis"), ["--listen"])
        self.assertEqual(self.bash("headroom-collector", "--sync", ""), ["always", "never"])
        self.assertEqual(self.bash("headroom-collector", "--listen", ""), [])
        self.assertEqual(self.bash("headroom-collector", "--config", "headroom-sc"), ["headroom-scaler"])

    @unittest.skipUnless(shutil.which("zsh"), "zsh is not installed")
    def test_zsh(self):
        with open(os.path.join(self.dir.name, ".zshrc"), "w", encoding="ascii") as rc:
            rc.write(f"fpath=({COMPLETIONS} $fpath)\nautoload -U compinit\ncompinit -D -u\nPS1='ready> '\n"
                     "setopt no_beep\nstty columns 500\n")
        child, terminal = pty.fork()
        if child == 0:
            os.execvpe("zsh", ["zsh"], self.env)
        self.addCleanup(os.waitpid, child, 0)
        self.addCleanup(os.close, terminal)
        self.read_until(terminal, r"ready> ")
        for typed, offered in (("headroom pi", r"headroom pin "),
                               ("headroom-agent --tok", r"--token-file="),
                               ("headroom-agent --on-stop=le", r"--on-stop=leaving"),
                               ("headroom nodes --state=le", r"--state=leaving"),
                               ("headroom pin --", r"--until +-- When it ends"),
                               ("headroom-scaler simulate --no", r"--nodes +-- Scale the load")):
            os.write(terminal, f"{typed}\t".encode())
            self.read_until(terminal, offered)
            os.write(terminal, b"\x15") # deletes the line

    def read_until(self, terminal, pattern):
        text, deadline = "", time.monotonic() + WAIT_S
        while not re.search(pattern, text):
            self.assertLess(time.monotonic(), deadline, text)
            if select.select([terminal], [], [], 1)[0]:
                text += os.read(terminal, 65536).decode(errors="replace")


if __name__ == "__main__":
    unittest.main()
