#include "collector/problem_alerts.h"

void problem_alerts_start(struct problem_alerts *alerts, uv_loop_t *loop, struct answer_world *world)
{
    const struct problem_watch_options watch = {
        .sources = {.registry = world->registry,
                    .conditions = world->conditions,
                    .history = world->history,
                    .overrides = world->overrides,
                    .counts = world->counts,
                    .hub = world->hub,
                    .forwarders = world->forwarders,
                    .cpus_us = world->cpus_us,
                    .http_cert_end_s = &world->process.http_cert_end_s},
        .counts = world->counts,
        .config = world->config,
    };

    problem_watch_start(&alerts->watch, loop, &watch);
    world->problems = &alerts->watch.problems;
}

void problem_alerts_close(struct problem_alerts *alerts)
{
    problem_watch_close(&alerts->watch);
}

void problem_alerts_deinit(struct problem_alerts *alerts)
{
    problem_watch_deinit(&alerts->watch);
}
