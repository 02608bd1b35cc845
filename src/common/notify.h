/* Notifies the service manager: readiness, a status line, and pings for its watchdog.
 *
 * The protocol is a few bytes to the socket $NOTIFY_SOCKET (man sd_notify). It is implemented here because libsystemd
 * alone would double the agent's resident memory. Without the variable, all functions do nothing. */
#ifndef COMMON_NOTIFY_H
#define COMMON_NOTIFY_H

#include <uv.h>

struct notify {
    int fd; /* 0 or less: no service manager */
    uv_timer_t watchdog;
};

/* For a program without a loop, which has no pings. *notify is all zero. */
void notify_open(struct notify *notify);

/* The same for a program with one. Starts the pings, every half of $WATCHDOG_USEC, if the service manager requests
 * them. They come from the loop, so the watchdog notices a loop that hangs. */
void notify_start(struct notify *notify, uv_loop_t *loop);
void notify_close(struct notify *notify);

/* state: newline-separated assignments, for example "READY=1\nSTATUS=listening". Dropped without a service manager. */
void notify_send(const struct notify *notify, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
