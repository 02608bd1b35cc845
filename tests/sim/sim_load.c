#include "sim/sim_load.h"

#include "sim/sim_world.h"

#include <math.h>

#define WALL_MS      INT64_C(1700000000000)
#define STRANGE_RATE 200U /* one value of this many is absent or impossible */

uint64_t agent_uptime(const struct sim_agent *agent)
{
    return agent->world->now_ms - agent->boot_ms;
}

int64_t agent_wall(const struct sim_agent *agent)
{
    return WALL_MS + (int64_t)agent->world->now_ms + agent->wall_shift_ms;
}

static void read_gauge(struct world *world, struct sample *sample, enum metric metric, double value)
{
    uint64_t strange = sim_below(world, STRANGE_RATE);

    if (strange == 0)
        return;
    sample_set_gauge(sample, metric, strange == 1 ? NAN : value);
}

void load_read(struct sim_agent *agent, struct sample *sample)
{
    struct world *world = agent->world;

    agent->cpu += (double)sim_below(world, 2001) / 100.0 - 10.0;
    agent->cpu = fmin(fmax(agent->cpu, 0.0), 100.0);
    agent->bytes += sim_below(world, 1000000);
    *sample = (struct sample){
        .time_ms = agent_wall(agent),
        .uptime_ms = agent_uptime(agent),
    };
    read_gauge(world, sample, METRIC_CPU, agent->cpu);
    read_gauge(world, sample, METRIC_MEMORY, (double)sim_below(world, 10001) / 100.0);
    read_gauge(world, sample, METRIC_LOAD1, (double)sim_below(world, 10001) / 100.0);
    sample_set_counter(sample, METRIC_DISK_READ, agent->bytes);
    sample_set_counter(sample, METRIC_NET_TX, agent->bytes / 3);
}
