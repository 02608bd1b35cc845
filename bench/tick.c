/* headroom-tick: what a tick of the scaler costs at fleet size, on the collector's own modules without its sockets and
 * files.
 *
 *     headroom-tick [--all] [NODES...]    default 1000 5000 20000 100000, in 200 groups
 *
 * Each tick observes registries with full rings (600 samples of the metrics that each agent on a machine has; with
 * --all, also of the application's and of a cgroup's) and decides for all groups, as the
 * collector does: in slices of a millisecond per turn of the loop. After each tick the state of the groups is saved as
 * text, also in slices. Between two ticks each node gets its samples, and the caches are overwritten, so that each tick
 * reads from memory. Times are CPU time of the thread, the median of TICKS ticks; the worst slice includes disturbance
 * by other processes. Text on stderr, JSON on stdout. */
#include "collector/autoscale/decision_history.h"
#include "collector/fleet/observe.h"
#include "common/compare.h"
#include "common/slices.h"
#include "scaler/scaler.h"
#include "scaler/state.h"
#include "thread_cpu.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define GROUPS      200U
#define HISTORY_MS  600000
#define INTERVAL_MS 1000
#define START_MS    INT64_C(1000000000)
#define STEP_NODES  256U /* as autoscale.c */
#define TICKS       15U
#define PAST_TICKS  2000U       /* ticks before the measurement, so that the scalers have a full memory */
#define CACHES      (64U << 20) /* larger than the caches */

struct bench {
    uv_loop_t loop;
    struct registry registry;
    struct collector_config config;
    struct decision_history board;
    struct scaler *scalers[GROUPS];
    struct group_observation observed[GROUPS_MAX];
    struct observe_pass pass;
    unsigned decided;
    struct slices tick;
    struct state_text text;
    unsigned saved;
    struct slices save;
    char *caches;
    bool all_metrics;
    int64_t now_ms;
};

/* Times of work in slices. */
struct cost {
    uint64_t cpu_ns[TICKS];
    uint64_t slice_ns[TICKS]; /* of the longest slice */
    uint64_t worst_ns;        /* of all */
};

static void die(const char *what)
{
    fprintf(stderr, "headroom-tick: %s\n", what);
    exit(1);
}

/* ---- the fleet ---- */

/* A load with a period of two hours, different on each node. */
static void push(struct node *node, int64_t time_ms, bool all_metrics)
{
    struct sample sample = {.seq = 1, .uptime_ms = (uint64_t)time_ms};
    double wave = (double)((time_ms / 1000 + (int64_t)node->index * 13) % 7200) / 72.0;

    for (enum metric m = 0; m < METRIC_COUNT; m++) {
        if (m >= METRIC_BASE_COUNT && m != METRIC_FS && !all_metrics)
            continue;
        if (METRIC_COUNTS(metric_table[m].kind))
            sample_set_counter(&sample, m, (uint64_t)time_ms * (m + 1));
        else
            sample_set_gauge(&sample, m, 20.0 + wave / 2.0);
    }
    if (!ring_push(&node->ring, time_ms, &sample))
        die("a sample is rejected");
    node->seen_ms = time_ms;
    node->reported = true;
}

/* Each second every node has a sample. */
static void push_until(struct bench *bench, int64_t until_ms)
{
    for (; bench->now_ms < until_ms; bench->now_ms += INTERVAL_MS)
        for (unsigned i = 0; i < bench->registry.node_count; i++)
            push(bench->registry.nodes[i], bench->now_ms + 1, bench->all_metrics);
}

static void make_fleet(struct bench *bench, unsigned nodes)
{
    char name[32];

    if (registry_init(&bench->registry, HISTORY_MS) < 0)
        die("out of memory");
    for (unsigned i = 0; i < nodes; i++) {
        snprintf(name, sizeof name, "node-%u", i);
        struct node *node = registry_ensure_node(&bench->registry, name, INTERVAL_MS, bench->now_ms - HISTORY_MS);
        snprintf(name, sizeof name, "group-%u", i % GROUPS);
        struct group *group = registry_ensure_group(&bench->registry, name);
        if (node == NULL || group == NULL)
            die("out of memory");
        registry_assign(&bench->registry, node, group);
        node->cpu_milli = 4000;
        node->memory_bytes = UINT64_C(16) << 30;
    }
    int64_t now_ms = bench->now_ms;
    bench->now_ms -= HISTORY_MS;
    push_until(bench, now_ms);
}

