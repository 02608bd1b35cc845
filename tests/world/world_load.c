#include "world/world_load.h"

#include "world/world.h"

void load_init(struct world_load *load, double level, double noise)
{
    *load = (struct world_load){.level = level, .before = level, .noise = noise, .present = level};
}

void load_move(struct world *world, struct world_group *group, double level, uint64_t within_ms)
{
    struct world_load *load = &group->load;

    world_log(world, "%s: the load goes from %.2f to %.2f cores within %llu s", group->name,
              load_at(load, world->now_ms), level, (unsigned long long)(within_ms / SECOND_MS));
    load->before = load_at(load, world->now_ms);
    load->level = level;
    load->since_ms = world->now_ms;
    load->reaches_ms = world->now_ms + within_ms;
    group->quiet_ms = world_later(group->quiet_ms, load->reaches_ms);
    group->trouble = "the load changed";
}

double load_at(const struct world_load *load, uint64_t now_ms)
{
    if (now_ms >= load->reaches_ms)
        return load->level;
    double passed = (double)(now_ms - load->since_ms) / (double)(load->reaches_ms - load->since_ms);
    return load->before + (load->level - load->before) * passed;
}

/* Noise that is nearly normal: the sum of four uniform numbers. */
static double noise(struct world *world)
{
    double sum = 0.0;

    for (unsigned i = 0; i < 4; i++)
        sum += world_real(world, -1.0, 1.0);
    return sum / 1.155;
}

void load_step(struct world *world, struct world_load *load)
{
    double level = load_at(load, world->now_ms) * (1.0 + load->noise * noise(world));

    load->present = level > 0.0 ? level : 0.0;
}
