/* A program in a process of its own, whose log is read. While a test waits for it, test_loop runs. */
#ifndef SUPPORT_CHILD_H
#define SUPPORT_CHILD_H

#include <stddef.h>
#include <sys/types.h>

struct child {
    pid_t pid; /* 0: ended */
    int log_fd;
    size_t seen; /* of the log, by child_await() */
    size_t used;
    char log[65536];
};

typedef int child_main(void *arg);

void child_start(struct child *child, child_main *run, void *arg);

/* Waits until the log has the text behind what was awaited before. Returns what follows the text; it may be an
 * unfinished line. */
const char *child_await(struct child *child, const char *text);

void child_signal(struct child *child, int signum);

/* Waits for its end, and returns its exit status. One that was killed fails the test, its log is shown. */
int child_end(struct child *child);

/* For a teardown: ends it if it still runs. */
void child_kill(struct child *child);

#endif
