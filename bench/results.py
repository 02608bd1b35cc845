"""The results of bench/run as JSON, with what is needed to judge them later: commit, machine, load average and time."""

import datetime
import json
import os
import statistics
import subprocess


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def git(folder, *words):
    done = subprocess.run(["git", "-C", folder, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                          check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        return next((line.partition(":")[2].strip() for line in file if line.startswith("model name")), None)


class Results:
    """What the scenarios of one call of bench/run measured. build: the folder of the programs, in a tree of git."""

    def __init__(self, build, options):
        self.facts = {"time": now(), "commit": git(build, "rev-parse", "HEAD"),
                      "changed": bool(git(build, "status", "--porcelain", "--untracked-files=no")),
                      "machine": {"processors": os.cpu_count(), "model": processor(), "kernel": os.uname().release},
                      "options": options, "runs": []}

    def begin(self, scenario):
        self.facts["runs"].append({"scenario": scenario, "time": now(), "load_average": os.getloadavg()[0], "figures": {}})

    def add(self, figures):
        self.facts["runs"][-1]["figures"].update(figures)

    def default_path(self, source):
        """In the build folder, which git ignores."""
        folder = os.path.join(source, "build", "bench")
        os.makedirs(folder, exist_ok=True)
        return os.path.join(folder, f"{self.facts['time'].replace(':', '')}-{(self.facts['commit'] or 'none')[:8]}.json")

    def write(self, path):
        with open(path, "w", encoding="utf-8") as file:
            json.dump(self.facts, file, indent=1)
            file.write("\n")

    def medians(self):
        """Rows of a table: figure, median, least and most of all runs of a scenario."""
        for name, seen in figures_of(self.facts).items():
            yield name, f"{statistics.median(seen):.4g}", f"{min(seen):.4g} to {max(seen):.4g}"


def figures_of(facts):
    """{"scenario.figure": [a value of each run]} of what write() wrote."""
    found = {}
    for run in facts["runs"]:
        for name, value in run["figures"].items():
            found.setdefault(f"{run['scenario']}.{name}", []).append(value)
    return found
