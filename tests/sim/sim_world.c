#include "sim/sim_world.h"

#include "common/random.h"
#include "sim/sim_check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define START_MS UINT64_C(10000000)
#define DRAIN_MS_MAX                                                                                                   \
    90000U /* after the faults, until fewer samples wait: time-outs, backoff, and Acks over a slow network */
#define SETTLE_MS 10000U /* after that: nothing may change any more */

/* ---- helpers for all parts ---- */

uint64_t sim_below(struct world *world, uint64_t bound)
{
    return random_below(&world->random, bound);
}

uint64_t sim_between(struct world *world, uint64_t low, uint64_t high)
{
    return low + random_below(&world->random, high - low + 1);
}

bool sim_chance(struct world *world, unsigned percent)
{
    return random_below(&world->random, 100) < percent;
}

static void say(const struct world *world, FILE *to, const char *format, va_list arguments)
{
    fprintf(to, "[%6u %8.3f s] ", world->step, (double)(world->now_ms - START_MS) / 1000.0);
    vfprintf(to, format, arguments);
    fputc('\n', to);
}

void sim_log(const struct world *world, const char *format, ...)
{
    va_list arguments;

    if (!world->verbose)
        return;
    va_start(arguments, format);
    say(world, stdout, format, arguments);
    va_end(arguments);
}

void sim_fail(const struct world *world, const char *format, ...)
{
    va_list arguments;

    fflush(stdout);
    va_start(arguments, format);
    say(world, stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "seed %llu failed; replay it with\n    " SIM_REPLAY "\n", (unsigned long long)world->seed,
            SIM_REPLAY_VALUES(world));
    exit(EXIT_FAILURE);
}

/* ---- beginning and end ---- */

static void begin(struct world *world, uint64_t seed)
{
    world->seed = seed;
    world->random = seed;
    world->now_ms = START_MS;
    world->step = 0;
    world->quiet = false;
    world->agent_count = (unsigned)sim_between(world, 2, SIM_AGENTS_MAX);
    world->collector_count = sim_chance(world, 50) ? 2 : 1;
    world->with_twin = sim_chance(world, 25);
    world->network.latency_ms = sim_below(world, 100);
    if (wire_arena_init(&world->arena) < 0)
        sim_fail(world, "the simulation itself is out of memory");
    for (unsigned i = 0; i < world->collector_count; i++)
        sim_collector_init(&world->collectors[i], world, i);
    for (unsigned i = 0; i < world->agent_count; i++)
        sim_agent_init(&world->agents[i], world, i);
    faults_init(&world->faults, world);
}

static void end(struct world *world)
{
    for (unsigned i = 0; i < world->agent_count; i++)
        sim_agent_deinit(&world->agents[i]);
    for (unsigned i = 0; i < world->collector_count; i++)
        sim_collector_deinit(&world->collectors[i]);
    network_deinit(&world->network);
    world->network = (struct network){0};
    wire_arena_deinit(&world->arena);
    truth_deinit(&world->truth);
    world->totals.steps += world->step;
    world->totals.simulated_ms += world->now_ms - START_MS;
}

/* ---- one step ---- */

enum kind { KIND_NOTHING, KIND_AGENT, KIND_COLLECTOR, KIND_LINK, KIND_FAULT };

/* The part that is due first; any of those due at the same time. */
struct next {
    uint64_t due_ms;
    unsigned equals;
    enum kind kind;
    unsigned index;
};

static void consider(struct world *world, struct next *next, uint64_t due_ms, enum kind kind, unsigned index)
{
    due_ms = sim_later(due_ms, world->now_ms);
    if (due_ms == NEVER || due_ms > next->due_ms)
        return;
    next->equals = due_ms < next->due_ms ? 1 : next->equals + 1;
    if (next->equals == 1 || sim_below(world, next->equals) == 0) {
        next->kind = kind;
        next->index = index;
    }
    next->due_ms = due_ms;
}

static struct next find_next(struct world *world)
{
    struct next next = {.due_ms = NEVER, .kind = KIND_NOTHING};

    for (unsigned i = 0; i < world->agent_count; i++)
        consider(world, &next, sim_agent_due(&world->agents[i]), KIND_AGENT, i);
    for (unsigned i = 0; i < world->collector_count; i++)
        consider(world, &next, sim_collector_due(&world->collectors[i]), KIND_COLLECTOR, i);
    for (unsigned i = 0; i < LINKS_MAX; i++)
        if (world->network.links[i].used)
            consider(world, &next, link_due(world, &world->network.links[i]), KIND_LINK, i);
    consider(world, &next, faults_due(&world->faults), KIND_FAULT, 0);
    return next;
}