/* ---- the work, in steps ---- */

static void decide(struct bench *bench, unsigned g, int64_t now_ms)
{
    struct moment when = {.now_ms = now_ms, .wall_ms = now_ms};
    struct decision decision = scaler_step(bench->scalers[g], &bench->config.settings, now_ms, &bench->observed[g]);

    decision_history_note(&bench->board, bench->registry.groups[g], &decision, &when);
}

static bool on_tick_step(void *arg)
{
    struct bench *bench = arg;

    if (!observe_step(&bench->pass, STEP_NODES))
        return true;
    if (bench->decided == bench->pass.group_count)
        return false;
    decide(bench, bench->decided++, bench->pass.now_ms);
    return true;
}

static bool on_save_step(void *arg)
{
    struct bench *bench = arg;

    if (bench->saved == bench->registry.group_count)
        return false;
    struct state_group group = {.scaler = bench->scalers[bench->saved]};
    memcpy(group.name, bench->registry.groups[bench->saved++]->name, sizeof group.name);
    state_add(&bench->text, &group);
    return true;
}

static void fill_caches(struct bench *bench)
{
    for (size_t i = 0; i < CACHES; i += 64)
        bench->caches[i]++;
}

static void run(struct bench *bench, struct slices *slices, unsigned tick, struct cost *cost)
{
    bool first = true;

    cost->cpu_ns[tick] = cost->slice_ns[tick] = 0;
    while (first || slices_running(slices)) {
        uint64_t before_ns = thread_cpu_ns();
        if (first)
            slices_run(slices);
        else
            uv_run(&bench->loop, UV_RUN_NOWAIT);
        uint64_t slice_ns = thread_cpu_ns() - before_ns;
        first = false;
        cost->cpu_ns[tick] += slice_ns;
        cost->slice_ns[tick] = slice_ns > cost->slice_ns[tick] ? slice_ns : cost->slice_ns[tick];
    }
    if (cost->slice_ns[tick] > cost->worst_ns)
        cost->worst_ns = cost->slice_ns[tick];
}

static void run_tick(struct bench *bench, unsigned tick, struct cost *cost)
{
    push_until(bench, bench->now_ms + bench->config.settings.tick_ms);
    fill_caches(bench);
    observe_begin(&bench->pass, &bench->registry, &bench->config, bench->now_ms, bench->observed);
    bench->decided = 0;
    run(bench, &bench->tick, tick, cost);
}

/* Returns the CPU time of state_end(), which the collector runs on a worker. */
static uint64_t run_save(struct bench *bench, unsigned tick, struct cost *cost)
{
    struct state_moment now = {.boot = "boot", .mono_ms = bench->now_ms};

    fill_caches(bench);
    state_begin(&bench->text, &now);
    bench->saved = 0;
    run(bench, &bench->save, tick, cost);
    uint64_t before_ns = thread_cpu_ns();
    if (state_end(&bench->text) < 0)
        die("the state can't be saved");
    return thread_cpu_ns() - before_ns;
}

/* ---- the report ---- */

static double median_ms(uint64_t *ns)
{
    const uint64_t *median = ns + TICKS / 2;

    qsort(ns, TICKS, sizeof *ns, compare_u64);
    return (double)*median / 1e6;
}

