#include "agent/sampling/sampler.h"

#include "common/handle.h"

static void arm(struct sampler *sampler);

static void deliver(struct sampler *sampler)
{
    struct sample sample = {0};

    sampler->is_waiting = false;
    uv_timer_stop(&sampler->timer);
    probe_end(sampler->probe, &sample);
    sampler->cb(&sample, sampler->arg);
}

/* The report can be one of a source that was late for an earlier sample. */
static void sampler_on_report(uv_async_t *report)
{
    struct sampler *sampler = report->data;

    if (sampler->is_waiting && probe_is_complete(sampler->probe))
        deliver(sampler);
}

static void sampler_on_timer(uv_timer_t *timer)
{
    struct sampler *sampler = timer->data;

    if (probe_is_complete(sampler->probe) || uv_now(timer->loop) >= sampler->due_ms) {
        deliver(sampler);
        return;
    }
    probe_check(sampler->probe);
    arm(sampler);
}

static void arm(struct sampler *sampler)
{
    uv_timer_start(&sampler->timer, sampler_on_timer, probe_patience_ms(sampler->probe), 0);
}

/* In the probe's thread. */
static void sampler_on_complete(void *arg)
{
    struct sampler *sampler = arg;

    (void)uv_async_send(&sampler->report);
}

int sampler_start(struct sampler *sampler, uv_loop_t *loop, struct probe *probe, sampler_cb *cb, void *arg)
{
    *sampler = (struct sampler){.probe = probe, .cb = cb, .arg = arg};
    uv_timer_init(loop, &sampler->timer);
    sampler->timer.data = sampler->report.data = sampler;
    int rc = uv_async_init(loop, &sampler->report, sampler_on_report);
    if (rc == 0)
        probe_report_to(probe, sampler_on_complete, sampler);
    return rc;
}

void sampler_tick(struct sampler *sampler)
{
    if (sampler->is_waiting)
        deliver(sampler);
    if (probe_begin(sampler->probe)) {
        deliver(sampler);
        return;
    }
    sampler->is_waiting = true;
    sampler->due_ms = uv_now(sampler->timer.loop) + probe_deadline_ms(sampler->probe);
    arm(sampler);
}

void sampler_close(struct sampler *sampler)
{
    if (sampler->probe != NULL)
        probe_report_to(sampler->probe, NULL, NULL);
    handle_close(&sampler->report, NULL);
    handle_close(&sampler->timer, NULL);
}
