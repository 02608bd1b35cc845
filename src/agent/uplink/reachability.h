/* Pure. Decides whether the primary collector is steadily reachable: every attempt to connect must have succeeded for
 * long enough.
 *
 * Its owner connects at each due time and reports how that went. */
#ifndef AGENT_UPLINK_REACHABILITY_H
#define AGENT_UPLINK_REACHABILITY_H

#include <stdbool.h>
#include <stdint.h>

enum reachability_state {
    REACHABILITY_RESTING, /* not watched */
    REACHABILITY_LOST,    /* the last attempt has failed, or there was none */
    REACHABILITY_SEEN     /* all attempts since since_ms have succeeded */
};

struct reachability {
    uint32_t interval_ms; /* from the end of one attempt to the next one */
    uint32_t steady_ms;   /* how long it has to be reachable */
    enum reachability_state state;
    uint64_t since_ms;
    uint64_t due_ms;
};

/* Watches from scratch; the first attempt is due after an interval. */
void reachability_watch(struct reachability *reachability, uint64_t now_ms);
void reachability_rest(struct reachability *reachability);

/* When to connect; UINT64_MAX: not before another event. */
uint64_t reachability_due_ms(const struct reachability *reachability);

/* An attempt begins: none is due before it has ended. */
void reachability_on_begin(struct reachability *reachability);

/* An attempt has ended. true: the collector has become steadily reachable. From then on it rests. */
bool reachability_on_attempt(struct reachability *reachability, bool connected, uint64_t now_ms);

#endif
