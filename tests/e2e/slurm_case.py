"""A whole Slurm on loopback, as one user and without a database: munged, slurmctld, and a slurmd for each node that is up.
Slurm's power saving is real; a node that boots is a pause before its slurmd starts."""

import os
import shutil
import signal
import socket
import subprocess
import time

from headroom_test import SOURCE, HeadroomTest, Program, free_port, wait_until

HOOKS = os.path.join(SOURCE, "packaging", "hooks")
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "scontrol", "sinfo", "squeue")
MISSING = [name for name in PROGRAMS if shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin") is None]
BOOT_S = 6
CORES = 4  # of a node

CONFIG = """ClusterName=headroom
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmdLogFile={folder}/slurmd-%n.log
PrivateData=cloud
ProctrackType=proctrack/pgid
TaskPlugin=task/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
ReturnToService=2
SchedulerParameters=bf_interval=2,sched_min_interval=100000,batch_sched_delay=0
SlurmctldParameters=idle_on_node_suspend,cloud_dns,power_save_interval=1
ResumeProgram={folder}/resume
SuspendProgram={folder}/suspend
SuspendTime=86400
SuspendTimeout=4
ResumeTimeout=120
ResumeRate=0
SuspendRate=0
"""

RESUME = """#!/bin/sh
for node in $(scontrol show hostnames "$1"); do
    echo "$node" >> {folder}/resumed
    (sleep {boot}; exec {slurmd} -D -N "$node" -b -f {folder}/slurm.conf) > /dev/null 2>&1 &
done
"""

SUSPEND = """#!/bin/sh
for node in $(scontrol show hostnames "$1"); do
    echo "$node" >> {folder}/suspended
    kill "$(cat {folder}/slurmd-"$node".pid)"
done
"""

# A job writes when it began and when it ended, so that one that is lost, or runs twice, is seen.
JOB = """#!/bin/sh
echo "$SLURM_JOB_NAME $SLURM_ARRAY_TASK_ID $(date +%s.%N)" >> {folder}/begun
sleep "$1"
echo "$SLURM_JOB_NAME $SLURM_ARRAY_TASK_ID" >> {folder}/ended
"""


class SlurmTest(HeadroomTest):
    def setUp(self):
        super().setUp()
        os.chmod(self.folder, 0o755)  # munged insists on a path that others can read
        for name in ("munge", "state"):
            os.mkdir(self.path(name))
        self.variables = {"SLURM_CONF": self.path("slurm.conf"), "PATH": os.environ["PATH"] + ":/usr/sbin"}
        self.daemons = []
        self.addCleanup(self.end_slurm)

    def start_slurm(self, nodes):
        """All of them are powered down at first."""
        fields = {"folder": self.folder, "host": socket.gethostname(), "port": free_port(), "user": os.geteuid(),
                  "boot": BOOT_S, "slurmd": shutil.which("slurmd", path=self.variables["PATH"])}
        names = [f"c{number}" for number in range(1, nodes + 1)]
        lines = [f"NodeName={name} NodeAddr=127.0.0.1 NodeHostname={fields['host']} Port={free_port()} CPUs={CORES} "
                 f"CoresPerSocket={CORES} RealMemory=100 State=CLOUD\n" for name in names]
        self.write("slurm.conf", CONFIG.format(**fields) + "".join(lines)
                   + f"PartitionName=batch Nodes={','.join(names)} Default=YES State=UP OverSubscribe=NO\n")
        for name, text in (("resume", RESUME), ("suspend", SUSPEND), ("job", JOB)):
            os.chmod(self.write(name, text.format(**fields)), 0o755)
        self.start_munged()
        self.start_slurmctld()

    def start_munged(self):
        with open(self.path("munge/key"), "wb") as key:
            os.fchmod(key.fileno(), 0o600)
            key.write(os.urandom(1024))
        self.daemon("munged", "--foreground", *(f"--{name}={self.path(f'munge/{file}')}" for name, file in (
            ("key-file", "key"), ("socket", "socket"), ("pid-file", "pid"), ("log-file", "log"),
            ("seed-file", "seed"))))
        wait_until(lambda: os.path.exists(self.path("munge/socket")), self.programs[-1].log)

    def start_slurmctld(self):
        self.slurmctld = self.daemon("slurmctld", "-D", "-f", self.path("slurm.conf"))
        wait_until(lambda: self.slurm("sinfo", "--noheader", status=None) != "", self.slurmctld.log)

    def daemon(self, name, *flags):
        program = Program([shutil.which(name, path=self.variables["PATH"]), *flags], self.log_path(name),
                          self.variables)
        self.programs.append(program)
        self.daemons.append(program)
        return program

    def end_slurm(self):
        """What slurmctld has started outlives it: slurmds, their jobs, and nodes that boot. Each has the folder in its
        command line or its environment."""
        for daemon in self.daemons:
            daemon.kill()
        try:
            self.end_programs()
        finally:
            wait_until(lambda: not self.kill_rest(), "the end of all processes of Slurm")

    def kill_rest(self):
        mark = self.folder.encode()
        found = 0
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as line, open(f"/proc/{pid}/environ", "rb") as environ:
                    if mark in line.read() or mark in environ.read():
                        os.kill(int(pid), signal.SIGKILL)
                        found += 1
            except OSError:
                continue
        return found

    # ---- Slurm's own commands ----

    def slurm(self, *words, status=0):
        """What a command prints; with status=None "" if it fails."""
        done = subprocess.run(words, env={**os.environ, **self.variables}, stdin=subprocess.DEVNULL, text=True,
                              capture_output=True, timeout=60, check=False)
        if status is None:
            return done.stdout if done.returncode == 0 else ""
        self.assertEqual(done.returncode, status, (words, done.stderr, self.slurmctld.log()[-3000:]))
        return done.stdout

    def kinds(self):
        """{node: kind} by slurm-nodes."""
        lines = self.slurm(os.path.join(HOOKS, "slurm-nodes"), "batch").splitlines()
        return {words[0]: words[1] for words in map(str.split, lines)}

    def wait_kinds(self, condition, what):
        return wait_until(lambda: condition(self.kinds()),
                          lambda: f"{what}: {self.kinds()}\n{self.slurmctld.log()[-3000:]}", timeout=120)

    def demand(self):
        return self.slurm(os.path.join(HOOKS, "slurm-demand"), "batch").strip()

    def submit(self, name, tasks, seconds, *flags):
        """An array of jobs of one core."""
        self.slurm("sbatch", "--parsable", f"--job-name={name}", f"--array=1-{tasks}", "--output=/dev/null",
                   "--error=/dev/null", "--chdir=/", *flags, self.path("job"), str(seconds))

    # ---- what the jobs and the nodes have written ----

    def rows(self, file):
        try:
            with open(self.path(file), encoding="ascii") as lines:
                return [line.split() for line in lines.read().splitlines()]
        except FileNotFoundError:
            return []

    def begun(self, name):
        return [float(row[2]) for row in self.rows("begun") if row[0] == name]

    def wait_ended(self, name, tasks):
        """Jobs whose names begin with this."""
        wait_until(lambda: sum(row[0].startswith(name) for row in self.rows("ended")) >= tasks,
                   lambda: f"the end of {name}: {self.slurm('squeue')}\n{self.slurmctld.log()[-3000:]}", timeout=180)

    def run_wave(self, name, tasks, seconds):
        """Returns how long each of its jobs has waited, shortest first."""
        submitted = time.time()
        self.submit(name, tasks, seconds)
        self.wait_ended(name, tasks)
        return sorted(begun - submitted for begun in self.begun(name))