static void measure(struct bench *bench, unsigned nodes)
{
    static struct cost tick;
    static struct cost save;
    uint64_t end_ns[TICKS];

    tick.worst_ns = save.worst_ns = 0;
    make_fleet(bench, nodes);
    for (unsigned i = 0; i < TICKS; i++) {
        run_tick(bench, i, &tick);
        end_ns[i] = run_save(bench, i, &save);
    }
    double tick_ms = median_ms(tick.cpu_ns);
    double slice_ms = median_ms(tick.slice_ns);
    double save_ms = median_ms(save.cpu_ns);
    double save_slice_ms = median_ms(save.slice_ns);
    double end_ms = median_ms(end_ns);
    fprintf(
        stderr,
        "%6u nodes in %u groups: a tick %.2f ms, %.3f us per node, longest slice %.2f ms (worst of all %.2f); state "
        "of %.1f MB %.2f ms, longest slice %.2f ms (%.2f), on a worker %.2f ms\n",
        nodes, bench->registry.group_count, tick_ms, tick_ms * 1e3 / nodes, slice_ms, (double)tick.worst_ns / 1e6,
        (double)bench->text.len / 1e6, save_ms, save_slice_ms, (double)save.worst_ns / 1e6, end_ms);
    printf("{\"nodes\": %u, \"groups\": %u, \"tick_ms\": %.3f, \"us_per_node\": %.4f, \"slice_ms\": %.3f, "
           "\"slice_worst_ms\": %.3f, \"state_bytes\": %zu, \"state_ms\": %.3f, \"state_slice_ms\": %.3f, "
           "\"state_slice_worst_ms\": %.3f, \"state_worker_ms\": %.3f}\n",
           nodes, bench->registry.group_count, tick_ms, tick_ms * 1e3 / nodes, slice_ms, (double)tick.worst_ns / 1e6,
           bench->text.len, save_ms, save_slice_ms, (double)save.worst_ns / 1e6, end_ms);
    fflush(stdout);
    registry_deinit(&bench->registry);
}

/* ---- start and end ---- */

/* Gives the scalers a past, with a small fleet. */
static void make_scalers(struct bench *bench)
{
    for (unsigned g = 0; g < GROUPS; g++)
        if ((bench->scalers[g] = scaler_new()) == NULL)
            die("out of memory");
    make_fleet(bench, GROUPS);
    for (unsigned i = 0; i < PAST_TICKS; i++) {
        push_until(bench, bench->now_ms + bench->config.settings.tick_ms);
        observe_groups(&bench->registry, &bench->config, bench->now_ms, bench->observed);
        for (unsigned g = 0; g < GROUPS; g++)
            decide(bench, g, bench->now_ms);
    }
    registry_deinit(&bench->registry);
}

int main(int argc, char **argv)
{
    static const unsigned sizes[] = {1000, 5000, 20000, 100000};
    static struct bench bench = {.config = {.settings = SCALER_SETTINGS_DEFAULT, .gone_ms = 600000},
                                 .now_ms = START_MS};

    bench.caches = calloc(1, CACHES);
    if (bench.caches == NULL || decision_history_init(&bench.board, 0) < 0 || uv_loop_init(&bench.loop) < 0)
        die("out of memory");
    slices_start(&bench.tick, &bench.loop, on_tick_step, &bench);
    slices_start(&bench.save, &bench.loop, on_save_step, &bench);
    make_scalers(&bench);
    bench.all_metrics = argc > 1 && strcmp(argv[1], "--all") == 0;
    int first = bench.all_metrics ? 2 : 1;
    for (size_t i = 0; argc == first && i < sizeof sizes / sizeof *sizes; i++)
        measure(&bench, sizes[i]);
    for (int i = first; i < argc; i++) {
        long nodes = strtol(argv[i], NULL, 10);
        if (nodes < 1 || nodes > (long)NODES_MAX)
            die("the arguments are numbers of nodes, 1 to 100000");
        measure(&bench, (unsigned)nodes);
    }
    slices_close(&bench.tick);
    slices_close(&bench.save);
    uv_run(&bench.loop, UV_RUN_DEFAULT);
    uv_loop_close(&bench.loop);
    for (unsigned g = 0; g < GROUPS; g++)
        scaler_free(bench.scalers[g]);
    decision_history_deinit(&bench.board);
    free(bench.text.text);
    free(bench.caches);
    return 0;
}
