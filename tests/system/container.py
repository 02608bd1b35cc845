"""A Debian system, booted by systemd-nspawn, into which packages can be installed.

debootstrap creates the base tree once, in the build directory, with what the packages depend on. Each run boots a copy of
it. All mounts and processes live in namespaces that end with this process, however it ends.
"""
import glob
import hashlib
import os
import re
import shutil
import subprocess
import time

# polkitd lets the sandboxed collector start and stop units by a rule. It needs libpam-systemd and perl, which
# debootstrap does not find by itself. libnss-systemd provides the names of dynamic users. The documents type sudo, ssh and zstdcat.
PACKAGES = ["systemd", "systemd-sysv", "dbus", "polkitd", "libnss-systemd", "libpam-systemd", "perl",
            "openssh-client", "openssh-server", "sudo", "ca-certificates", "man-db", "zstd"]
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


class Skip(Exception):
    """The test can't run on this machine; the text gives the reason."""


def run(*command, timeout=60, **options):
    """The output of a command that must succeed."""
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                            text=True, errors="replace", timeout=timeout, **options)
    if result.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: exit {result.returncode}\n{result.stdout[-2000:]}")
    return result.stdout


def confined(*command):
    """The command in mount and PID namespaces of its own, which end when it or this process ends."""
    return ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
            *command]


def child_of(parent):
    """A child process, or None."""
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                pid, rest = file.read().split(" ", 1)
        except OSError:  # it has just exited
            continue
        if int(rest.rsplit(")", 1)[1].split()[1]) == parent:
            return int(pid)
    return None


def cgroup_folders():
    """This process's control groups, in the hierarchies that systemd-nspawn uses."""
    mounts = {}
    with open("/proc/self/mounts", encoding="utf-8") as file:
        for _, folder, kind, options, *_ in map(str.split, file):
            if kind == "cgroup2":
                mounts[""] = folder
            elif kind == "cgroup" and "name=systemd" in options.split(","):
                mounts["name=systemd"] = folder
    with open("/proc/self/cgroup", encoding="utf-8") as file:
        paths = dict(line.rstrip("\n").split(":", 2)[1:] for line in file)
    return [mounts[name] + paths[name].rstrip("/") for name in mounts if name in paths]


def need_tools():
    os.environ["PATH"] += ":/usr/local/sbin:/usr/sbin:/sbin"
    if os.geteuid() != 0:
        raise Skip("only root can boot a container")
    for tool in ("systemd-nspawn", "debootstrap", "unshare", "setpriv", "nsenter", "dpkg-deb"):
        if not shutil.which(tool):
            raise Skip(f"there is no {tool}; install systemd-container and debootstrap")


def release():
    """This machine's release of Debian and the mirror that it uses."""
    with open("/etc/os-release", encoding="utf-8") as file:
        fields = dict(line.rstrip().split("=", 1) for line in file if "=" in line)
    if fields.get("ID") != "debian" or "VERSION_CODENAME" not in fields:
        raise Skip("this machine is no Debian, so its programs may not run in a Debian tree")
    sources = ""
    for path in ["/etc/apt/sources.list", *sorted(glob.glob("/etc/apt/sources.list.d/*"))]:
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                sources += re.sub("#.*", "", file.read())
    mirror = re.search(r"\bhttps?://\S+/debian/?(?=\s)", sources)
    return fields["VERSION_CODENAME"], mirror.group() if mirror else "http://deb.debian.org/debian"


def dependencies(packages):
    """The names of the packages of Debian on which the packages depend; of alternatives, the first."""
    fields = ",".join(run("dpkg-deb", "--field", package, "Depends") for package in packages)
    names = {re.split("[|(:]", field)[0].strip() for field in fields.split(",")}
    return sorted(names - {""})


def bare_tree(cache, debs):
    """The directory of a minimal system with what the packages depend on; created if it does not exist."""
    suite, mirror = release()
    packages = ",".join(PACKAGES + dependencies(debs))
    tree = os.path.join(cache, "tree-" + hashlib.sha256(f"{suite} {packages}".encode()).hexdigest()[:12])
    if os.path.isdir(tree):
        return tree
    for old in glob.glob(os.path.join(cache, "tree-*")):
        shutil.rmtree(old)
    print(f"# creating a tree of {suite} from {mirror} in {cache}", flush=True)
    command = ["debootstrap", "--variant=minbase", f"--include={packages}", suite, tree + ".new", mirror]
    if os.path.exists(KEYRING):
        command.insert(1, f"--keyring={KEYRING}")
    shutil.rmtree(tree + ".new", ignore_errors=True)
    try:
        run(*confined(*command), timeout=900)
    except (RuntimeError, subprocess.TimeoutExpired) as error:
        shutil.rmtree(tree + ".new", ignore_errors=True)
        raise Skip(f"debootstrap can't make a tree: {error}") from error
    os.rename(tree + ".new", tree)
    return tree


