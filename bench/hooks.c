/* headroom-hooks: what it costs the loop to start many hooks at once, in a process as large as a collector with 6,000
 * nodes of 140 KB each.
 *
 *     headroom-hooks [HOOKS...]    default 1 16 48, the most that begin together
 *
 * Each round starts the hooks in one turn of the loop and waits for their ends. A hook is a shell that reads its record
 * and prints a line. The collector's loop_watch measures the turns, whose length includes disturbance by the hooks; CPU
 * times are the thread's. Under chrt the hooks have the usual priority. Text on stderr, JSON on stdout. */
#include "collector/autoscale/hook_run.h"
#include "collector/loop_watch.h"
#include "collector/signal_thread.h"
#include "common/log.h"
#include "thread_cpu.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#define HOOKS_MAX  (HOOK_FRESH_MAX + HOOK_QUESTIONS_MAX)
#define ROUNDS     20U
#define RING_COUNT 6000U
#define RING_SIZE  (140U << 10)
#define TIMEOUT_MS 60000U

static const char script[] = "#!/bin/sh\ncat > /dev/null\necho done\n";

struct bench {
    uv_loop_t loop;
    struct spawn_process process;
    struct spawner spawner;
    struct hook_run runs[HOOKS_MAX];
    uv_prepare_t prepare;
    uint64_t turn_ns;     /* CPU time when this turn began */
    uint64_t turn_ns_max; /* of a turn */
    unsigned running;
    unsigned failed;
    char program[64];
    char record[4096];
    char buffer[16384];
};

static void die(const char *what)
{
    fprintf(stderr, "headroom-hooks: %s\n", what);
    exit(1);
}

/* As many pages as the rings of a fleet. */
static void grow(void)
{
    for (unsigned i = 0; i < RING_COUNT; i++) {
        char *ring = malloc(RING_SIZE);
        if (ring == NULL)
            die("out of memory");
        memset(ring, (int)i, RING_SIZE);
    }
}

static void write_program(struct bench *bench)
{
    strcpy(bench->program, "/tmp/headroom-hooks.XXXXXX");
    int fd = mkstemp(bench->program);

    if (fd < 0 || write(fd, script, sizeof script - 1) < 0 || fchmod(fd, 0700) < 0)
        die("can't write the hook");
    close(fd);
}

static void on_ended(struct hook_run *run, void *arg)
{
    struct bench *bench = arg;

    bench->running--;
    bench->failed += run->life.result.verdict != HOOK_ACCEPTED;
}

static void start(struct bench *bench, unsigned index)
{
    const struct hook_command command = {
        .program = bench->program,
        .call = {.verb = HOOK_SCALE_OUT, .group = "web", .to = 3, .epoch = 1, .number = index + 1},
        .record = bench->record,
        .record_len = sizeof bench->record,
        .spawner = &bench->spawner,
        .timeout_ms = TIMEOUT_MS,
        .term_ms = TIMEOUT_MS,
        .buffer = bench->buffer,
        .buffer_size = sizeof bench->buffer,
    };

    bench->running++;
    if (hook_run_start(&bench->runs[index], &bench->loop, &command, on_ended, bench) < 0)
        die("can't start a hook");
}

/* Right before the loop waits, which costs no CPU time. */
static void on_prepare(uv_prepare_t *prepare)
{
    struct bench *bench = prepare->data;
    uint64_t now_ns = thread_cpu_ns();

    if (now_ns - bench->turn_ns > bench->turn_ns_max)
        bench->turn_ns_max = now_ns - bench->turn_ns;
    bench->turn_ns = now_ns;
}

static void run_round(struct bench *bench, unsigned hooks)
{
    uv_update_time(&bench->loop);
    for (unsigned i = 0; i < hooks; i++)
        start(bench, i);
    while (bench->running > 0)
        uv_run(&bench->loop, UV_RUN_ONCE);
}

static void print_costs(const struct bench *bench, unsigned hooks, double round_ms, const struct loop_watch *watch)
{
    double turn_cpu_ms = (double)bench->turn_ns_max / 1e6;
    double turn_ms = (double)watch->turns.max / 1e3;
    double wait_ms = (double)loop_watch_wait_us(watch, 0.99) / 1e3;
    size_t resident = 0;

    (void)uv_resident_set_memory(&resident);
    fprintf(stderr, "%2u hooks: %.2f ms of CPU, at most %.2f ms a turn; longest turn %.2f ms, p99 of waits %.2f ms\n",
            hooks, round_ms, turn_cpu_ms, turn_ms, wait_ms);
    printf("{\"hooks\": %u, \"resident_mb\": %.0f, \"cpu_ms\": %.3f, \"turn_cpu_ms_max\": %.3f, \"turn_ms_max\": %.3f, "
           "\"wait_ms_p99\": %.3f}\n",
           hooks, (double)resident / 1e6, round_ms, turn_cpu_ms, turn_ms, wait_ms);
}

static void measure(struct bench *bench, unsigned hooks)
{
    struct loop_watch watch;

    if (loop_watch_start(&watch, &bench->loop) < 0)
        die("can't watch the loop");
    uint64_t begin_ns = thread_cpu_ns();
    bench->turn_ns = begin_ns;
    bench->turn_ns_max = 0;
    for (unsigned round = 0; round < ROUNDS; round++)
        run_round(bench, hooks);
    print_costs(bench, hooks, (double)(thread_cpu_ns() - begin_ns) / 1e6 / ROUNDS, &watch);
    loop_watch_close(&watch);
    uv_run(&bench->loop, UV_RUN_NOWAIT);
}

static void on_record(enum log_level level, const char *message, const struct log_field *fields, size_t count)
{
    (void)level;
    (void)message;
    (void)fields;
    (void)count;
}

static void on_lost(const char *why, void *arg)
{
    (void)why;
    (void)arg;
    die("the spawner has ended");
}

/* A real-time priority is for this process alone. */
static void keep_priority(void)
{
    struct sched_param param;
    int policy = sched_getscheduler(0);

    if (policy != SCHED_OTHER && sched_getparam(0, &param) == 0)
        (void)sched_setscheduler(0, policy | SCHED_RESET_ON_FORK, &param);
}

int main(int argc, char **argv)
{
    static const unsigned hooks[] = {1, 16, HOOKS_MAX};
    static struct bench bench;
    struct signal_thread signals = {0};

    keep_priority();
    if (spawn_process_start(&bench.process, NULL, environ) < 0)
        die("can't start the spawner");
    signal(SIGPIPE, SIG_IGN);
    log_set_sink(on_record);
    if (uv_loop_init(&bench.loop) < 0 ||
        spawner_start(&bench.spawner, &bench.loop, &bench.process, on_lost, NULL) < 0 ||
        signal_thread_start(&signals) < 0)
        die("can't begin");
    uv_prepare_init(&bench.loop, &bench.prepare);
    bench.prepare.data = &bench;
    uv_prepare_start(&bench.prepare, on_prepare);
    uv_unref((uv_handle_t *)&bench.prepare);
    write_program(&bench);
    grow();
    for (int i = 1; i < argc; i++)
        measure(&bench, (unsigned)strtoul(argv[i], NULL, 10) % (HOOKS_MAX + 1));
    for (size_t i = 0; argc == 1 && i < sizeof hooks / sizeof *hooks; i++)
        measure(&bench, hooks[i]);
    unlink(bench.program);
    spawner_close(&bench.spawner);
    return bench.failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
