#include "world/world_check.h"

#include "world/world.h"
#include "world/world_scenario.h"

const char *const check_names[CHECK_COUNT] = {
    [CHECK_REMOVAL] = "removal", [CHECK_FALL] = "fall",       [CHECK_RECOVERY] = "recovery",
    [CHECK_CALM] = "calm",       [CHECK_MINIMUM] = "minimum", [CHECK_OUTCOME] = "outcome",
};

void check_on_decision(struct world *world, struct world_group *group)
{
    check_removal_on_decision(world, group);
    check_members_on_decision(world, group);
    check_fall_on_decision(world, group);
    check_calm_on_decision(world, group);
    check_minimum_on_decision(world, group);
    scenario_check(world, group);
}

void check_step(struct world *world)
{
    for (unsigned g = 0; g < world->group_count; g++) {
        check_fall_step(world, &world->groups[g]);
        check_recovery_step(world, &world->groups[g]);
        check_calm_step(world, &world->groups[g]);
        check_minimum_step(world, &world->groups[g]);
        check_people_step(world, &world->groups[g]);
    }
}
