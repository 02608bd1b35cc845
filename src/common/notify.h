/* What the service manager is told: readiness, a line of status, and pings for its watchdog.
 *
 * The protocol is a few bytes to the socket $NOTIFY_SOCKET (man sd_notify); it is spoken here rather than through
 * libsystemd because that library alone would double the agent's resident memory. Without the variable all of this does
 * nothing. */
#ifndef COMMON_NOTIFY_H
#define COMMON_NOTIFY_H

#include <uv.h>

struct notify {
    int fd; /* 0 or less: nobody listens */
    uv_timer_t watchdog;
};

/* Starts the pings, at half of $WATCHDOG_USEC, where the manager wants them: they come from the loop, so a loop that
 * hangs is noticed. */
void notify_start(struct notify *notify, uv_loop_t *loop);
void notify_close(struct notify *notify);

/* state: newline-separated assignments, for example "READY=1\nSTATUS=listening". Lost when nobody listens. */
void notify_send(const struct notify *notify, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
