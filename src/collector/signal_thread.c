#include "collector/signal_thread.h"

#include <signal.h>

/* Those that the collector handles, and that of a hook's end. */
static void change_mask(int how)
{
    static const int numbers[] = {SIGCHLD, SIGHUP, SIGINT, SIGTERM, SIGUSR1};
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sigaddset(&set, numbers[i]);
    (void)pthread_sigmask(how, &set, NULL);
}

static void signal_thread_on_start(void *arg)
{
    struct signal_thread *signals = arg;

    uv_sem_wait(&signals->end);
}

/* The thread is created with the caller's mask, before the signals are blocked there. */
int signal_thread_start(struct signal_thread *signals)
{
    int rc = uv_sem_init(&signals->end, 0);

    if (rc < 0)
        return rc;
    rc = uv_thread_create(&signals->thread, signal_thread_on_start, signals);
    if (rc < 0) {
        uv_sem_destroy(&signals->end);
        return rc;
    }
    signals->runs = true;
    change_mask(SIG_BLOCK);
    return 0;
}

void signal_thread_close(struct signal_thread *signals)
{
    if (!signals->runs)
        return;
    signals->runs = false;
    change_mask(SIG_UNBLOCK);
    uv_sem_post(&signals->end);
    uv_thread_join(&signals->thread);
    uv_sem_destroy(&signals->end);
}
