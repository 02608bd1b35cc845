/* Pure. The places of connections that speak for no node: before their Hello, or after the collector's last message.
 *
 * They are places of their own: strangers never take those of agents. A new connection always gets a place. If its
 * origin has its share, or all places are taken, another connection has to go: of that origin, or of all, first one
 * that only lingers, then the one that came first. So an agent that sends its Hello as it connects gets in, however
 * many idle connections there are. */
#ifndef COLLECTOR_INTAKE_STRANGERS_H
#define COLLECTOR_INTAKE_STRANGERS_H

#include <stdbool.h>
#include <stdint.h>

struct stranger {
    void *owner;
    uint64_t origin;
    uint64_t number; /* in the order of their coming */
    bool lingers;
};

struct strangers {
    struct stranger *at; /* count of them, in no order */
    unsigned count;
    unsigned places;
    uint64_t comings;
    uint64_t evicted; /* of those that did not linger; since the start */
};

/* 0 or -ENOMEM. */
int strangers_init(struct strangers *strangers, unsigned places);
void strangers_deinit(struct strangers *strangers);

/* Gives owner a place, unless it has one; lingers: it is past its last message. Returns the owner that has lost its
 * place for it and is to be closed; NULL: none. */
void *strangers_add(struct strangers *strangers, void *owner, uint64_t origin, bool lingers);

/* Idempotent. */
void strangers_remove(struct strangers *strangers, const void *owner);

/* How many places one origin may have: half of them, so that no address displaces all others. */
unsigned strangers_share(const struct strangers *strangers);

#endif
