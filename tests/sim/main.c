/* The fleet simulation: agents and collectors as they are, on a network, disks and clocks that are not.
 *
 *     headroom-sim [--seed N | --first N --seeds COUNT] [--steps N] [--partition SECONDS] [--verbose]
 *
 * A seed decides everything. The first one that fails ends the program with what broke and how to see it again. */
#include "common/flags.h"
#include "common/parse.h"
#include "sim/sim_world.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { FLAG_SEED = FLAG_OWN, FLAG_FIRST, FLAG_SEEDS, FLAG_STEPS, FLAG_PARTITION, FLAG_VERBOSE };

static const struct argp_option options[] = {
    {"seed", FLAG_SEED, "N", 0, "Run this one seed", 0},
    {"first", FLAG_FIRST, "N", 0, "Run the seeds from N on (1)", 0},
    {"seeds", FLAG_SEEDS, "COUNT", 0, "Run so many (1)", 0},
    {"steps", FLAG_STEPS, "N", 0, "Steps of each until the faults end (4000)", 0},
    {"partition", FLAG_PARTITION, "SECONDS", 0, "Then part agents and collectors for so long (0)", 0},
    {"verbose", FLAG_VERBOSE, NULL, 0, "Print each event", 0},
    FLAGS_STANDARD,
    {0},
};

struct settings {
    unsigned first;
    unsigned count;
    unsigned steps;
    unsigned partition_s;
    bool verbose;
};

static int on_flag(int key, const char *value, void *arg)
{
    struct settings *settings = arg;

    switch (key) {
    case FLAG_SEED:
    case FLAG_FIRST:
        return parse_unsigned(value, &settings->first);
    case FLAG_SEEDS:
        return parse_unsigned(value, &settings->count);
    case FLAG_STEPS:
        return parse_unsigned(value, &settings->steps);
    case FLAG_PARTITION:
        return parse_unsigned(value, &settings->partition_s);
    default:
        settings->verbose = true;
        return 0;
    }
}

/* ---- an assert() of the programs ---- */

static struct world *running;

static void on_abort(int signum)
{
    char text[300];

    (void)signum;
    int len = snprintf(text, sizeof text, "seed %llu aborted; replay it with\n    " SIM_REPLAY "\n",
                       (unsigned long long)running->seed, SIM_REPLAY_VALUES(running));
    (void)!write(STDERR_FILENO, text, (size_t)len);
}

/* ---- what it was ---- */

static void print_totals(const struct totals *t, unsigned seeds)
{
    printf("%u seeds, %" PRIu64 " steps, %.1f simulated hours: all invariants held\n", seeds, t->steps,
           (double)t->simulated_ms / 3600000.0);
    printf("samples: %" PRIu64 " produced, %" PRIu64 " rows stored, %" PRIu64 " dropped (%" PRIu64
           " of them stored after all), %" PRIu64 " lost with their agents, %" PRIu64 " sent again, %" PRIu64
           " passed over by rings, %" PRIu64 " came as readings first, %" PRIu64 " gaps noted\n",
           t->produced, t->stored, t->dropped, t->forgiven, t->lost, t->resent, t->passed_over, t->readings, t->gaps);
    printf("%" PRIu64 " faults; agents: %" PRIu64 " crashes, %" PRIu64 " goodbyes, %" PRIu64
           " returns to the first collector; collectors: %" PRIu64 " starts, %" PRIu64 " crashes (%" PRIu64
           " without power), %" PRIu64 " damaged files cut, %" PRIu64 " rotations, %" PRIu64 " take-overs, %" PRIu64
           " scalers restored\n",
           t->faults, t->agent_crashes, t->goodbyes, t->returns, t->starts, t->crashes, t->power_cuts, t->cuts,
           t->rotations, t->takeovers, t->restored);
    printf("spools: %" PRIu64 " instances carried on, %" PRIu64 " earlier runs sent, %" PRIu64
           " records damaged, %" PRIu64 " samples without a seq\n",
           t->carried_on, t->past_runs, t->damaged, t->strays);
    printf("files: %" PRIu64 " segments removed, %" PRIu64 " compressed, %" PRIu64 " starts with an index, %" PRIu64
           " with one that is unfit; %" PRIu64 " segments read and %" PRIu64 " not, %" PRIu64
           " acknowledged rows lost with what was not synced, %" PRIu64 " rows of gaps\n",
           t->removed, t->compressed, t->indexed, t->unfit, t->read, t->skipped, t->unsynced, t->noted);
    printf("rejects:");
    for (unsigned code = 1; code < REJECT_CODES; code++)
        printf(" %s %" PRIu64, headroom__reject_code__descriptor.values[code - 1].name, t->rejects[code]);
    printf("\n");
}

int main(int argc, char **argv)
{
    static struct world world;
    struct settings settings = {.first = 1, .count = 1, .steps = 4000};
    struct flags flags = {.program = "headroom-sim",
                          .about = "Runs the fleet simulation.",
                          .options = options,
                          .on_flag = on_flag,
                          .arg = &settings};
    char error[256] = "a number is wanted";

    if (flags_parse(&flags, argc, argv, error, sizeof error) < 0) {
        fprintf(stderr, "headroom-sim: %s\n", error);
        return EXIT_FAILURE;
    }
    world.program = argv[0];
    world.steps = settings.steps;
    world.partition_ms = UINT64_C(1000) * settings.partition_s;
    world.verbose = settings.verbose;
    running = &world;
    signal(SIGABRT, on_abort);
    for (unsigned i = 0; i < settings.count; i++)
        world_run(&world, settings.first + i);
    print_totals(&world.totals, settings.count);
    return EXIT_SUCCESS;
}
