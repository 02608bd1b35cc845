/* The collector: the product's registry, intake, observe, scalers, orders,
 * actuation and saved state, joined as collector.c joins them, without a loop.
 * The only file that knows the product's types is world_collector.c; what the
 * invariants need of a decision is in struct world_view. */
#ifndef WORLD_WORLD_COLLECTOR_H
#define WORLD_WORLD_COLLECTOR_H

#include "collector/autoscale/scaling.h"
#include "collector/config/config.h"
#include "collector/fleet/registry.h"
#include "collector/intake/intake.h"
#include "scaler/state_text.h"
#include "world/world_disk.h"
#include "world/world_limits.h"
#include "world/world_view.h"

#include <stdbool.h>
#include <stdint.h>

struct world;
struct world_group;
struct world_node;

/* What is lost of its folder when the collector is killed. */
enum world_loss {
    LOSS_NONE,
    LOSS_STATE, /* scaler.state; the CSV files are kept */
    LOSS_FOLDER
};

struct world_collector {
    struct world *world;
    bool running;
    bool has_state;    /* it found the state of an earlier run */
    uint64_t start_ms; /* when it starts next, or has started */
    uint64_t boot_ms;  /* the monotonic clock's 0 */
    int64_t wall_shift_ms;
    bool wall_stepped_back;
    unsigned boots;
    struct {
        bool armed;
        bool saved;       /* the state was saved since */
        unsigned actions; /* and so many of its actions are left then */
        uint64_t for_ms;
        enum world_loss loss;
        bool reboot;
    } death;
    uint64_t tick_ms;
    uint64_t housekeeping_ms;
    uint64_t sessions_ms; /* the next look at all sessions */
    uint64_t saved_ms;    /* when the state was last saved */
    uint64_t save_ms;     /* no save before */
    bool save_wanted;
    bool rows_writing;
    uint64_t contract_ms;            /* when the hook answers what it was asked */
    uint64_t hook_due_ms;            /* the next run of a hook, monotonic */
    unsigned slots[WORLD_KNOWN_MAX]; /* nodes of the world by the registry's index */
    struct world_disk disk;

    struct collector_config config;
    struct group_config group_configs[WORLD_GROUPS_MAX];
    struct schedule schedules[WORLD_GROUPS_MAX]; /* by the world's groups; without a group: none */
    struct registry registry;
    struct backlog backlog;
    struct intake_hub hub;
    struct segments decisions;
    struct decision_rows rows;
    struct decision_history history;
    struct hook_queue queue;
    struct scaling scaling;
    struct state_text state;
};

void collector_init(struct world *world);
void collector_deinit(struct world *world);

/* The settings of the groups have changed. */
void collector_configure(struct world *world);

void collector_step(struct world *world);

/* SIGKILL before one of its next actions after its next tick, and a start after
 * that time: without its folder or its state, or on a machine that has rebooted meanwhile.
 * Its state is saved only in a world in which somebody will read it. */
void collector_kill(struct world *world, unsigned actions, uint64_t for_ms, enum world_loss loss, bool reboot);

/* SIGTERM: the state is saved. */
void collector_stop(struct world *world, uint64_t for_ms);

/* Its disk can't be written from now on. */
void collector_fill_disk(struct world *world);

/* The group of the registry's index. */
struct world_group *collector_group(const struct world_collector *collector, unsigned index);

/* Its clocks. */
static inline uint64_t collector_mono_ms(const struct world_collector *collector, uint64_t now_ms)
{
    return now_ms - collector->boot_ms;
}

static inline int64_t collector_wall_ms(const struct world_collector *collector, uint64_t now_ms)
{
    return WORLD_WALL_START_MS + (int64_t)now_ms + collector->wall_shift_ms;
}

#endif
