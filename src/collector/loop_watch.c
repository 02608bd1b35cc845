#include "collector/loop_watch.h"

#include "common/clock.h"
#include "common/handle.h"

static void note_cpu(struct loop_watch *watch)
{
    uint64_t cpu_us = clock_thread_us();

    histogram_add(&watch->cpus, cpu_us - watch->cpu_us, 1);
    watch->cpu_us = cpu_us;
}

/* What the program does before its loop runs holds up nobody. */
static void begin(struct loop_watch *watch)
{
    watch->start_ns = uv_hrtime();
    watch->turn_ns = watch->start_ns;
    watch->idle_ns = uv_metrics_idle_time(watch->prepare.loop);
    watch->cpu_us = clock_thread_us();
}

/* Right before the loop waits. */
static void loop_watch_on_prepare(uv_prepare_t *prepare)
{
    struct loop_watch *watch = prepare->data;
    uint64_t now_ns = uv_hrtime();

    if (watch->start_ns == 0) {
        begin(watch);
        return;
    }
    uint64_t idle_ns = uv_metrics_idle_time(prepare->loop);
    uint64_t passed_ns = now_ns - watch->turn_ns;
    uint64_t waited_ns = idle_ns - watch->idle_ns;
    uint64_t held_ns = passed_ns > waited_ns ? passed_ns - waited_ns : 0;

    histogram_add(&watch->turns, held_ns / 1000, 1);
    note_cpu(watch);
    watch->busy_ns += held_ns;
    watch->turn_ns = now_ns;
    watch->idle_ns = idle_ns;
}

int loop_watch_start(struct loop_watch *watch, uv_loop_t *loop)
{
    int rc = uv_loop_configure(loop, UV_METRICS_IDLE_TIME);

    if (rc < 0)
        return rc;
    *watch = (struct loop_watch){0};
    uv_prepare_init(loop, &watch->prepare);
    watch->prepare.data = watch;
    uv_prepare_start(&watch->prepare, loop_watch_on_prepare);
    uv_unref((uv_handle_t *)&watch->prepare);
    return 0;
}

void loop_watch_close(struct loop_watch *watch)
{
    handle_close(&watch->prepare, NULL);
}

static uint64_t passed_us(const struct loop_watch *watch)
{
    return (watch->turn_ns - watch->start_ns) / 1000;
}

uint64_t loop_watch_wait_us(const struct loop_watch *watch, double share)
{
    return histogram_wait(&watch->turns, passed_us(watch), share);
}

uint64_t loop_watch_cpu_us(const struct loop_watch *watch, double share)
{
    return histogram_wait(&watch->cpus, passed_us(watch), share);
}

double loop_watch_busy(const struct loop_watch *watch)
{
    uint64_t passed_ns = watch->turn_ns - watch->start_ns;

    return passed_ns > 0 ? (double)watch->busy_ns / (double)passed_ns : 0.0;
}
