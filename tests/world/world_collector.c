#include "world/world_collector.h"

#include "collector/autoscale/open_orders.h"
#include "collector/autoscale/snapshot_file.h"
#include "collector/data_files.h"
#include "world/world.h"
#include "world/world_intake.h"
#include "world/world_orders.h"
#include "world/world_people.h"
#include "world/world_questions.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HISTORY_MS      1800000
#define SAVE_PAUSE_MS   SECOND_MS
#define HISTORY_SAMPLES 60U /* of a node that a restart reads back */

struct world_group *collector_group(const struct world_collector *c, unsigned index)
{
    const char *name = c->registry.groups[index]->name;

    for (unsigned g = 0; g < c->world->group_count; g++)
        if (strcmp(c->world->groups[g].name, name) == 0)
            return &c->world->groups[g];
    return NULL;
}

/* ---- what is read back at a start ---- */

/* When the store ended. */
static uint64_t stored_end_ms(const struct world *world)
{
    uint64_t end_ms = 0;

    for (unsigned i = 0; i < world->node_count; i++)
        end_ms = world_later(end_ms, world->nodes[i].stored_ms);
    return end_ms;
}

static void recover_ring(const struct world_collector *c, const struct world_node *node, struct node *to)
{
    uint64_t first = node->stored_seq > HISTORY_SAMPLES ? node->stored_seq - HISTORY_SAMPLES : 1;

    for (uint64_t seq = first; seq <= node->stored_seq && node->agent.instance == node->stored_instance; seq++) {
        const struct agent_sample *taken = agent_sample(&node->agent, seq);
        if (taken == NULL || taken->taken_ms < node->running_ms)
            continue;
        struct sample sample = intake_sample(node, taken);
        ring_push(&to->ring, (int64_t)taken->taken_ms - (int64_t)c->boot_ms, &sample);
    }
}

/* As recovery.c does from metrics.csv. */
static void recover_node(struct world_collector *c, struct world_node *node, uint64_t end_ms)
{
    struct group *group = registry_ensure_group(&c->registry, c->world->groups[node->group].name);
    struct node *to = registry_ensure_node(&c->registry, node->name, INTERVAL_MS_ASSUMED,
                                           (int64_t)collector_mono_ms(c, c->world->now_ms));

    if (group == NULL || to == NULL)
        return;
    to->group = group;
    struct instance *instance = registry_ensure_instance(to, node->stored_instance);
    instance->stored_seq = instance->received_seq = node->stored_seq;
    to->seen_ms = (int64_t)node->stored_ms - (int64_t)c->boot_ms;
    to->recovered = true;
    if (end_ms - node->stored_ms > (uint64_t)c->config.gone_ms)
        to->farewell = FAREWELL_GONE;
    to->known_ms = (int64_t)collector_mono_ms(c, c->world->now_ms);
    recover_ring(c, node, to);
}

/* What was said after the last state was saved is forgotten. */
static void forget_farewell(const struct world_collector *c, struct world_node *node)
{
    if (node->left_ms > c->saved_ms)
        node->left_ms = 0;
    node->moved = false; /* it may have been forgotten since */
}

static void recover(struct world_collector *c)
{
    uint64_t end_ms = stored_end_ms(c->world);

    for (unsigned i = 0; i < c->world->node_count; i++) {
        struct world_node *node = &c->world->nodes[i];
        node->known = node->stored_seq > 0;
        forget_farewell(c, node);
        if (node->phase != PHASE_NONE && node->known)
            recover_node(c, node, end_ms);
    }
}

static struct state_moment state_now(const struct world_collector *c)
{
    struct state_moment now = {.mono_ms = (int64_t)collector_mono_ms(c, c->world->now_ms),
                               .wall_ms = collector_wall_ms(c, c->world->now_ms)};

    snprintf(now.boot, sizeof now.boot, "boot-%u", c->boots);
    return now;
}

static void restore(struct world_collector *c)
{
    struct state_moment now = state_now(c);
    int64_t age_ms = 0;

    c->has_state = false;
    if (snapshot_file_read(&c->disk.disk, &c->state) < 0)
        return;
    int groups = scaling_restore(&c->scaling, &c->state, &now, &age_ms);
    if (groups < 0)
        (void)snapshot_file_put_aside(&c->disk.disk);
    c->has_state = groups > 0;
    world_log(c->world, "the collector reads back the state of %d groups", groups);
}

