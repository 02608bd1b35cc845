/* The simulated world: the product's scaling, from samples to orders, in fleets
 * as they are.
 *
 *     headroom-world [--seed N | --first N --seeds COUNT] [--scenario NAME |
 * --scenarios] [--survey] [--verbose]
 *
 * A seed decides everything. The first one that fails ends the program with the
 * invariant that did not hold and how to see it again; with --survey all seeds
 * run, and each failure is a line. */
#include "common/flags.h"
#include "common/parse.h"
#include "world/world.h"
#include "world/world_scenario.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FLAG_SEED = FLAG_OWN, FLAG_FIRST, FLAG_SEEDS, FLAG_SCENARIO, FLAG_SCENARIOS, FLAG_SURVEY, FLAG_VERBOSE };

static const struct argp_option options[] = {
    {"seed", FLAG_SEED, "N", 0, "Run this one seed", 0},
    {"first", FLAG_FIRST, "N", 0, "Run the seeds from N on (1)", 0},
    {"seeds", FLAG_SEEDS, "COUNT", 0, "Run so many (1)", 0},
    {"scenario", FLAG_SCENARIO, "NAME", 0, "Run this situation; \"list\" prints all", 0},
    {"scenarios", FLAG_SCENARIOS, NULL, 0, "Run all situations", 0},
    {"survey", FLAG_SURVEY, NULL, 0, "Go on after a failure", 0},
    {"verbose", FLAG_VERBOSE, NULL, 0, "Print each event", 0},
    FLAGS_STANDARD,
    {0},
};

struct settings {
    unsigned first;
    unsigned count;
    const char *scenario;
    bool scenarios;
    bool survey;
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
    case FLAG_SCENARIO:
        settings->scenario = value;
        return 0;
    case FLAG_SCENARIOS:
        settings->scenarios = true;
        return 0;
    case FLAG_SURVEY:
        settings->survey = true;
        return 0;
    default:
        settings->verbose = true;
        return 0;
    }
}

/* ---- an assert() of the product ---- */

static const struct world *running;

static void on_abort(int signum)
{
    char text[200];

    (void)signum;
    int len = snprintf(text, sizeof text, "seed %llu aborted\n", (unsigned long long)running->seed);
    (void)!write(STDERR_FILENO, text, (size_t)len);
}

/* ---- running ---- */

static void print_failure(const struct world *world)
{
    const char *scenario = world->scenario != NULL ? world->scenario->name : NULL;

    fprintf(stderr, "seed %" PRIu64 " failed: %s\n    %s --seed %" PRIu64 "%s%s --verbose\n", world->seed,
            world->failure.text, world->program, world->seed, scenario != NULL ? " --scenario " : "",
            scenario != NULL ? scenario : "");
}

/* Returns how many seeds failed. */
static unsigned run_seeds(struct world *world, const struct settings *settings)
{
    unsigned failed = 0;

    for (unsigned i = 0; i < settings->count && (failed == 0 || settings->survey); i++) {
        if (world_run(world, settings->first + i))
            continue;
        failed++;
        print_failure(world);
    }
    return failed;
}

static unsigned run_scenarios(struct world *world, const struct settings *settings)
{
    unsigned failed = 0;

    for (unsigned i = 0; (world->scenario = scenario_at(i)) != NULL; i++) {
        unsigned before = failed;
        failed += run_seeds(world, settings);
        printf("%-20s %s: %s\n", world->scenario->name, failed == before ? "passed" : "FAILED", world->scenario->about);
    }
    return failed;
}

static void print_totals(const struct world_totals *t, unsigned failed)
{
    printf("%.1f simulated hours, %" PRIu64 " events, %" PRIu64 " starts of the collector, %" PRIu64 " kills, %" PRIu64
           " decisions, %" PRIu64 " runs of hooks, %" PRIu64 " nodes started and %" PRIu64 " removed by orders\n",
           (double)t->simulated_ms / (double)HOUR_MS, t->events, t->starts, t->kills, t->decisions, t->orders,
           t->joined, t->removed);
    if (failed == 0) {
        printf("all invariants held\n");
        return;
    }
    printf("failures: %u;", failed);
    for (unsigned kind = 0; kind < CHECK_COUNT; kind++)
        printf(" %s %" PRIu64, check_names[kind], t->failures[kind]);
    printf("\n");
}

static int list_scenarios(void)
{
    for (unsigned i = 0; scenario_at(i) != NULL; i++)
        printf("%-20s %s\n", scenario_at(i)->name, scenario_at(i)->about);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    static struct world world;
    struct settings settings = {.first = 1, .count = 1};
    struct flags flags = {.program = "headroom-world",
                          .about = "Runs the simulated world.",
                          .options = options,
                          .on_flag = on_flag,
                          .arg = &settings};
    char error[256] = "a number is wanted";

    if (flags_parse(&flags, argc, argv, error, sizeof error) < 0) {
        fprintf(stderr, "headroom-world: %s\n", error);
        return EXIT_FAILURE;
    }
    if (settings.scenario != NULL && strcmp(settings.scenario, "list") == 0)
        return list_scenarios();
    if (settings.scenario != NULL && (world.scenario = scenario_find(settings.scenario)) == NULL) {
        fprintf(stderr, "headroom-world: no scenario %s; --scenario list prints all\n", settings.scenario);
        return EXIT_FAILURE;
    }
    world.program = argv[0];
    world.verbose = settings.verbose;
    running = &world;
    signal(SIGABRT, on_abort);
    unsigned failed = settings.scenarios ? run_scenarios(&world, &settings) : run_seeds(&world, &settings);
    print_totals(&world.totals, failed);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
