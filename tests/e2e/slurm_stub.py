"""A Slurm without daemons: sinfo, squeue and scontrol as shell scripts, with a file for each node that contains its
state, and one with the jobs. It fails in the ways that slurmctld does."""

import os
import shutil
import subprocess
import tempfile

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HOOKS = os.path.join(SOURCE, "packaging", "hooks")

AWAY = """[ ! -e "$SLURM_STUB/away" ] || {
    echo "${0##*/}: error: Unable to contact slurm controller (connect failure)" >&2
    exit 1
}
cd "$SLURM_STUB"
"""

# The fields have fixed widths, as those of sinfo.
SINFO = """#!/bin/sh
""" + AWAY + """
for word; do case $word in --partition=*) partitions=,${word#*=}, ;; esac; done
for partition in *.partition; do
    case $partitions in *,"${partition%.partition}",*) ;; *) continue ;; esac
    while read -r node cpus; do
        printf '%-256s%-256s%-16s\\n' "$node" "$(cat "$node.node")" "$cpus"
    done < "$partition"
done
"""

SQUEUE = """#!/bin/sh
""" + AWAY + """
cat jobs
"""

# A node that is powered up is ready at once if there is a file "fast", and else on its way.
SCONTROL = """#!/bin/sh
""" + AWAY + """
echo "$*" >> calls
while [ -e hang ]; do sleep 0.1; done
case $1:$2:$3 in
update:nodename=*:state=power_up | update:nodename=*:state=power_down) ;;
*) echo "unknown: $*" >&2; exit 1 ;;
esac
status=0
for node in $(echo "${2#*=}" | tr ',' ' '); do
    case ${3#*=}:$(cat "$node.node") in
    power_up:idle+cloud+powered_down)
        if [ -e fast ]; then echo idle+cloud > "$node.node"; else echo idle+cloud+power_up+powered_down > "$node.node"; fi
        echo "$node" >> resumed ;;
    power_down:idle+cloud)
        if [ -e fast ]; then echo idle+cloud+powered_down > "$node.node"; else echo idle+cloud+power_down > "$node.node"; fi
        echo "$node" >> suspended ;;
    *) status=1; echo "slurm_update error: Invalid node state specified" >&2 ;;
    esac
done
exit $status
"""

OFF = "idle+cloud+powered_down"
IDLE = "idle+cloud"


class SlurmStub:
    """For a unittest.TestCase, in a folder of its own. Nodes have 4 cores."""

    def __init__(self, test):
        self.folder = tempfile.mkdtemp(prefix="headroom-slurm-stub.")
        test.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        os.mkdir(self.path("bin"))
        for name, text in (("sinfo", SINFO), ("squeue", SQUEUE), ("scontrol", SCONTROL)):
            self.write(f"bin/{name}", text)
            os.chmod(self.path(f"bin/{name}"), 0o755)
        self.variables = {"PATH": f"{self.path('bin')}:{os.environ['PATH']}", "SLURM_STUB": self.folder}
        self.jobs()

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="ascii") as file:
            file.write(text)

    def read(self, name):
        try:
            with open(self.path(name), encoding="ascii") as file:
                return file.read().splitlines()
        except FileNotFoundError:
            return []

    def nodes(self, partition="batch", cpus=4, **states):
        """Defines a partition and its nodes."""
        for node, state in states.items():
            self.write(f"{node}.node", state + "\n")
        self.write(f"{partition}.partition", "".join(f"{node} {cpus}\n" for node in states))

    def state(self, node):
        return self.read(f"{node}.node")[0]

    def jobs(self, *lines):
        """Each "STATE|CPUS|NODES|OVERSUBSCRIBE|RESERVATION|REASON[|ELIGIBLE]"."""
        rows = [(line + "|2026-01-31T23:59:59").split("|") for line in lines]
        self.write("jobs", "".join(f"{state:16}{cpus:16}{nodes:16}{shared:16}{eligible:32}{reservation:256}{reason:256}\n"
                                   for state, cpus, nodes, shared, reservation, reason, eligible, *_ in rows))

    def calls(self):
        return self.read("calls")

    def run(self, program, *words, **variables):
        return subprocess.run([os.path.join(HOOKS, program), *map(str, words)], input="{}", text=True,
                              capture_output=True, env={**os.environ, **self.variables, **variables}, timeout=30,
                              check=False)