/* ---- start and end ---- */

/* One file for all of a world. */
static const struct segments_limits decisions_limits = {.rotate_bytes = UINT64_C(1) << 30,
                                                        .rotate_ms = INT64_C(1) << 40};

static int open_decisions(struct world_collector *c)
{
    char header[DECISION_ROW_MAX];
    uint64_t cut = 0;
    const struct segments_options options = {.name = "decisions",
                                             .header = header,
                                             .row_ok = decision_rows_ok,
                                             .row_ms = segment_time_of_first_field,
                                             .limits = decisions_limits};

    decision_fields_put_header(header);
    return segments_open(&c->decisions, &c->disk.disk, &options, &cut);
}

/* Those of hook.c. */
static const struct hook_queue_limits queue_limits = {.fresh = HOOK_FRESH_MAX,
                                                      .all = HOOK_RUNS_MAX,
                                                      .timed_out = HOOK_TIMED_OUT_MAX,
                                                      .wait_min_ms = 1000,
                                                      .wait_max_ms = 60000};

static int init_parts(struct world_collector *c)
{
    const struct scaling_parts parts = {&c->registry,
                                        &c->config,
                                        &c->rows,
                                        &c->history,
                                        collector_wall_ms(c, c->world->now_ms),
                                        (int64_t)collector_mono_ms(c, c->world->now_ms)};

    c->hub = (struct intake_hub){
        .registry = &c->registry, .backlog = &c->backlog, .ack_interval_ms = WORLD_ACK_MS, .credit = WORLD_CREDIT};
    int rc = registry_init(&c->registry, HISTORY_MS);
    if (rc == 0)
        rc = backlog_init(&c->backlog, intake_backlog_rows(WORLD_NODES_MAX, WORLD_CREDIT));
    if (rc == 0)
        rc = decision_rows_init(&c->rows, &c->decisions);
    if (rc == 0)
        rc = decision_history_init(&c->history, collector_wall_ms(c, c->world->now_ms));
    if (rc == 0)
        rc = hook_queue_init(&c->queue, &queue_limits, c->world->seed);
    return rc == 0 ? scaling_init(&c->scaling, &parts, &c->queue, c->world->seed) : rc;
}

static void deinit_parts(struct world_collector *c)
{
    scaling_deinit(&c->scaling);
    hook_queue_deinit(&c->queue);
    decision_history_deinit(&c->history);
    decision_rows_deinit(&c->rows);
    backlog_deinit(&c->backlog);
    registry_deinit(&c->registry);
}

/* Ticks are at multiples of the interval of the monotonic clock. */
static uint64_t next_tick_ms(const struct world_collector *c)
{
    uint64_t tick_ms = (uint64_t)c->config.settings.tick_ms;

    return c->boot_ms + (collector_mono_ms(c, c->world->now_ms) / tick_ms + 1) * tick_ms;
}

/* When that was, on the monotonic clock. */
static int64_t recorded_ms(const struct world_collector *c, int64_t wall_ms)
{
    uint64_t now_ms = c->world->now_ms;

    return (int64_t)collector_mono_ms(c, now_ms) - (collector_wall_ms(c, now_ms) - wall_ms);
}

/* As autoscale.c does. */
static void collector_on_open_order(const char *group, int64_t wall_ms, void *arg)
{
    struct world_collector *c = arg;

    world_log(c->world, "%s: an order was open", group);
    scaling_withdraw(&c->scaling, group, recorded_ms(c, wall_ms) - c->config.settings.tick_ms + 1);
}

static void collector_on_published(const char *group, unsigned nodes, int64_t wall_ms, void *arg)
{
    struct world_collector *c = arg;

    scaling_recall_published(&c->scaling, group, nodes, wall_ms);
}

static void close_open_orders(struct world_collector *c)
{
    const struct open_orders_events events = {collector_on_open_order, collector_on_published, c};

    (void)open_orders_close(&c->rows, &c->decisions, collector_wall_ms(c, c->world->now_ms), &events);
}

/* Without its state and with a wall clock that stepped back, a collector can't
 * know that its orders are the newest. */
static void forget_epochs(struct world_collector *c)
{
    for (unsigned g = 0; !c->has_state && c->wall_stepped_back && g < c->world->group_count; g++) {
        c->world->groups[g].memory.epoch = 0;
        c->world->groups[g].actuator.newest_epoch = 0;
    }
}

