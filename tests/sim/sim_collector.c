#include "sim/sim_collector.h"

#include "common/limits.h"
#include "sim/sim_world.h"

#include <inttypes.h>

#define HOUSEKEEPING_MS 10000U /* shorter than the product's: runs are short */
#define STOP_MS_MAX     10000U
#define LOOK_MS         5000 /* as above */
#define RESTART_MS_MAX  8000U
#define WALL_MS         INT64_C(1700000000000)

uint64_t sim_collector_mono(const struct sim_collector *collector)
{
    return collector->world->now_ms - collector->boot_ms;
}

int64_t sim_collector_wall(const struct sim_collector *collector)
{
    return WALL_MS + (int64_t)collector->world->now_ms + collector->wall_shift_ms;
}

static int64_t any_sync_ms(struct world *world)
{
    uint64_t kind = sim_below(world, 10);

    if (kind < 6)
        return SYNC_ALWAYS;
    return kind == 6 ? SYNC_NEVER : (int64_t)sim_between(world, SYNC_MS_MIN, 10000);
}

static void init_limits(struct sim_collector *collector)
{
    struct world *world = collector->world;
    struct segments_limits limits = {.look_ms = LOOK_MS, .rotate_ms = INT64_MAX};

    limits.rotate_bytes = sim_between(world, 1, sim_chance(world, 50) ? 12 : 64) * 1024;
    if (world->partition_ms > 0)
        limits.rotate_bytes *= 16; /* there will be many rows */
    if (sim_chance(world, 30))
        limits.rotate_ms = (int64_t)sim_between(world, 20, 120) * 1000;
    limits.retain_ms = sim_chance(world, 50) ? (int64_t)sim_between(world, 5, 60) * 1000 : 0;
    collector->store.metrics_limits = limits;
    limits.rotate_bytes = sim_between(world, 1, 64) * 1024;
    collector->store.gaps_limits = limits;
    collector->pack.after_ms = sim_chance(world, 50) ? (int64_t)sim_between(world, 1, 20) * 1000 : 0;
}

void sim_collector_init(struct sim_collector *collector, struct world *world, unsigned index)
{
    static const uint32_t ack_intervals_ms[] = {300, 500, 1000, 2000};
    static const uint32_t credits[] = {4, 8, 16, 64};

    *collector = (struct sim_collector){.world = world, .index = index};
    collector->boot_ms = world->now_ms - sim_below(world, 1000000);
    collector->start_ms = world->now_ms;
    collector->ack_interval_ms = ack_intervals_ms[sim_below(world, 4)];
    collector->credit = credits[sim_below(world, 4)];
    collector->history_ms = (int64_t)sim_between(world, 5, 60) * 1000;
    collector->gone_ms = (int64_t)sim_between(world, 2, 20) * 1000;
    collector->store.flush_ms = sim_between(world, 10, 1000);
    collector->store.sync_ms = any_sync_ms(world);
    init_limits(collector);
    collector->store.collector = collector;
    sim_disk_init(&collector->disk, collector, world);
    sim_log(world, "collector %u: sync %" PRId64 " ms, history %" PRId64 " ms, retain %" PRId64 " ms", index,
            collector->store.sync_ms, collector->history_ms, collector->store.metrics_limits.retain_ms);
    scaling_init(&collector->scaling, world, collector->gone_ms);
}

/* ---- start and end ---- */

static void init_parts(struct sim_collector *collector)
{
    struct world *world = collector->world;

    collector->hub = (struct intake_hub){
        .registry = &collector->registry,
        .backlog = &collector->backlog,
        .arena = &world->arena,
        .ack_interval_ms = collector->ack_interval_ms,
        .credit = collector->credit,
    };
    if (registry_init(&collector->registry, collector->history_ms) < 0 ||
        backlog_init(&collector->backlog, intake_backlog_rows(world->agent_count, collector->credit)) < 0)
        sim_fail(world, "the simulation itself is out of memory");
}

static void end_process(struct sim_collector *collector)
{
    scaling_end(collector);
    pack_end(&collector->pack);
    store_end(&collector->store);
    backlog_deinit(&collector->backlog);
    registry_deinit(&collector->registry);
    collector->running = false;
    collector->stopping = false;
    collector->start_ms = collector->world->now_ms + sim_below(collector->world, RESTART_MS_MAX);
}

static void start(struct sim_collector *collector)
{
    struct world *world = collector->world;

    collector->start_ms = NEVER;
    sim_disk_restart(&collector->disk);
    store_begin(&collector->store, collector);
    init_parts(collector);
    int rc = store_open_files(&collector->store);
    pack_begin(&collector->pack, collector);
    collector->running = true;
    if (rc < 0)
        truth_unsure(world, collector->index);
    sim_log(world, "collector %u starts: %s", collector->index, rc == 0 ? "ready" : "its disk fails");
    rings_begin(collector);
    scaling_begin(collector);
    collector->stop_ms = NEVER;
    collector->housekeeping_ms = world->now_ms + HOUSEKEEPING_MS;
    world->totals.starts++;
    if (rc < 0)
        sim_collector_crash(collector, collector->disk.crashed && sim_chance(world, 50));
}

static void close_sessions(struct sim_collector *collector, bool power)
{
    for (unsigned i = 0; i < SESSIONS_MAX; i++) {
        struct session *session = &collector->sessions[i];
        if (session->link == NULL)
            continue;
        session->link->disturbed = true;
        if (!power) {
            session_close(session, true);
            continue;
        }
        session_plan_close(&session->plan);
        link_vanish(collector->world, session->link, END_COLLECTOR);
        session->link = NULL;
    }
}

