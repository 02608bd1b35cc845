/* What every part of the fleet simulation shares: its bounds, its one source of chance, and its two voices.
 *
 * A seed decides everything that happens. Nothing here reads a clock, a file or an address. */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include <stdbool.h>
#include <stdint.h>

#define SIM_AGENTS_MAX     8U
#define SIM_COLLECTORS_MAX 2U
#define SIM_GROUPS_MAX     2U
#define NEVER              UINT64_MAX

struct world;

uint64_t sim_below(struct world *world, uint64_t bound);                /* 0 .. bound - 1 */
uint64_t sim_between(struct world *world, uint64_t low, uint64_t high); /* both included */
bool sim_chance(struct world *world, unsigned percent);

static inline uint64_t sim_earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static inline uint64_t sim_later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* A line for --verbose. */
void sim_log(const struct world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* An invariant does not hold: says which, when, and how to see it again; ends the program. */
_Noreturn void sim_fail(const struct world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
