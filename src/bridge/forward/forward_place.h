/* Pure. A place in the files of a collector: up to which rows were read, or are settled. */
#ifndef BRIDGE_FORWARD_FORWARD_PLACE_H
#define BRIDGE_FORWARD_FORWARD_PLACE_H

#include "bridge/forward/tail.h"

#include <stdint.h>

struct forward_place {
    struct tail_place rows;      /* in metrics.csv */
    struct tail_place decisions; /* in decisions.csv */
    int64_t time_ms;             /* Unix time of the last row of metrics.csv before it; 0: unknown */
};

#endif