static void do_step(struct world *world)
{
    struct next next = find_next(world);

    if (next.kind == KIND_NOTHING)
        sim_fail(world, "nothing is ever due again");
    world->now_ms = next.due_ms;
    world->step++;
    switch (next.kind) {
    case KIND_AGENT:
        sim_agent_run(&world->agents[next.index]);
        break;
    case KIND_COLLECTOR:
        sim_collector_run(&world->collectors[next.index]);
        break;
    case KIND_LINK:
        link_run(world, &world->network.links[next.index]);
        break;
    default:
        faults_run(&world->faults);
    }
    check_world(world);
}

/* ---- a partition ---- */

/* No other fault, and no byte gets through; the agents continue to take samples. */
static void part_all(struct world *world)
{
    uint64_t until_ms = world->now_ms + world->partition_ms;

    sim_log(world, "nothing comes through");
    faults_stop(&world->faults);
    for (unsigned i = 0; i < LINKS_MAX; i++)
        world->network.links[i].disturbed = true;
    for (unsigned i = 0; i < world->agent_count; i++)
        for (unsigned c = 0; c < world->collector_count; c++)
            world->network.parted_ms[i][c] = until_ms;
    while (world->now_ms < until_ms)
        do_step(world);
}

/* All samples taken meanwhile have arrived, except those of a twin, which is never accepted. */
static void check_parted(const struct world *world, uint64_t from_ms)
{
    for (unsigned i = 0; i < world->truth.run_count; i++) {
        const struct run *run = world->truth.runs[i];
        bool twin = world->with_twin && run->agent + 1 == world->agent_count;
        for (uint64_t k = 0; k < run->count && !twin; k++)
            if (run->samples[k].taken_ms > from_ms && run->samples[k].stored == 0)
                sim_fail(world, "seq %llu of agent %u, of the partition, is not stored", (unsigned long long)k + 1,
                         run->agent);
    }
}

/* ---- a whole run ---- */

static void calm_down(struct world *world)
{
    sim_log(world, "the faults end");
    faults_stop(&world->faults);
    world->quiet = true;
    for (unsigned i = 0; i < world->agent_count; i++) {
        struct sim_agent *agent = &world->agents[i];
        agent->tick_ms = NEVER;
        agent->start_ms = agent->file.lasting && agent->state == AGENT_DOWN ? world->now_ms : NEVER;
    }
    /* Of two agents with one id only one is ever accepted. */
    if (world->with_twin)
        sim_agent_stop(&world->agents[world->agent_count - 1], false);
}

static bool agent_is_drained(const struct sim_agent *agent)
{
    if (agent->state == AGENT_RUNNING)
        return agent->sender.state == SENDER_STREAMING && agent->spoken == agent->run &&
               spool_waiting(&agent->spool) == 0;
    return agent->state == AGENT_DOWN && agent->start_ms == NEVER;
}

/* UINT64_MAX while an agent has yet to read its spool. */
static uint64_t waiting(const struct world *world)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < world->agent_count; i++) {
        const struct sim_agent *agent = &world->agents[i];
        if (agent->state == AGENT_DOWN && agent->start_ms != NEVER)
            return UINT64_MAX;
        if (agent->state != AGENT_DOWN)
            sum += spool_waiting(&agent->spool);
    }
    return sum;
}

static bool is_drained(const struct world *world)
{
    for (unsigned i = 0; i < world->agent_count; i++)
        if (!agent_is_drained(&world->agents[i]))
            return false;
    for (unsigned i = 0; i < world->collector_count; i++)
        if (!sim_collector_idle(&world->collectors[i]))
            return false;
    return true;
}

/* Each hole in a spool waits for an Ack, and with the least credit so do all samples: this may take long, but must make
 * progress. */
static void drain(struct world *world)
{
    uint64_t least = UINT64_MAX;
    uint64_t until_ms = world->now_ms + DRAIN_MS_MAX;

    while (!is_drained(world)) {
        if (waiting(world) < least) {
            least = waiting(world);
            until_ms = world->now_ms + DRAIN_MS_MAX;
        }
        if (world->now_ms > until_ms)
            check_stuck(world);
        do_step(world);
    }
}

void world_run(struct world *world, uint64_t seed)
{
    begin(world, seed);
    while (world->step < world->steps)
        do_step(world);
    uint64_t parted_ms = world->now_ms;
    if (world->partition_ms > 0)
        part_all(world);
    calm_down(world);
    drain(world);
    uint64_t until_ms = world->now_ms + SETTLE_MS;
    while (world->now_ms < until_ms)
        do_step(world);
    sim_log(world, "all is quiet");
    check_parted(world, parted_ms);
    check_end(world);
    end(world);
}
