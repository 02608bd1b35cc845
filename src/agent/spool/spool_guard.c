#include "agent/spool/spool_guard.h"

#include "common/log.h"

#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TEXT_SIZE (PATH_MAX + 200)

static struct {
    uintptr_t from; /* of the mapping; 0: none */
    uintptr_t to;
    char text[TEXT_SIZE];
    size_t text_len;
} guard;

static void spool_guard_on_signal(int signum, siginfo_t *info, void *context)
{
    uintptr_t at = (uintptr_t)info->si_addr;

    (void)context;
    if (at < guard.from || at >= guard.to) {
        (void)signal(signum, SIG_DFL); /* the instruction is repeated, and ends the process */
        return;
    }
    ssize_t put = write(STDERR_FILENO, guard.text, guard.text_len);
    (void)put;
    _exit(EXIT_FAILURE);
}

void spool_guard_arm(const void *map, size_t len, const char *path)
{
    struct sigaction action = {.sa_sigaction = spool_guard_on_signal, .sa_flags = SA_SIGINFO};

    int text_len =
        snprintf(guard.text, sizeof guard.text,
                 "%s%s was truncated while it was in use, or its disk fails; ending, so that a new start uses "
                 "what is left\n",
                 log_is_journal() ? "<3>" : "error: ", path);
    guard.text_len = text_len < (int)sizeof guard.text ? (size_t)text_len : sizeof guard.text - 1;
    guard.from = (uintptr_t)map;
    guard.to = guard.from + len;
    sigemptyset(&action.sa_mask);
    (void)sigaction(SIGBUS, &action, NULL);
}

void spool_guard_disarm(void)
{
    guard.from = guard.to = 0;
}
