/* Pure. The programs that a configuration needs for its signals: headroom-bridge if any has a query, and each `program`
 * once, for all signals that name it. */
#ifndef COLLECTOR_FEEDS_FEED_SPECS_H
#define COLLECTOR_FEEDS_FEED_SPECS_H

#include "collector/config/config.h"

#include <stdbool.h>
#include <stdint.h>

typedef char feed_spec_name[SIGNAL_NAME_LEN_MAX + 1];

struct feed_spec {
    char program[SIGNAL_PROGRAM_MAX + 1]; /* with its arguments; empty: headroom-bridge query */
    uint64_t hash;                        /* of all that a new start is needed for, when it changes */
    feed_spec_name *names;                /* owned; of its signals, ascending */
    unsigned name_count;
};

struct feed_specs {
    struct feed_spec *items; /* owned */
    unsigned count;
};

/* 0 or -ENOMEM. */
int feed_specs_make(struct feed_specs *specs, const struct collector_config *config);

/* Also of zeros. */
void feed_specs_deinit(struct feed_specs *specs);

/* Whether the signal is one of it. */
bool feed_spec_has(const struct feed_spec *spec, const char *name);

/* For the log and for sentences: the program, or "headroom-bridge query". */
const char *feed_spec_title(const struct feed_spec *spec);

#endif
