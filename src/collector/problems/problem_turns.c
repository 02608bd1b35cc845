#include "collector/problems/problem_turns.h"

#define QUICK_US  5000U
#define SHARE_MAX 0.01

static void begin(struct problem_turns *turns, const struct histogram *cpus_us, int64_t now_ms)
{
    turns->begun_ms = now_ms;
    turns->all = cpus_us->count;
    turns->quick = histogram_up_to(cpus_us, QUICK_US);
}

static double share_since(const struct problem_turns *turns, const struct histogram *cpus_us)
{
    uint64_t all = cpus_us->count - turns->all;
    uint64_t quick = histogram_up_to(cpus_us, QUICK_US) - turns->quick;

    return all > 0 ? 1.0 - (double)quick / (double)all : 0.0;
}

bool problem_turns_look(struct problem_turns *turns, const struct histogram *cpus_us, int64_t now_ms)
{
    if (turns->begun_ms == 0) {
        begin(turns, cpus_us, now_ms);
    } else if (now_ms - turns->begun_ms >= PROBLEM_TURNS_MS) {
        turns->share = share_since(turns, cpus_us);
        begin(turns, cpus_us, now_ms);
    }
    return turns->share > SHARE_MAX;
}
