#include "sim/sim_pack.h"

#include "sim/sim_world.h"

#include <string.h>

#define STEP_MS 400U /* between two steps, at most */
#define LOOK_MS 3000U

static const char *const names[] = {"metrics", "gaps"};

static const struct disk *disk_of(const struct sim_pack *pack)
{
    return &pack->collector->disk.disk;
}

static void arm(struct sim_pack *pack, uint64_t most_ms)
{
    struct world *world = pack->collector->world;

    pack->due_ms = world->now_ms + sim_between(world, 1, most_ms);
}

static void drop(struct sim_pack *pack)
{
    segment_pack_free(pack->pack);
    pack->pack = NULL;
    pack->is_complete = false;
}

void pack_begin(struct sim_pack *pack, struct sim_collector *collector)
{
    pack->collector = collector;
    pack->place = (struct segment_pack_place){0};
    pack->due_ms = NEVER;
    if (pack->after_ms == 0)
        return;
    for (unsigned i = 0; i < 2; i++)
        (void)segment_pack_clean(disk_of(pack), names[i]);
    arm(pack, LOOK_MS);
}

void pack_end(struct sim_pack *pack)
{
    drop(pack);
    pack->due_ms = NEVER;
}

static void find(struct sim_pack *pack)
{
    int64_t before_ms = sim_collector_wall(pack->collector) - pack->after_ms;
    int rc = segment_pack_find(&pack->place, disk_of(pack), names, 2, before_ms);

    if (rc == 1)
        rc = segment_pack_new(&pack->pack, disk_of(pack), names[pack->place.series], pack->place.number);
    arm(pack, pack->pack != NULL ? STEP_MS : LOOK_MS);
}

static void finish(struct sim_pack *pack, int rc)
{
    struct world *world = pack->collector->world;

    sim_log(world, "collector %u: segment %u of %s is compressed: %s", pack->collector->index,
            (unsigned)pack->place.number, names[pack->place.series], strerror(-rc));
    world->totals.compressed += rc == 0;
    drop(pack);
    arm(pack, STEP_MS);
}

void pack_run(struct sim_pack *pack)
{
    if (pack->pack == NULL) {
        find(pack);
        return;
    }
    int rc = pack->is_complete ? segment_pack_end(pack->pack) : segment_pack_step(pack->pack);
    if (rc < 0 || pack->is_complete) {
        finish(pack, rc);
        return;
    }
    pack->is_complete = rc == 0;
    arm(pack, STEP_MS);
}
