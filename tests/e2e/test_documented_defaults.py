"""The tables "flag | default" of README.md and docs/ state the defaults that the programs have, and flags that they have."""

import glob
import os
import re
import unittest

from headroom_test import AGENT, COLLECTOR, main, run

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
