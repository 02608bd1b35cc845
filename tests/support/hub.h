/* A collector without a loop: what intakes share, and a store that completes writes when the test does. */
#ifndef SUPPORT_HUB_H
#define SUPPORT_HUB_H

#include "collector/intake/intake.h"

#include <stdint.h>

struct hub {
    struct registry registry;
    struct backlog backlog;
    struct wire_arena arena;
    struct intake_hub intake;
    const struct row *rows; /* being written */
    uint32_t row_count;
};

/* In the caller's memory. capacity: rows of a half of the backlog. */
void hub_init(struct hub *hub, uint32_t credit, uint32_t ack_interval_ms, uint32_t capacity);
void hub_deinit(struct hub *hub);

/* Begins and completes a write; hub->rows are being written in between. The end calls intake_stored(). */
void hub_store_begin(struct hub *hub);
void hub_store_end(struct hub *hub);

#endif