def eventually(what, condition, timeout=15.0):
    """Waits until condition() is true, and returns its value."""
    deadline = time.monotonic() + timeout
    while True:
        result = condition()
        if result:
            return result
        assert time.monotonic() < deadline, f"not within {timeout:g} s: {what}"
        time.sleep(0.2)


class Container:
    def __init__(self, cache, debs):
        self.root = os.path.join(cache, "root")
        self.console_path = os.path.join(cache, "console.log")
        self.nspawn = None
        self.leader = None
        # systemd-nspawn names its groups "payload" and "supervisor". A parent group of our own keeps them apart from
        # other tests.
        self.cgroups = [f"{folder}/headroom-test-{os.getpid()}" for folder in cgroup_folders()]
        self.remove()
        run("cp", "-a", "--reflink=auto", bare_tree(cache, debs), self.root, timeout=120)

    def command(self, *arguments):
        for folder in self.cgroups:
            os.makedirs(folder, exist_ok=True)
        enter = "".join(f"echo 0 > {folder}/cgroup.procs && " for folder in self.cgroups)
        return confined("sh", "-c", enter + 'exec "$@"', "sh",
                        "systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--link-journal=no",
                        "--private-network",
                        "--machine=headroom-test", f"--directory={self.root}", *arguments)

    def check_nspawn(self):
        try:
            run(*self.command("--pipe", "/bin/true"))
        except RuntimeError as error:
            raise Skip(f"systemd-nspawn can't run here: {error}") from error

    def boot(self, timeout):
        self.check_nspawn()
        with open(self.console_path, "wb") as console:
            self.nspawn = subprocess.Popen(self.command("--boot"), stdin=subprocess.DEVNULL, stdout=console,
                                           stderr=subprocess.STDOUT)
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline and self.nspawn.poll() is None:
            self.leader = self.find_leader()
            if self.leader and self.try_run("systemctl", "is-active", "multi-user.target").returncode == 0:
                return
            time.sleep(0.2)
        with open(self.console_path, encoding="utf-8", errors="replace") as console:
            raise RuntimeError(f"the container did not boot:\n{console.read()[-3000:]}")

    def find_leader(self):
        """Its process 1: below setpriv, which became unshare, below systemd-nspawn."""
        nspawn = child_of(self.nspawn.pid)
        leader = nspawn and child_of(nspawn)
        try:
            with open(f"/proc/{leader}/comm", encoding="utf-8") as comm:
                return leader if comm.read().strip() == "systemd" else None
        except OSError:
            return None

    def try_run(self, *command, timeout=60):
        return subprocess.run(["nsenter", f"--target={self.leader}", "--all", *command], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                              timeout=timeout, check=False)

    def in_network(self, *command):
        """Runs a command of this machine in the network of the container."""
        return subprocess.run(["nsenter", f"--target={self.leader}", "--net", *command], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, errors="replace", timeout=60,
                              check=False)

    def run(self, *command, timeout=60):
        result = self.try_run(*command, timeout=timeout)
        assert result.returncode == 0, f"{' '.join(command)}: exit {result.returncode}: {result.stdout.strip()}"
        return result.stdout

    def path(self, path):
        """The path of a file of the container on this machine."""
        return self.root + path

    def read(self, path):
        return self.run("cat", path)

    def write(self, path, text):
        with open(self.path(path), "w", encoding="utf-8") as file:
            file.write(text)

    def close(self):
        """Shuts the container down, if necessary by force, and removes its tree."""
        try:
            if self.leader and self.nspawn.poll() is None:
                self.try_run("systemctl", "poweroff")
            if self.nspawn:
                self.nspawn.wait(20)
        except subprocess.TimeoutExpired:
            print("# the container does not shut down; killing it", flush=True)
        finally:
            if self.nspawn:
                self.nspawn.kill()
                self.nspawn.wait()
            self.remove()

    def remove(self):
        shutil.rmtree(self.root, ignore_errors=True)
        for top in self.cgroups:
            for folder, _, _ in os.walk(top, topdown=False):
                try:
                    os.rmdir(folder)
                except OSError as error:
                    print(f"# left behind: {folder}: {error.strerror}")
