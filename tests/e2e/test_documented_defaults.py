"""The tables "flag | default" of README.md and docs/ state the defaults that the programs have, and flags that they have.
The settings that docs/ and packaging/ show are accepted as they stand there, and README.md has the figures of docs/."""

import glob
import os
import re
import tempfile
import textwrap
import unittest

from authority import Authority
from headroom_test import AGENT, COLLECTOR, KEY, main, run

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def rows(path):
    """(flags, default, whether they are the agent's) of each row of such a table."""
    inside = False
    with open(path, encoding="utf-8") as file:
        for line in file:
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if cells[:2] == ["flag", "default"]:
                inside = True
            elif not line.startswith("|"):
                inside = False
            elif inside and not cells[0].startswith("---"):
                yield re.findall(r"`--([a-z-]+)`", cells[0]), cells[1], "(agent)" in cells[0]


def collector_defaults():
    text = run(COLLECTOR, "--check-config").stdout
    return {name: value or "none" for name, value in re.findall(r"^(?:# )?([a-z-]+) =(?: (.*))?$", text, re.M)}


def agent_defaults():
    """--help is the only place where the agent prints them."""
    text = " ".join(run(AGENT, "--help").stdout.split())
    found = re.findall(r" --([a-z-]+)(?:\[?=[^ ]+)? (.*?)(?= --[a-z-]+[ =\[]|$)", text)
    return {name: (re.search(r"default:? ([^)]+)\)", help) or [None, "none"])[1] for name, help in found}


SECTION = re.compile(r"^\[(collector|group|schedule|signal)\b", re.M)


def blocks(path):
    """The sections of the configuration in indented blocks of a page."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for block in re.findall(r"(?:^ {4}.*\n|^\n(?= {4}))+", text, re.M):
        block = textwrap.dedent(block)
        begin = SECTION.search(block)
        if begin:
            yield block[begin.start():]


def example_sections(path):
    """The sections of the example configuration, also those that it comments out, with all their settings."""
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"^# ?(\[|[a-z-]+ = )", r"\1", file.read(), flags=re.M)
    starts = [match.start() for match in re.finditer(r"^\[", text, re.M)] + [len(text)]
    return [text[start:end] for start, end in zip(starts, starts[1:])]


class DocumentedDefaults(unittest.TestCase):
    def check(self, path):
        programs = {False: collector_defaults(), True: agent_defaults()}
        count = 0
        for flags, written, agent in rows(path):
            values = written.split(", ")
            for flag, value in zip(flags, values if len(values) == len(flags) else values * len(flags), strict=True):
                with self.subTest(f"{os.path.basename(path)}: --{flag}"):
                    self.assertEqual(value, programs[agent].get(flag, "no such flag"))
                    count += 1
        return count

    def test_the_readme(self):
        self.assertGreater(self.check(os.path.join(ROOT, "README.md")), 10)

    def test_the_docs(self):
        for path in sorted(glob.glob(os.path.join(ROOT, "docs", "*.md"))):
            self.check(path)
        self.assertGreater(self.check(os.path.join(ROOT, "docs", "http.md")), 3)

    def test_the_figures_of_the_readme(self):
        """Of each start-up delay, the two gains over the HPA."""
        def gains(name):
            with open(os.path.join(ROOT, name), encoding="utf-8") as file:
                rows = re.findall(r"^\| (\d+ s) \|(.*)\|$", file.read(), re.M)
            return {delay: re.findall(r"−\d+ %", rest) for delay, rest in rows}

        self.assertEqual(gains("README.md"), gains("docs/scaler.md"))
        self.assertEqual([len(of_delay) for of_delay in gains("README.md").values()], [2, 2, 2])

    def accept(self, block):
        """Files that the settings name need not exist here."""
        with tempfile.TemporaryDirectory(prefix="headroom-e2e-") as folder:
            token, path = os.path.join(folder, "token"), os.path.join(folder, "headroom.conf")
            block = re.sub(r"^(on-scale|on-alert|count|program) = /.*", r"\1 = /bin/true", block, flags=re.M)
            revoked = os.path.join(folder, "revoked")
            if re.search(r"^cert-file = /", block, re.M):
                ca = Authority(os.path.join(folder, "ca"))
                own = ca.sign("collector", "DNS:collector", use="serverAuth")
                for name, made in (("cert", own[0]), ("key", own[1]), ("ca", ca.certificate),
                                   ("crl", ca.list_revoked(os.path.join(folder, "crl.pem")))):
                    block = re.sub(rf"^{name}-file = /.*", f"{name}-file = {made}", block, flags=re.M)
            block = re.sub(r"^((?:http-)?token-file) = /.*", rf"\1 = {token}", block, flags=re.M)
            block = re.sub(r"^revoked-file = /.*", f"revoked-file = {revoked}", block, flags=re.M)
            if "http-cert-file" in block:
                authority = Authority(os.path.join(folder, "https"))
                cert, key = authority.sign("collector", "DNS:collector", use="serverAuth")
                for setting, path_there in (("cert", cert), ("key", key), ("ca", authority.certificate)):
                    block = re.sub(rf"^http-{setting}-file = /.*", f"http-{setting}-file = {path_there}", block,
                                   flags=re.M)
            for name, text in ((token, KEY), (revoked, ""), (path, block)):
                with open(name, "w", encoding="utf-8") as file:
                    file.write(text)
            done = run(COLLECTOR, "--config", path, "--check-config")
            self.assertEqual(done.returncode, 0, f"{block}\n{done.stderr}")

    def test_the_settings_in_the_docs(self):
        found = 0
        for name in ("README.md", "docs/*.md", "packaging/**/*.md"):
            for path in glob.glob(os.path.join(ROOT, name), recursive=True):
                for block in blocks(path):
                    found += 1
                    with self.subTest(os.path.basename(path)):
                        self.accept(block)
        self.assertGreaterEqual(found, 3)

    def test_the_settings_in_the_example(self):
        sections = example_sections(os.path.join(ROOT, "packaging", "headroom.conf"))
        self.assertEqual([section[1:section.index("]")].split()[0] for section in sections],
                         ["collector", "group", "schedule", "signal"])
        for section in sections:
            with self.subTest(section[:section.index("\n")]):
                self.accept(section)

    def test_the_units(self):
        """The flags in the units and in /etc/default exist."""
        for name, known in (("headroom-agent.default", agent_defaults()), ("headroom-agent.service.in", agent_defaults()),
                            ("headroom-collector.service.in",
                             {**collector_defaults(), "config": "", "check-config": ""})):
            with open(os.path.join(ROOT, "packaging", name), encoding="utf-8") as file:
                flags = set(re.findall(r"(?<![\w-])--([a-z][a-z-]*)", file.read())) - {"help"}
            self.assertTrue(flags, name)
            self.assertLessEqual(flags, known.keys(), name)


if __name__ == "__main__":
    main()
