#include "collector/config/config_in_force.h"

#include <stdio.h>
#include <string.h>

void config_in_force_read(struct config_in_force *state, const struct collector_config *config, const char *waiting)
{
    *state = (struct config_in_force){.hash = config->file_hash};
    snprintf(state->path, sizeof state->path, "%s", config->file);
    snprintf(state->waiting, sizeof state->waiting, "%s", waiting);
}

void config_in_force_refuse(struct config_in_force *state, const char *error)
{
    snprintf(state->refused, sizeof state->refused, "%s", error);
}

void config_in_force_look(struct config_in_force *state, int rc, uint64_t hash)
{
    state->rc = rc;
    state->changed = rc < 0 || hash != state->hash;
}

bool config_in_force_holds(const struct config_in_force *state)
{
    return state->refused[0] == '\0' && !state->changed && state->waiting[0] == '\0';
}

void config_in_force_why(const struct config_in_force *state, char why[CONFIG_WHY_MAX])
{
    why[0] = '\0';
    if (state->refused[0] != '\0')
        snprintf(why, CONFIG_WHY_MAX, "the last reload failed: %s", state->refused);
    else if (state->rc < 0)
        snprintf(why, CONFIG_WHY_MAX, "can't read %s: %s", state->path, strerror(-state->rc));
    else if (state->changed)
        snprintf(why, CONFIG_WHY_MAX, "%s was changed after it was read; reload the collector", state->path);
    else if (state->waiting[0] != '\0')
        snprintf(why, CONFIG_WHY_MAX, "changes to these settings take effect at the next start: %s", state->waiting);
}
