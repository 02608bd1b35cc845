"""A terminal for programs that people look at: tmux with a server of its own, of which the screen is read and to which
keys are sent."""

import os
import shlex
import shutil
import subprocess
import tempfile

from headroom_test import WAIT_S, wait_until

TMUX = shutil.which("tmux")


class Terminal:
    """One window of columns x rows, in which a program runs. `variables` are added to its environment; a variable that
    is None is removed. `term` is the value of TERM that the program sees."""

    def __init__(self, argv, columns=80, rows=24, variables=None, term="screen-256color"):
        self.folder = tempfile.mkdtemp(prefix="headroom-tmux-")
        environment = {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "NO_COLOR": None, "TERM": term, **(variables or {})}
        words = ["env"]
        for name, value in environment.items():
            words += ["-u", name] if value is None else []
        words += [f"{name}={value}" for name, value in environment.items() if value is not None]
        # The shell remains, also after Ctrl-C, so that the screen after the program's end and its exit status can be seen.
        script = f"trap : INT QUIT; {shlex.join([*words, *argv])}; echo \"exit status $?\"; exec sh -i"
        with open(os.path.join(self.folder, "tmux.conf"), "w", encoding="ascii") as file:
            file.write("set -g default-terminal screen-256color\nset -g status off\nset -s escape-time 0\n"
                       "set -g remain-on-exit on\nset -g history-limit 0\n")
        self.tmux("-f", os.path.join(self.folder, "tmux.conf"), "new-session", "-d", "-s", "test", "-x", str(columns),
                  "-y", str(rows), "sh", "-c", script)

    def tmux(self, *words):
        """Runs a command of tmux, and returns what it prints. tmux itself needs UTF-8, whatever the program has."""
        environment = {**os.environ, "LC_ALL": "C.UTF-8", "PS1": "$ "}
        environment.pop("TMUX", None)
        done = subprocess.run([TMUX, "-u", "-S", os.path.join(self.folder, "socket"), *words], env=environment,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=WAIT_S, check=False)
        if done.returncode != 0:
            raise AssertionError(f"tmux {shlex.join(words)}: {done.stderr}")
        return done.stdout

    def send(self, *keys):
        """Keys by tmux's names, such as "Down", "Enter", "C-c" and "F3"; other words are sent as they are."""
        self.tmux("send-keys", "-t", "test", *keys)

    def write(self, text):
        """Sends a text, none of which is taken for the name of a key."""
        self.tmux("send-keys", "-t", "test", "-l", text)

    def resize(self, columns, rows):
        self.tmux("resize-window", "-t", "test", "-x", str(columns), "-y", str(rows))

    def lines(self, escapes=False):
        """The screen, without spaces at the ends of lines. escapes: with colours and other attributes."""
        screen = self.tmux("capture-pane", "-p", "-t", "test", *(["-e"] if escapes else []))
        return [line.rstrip() for line in screen.split("\n")[:-1]]

    def screen(self, escapes=False):
        return "\n".join(self.lines(escapes))

    def wait(self, condition, what, timeout=WAIT_S):
        """Waits until the condition of the screen's lines is true, and returns its value."""
        return wait_until(lambda: condition(self.lines()), lambda: f"{what} on the screen:\n{self.screen()}", timeout)

    def wait_text(self, text, timeout=WAIT_S):
        """Waits until a line contains the text, and returns that line."""
        return self.wait(lambda lines: next((line for line in lines if text in line), None), repr(text), timeout)

    def wait_no_text(self, text, timeout=WAIT_S):
        self.wait(lambda lines: not any(text in line for line in lines), f"no {text!r}", timeout)

    def close(self):
        """Ends the server and with it what runs in the window."""
        try:
            self.tmux("kill-server")
        except AssertionError:
            pass  # it has ended by itself
        shutil.rmtree(self.folder, ignore_errors=True)