static void start(struct world_collector *c)
{
    uint64_t now_ms = c->world->now_ms;

    if (c->disk.full && open_decisions(c) < 0) { /* its service manager tries again */
        c->start_ms = now_ms + 5 * SECOND_MS;
        return;
    }
    if (init_parts(c) < 0 || open_decisions(c) < 0)
        abort(); /* of the simulation itself */
    c->rows.limits = decisions_limits;
    world_log(c->world, "the collector starts");
    c->running = true;
    c->start_ms = now_ms;
    c->tick_ms = next_tick_ms(c);
    c->housekeeping_ms = c->sessions_ms = c->save_ms = now_ms;
    c->save_wanted = c->rows_writing = false;
    recover(c);
    for (unsigned g = 0; g < c->config.group_count; g++)
        (void)registry_ensure_group(&c->registry, c->config.groups[g].name);
    restore(c);
    people_restore(c);
    forget_epochs(c);
    close_open_orders(c);
    c->contract_ms = NEVER;
    actuation_reconfigure(&c->scaling.actuation, &c->config, (int64_t)collector_mono_ms(c, now_ms));
    c->world->totals.starts++;
    for (unsigned g = 0; g < c->world->group_count; g++) {
        c->world->groups[g].has_view = false;
        world_disturb(c->world, &c->world->groups[g], now_ms, "the collector started");
    }
}

static void end_process(struct world_collector *c, uint64_t for_ms)
{
    struct world *world = c->world;

    for (unsigned i = 0; i < world->node_count; i++) {
        if (world->nodes[i].agent.attached)
            intake_detach(&world->nodes[i].agent.intake);
        agent_on_collector_gone(&world->nodes[i]);
    }
    for (unsigned g = 0; g < world->group_count; g++) {
        actuator_on_collector_gone(world, &world->groups[g]);
        world->groups[g].count_ms = NEVER;
        world->groups[g].has_view = false;
        world_disturb(world, &world->groups[g], world->now_ms + for_ms, "the collector was away");
    }
    (void)segments_close(&c->decisions);
    deinit_parts(c);
    world_disk_close_all(&c->disk);
    c->running = false;
    c->death.armed = false;
    c->start_ms = world->now_ms + for_ms;
}

/* What it has not written, while its disk was full, is lost as well. */
static void lose_numbers(struct world *world)
{
    for (unsigned g = 0; g < world->group_count; g++)
        check_fall_on_state_lost(world, &world->groups[g]);
}

static void lose_state(struct world *world)
{
    struct world_collector *c = &world->collector;

    world_log(world, "scaler.state is lost");
    (void)disk_remove(&c->disk.disk, SNAPSHOT_FILE_NAME);
    c->saved_ms = 0;
    lose_numbers(world);
}

static void lose_folder(struct world *world)
{
    world_log(world, "the collector's folder is lost");
    world_disk_wipe(&world->collector.disk);
    world->collector.saved_ms = 0;
    for (unsigned i = 0; i < world->node_count; i++) {
        world->nodes[i].known = false;
        world->nodes[i].stored_seq = 0;
        world->nodes[i].stored_ms = 0;
    }
    lose_numbers(world);
}

static void die(struct world_collector *c)
{
    enum world_loss loss = c->death.loss;
    bool reboot = c->death.reboot;

    world_log(c->world, "the collector is killed, and away for %" PRIu64 " s", c->death.for_ms / SECOND_MS);
    c->world->totals.kills++;
    end_process(c, c->death.for_ms);
    if (c->disk.full)
        lose_numbers(c->world);
    if (loss == LOSS_FOLDER)
        lose_folder(c->world);
    else if (loss == LOSS_STATE)
        lose_state(c->world);
    if (!reboot)
        return;
    c->boot_ms = c->world->now_ms - SECOND_MS;
    c->boots++;
}

void collector_kill(struct world *world, unsigned actions, uint64_t for_ms, enum world_loss loss, bool reboot)
{
    struct world_collector *c = &world->collector;

    if (!c->running || c->death.armed)
        return;
    c->death.armed = true;
    c->death.saved = false;
    c->death.actions = actions;
    c->death.for_ms = for_ms;
    c->death.loss = loss;
    c->death.reboot = reboot;
    c->save_wanted = false;
}

/* ---- saving ---- */