void sim_collector_crash(struct sim_collector *collector, bool power)
{
    struct world *world = collector->world;

    if (!collector->running)
        return;
    sim_log(world, "collector %u %s", collector->index, power ? "loses power" : "is killed");
    rings_check(collector);
    close_sessions(collector, power);
    collector->disk.crashed = true; /* it tidies nothing up */
    end_process(collector);
    world->totals.crashes++;
    if (!power)
        return;
    sim_disk_power_cut(&collector->disk);
    truth_unsure(world, collector->index);
    collector->boot_ms = world->now_ms;
    world->totals.power_cuts++;
}

void sim_collector_stop(struct sim_collector *collector)
{
    if (!collector->running || collector->stopping)
        return;
    sim_log(collector->world, "collector %u stops on SIGTERM", collector->index);
    collector->stopping = true;
    for (unsigned i = 0; i < SESSIONS_MAX; i++)
        if (collector->sessions[i].link != NULL)
            collector->sessions[i].link->disturbed = true;
    collector->stop_ms = collector->world->now_ms + STOP_MS_MAX;
    scaling_stop(collector);
    store_drain_all(&collector->store);
}

static void finish_stop(struct sim_collector *collector)
{
    sim_log(collector->world, "collector %u stops", collector->index);
    rings_check(collector);
    for (unsigned i = 0; i < SESSIONS_MAX; i++)
        if (collector->sessions[i].link != NULL)
            session_farewell(&collector->sessions[i]);
    scaling_stopped(collector);
    store_close_files(&collector->store);
    end_process(collector);
}

void collector_on_drained(struct sim_collector *collector)
{
    collector->stop_ms = collector->world->now_ms; /* at once, but not while the store is calling */
}

void sim_collector_deinit(struct sim_collector *collector)
{
    for (unsigned i = 0; i < SESSIONS_MAX; i++)
        if (collector->sessions[i].link != NULL)
            session_close(&collector->sessions[i], false);
    if (collector->running)
        end_process(collector);
    scaling_deinit(&collector->scaling);
    sim_disk_deinit(&collector->disk);
    rings_deinit(&collector->rings);
}

/* ---- the store ---- */

void collector_on_stored(const struct backlog_instances *stored)
{
    for (uint32_t i = 0; i < stored->count; i++) {
        struct intake *intake = stored->at[i]->intake;
        if (intake == NULL)
            continue;
        intake_stored(intake);
        session_pump(intake->owner);
    }
}

void collector_on_held(struct sim_collector *collector, bool held)
{
    sim_log(collector->world, "collector %u %s", collector->index, held ? "is held by its disk" : "can write again");
    collector->hub.held = held;
    for (unsigned i = 0; i < SESSIONS_MAX; i++) {
        struct session *session = &collector->sessions[i];
        if (session->link == NULL)
            continue;
        intake_want_ack(&session->plan.intake);
        session_pump(session);
    }
}

bool sim_collector_idle(const struct sim_collector *collector)
{
    return collector->running && !collector->stopping && !collector->backlog.writing &&
           !store_plan_is_busy(&collector->store.plan) && backlog_waiting(&collector->backlog) == 0;
}

/* ---- time ---- */

uint64_t sim_collector_due(const struct sim_collector *collector)
{
    if (!collector->running)
        return collector->start_ms;
    uint64_t due_ms = sim_earlier(collector->housekeeping_ms, collector->stop_ms);
    due_ms = sim_earlier(due_ms, collector->scaling.tick_ms);
    due_ms = sim_earlier(due_ms, sim_earlier(store_due(&collector->store), collector->pack.due_ms));
    for (unsigned i = 0; i < SESSIONS_MAX; i++)
        if (collector->sessions[i].link != NULL)
            due_ms = sim_earlier(due_ms, collector->sessions[i].timer_ms);
    return sim_later(due_ms, collector->paused_ms);
}

static struct session *due_session(struct sim_collector *collector)
{
    for (unsigned i = 0; i < SESSIONS_MAX; i++)
        if (collector->sessions[i].link != NULL && collector->sessions[i].timer_ms <= collector->world->now_ms)
            return &collector->sessions[i];
    return NULL;
}

static void run_due(struct sim_collector *collector)
{
    uint64_t now_ms = collector->world->now_ms;

    if (collector->stop_ms <= now_ms) {
        finish_stop(collector);
    } else if (store_due(&collector->store) <= now_ms) {
        store_run(&collector->store);
    } else if (collector->pack.due_ms <= now_ms) {
        pack_run(&collector->pack);
    } else if (collector->scaling.tick_ms <= now_ms) {
        rings_check_liveness(collector);
        scaling_tick(collector);
    } else if (collector->housekeeping_ms <= now_ms) {
        collector->housekeeping_ms = now_ms + HOUSEKEEPING_MS;
        registry_trim_rings(&collector->registry, 0, NODES_MAX, (int64_t)sim_collector_mono(collector));
        rings_trimmed(collector);
    } else {
        session_run(due_session(collector));
    }
}

void sim_collector_run(struct sim_collector *collector)
{
    if (!collector->running)
        start(collector);
    else
        run_due(collector);
    if (collector->running && collector->disk.crashed)
        sim_collector_crash(collector, sim_chance(collector->world, 50));
}
