/* Delivers signals as events of the loop. SIGPIPE is ignored: a closed peer is an error of its write. */
#ifndef COMMON_SIGNALS_H
#define COMMON_SIGNALS_H

#include <uv.h>

#define SIGNALS_MAX 4

typedef void signals_cb(int signum, void *arg);

struct signals {
    uv_signal_t handles[SIGNALS_MAX];
    unsigned count;
    signals_cb *cb;
    void *arg;
};

/* numbers: 0-terminated, at most SIGNALS_MAX of them. Returns 0 or a negative errno; then nothing is started. */
int signals_start(struct signals *signals, uv_loop_t *loop, const int *numbers, signals_cb *cb, void *arg);
void signals_close(struct signals *signals);

#endif
