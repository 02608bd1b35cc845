/* Starts programs from the loop, by way of the spawner (spawn_process.h), and reports their ends.
 *
 * Happy path: a request goes to the spawner at once, or, when the socket is full, as soon as it has room. The answer
 * has the id of the process, which is a child of this one: SIGCHLD tells its end. The process is reaped when its owner
 * forgets it, so that until then no signal can reach another one with its id.
 * Failures: a program that can't be run ends with an error. When the spawner has ended, or does not answer for
 * SPAWNER_ANSWER_MS_MAX, what it has not started yet ends with SPAWN_ERROR_LOST, and nothing can be started any more: a
 * new spawner would be a copy of a large process. Programs that run are not affected. */
#ifndef COLLECTOR_SPAWN_SPAWNER_H
#define COLLECTOR_SPAWN_SPAWNER_H

#include "collector/spawn/spawn_message.h"
#include "collector/spawn/spawn_process.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

#define SPAWNER_ANSWER_MS_MAX 30000U
#define SPAWNER_WHY_MAX       128U

struct spawner_child;

struct spawner_end {
    int error; /* negative errno: the program was not run */
    int exit_status;
    int signum; /* that killed it; 0: none */
};

typedef void spawner_ended_cb(struct spawner_child *child, const struct spawner_end *end, void *arg);

/* Why the spawner is lost, for example "was killed by signal 9 (Killed)". */
typedef void spawner_lost_cb(const char *why, void *arg);

/* A program that is started or runs. All zeros: none. */
struct spawner_child {
    struct spawner *spawner;
    struct spawner_child *next;
    uint64_t id;
    char *request; /* NULL: it is sent */
    size_t request_len;
    int fds[SPAWN_FILES];
    pid_t pid;  /* 0: not known (yet) */
    int signum; /* to be sent when it is known; 0: none */
    bool has_ended;
    bool is_reported;
    struct spawner_end end;
    spawner_ended_cb *cb;
    void *arg;
};

struct spawner {
    struct spawn_process *process;
    struct spawner_child *children; /* in the order of their starts */
    uint64_t last_id;
    uv_poll_t poll; /* of the socket */
    uv_signal_t sigchld;
    uv_timer_t timer;   /* while an answer is awaited */
    uint64_t answer_ms; /* SPAWNER_ANSWER_MS_MAX, but in tests */
    spawner_lost_cb *lost_cb;
    void *arg;
    int events;     /* that poll waits for */
    bool has_ended; /* its end of the socket is closed; SIGCHLD follows */
    bool is_lost;
    bool closed;
};

/* process belongs to the caller, and ends with spawner_close(). Calls lost_cb when the spawner is lost, at most once.
 * 0, or a negative errno and nothing is started. */
int spawner_start(struct spawner *spawner, uv_loop_t *loop, struct spawn_process *process, spawner_lost_cb *lost_cb,
                  void *arg);

/* Starts arguments[0], which is searched for in PATH if it has no slash. Both lists end with NULL; variables are added
 * to the environment. fds: standard input, output and error, which are closed here in any case; output and error may
 * be the same. Calls cb later, once, when the program has ended. Returns 0, or a negative errno, and there is no
 * child. */
int spawner_run(struct spawner *spawner, struct spawner_child *child, char *const *arguments, char *const *variables,
                const int fds[SPAWN_FILES], spawner_ended_cb *cb, void *arg);

/* Sends the signal to the process group of the program, whose id is unique until it is forgotten, also after the
 * program has ended. */
void spawner_signal(struct spawner_child *child, int signum);

/* No callback comes any more. A process that has ended is reaped. Also for zeros. */
void spawner_forget(struct spawner_child *child);

/* Ends the spawner. What it has not started yet ends now, in callbacks before this returns. The loop runs empty when
 * all children are forgotten. Idempotent; also for zeros. */
void spawner_close(struct spawner *spawner);

#endif
