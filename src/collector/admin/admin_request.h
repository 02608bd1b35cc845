/* Pure. Parses a request of the program headroom: one line with a JSON object, of at most ADMIN_REQUEST_MAX bytes.
 *
 *     {"command":"pin","group":"web","nodes":20,"until_ms":1795978800000,"reason":"sale","user":"alice","force":false}
 *     {"command":"pause","group":"web","until_ms":1795978800000}     or "pause-scale-in"
 *     {"command":"resume","group":"web"}
 *     {"command":"forget","group":"web","nodes":["web-1","web-2"]}   or "missing":true instead of nodes
 *
 * The answer is a line with a JSON object, {"ok":true,"text":"..."} or {"ok":false,"error":"..."}. */
#ifndef COLLECTOR_ADMIN_ADMIN_REQUEST_H
#define COLLECTOR_ADMIN_ADMIN_REQUEST_H

#include "collector/autoscale/overrides.h"
#include "common/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum admin_command {
    ADMIN_PIN,
    ADMIN_PAUSE,
    ADMIN_PAUSE_SCALE_IN,
    ADMIN_ACTIVATE,
    ADMIN_RESUME,
    ADMIN_FORGET,
    ADMIN_COMMAND_COUNT
};

struct admin_request {
    enum admin_command command;
    char group[NAME_LEN_MAX + 1];
    unsigned nodes; /* of pin */
    int64_t until_ms;
    bool force;
    bool missing; /* forget all missing nodes, instead of: */
    unsigned node_count;
    char node_ids[ADMIN_NODES_MAX][NAME_LEN_MAX + 1];
    char user[OVERRIDE_USER_MAX + 1];
    char reason[OVERRIDE_REASON_MAX + 1];
};

/* Returns 0, or -EINVAL with what to do in error. */
int admin_request_parse(struct admin_request *request, const char *line, size_t len, char *error, size_t error_size);

#endif
