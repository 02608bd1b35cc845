/* Carries out a request of the program headroom. */
#ifndef COLLECTOR_ADMIN_ADMIN_COMMAND_H
#define COLLECTOR_ADMIN_ADMIN_COMMAND_H

#include "collector/admin/admin_request.h"
#include "collector/autoscale/autoscale.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ADMIN_TEXT_MAX 1024U /* bytes of what a command answers */

struct admin_world {
    struct registry *registry;
    struct autoscale *autoscale;
    const struct collector_config *config;
};

/* The process that sent the request: its uid, as reported by the kernel. */
struct admin_peer {
    unsigned uid;
    struct moment now;
};

struct admin_result {
    bool ok;
    bool saves; /* a change of the overrides is to be saved before the answer */
    char text[ADMIN_TEXT_MAX];
};

void admin_command_run(const struct admin_world *world, const struct admin_request *request,
                       const struct admin_peer *peer, struct admin_result *result);

#endif
