/* Pure. The position of an instance in one half of the backlog (collector/store/backlog.h), embedded in the
 * instance. */
#ifndef COLLECTOR_FLEET_BACKLOG_PLACE_H
#define COLLECTOR_FLEET_BACKLOG_PLACE_H

#include <stdint.h>

struct backlog_place {
    uint32_t rows;
    uint32_t gaps;
    uint64_t missing_before; /* the instance's missing_seq before the first row or gap of this half */
    uint64_t last_seq;       /* of the rows; 0: only gaps */
    int64_t last_time_ms;
};

#endif
