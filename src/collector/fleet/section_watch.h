/* Pure. The groups that sections [group NAME], [schedule NAME] and [signal NAME] of the configuration name: they exist
 * from the start, so that a minimum is restored before the first node comes; and one without a signal that has had no
 * node for ten minutes is found, since its name is probably misspelled, and the settings that its nodes should have do
 * not take effect. */
#ifndef COLLECTOR_FLEET_SECTION_WATCH_H
#define COLLECTOR_FLEET_SECTION_WATCH_H

#include "collector/config/config.h"
#include "collector/fleet/registry.h"
#include "common/limits.h"

#include <stdbool.h>
#include <stdint.h>

struct section_watch {
    int64_t used_ms[GROUPS_MAX]; /* by group: when it last had a node, or the configuration was read */
    bool told[GROUPS_MAX];
    bool used[GROUPS_MAX]; /* it has a node, of those seen since the last look */
};

/* The configuration has been read: adds the groups of its sections. Without memory for one, it is added when its first
 * node comes. */
void section_watch_begin(struct section_watch *watch, const struct collector_config *config, struct registry *registry,
                         int64_t now_ms);

/* Sees `count` nodes, of which the first has the index `from`. gone_ms: as for registry_liveness(). */
void section_watch_see(struct section_watch *watch, const struct registry *registry, unsigned from, unsigned count,
                       int64_t now_ms, int64_t gone_ms);

/* Call it once a minute, when all nodes were seen. Calls cb with a line if there are sections to tell, each once per
 * reading of the configuration. */
typedef void section_watch_cb(bool is_warning, const char *line);
void section_watch_look(struct section_watch *watch, const struct collector_config *config,
                        const struct registry *registry, int64_t now_ms, section_watch_cb *cb);

#endif
