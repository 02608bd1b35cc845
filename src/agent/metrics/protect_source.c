#include "agent/metrics/protect_source.h"

#include "agent/config/config.h"

#include <errno.h>

struct state {
    const struct agent_config *config;
};

static bool is_used(const struct agent_config *config)
{
    return config->protect_file[0] != '\0';
}

static int init(void *arg, const struct agent_config *config)
{
    struct state *state = arg;

    state->config = config;
    return 0;
}

static bool look(void *arg, const struct node_source *node, uint64_t uptime_ms, struct source_part *part)
{
    const struct state *state = arg;

    (void)uptime_ms;
    int rc = node->look_for(state->config->protect_file, node->arg);
    if (rc == 0)
        part->facts.protection = NODE_PROTECTED;
    else if (rc == -ENOENT || rc == -ENOTDIR)
        part->facts.protection = NODE_UNPROTECTED;
    else
        return false;
    return true;
}

const struct source protect_source = {
    .name = "the file that protects the node",
    .state_size = sizeof(struct state),
    .is_used = is_used,
    .init = init,
    .read = look,
};
