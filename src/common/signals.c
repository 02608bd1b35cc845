#include "common/signals.h"

#include "common/handle.h"

#include <signal.h>

static void signals_on_signal(uv_signal_t *handle, int signum)
{
    struct signals *signals = handle->data;

    signals->cb(signum, signals->arg);
}

int signals_start(struct signals *signals, uv_loop_t *loop, const int *numbers, signals_cb *cb, void *arg)
{
    *signals = (struct signals){.cb = cb, .arg = arg};
    signal(SIGPIPE, SIG_IGN);
    for (; *numbers != 0 && signals->count < SIGNALS_MAX; numbers++) {
        uv_signal_t *handle = &signals->handles[signals->count];
        uv_signal_init(loop, handle);
        handle->data = signals;
        signals->count++;
        int rc = uv_signal_start(handle, signals_on_signal, *numbers);
        if (rc < 0) {
            signals_close(signals);
            return rc;
        }
    }
    return 0;
}

/* Closing the handles restores the default actions, and another signal would kill the program during its orderly
 * shutdown. */
void signals_close(struct signals *signals)
{
    for (unsigned i = 0; i < signals->count; i++) {
        int signum = signals->handles[i].signum;
        handle_close(&signals->handles[i], NULL);
        if (signum != 0)
            signal(signum, SIG_IGN);
    }
}
