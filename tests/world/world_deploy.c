#include "world/world_deploy.h"

#include "world/world.h"

#define MARGIN_MS (30 * SECOND_MS) /* after the last node, until the group counts as quiet */

const char *const deployment_names[DEPLOY_COUNT] = {"surge", "in place", "reboot", "agents", "rename", "regroup"};

void deploy_begin(struct world *world, struct world_group *group, enum deployment how, enum parting parting,
                  uint64_t pause_ms)
{
    struct world_deploy *deploy = &group->deploy;

    if (deploy->active)
        return;
    *deploy = (struct world_deploy){
        .active = true, .how = how, .parting = parting, .pause_ms = pause_ms, .next_ms = world->now_ms};
    deploy->target = world->group_count - 1 - group->index;
    for (unsigned i = 0; i < world->node_count; i++)
        if (world->nodes[i].group == group->index && world->nodes[i].phase == PHASE_RUNNING)
            deploy->slots[deploy->count++] = i;
    world_log(world, "%s: a deployment (%s, old nodes: %s) of %u nodes begins", group->name, deployment_names[how],
              parting_names[parting], deploy->count);
    world_disturb(world, group, world->now_ms + MARGIN_MS, "a deployment");
}

/* ---- one node ---- */

/* The agent comes back soon; under another name or in another group if it is
 * told. */
static void restart_agent(struct world *world, struct world_group *group, struct world_node *node)
{
    struct world_deploy *deploy = &group->deploy;

    agent_end(world, node, PARTING_RESTARTING);
    if (deploy->how == DEPLOY_RENAME) {
        node_rename(world, node);
        group->changed_ms = world->now_ms; /* what an order counted before is known by another name */
    }
    if (deploy->how == DEPLOY_REGROUP) {
        node->former_group = node->group;
        node->group = deploy->target;
        node->known = false;
        world_disturb(world, &world->groups[deploy->target], world->now_ms + MARGIN_MS,
                      "nodes came from another group");
        world->groups[deploy->target].changed_ms = world->now_ms;
        group->changed_ms = world->now_ms;
    }
    node->agent.starts_ms = world->now_ms + world_between(world, SECOND_MS, 8 * SECOND_MS);
}

/* Returns whether the node is done. */
static bool replace(struct world *world, struct world_group *group, struct world_node *node)
{
    struct world_deploy *deploy = &group->deploy;

    switch (deploy->how) {
    case DEPLOY_SURGE:
        if (!deploy->surged) {
            deploy->surged = node_boot(world, group, false) != NULL;
            deploy->next_ms = world->now_ms + group->boot_ms_max + 2 * SECOND_MS;
            return !deploy->surged;
        }
        node_end(world, node, deploy->parting, ENDED_BY_WORLD);
        return true;
    case DEPLOY_IN_PLACE:
        node_end(world, node, deploy->parting, ENDED_BY_WORLD);
        (void)node_boot(world, group, false);
        return true;
    case DEPLOY_REBOOT:
        node_reboot(world, node, world_between(world, group->boot_ms_min, group->boot_ms_max));
        return true;
    default:
        restart_agent(world, group, node);
        return true;
    }
}

static void next_node(struct world *world, struct world_group *group)
{
    struct world_deploy *deploy = &group->deploy;
    struct world_node *node = &world->nodes[deploy->slots[deploy->at]];
    bool is_there = node->phase == PHASE_RUNNING && node->group == group->index;

    if (is_there && !replace(world, group, node))
        return;
    deploy->surged = false;
    deploy->at++;
    deploy->next_ms = world->now_ms + (is_there ? deploy->pause_ms : 0);
}

void deploy_step(struct world *world, struct world_group *group)
{
    struct world_deploy *deploy = &group->deploy;

    if (!deploy->active)
        return;
    world_disturb(world, group, world->now_ms + MARGIN_MS, "a deployment");
    if (deploy->next_ms > world->now_ms)
        return;
    if (deploy->at < deploy->count) {
        next_node(world, group);
        return;
    }
    deploy->active = false;
    world_log(world, "%s: the deployment is done", group->name);
}
