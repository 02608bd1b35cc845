#include "collector/problem_alerts.h"

static void problem_alerts_on_look(const struct problems *problems, const struct moment *now, void *arg)
{
    struct problem_alerts *alerts = arg;

    alert_program_look(&alerts->program, problems, now);
}

static void start_watch(struct problem_alerts *alerts, uv_loop_t *loop, const struct answer_world *world)
{
    const struct problem_watch_options options = {
        .sources = {.registry = world->registry,
                    .conditions = world->conditions,
                    .history = world->history,
                    .overrides = world->overrides,
                    .counts = world->counts,
                    .hub = world->hub,
                    .forwarders = world->forwarders,
                    .alerts = &alerts->program.health,
                    .decisions_held = world->decisions_held,
                    .cut_short = world->cut_short,
                    .cpus_us = world->cpus_us,
                    .http_cert_end_s = &world->process.http_cert_end_s},
        .counts = world->counts,
        .config = world->config,
        .cb = problem_alerts_on_look,
        .arg = alerts,
    };

    problem_watch_start(&alerts->watch, loop, &options);
}

void problem_alerts_start(struct problem_alerts *alerts, uv_loop_t *loop, struct answer_world *world,
                          struct spawner *spawner, const struct disk *disk)
{
    const struct alert_program_options program = {.config = world->config, .spawner = spawner, .disk = disk};

    alert_program_start(&alerts->program, loop, &program, uv_hrtime());
    start_watch(alerts, loop, world);
    world->problems = &alerts->watch.problems;
    world->alerts = &alerts->program.health;
}

void problem_alerts_drain(struct problem_alerts *alerts, alert_program_drained_cb *drained_cb, void *arg)
{
    alert_program_drain(&alerts->program, drained_cb, arg);
}

void problem_alerts_close(struct problem_alerts *alerts)
{
    problem_watch_close(&alerts->watch);
    alert_program_close(&alerts->program);
}

void problem_alerts_deinit(struct problem_alerts *alerts)
{
    problem_watch_deinit(&alerts->watch);
    alert_program_deinit(&alerts->program);
}
