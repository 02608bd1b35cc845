#include "world/world_collector.h"

#include "collector/autoscale/snapshot_file.h"
#include "collector/data_files.h"
#include "collector/intake/intake_hello.h"
#include "collector/intake/intake_samples.h"
#include "world/world.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HISTORY_MS      1800000
#define HOUSEKEEPING_MS (10 * SECOND_MS)
#define SAVE_PAUSE_MS   SECOND_MS
#define RETRY_MS_MIN    1000U /* hook.c */
#define RETRY_MS_MAX    60000U
#define HISTORY_SAMPLES 60U /* of a node that a restart reads back */
#define BATCH_MAX       64U

static uint64_t mono_ms(const struct world_collector *c)
{
    return c->world->now_ms - c->boot_ms;
}

static int64_t wall_ms(const struct world_collector *c)
{
    return WORLD_WALL_START_MS + (int64_t)c->world->now_ms + c->wall_shift_ms;
}

static struct moment moment_now(const struct world_collector *c)
{
    return (struct moment){.now_ms = (int64_t)mono_ms(c), .wall_ms = wall_ms(c)};
}

static struct world_group *world_group_of(const struct world_collector *c, unsigned index)
{
    const char *name = c->registry.groups[index]->name;

    for (unsigned g = 0; g < c->world->group_count; g++)
        if (strcmp(c->world->groups[g].name, name) == 0)
            return &c->world->groups[g];
    return NULL;
}

/* ---- what is read back at a start ---- */

static struct sample make_sample(const struct world_node *node, const struct agent_sample *taken)
{
    struct sample sample = {.seq = taken->seq,
                            .time_ms = WORLD_WALL_START_MS + (int64_t)taken->taken_ms,
                            .uptime_ms = taken->taken_ms - node->running_ms + SECOND_MS};

    if (!isnan(taken->cpu))
        sample_set_gauge(&sample, METRIC_CPU, 100.0 * taken->cpu);
    sample_set_gauge(&sample, METRIC_MEMORY, 100.0 * taken->memory);
    sample_set_gauge(&sample, METRIC_DISK_BUSY, 1.0);
    return sample;
}

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
        struct sample sample = make_sample(node, taken);
        ring_push(&to->ring, (int64_t)taken->taken_ms - (int64_t)c->boot_ms, &sample);
    }
}

/* As recovery.c does from metrics.csv. */
static void recover_node(struct world_collector *c, struct world_node *node, uint64_t end_ms)
{
    struct group *group = registry_ensure_group(&c->registry, c->world->groups[node->group].name);
    struct node *to = registry_ensure_node(&c->registry, node->name, INTERVAL_MS_ASSUMED, (int64_t)mono_ms(c));

    if (group == NULL || to == NULL)
        return;
    to->group = group;
    struct instance *instance = registry_ensure_instance(to, node->stored_instance);
    instance->stored_seq = instance->received_seq = node->stored_seq;
    to->seen_ms = (int64_t)node->stored_ms - (int64_t)c->boot_ms;
    to->recovered = end_ms - node->stored_ms <= (uint64_t)c->config.gone_ms;
    to->known_ms = (int64_t)mono_ms(c);
    recover_ring(c, node, to);
}

static void recover(struct world_collector *c)
{
    uint64_t end_ms = stored_end_ms(c->world);

    for (unsigned i = 0; i < c->world->node_count; i++) {
        struct world_node *node = &c->world->nodes[i];
        node->known = node->stored_seq > 0;
        if (node->phase != PHASE_NONE && node->known)
            recover_node(c, node, end_ms);
    }
}

static struct state_moment state_now(const struct world_collector *c)
{
    struct state_moment now = {.mono_ms = (int64_t)mono_ms(c), .wall_ms = wall_ms(c)};

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
    const struct segments_options options = {
        .name = "decisions", .header = header, .row_ok = decision_rows_ok, .limits = decisions_limits};

    decision_fields_put_header(header);
    return segments_open(&c->decisions, &c->disk.disk, &options, &cut);
}

