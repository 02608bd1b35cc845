/* Receives the process's signals on a thread of its own, so that they do not interrupt the loop while it waits.
 *
 * libuv starts to measure a wait anew when a signal interrupts it: the time before the signal then counts as if
 * callbacks had held the loop (libuv 1.44, uv__io_poll() at EINTR). Its signal handlers may run on any thread; the loop
 * learns of a signal through a pipe. */
#ifndef COLLECTOR_SIGNAL_THREAD_H
#define COLLECTOR_SIGNAL_THREAD_H

#include <stdbool.h>
#include <uv.h>

struct signal_thread {
    uv_thread_t thread;
    uv_sem_t end;
    bool runs;
};

/* Call it on the loop's thread: blocks signals there. 0, or a negative errno and nothing has changed. */
int signal_thread_start(struct signal_thread *signals);

/* Ends the thread, and signals reach the caller's again. Zeroed memory is closed. */
void signal_thread_close(struct signal_thread *signals);

#endif
