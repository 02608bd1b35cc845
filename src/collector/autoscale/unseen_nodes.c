#include "collector/autoscale/unseen_nodes.h"

/* The signal that counts the nodes; NULL: none does. */
static const struct signal_observation *counting(const struct group_observation *observed)
{
    for (unsigned i = 0; i < SIGNALS_OF_GROUP_MAX; i++)
        if (signal_is_used(&observed->signal[i]) && observed->signal[i].has_nodes)
            return &observed->signal[i];
    return NULL;
}

/* Nodes with agents are read, or could be; one that has gone silent is known by name, too. */
static bool has_agents(const struct group_observation *o)
{
    for (enum resource r = 0; r < RESOURCE_NODE_COUNT; r++)
        if (o->resource[r].nodes + o->resource[r].unread > 0)
            return true;
    return o->returning + o->missing + o->leaving + o->unreported + o->warming > 0;
}

void unseen_nodes_apply(struct group_observation *observed, struct scaler_settings *settings)
{
    const struct signal_observation *signal = counting(observed);

    if (signal == NULL || has_agents(observed) || observed->live > 0)
        return;
    settings->victims = VICTIMS_ANY;
    observed->roll_call = false;
    observed->roll_call_blind = false;
    if (observed->counted)
        return;
    observed->counted = true;
    observed->count = signal->nodes;
}

bool unseen_nodes_are_all(const struct decision *decision)
{
    return counting(&decision->observed) != NULL && !has_agents(&decision->observed) &&
           decision->settings.victims == VICTIMS_ANY;
}

bool unseen_nodes_were_all(const struct decision *decision)
{
    const struct group_observation *o = &decision->observed;
    bool is_missing = false;

    for (unsigned i = 0; i < SIGNALS_OF_GROUP_MAX; i++)
        is_missing = is_missing || (signal_is_used(&o->signal[i]) && !signal_is_present(&o->signal[i]));
    return is_missing && o->live > 0 && counting(o) == NULL && !has_agents(o);
}