static void make_state(struct world_collector *c)
{
    struct state_moment now = state_now(c);

    state_begin(&c->state, &now);
    for (unsigned i = 0; i < SCALING_NODE_STEPS; i++)
        scaling_save_nodes(&c->scaling, i, &now, &c->state);
    for (unsigned i = 0; scaling_save(&c->scaling, i, &c->state); i++)
        ;
    if (state_end(&c->state) < 0)
        abort();
}

static bool write_state(struct world_collector *c)
{
    make_state(c);
    if (snapshot_file_write(&c->disk.disk, c->state.text, c->state.len) < 0)
        return false;
    c->saved_ms = c->world->now_ms;
    return true;
}

static void save(struct world_collector *c)
{
    if (!c->death.armed || !c->save_wanted || c->save_ms > c->world->now_ms)
        return;
    c->save_ms = c->world->now_ms + SAVE_PAUSE_MS;
    if (write_state(c))
        c->save_wanted = false;
    c->death.saved = true;
}

void collector_stop(struct world *world, uint64_t for_ms)
{
    struct world_collector *c = &world->collector;

    if (!c->running)
        return;
    world_log(world, "the collector stops, and is away for %" PRIu64 " s", for_ms / SECOND_MS);
    orders_stop(c);
    (void)write_state(c);
    end_process(c, for_ms);
}

void collector_fill_disk(struct world *world)
{
    struct world_collector *c = &world->collector;

    if (!c->running)
        return;
    (void)write_state(c);
}

/* ---- all ---- */

void collector_step(struct world *world)
{
    static void (*const actions[])(struct world_collector *) = {
        intake_store,      intake_look,       orders_tick, orders_write_rows, questions_step, orders_end_runs,
        orders_begin_runs, orders_write_rows, save,
    };
    struct world_collector *c = &world->collector;

    c->disk.full = world->events.disk_full_until_ms > world->now_ms;
    if (!c->running && c->start_ms <= world->now_ms)
        start(c);
    for (unsigned i = 0; c->running && i < sizeof actions / sizeof *actions; i++) {
        if (c->death.armed && c->death.saved && c->death.actions-- == 0) {
            die(c);
            return;
        }
        actions[i](c);
    }
}

/* ---- life ---- */

static void configure_actuator(const struct world_group *group, struct group_config *to)
{
    if (group->actuated == ACTUATED_BY_COUNT)
        to->settings.victims = VICTIMS_ANY;
    if (group->actuated != ACTUATED_BY_READER)
        return;
    to->settings.actuator = ACTUATOR_READER;
    snprintf(to->count, sizeof to->count, "%s", group->counts ? "/count" : "");
}

void collector_configure(struct world *world)
{
    struct world_collector *c = &world->collector;

    c->config.groups = c->group_configs;
    c->config.group_count = world->group_count;
    c->config.schedules = c->schedules;
    c->config.schedule_count = WORLD_GROUPS_MAX;
    for (unsigned g = 0; g < world->group_count; g++) { /* their names ascend */
        struct group_config *to = &c->group_configs[g];
        snprintf(to->name, sizeof to->name, "%s", world->groups[g].name);
        to->settings = world->groups[g].settings;
        configure_actuator(&world->groups[g], to);
    }
    if (!c->running)
        return;
    scaling_reconfigure(&c->scaling, &c->config, (int64_t)collector_mono_ms(c, world->now_ms));
    actuation_reconfigure(&c->scaling.actuation, &c->config, (int64_t)collector_mono_ms(c, world->now_ms));
}

void collector_init(struct world *world)
{
    struct world_collector *c = &world->collector;

    *c = (struct world_collector){.world = world, .boot_ms = world->now_ms - HOUR_MS, .start_ms = world->now_ms};
    world_disk_init(&c->disk, world);
    c->config = collector_config_defaults;
    snprintf(c->config.on_scale, sizeof c->config.on_scale, "/hook");
    c->config.scale_groups = SCALE_GROUPS_ANY;
    c->config.settings = world->groups[0].settings;
    c->config.gone_ms = (int64_t)world->gone_ms;
    collector_configure(world);
}

void collector_deinit(struct world *world)
{
    struct world_collector *c = &world->collector;

    if (c->running)
        collector_stop(world, 0);
    world_disk_deinit(&c->disk);
    free(c->state.text);
    c->state = (struct state_text){0};
}
