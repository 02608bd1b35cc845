/* The spawner: a small process that starts the programs of the collector, because fork() takes the longer the more
 * memory a process has, and the collector's loop can't wait for it.
 *
 * Happy path: the collector starts the spawner first of all, while it has little memory, one thread, no secrets and no
 * open files. The spawner keeps one socket. For each request (spawn_message.h) it starts a process, which becomes the
 * leader of its own session and process group, has the request's three files and no others, no blocked or ignored
 * signals, and runs the program. The process is a child of the collector, not of the spawner (CLONE_PARENT): the
 * collector sends it signals and learns of its end from the kernel, as if it had started it itself, also when the
 * spawner is gone.
 * Failures: exec() fails in the new process, which reports it; so a program on a file system that hangs does not hold
 * up others. The spawner ends when the collector does. It also ends at a malformed message, which is a bug. */
#ifndef COLLECTOR_SPAWN_SPAWN_PROCESS_H
#define COLLECTOR_SPAWN_SPAWN_PROCESS_H

#include <sys/types.h>

#define SPAWN_PROCESS_NAME "headroom-spawn"

/* All zeros: there is none. */
struct spawn_process {
    pid_t pid;
    int fd; /* the collector's end of the socket */
};

/* Call it before anything else. argv: main()'s, where the spawner writes its name for ps; NULL: it keeps the
 * collector's. environment: what programs get, see spawn_environment.h. 0 or a negative errno. */
int spawn_process_start(struct spawn_process *process, char **argv, char *const *environment);

/* Kills it. What it has sent can still be received. Also for zeros, and for one that has ended. */
void spawn_process_kill(struct spawn_process *process);

/* Kills it and closes the socket. Also for zeros. */
void spawn_process_end(struct spawn_process *process);

#endif
