#include "support/hub.h"

#include <stdlib.h>
#include <string.h>

#define HISTORY_MS 60000

void hub_init(struct hub *hub, uint32_t credit, uint32_t ack_interval_ms, uint32_t capacity)
{
    memset(hub, 0, sizeof *hub);
    if (registry_init(&hub->registry, HISTORY_MS) < 0 || backlog_init(&hub->backlog, capacity) < 0 ||
        wire_arena_init(&hub->arena) < 0)
        abort();
    hub->intake = (struct intake_hub){.registry = &hub->registry,
                                      .backlog = &hub->backlog,
                                      .arena = &hub->arena,
                                      .ack_interval_ms = ack_interval_ms,
                                      .credit = credit};
}

void hub_deinit(struct hub *hub)
{
    registry_deinit(&hub->registry);
    backlog_deinit(&hub->backlog);
    wire_arena_deinit(&hub->arena);
}

void hub_store_begin(struct hub *hub)
{
    backlog_take(&hub->backlog, &hub->rows, &hub->row_count);
}

void hub_store_end(struct hub *hub)
{
    struct backlog_instances stored = backlog_stored(&hub->backlog, 1);

    for (uint32_t i = 0; i < stored.count; i++)
        if (stored.at[i]->intake != NULL)
            intake_stored(stored.at[i]->intake);
}