static int init_parts(struct world_collector *c)
{
    const struct scaling_parts parts = {&c->registry, &c->config, &c->rows, &c->history};

    c->hub = (struct intake_hub){.registry = &c->registry,
                                 .backlog = &c->backlog,
                                 .token = "",
                                 .ack_interval_ms = WORLD_ACK_MS,
                                 .credit = WORLD_CREDIT};
    int rc = registry_init(&c->registry, HISTORY_MS);
    if (rc == 0)
        rc = backlog_init(&c->backlog, intake_backlog_rows(WORLD_NODES_MAX, WORLD_CREDIT));
    if (rc == 0)
        rc = decision_rows_init(&c->rows, &c->decisions);
    if (rc == 0)
        rc = decision_history_init(&c->history, wall_ms(c));
    if (rc == 0)
        rc = hook_queue_init(&c->queue, HOOK_RUNS_MAX, RETRY_MS_MIN, RETRY_MS_MAX, c->world->seed);
    return rc == 0 ? scaling_init(&c->scaling, &parts, &c->queue) : rc;
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

    return c->boot_ms + (mono_ms(c) / tick_ms + 1) * tick_ms;
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
    restore(c);
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

static void lose_folder(struct world *world)
{
    world_log(world, "the collector's folder is lost");
    world_disk_wipe(&world->collector.disk);
    for (unsigned i = 0; i < world->node_count; i++) {
        world->nodes[i].known = false;
        world->nodes[i].stored_seq = 0;
        world->nodes[i].stored_ms = 0;
    }
    for (unsigned g = 0; g < world->group_count; g++)
        check_fall_on_folder_lost(world, &world->groups[g]);
}

static void die(struct world_collector *c)
{
    bool folder = c->death.folder;
    bool reboot = c->death.reboot;

    world_log(c->world, "the collector is killed, and away for %" PRIu64 " s", c->death.for_ms / SECOND_MS);
    c->world->totals.kills++;
    end_process(c, c->death.for_ms);
    if (folder)
        lose_folder(c->world);
    if (!reboot)
        return;
    c->boot_ms = c->world->now_ms - SECOND_MS;
    c->boots++;
}

void collector_kill(struct world *world, unsigned actions, uint64_t for_ms, bool folder, bool reboot)
{
    struct world_collector *c = &world->collector;

    if (!c->running || c->death.armed)
        return;
    c->death.armed = true;
    c->death.saved = false;
    c->death.actions = actions;
    c->death.for_ms = for_ms;
    c->death.folder = folder;
    c->death.reboot = reboot;
    c->save_wanted = false;
}

/* ---- saving ---- */

static void make_state(struct world_collector *c)
{
    struct state_moment now = state_now(c);

    state_begin(&c->state, &now);
    for (unsigned i = 0; scaling_save(&c->scaling, i, &c->state); i++)
        ;
    if (state_end(&c->state) < 0)
        abort();
}

static void save(struct world_collector *c)
{
    if (!c->death.armed || !c->save_wanted || c->save_ms > c->world->now_ms)
        return;
    c->save_ms = c->world->now_ms + SAVE_PAUSE_MS;
    make_state(c);
    if (snapshot_file_write(&c->disk.disk, c->state.text, c->state.len) == 0)
        c->save_wanted = false;
    c->death.saved = true;
}

void collector_stop(struct world *world, uint64_t for_ms)
{
    struct world_collector *c = &world->collector;

    if (!c->running)
        return;
    world_log(world, "the collector stops, and is away for %" PRIu64 " s", for_ms / SECOND_MS);
    actuation_cancel_all(&c->scaling.actuation);
    make_state(c);
    (void)snapshot_file_write(&c->disk.disk, c->state.text, c->state.len);
    end_process(c, for_ms);
}

void collector_fill_disk(struct world *world)
{
    struct world_collector *c = &world->collector;

    if (!c->running)
        return;
    make_state(c);
    (void)snapshot_file_write(&c->disk.disk, c->state.text, c->state.len);
}

/* ---- the store ---- */

static void note_stored(struct world_collector *c, const struct instance *instance)
{
    unsigned index = instance->node->index;
    struct world_node *node = index < WORLD_KNOWN_MAX ? &c->world->nodes[c->slots[index]] : NULL;

    if (node == NULL || strcmp(node->name, instance->node->id) != 0)
        return;
    const struct agent_sample *taken = agent_sample(&node->agent, instance->stored_seq);
    node->stored_instance = instance->id;
    node->stored_seq = instance->stored_seq;
    node->stored_ms = taken != NULL ? taken->taken_ms : c->world->now_ms;
    if (node->agent.instance == instance->id)
        node->agent.acked_seq = instance->stored_seq;
}

static void store(struct world_collector *c)
{
    const struct row *rows = NULL;
    uint32_t count = 0;
    unsigned half = 0;

    c->hub.held = c->disk.full;
    if (c->disk.full)
        return;
    if (c->backlog.writing)
        for (const struct instance *each = backlog_stored(&c->backlog, &half); each != NULL;
             each = backlog_next(each, half))
            note_stored(c, each);
    if (backlog_waiting(&c->backlog) > 0)
        backlog_take(&c->backlog, &rows, &count);
}

/* ---- sessions ---- */

static void sessions(struct world_collector *c)
{
    struct world *world = c->world;

    if (c->housekeeping_ms <= world->now_ms) {
        c->housekeeping_ms = world->now_ms + HOUSEKEEPING_MS;
        registry_trim_rings(&c->registry, (int64_t)mono_ms(c));
    }
    if (c->sessions_ms > world->now_ms)
        return;
    c->sessions_ms = world->now_ms + WORLD_ACK_MS;
    for (unsigned i = 0; i < world->node_count; i++) {
        struct world_agent *agent = &world->nodes[i].agent;
        if (!agent->attached)
            continue;
        intake_tick(&agent->intake, mono_ms(c));
        if (agent->intake.state == INTAKE_REJECTED)
            collector_hang_up(world, &world->nodes[i]);
    }
}

bool collector_hello(struct world *world, struct world_node *node)
{
    struct world_collector *c = &world->collector;
    struct world_agent *agent = &node->agent;
    Headroom__Hello hello = HEADROOM__HELLO__INIT;

    if (!c->running)
        return false;
    if (agent->attached)
        collector_hang_up(world, node);
    hello.version = WIRE_VERSION;
    hello.node_id = node->name;
    hello.group = world->groups[node->group].name;
    hello.instance = agent->instance;
    hello.has_cores = hello.has_memory_bytes = true;
    hello.cores = (uint32_t)node->cores;
    hello.memory_bytes = (uint64_t)node->memory_bytes;
    hello.interval_ms = (uint32_t)agent->interval_ms;
    hello.newest_seq = agent->seq;
    hello.oldest_seq = agent->acked_seq + 1;
    if (agent->seq >= AGENT_SAMPLES && hello.oldest_seq + AGENT_SAMPLES <= agent->seq)
        hello.oldest_seq = agent->seq - AGENT_SAMPLES + 1;
    intake_init(&agent->intake, &c->hub, agent, mono_ms(c));
    intake_hello_take(&agent->intake, &hello, mono_ms(c), wall_ms(c));
    if (agent->intake.state != INTAKE_STREAMING) {
        intake_detach(&agent->intake);
        return false;
    }
    agent->attached = true;
    agent->sent_seq = agent->intake.instance->received_seq;
    if (agent->sent_seq + 1 < hello.oldest_seq)
        agent->sent_seq = hello.oldest_seq - 1;
    c->slots[agent->intake.node->index % WORLD_KNOWN_MAX] = (unsigned)(node - world->nodes);
    return true;
}

void collector_hang_up(struct world *world, struct world_node *node)
{
    (void)world;
    if (node->agent.attached)
        intake_detach(&node->agent.intake);
    node->agent.attached = false;
}

static void note_delivered(const struct world *world, struct world_node *node, const struct agent_sample *newest)
{
    node->known = true;
    node->delivered_ms = world->now_ms;
    node->fresh_ms = newest->taken_ms;
}

bool collector_batch(struct world *world, struct world_node *node, uint64_t until_seq)
{
    struct world_collector *c = &world->collector;
    struct world_agent *agent = &node->agent;
    struct sample samples[BATCH_MAX];
    struct batch batch = {.sent_uptime_ms = world->now_ms - node->running_ms + SECOND_MS, .samples = samples};
    const struct agent_sample *taken = NULL;

    for (uint64_t seq = agent->sent_seq + 1; seq <= until_seq && batch.count < BATCH_MAX; seq++) {
        const struct agent_sample *next = agent_sample(agent, seq);
        if (next == NULL)
            continue;
        taken = next;
        samples[batch.count++] = make_sample(node, taken);
    }
    agent->intake.heard_ms = mono_ms(c);
    intake_samples_take(&agent->intake, &batch, mono_ms(c), wall_ms(c));
    if (agent->intake.state != INTAKE_STREAMING) {
        collector_hang_up(world, node);
        return false;
    }
    if (taken == NULL)
        return true;
    agent->sent_seq = taken->seq;
    note_delivered(world, node, taken);
    return true;
}

void collector_goodbye(struct world *world, struct world_node *node, bool leaving)
{
    struct world_collector *c = &world->collector;
    Headroom__Goodbye goodbye = HEADROOM__GOODBYE__INIT;

    goodbye.departure = leaving ? HEADROOM__DEPARTURE__DEPARTURE_DRAINING : HEADROOM__DEPARTURE__DEPARTURE_RESTARTING;
    intake_samples_end(&node->agent.intake, &goodbye, wall_ms(c));
    node->said_leaving = leaving;
    node->said_restarting = !leaving;
    collector_hang_up(world, node);
}

/* ---- decisions ---- */

/* What the record on the hook's standard input suggests for removal. */
static void read_victims(const struct hook_order *from, struct world_order *order)
{
    const char *end = from->record + from->record_len;
    const char *at = memmem(from->record, from->record_len, "\"victims\":[", 11);

    at = at != NULL ? at + 11 : end;
    while (at < end && *at == '"' && order->name_count < ORDER_NAMES_MAX) {
        const char *close = memchr(at + 1, '"', (size_t)(end - at - 1));
        if (close == NULL)
            return;
        snprintf(order->names[order->name_count++], WORLD_NAME_SIZE, "%.*s", (int)(close - at - 1), at + 1);
        at = close + 1 < end && close[1] == ',' ? close + 2 : end;
    }
}

static void view_decision(const struct world_collector *c, struct world_group *group, const struct decision *d,
                          bool is_order)
{
    struct world_view *view = &group->view;

    *view =
        (struct world_view){.at_ms = c->world->now_ms,
                            .action = d->action == ACTION_UP     ? VIEW_OUT
                                      : d->action == ACTION_DOWN ? VIEW_IN
                                                                 : VIEW_HOLD,
                            .ordered = is_order || (group->actuated == ACTUATED_BY_READER && d->action != ACTION_HOLD),
                            .live = d->observed.live,
                            .missing = d->observed.stale + d->observed.unreported,
                            .existing = d->current + d->observed.unreported,
                            .carrying = d->observed.live,
                            .desired = d->desired,
                            .to = d->desired,
                            .number = true};
    group->has_view = true;
}

static void on_decided(struct world_collector *c, const struct scaling_outcome *outcome)
{
    const struct group *group = registry_find_group(&c->registry, outcome->group);
    struct world_group *mine = world_group_of(c, group->index);
    const struct scaled_group *scaled = &c->scaling.groups[group->index];

    if (mine == NULL || scaled->scaler == NULL || scaled->last.settings.tick_ms == 0)
        return;
    view_decision(c, mine, &scaled->last, scaled_group_is_order(scaled));
    c->world->totals.decisions++;
    if (c->world->verbose)
        world_log(c->world, "%s", collector_why(c->world, mine));
    check_on_decision(c->world, mine);
}

static void tick(struct world_collector *c)
{
    struct scaling_outcome outcome;
    struct moment now = moment_now(c);
    enum scaling_progress progress = SCALING_OBSERVED;

    if (c->tick_ms > c->world->now_ms)
        return;
    c->tick_ms += (uint64_t)c->config.settings.tick_ms;
    scaling_begin(&c->scaling, now.now_ms);
    while ((progress = scaling_step(&c->scaling, &now, &outcome)) != SCALING_DONE)
        if (progress == SCALING_DECIDED)
            on_decided(c, &outcome);
    c->save_wanted = true;
}

/* A write takes until the next step. */
static void write_rows(struct world_collector *c)
{
    if (c->rows_writing) {
        decision_rows_begin(&c->rows);
        int rc = decision_rows_write(&c->rows);
        decision_rows_end(&c->rows, rc);
        c->rows_writing = rc < 0;
        if (rc == 0)
            actuation_synced(&c->scaling.actuation, mono_ms(c));
    }
    if (!c->rows_writing)
        c->rows_writing = decision_rows_take(&c->rows);
}

/* ---- hooks ---- */

static void begin_run(struct world_collector *c, unsigned index)
{
    struct world_group *group = world_group_of(c, index);
    const struct hook_order *from = &hook_queue_slot(&c->queue, index)->running;
    struct world_order order = {
        .kind = WORLD_ORDER_BRING, .to = from->desired, .number = ++c->runs, .decided_ms = group->view.at_ms};

    read_victims(from, &order);
    actuation_started(&c->scaling.actuation, index);
    actuator_begin(c->world, group, &order);
}

static void begin_runs(struct world_collector *c)
{
    int index = -1;

    if (!c->queue.has_new && c->hook_due_ms > mono_ms(c))
        return;
    while ((index = hook_queue_next(&c->queue, mono_ms(c))) >= 0)
        begin_run(c, (unsigned)index);
    c->hook_due_ms = hook_queue_due_ms(&c->queue);
}

static enum hook_verdict verdict_of(enum run_result result)
{
    switch (result) {
    case RUN_ACCEPTED:
        return HOOK_ACCEPTED;
    case RUN_TIMED_OUT:
        return HOOK_TIMED_OUT;
    default:
        return HOOK_REFUSED;
    }
}

static void end_run(struct world_collector *c, struct world_group *group, unsigned index, enum run_result ended)
{
    const struct hook_slot *slot = hook_queue_slot(&c->queue, index);
    struct hook_result result = {
        .verdict = verdict_of(ended), .current = slot->running.current, .desired = slot->running.desired};

    result.retry_ms = hook_queue_end(&c->queue, index, result.verdict == HOOK_ACCEPTED, mono_ms(c));
    result.failures = slot->backoff.failures;
    if (result.verdict != HOOK_ACCEPTED)
        group->memory.withdrawn = true;
    actuation_ended(&c->scaling.actuation, index, &result, wall_ms(c));
    c->hook_due_ms = 0;
}

static void end_runs(struct world_collector *c)
{
    enum run_result result = RUN_ACCEPTED;

    for (unsigned i = 0; i < c->registry.group_count; i++) {
        struct world_group *group = world_group_of(c, i);
        if (group == NULL || group->actuator.run.orphan || !group->actuator.run.active)
            continue;
        if (c->world->now_ms - group->actuator.run.begun_ms >= (uint64_t)c->config.hook_timeout_ms)
            actuator_kill_run(c->world, group);
        if (actuator_take_result(c->world, group, &result))
            end_run(c, group, i, result);
    }
}

/* ---- all ---- */

void collector_step(struct world *world)
{
    static void (*const actions[])(struct world_collector *) = {
        store, sessions, tick, write_rows, end_runs, begin_runs, write_rows, save,
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

const char *collector_why(const struct world *world, const struct world_group *group)
{
    static char why[DECISION_SENTENCE_MAX];
    const struct world_collector *c = &world->collector;
    const struct group *mine = c->running ? registry_find_group(&c->registry, group->name) : NULL;

    if (mine == NULL || !group->has_view)
        return "no decision";
    decision_sentence(&c->scaling.groups[mine->index].last, group->name, why, sizeof why);
    return why;
}

bool collector_read(const struct world *world, const struct world_group *group, unsigned *desired)
{
    if (!world->collector.running || !group->has_view || !group->view.number)
        return false;
    *desired = group->view.desired;
    return true;
}

/* ---- life ---- */

void collector_configure(struct world *world)
{
    struct world_collector *c = &world->collector;

    c->config.groups = c->group_configs;
    c->config.group_count = world->group_count;
    for (unsigned g = 0; g < world->group_count; g++) { /* their names ascend */
        struct group_config *to = &c->group_configs[g];
        snprintf(to->name, sizeof to->name, "%s", world->groups[g].name);
        to->settings = world->groups[g].settings;
        if (world->groups[g].actuated == ACTUATED_BY_READER)
            to->settings.mode = MODE_OBSERVE;
    }
    if (c->running)
        scaling_reconfigure(&c->scaling, &c->config);
}

void collector_init(struct world *world)
{
    struct world_collector *c = &world->collector;

    *c = (struct world_collector){.world = world, .boot_ms = world->now_ms - HOUR_MS, .start_ms = world->now_ms};
    world_disk_init(&c->disk, world);
    c->config = collector_config_defaults;
    snprintf(c->config.on_scale, sizeof c->config.on_scale, "/hook");
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
