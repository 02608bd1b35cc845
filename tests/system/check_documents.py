#!/usr/bin/env python3
"""The commands of README.md and docs/operations.md, as they stand there, in a booted Debian.

Every indented block of these documents is run, or is in one of the tables below. Exit status: 0 success, 1 failure, 77 the
test can't run on this machine.
"""
import argparse
import os
import re
import shutil
import signal
import sys
import time

from container import Container, Skip, need_tools
from packages import built

TIME_LIMIT_S = 600
WAIT_S = 120
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CLONE = "/root/headroom"
# The documents, and where their reader is.
DOCUMENTS = {"README.md": CLONE, "docs/operations.md": f"{CLONE}/build/packages"}
FOLLOW_S = 3

# Blocks that are no commands, by the beginning of their first line.
NO_COMMANDS = ("stopped: ", "timestamp,node_id", "web-1: fullest", "node       ")

# Commands that need the sources, compilers and a network, by the beginning of their line, and what runs them.
ELSEWHERE = {
    "scripts/package": "before this test",
    "scripts/demo": "by hand, and by those who try the program",
    "scripts/test": "this test is a part of it",
    "scripts/soak": "by hand, for hours",
    "cmake --preset release": "system/install",
    "cmake --install build/release": "system/install",
    "cmake --build build/release --target uninstall": "system/install",
    "rm -r /etc/headroom /etc/default/headroom-agent": "apt purge deletes them here",
    "rm -r /var/lib/private/headroom* /var/lib/headroom": "apt purge deletes them here",
}

# Blocks that end the installation: they come last, in this order.
LAST = ("systemctl disable --now", "apt purge")

# Blocks that are the contents of a file, by their beginning: the file, and the command that makes it take effect.
FILES = {
    "HEADROOM_AGENT_FLAGS=": ("/etc/default/headroom-agent", "systemctl try-restart headroom-agent"),
    "[Service]\nLoadCredential=": ("/etc/systemd/system/headroom-agent.service.d/credential.conf",
                                   "systemctl daemon-reload; systemctl restart headroom-agent"),
    "[Service]\nDynamicUser=no": ("/etc/systemd/system/headroom-collector.service.d/user.conf",
                                  "useradd --system --gid headroom headroom; systemctl daemon-reload; "
                                  "systemctl restart headroom-collector"),
}

# What a reader has done before, for blocks that begin like this.
BEFORE = {
    "headroom activate": "headroom status web || true",
    "echo \"37.5 50\"": "mkdir -p /run/myapp",
    "cd /var/lib/headroom && zstdcat": "printf '%s\\n' 'rotate-age = 1s' 'compress-after = 1s' >> /etc/headroom/headroom.conf; "
                                       "systemctl reload headroom-collector; "
                                       "until ls /var/lib/headroom/metrics-*.csv.zst; do sleep 1; done",
}

# Names of other machines are this one, which is also reached by ssh.
PREPARE = """
hostname web-1
printf '127.0.0.1 localhost web-1 collector.example\\n' > /etc/hosts
mkdir -p /root/.ssh /run/sshd
ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519
cp /root/.ssh/id_ed25519.pub /root/.ssh/authorized_keys
printf 'StrictHostKeyChecking accept-new\\nLogLevel ERROR\\n' > /root/.ssh/config
systemctl start ssh
echo 'APT::Get::Assume-Yes "true";' > /etc/apt/apt.conf.d/90yes
"""


def blocks(path):
    """The indented blocks of a document: (number of the first line, text)."""
    found, begin, lines = [], 0, []
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate([*file, "\n"], 1):
            if line.startswith("    "):
                begin = begin if lines else number
                lines.append(line[4:])
            elif lines:
                found.append((begin, "".join(lines)))
                lines = []
    return found


def entry(table, text):
    return next((key for key in table if text.startswith(key)), None)


class Reader:
    """Somebody who types what a document says."""

    def __init__(self, container):
        self.container = container
        self.folder = CLONE
        self.elsewhere = set()

    def shell(self, text, timeout=WAIT_S):
        return self.container.try_run("bash", "-eu", "-c", f"cd {self.folder}\n{text}", timeout=timeout)

    def must(self, where, text):
        result = self.shell(text)
        assert result.returncode == 0, f"{where}: exit {result.returncode}\n{text}\n{result.stdout}"
        return result.stdout

    def until_it_succeeds(self, where, text):
        """For commands that show something which comes within a moment."""
        deadline = time.monotonic() + WAIT_S
        while True:
            result = self.shell(text)
            if result.returncode == 0:
                return
            assert time.monotonic() < deadline, f"{where}: exit {result.returncode}\n{text}\n{result.stdout}"
            time.sleep(1)

    def type(self, where, text):
        """One block: commands that show the state are repeated, those that follow a log are stopped."""
        script = ""
        for line in text.splitlines():
            if key := entry(ELSEWHERE, line):
                self.elsewhere.add(key)
            elif re.match(r"headroom (status|why|describe)", line):
                self.must(where, script)
                self.until_it_succeeds(where, line)
                script = ""
            elif re.match(r"journalctl -f", line):
                script += f"timeout {FOLLOW_S} {line.split('#')[0]} || [ $? = 124 ]\n"
            else:
                script += line + "\n"
        if script.strip():
            self.must(where, script)

    def read_block(self, where, text):
        begin = time.monotonic()
        if key := entry(FILES, text):
            path, command = FILES[key]
            os.makedirs(os.path.dirname(self.container.path(path)), exist_ok=True)
            self.container.write(path, text)
            self.must(where, command)
        else:
            if key := entry(BEFORE, text):
                self.must(where, BEFORE[key])
            self.type(where, text)
        print(f"ok {where}: {time.monotonic() - begin:.1f} s: {text.splitlines()[0][:80]}", flush=True)

    def read(self, document):
        self.folder = DOCUMENTS[document]
        found = [(f"{document}:{number}", text) for number, text in blocks(os.path.join(ROOT, document))
                 if not entry(NO_COMMANDS, text)]
        for where, text in sorted(found, key=lambda block: next((i for i, end in enumerate(LAST, 1)
                                                                 if block[1].startswith(end)), 0)):
            self.read_block(where, text)


def test(cache, packages):
    begin = time.monotonic()
    container = Container(cache, packages)
    try:
        os.makedirs(container.path(f"{CLONE}/build/packages"))
        for package in packages:
            shutil.copy(package, container.path(f"{CLONE}/build/packages"))
        container.boot(timeout=120)
        container.run("sh", "-ec", PREPARE)
        reader = Reader(container)
        print(f"# booted after {time.monotonic() - begin:.1f} s", flush=True)
        for document in DOCUMENTS:
            reader.read(document)
        assert reader.elsewhere == set(ELSEWHERE), f"no longer in the documents: {set(ELSEWHERE) - reader.elsewhere}"
    finally:
        container.close()
    print(f"# done after {time.monotonic() - begin:.1f} s")
    return 0


def on_signal(number, frame):
    raise TimeoutError(f"signal {number}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packages", required=True, help="the folder of the packages")
    parser.add_argument("--cache", required=True, help="a folder for the tree of the container")
    arguments = parser.parse_args()
    for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    signal.alarm(TIME_LIMIT_S)
    try:
        need_tools()
        cache = os.path.abspath(arguments.cache)
        os.makedirs(cache, exist_ok=True)
        return test(cache, built(arguments.packages))
    except Skip as reason:
        print(f"skipped: {reason}")
        return 77
    except (AssertionError, TimeoutError) as error:
        print(f"failed: {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
