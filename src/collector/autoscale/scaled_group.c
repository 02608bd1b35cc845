#include "collector/autoscale/scaled_group.h"

#include "scaler/history.h"

#include <errno.h>
#include <string.h>

#define REPEAT_MS   300000 /* a decision that stands is logged again */
#define HOLD_MS_MIN 60000  /* between two decisions to hold, for whatever reason */
#define SILENT_PART 10     /* silent nodes are worth a line when they are more than 1 in SILENT_PART */

/* ---- a tick ---- */

/* Order ids rise over restarts with the wall clock, also if no state was saved, and within a second. */
static uint64_t epoch_of(int64_t wall_ms)
{
    return wall_ms > 0 ? (uint64_t)wall_ms : 0;
}

static unsigned known_nodes(const struct group_observation *o)
{
    return o->live + o->returning + o->missing + o->leaving + o->unreported;
}

enum scaled_group_ready scaled_group_prepare(struct scaled_group *group, const struct group_observation *observed,
                                             bool is_configured, int64_t wall_ms)
{
    if (group->scaler != NULL)
        return SCALED_GROUP_READY;
    if (known_nodes(observed) == 0 && !is_configured)
        return SCALED_GROUP_EMPTY;
    group->scaler = scaler_new();
    if (group->scaler == NULL)
        return SCALED_GROUP_STARVED;
    scaler_begin(group->scaler, epoch_of(wall_ms));
    return SCALED_GROUP_READY;
}

struct scaler_settings scaled_group_settings(const struct collector_config *config, const char *name, bool has_hook)
{
    struct scaler_settings settings = *collector_config_group(config, name);

    if (settings.actuator == ACTUATOR_AUTO)
        settings.actuator = ACTUATOR_HOOK;
    if (settings.actuator == ACTUATOR_HOOK && !has_hook)
        settings.actuator = ACTUATOR_NONE;
    bool is_observed = settings.actuator == ACTUATOR_NONE || !collector_config_scales(config, name);
    if (is_observed && settings.mode > MODE_OBSERVE)
        settings.mode = MODE_OBSERVE;
    return settings;
}

void scaled_group_step(struct scaled_group *group, const struct scaler_settings *settings, int64_t now_ms,
                       const struct group_observation *observed)
{
    group->last = scaler_step(group->scaler, settings, now_ms, observed);
}

bool scaled_group_is_order(const struct scaled_group *group)
{
    return group->last.action != ACTION_HOLD && decision_acts(&group->last);
}

/* ---- what is logged ---- */

/* What keeps the group from being seen whole, apart from single nodes of a large one: a change of that is logged at
 * once. */
struct sight {
    bool none;
    bool roll_call;
    bool missing;
};

static struct sight sight_of(const struct decision *decision)
{
    const struct group_observation *o = &decision->observed;

    if (decision->guard == GUARD_NO_DATA)
        return (struct sight){.none = true};
    return (struct sight){.roll_call = o->roll_call,
                          .missing = decision->guard == GUARD_MISSING_NODES ||
                                     o->missing * SILENT_PART > o->live + o->missing};
}

static bool is_same_sight(const struct decision *a, const struct decision *b)
{
    struct sight of_a = sight_of(a);
    struct sight of_b = sight_of(b);

    return of_a.none == of_b.none && of_a.roll_call == of_b.roll_call && of_a.missing == of_b.missing;
}

bool scaled_group_is_due(const struct scaled_group *group, int64_t now_ms)
{
    const struct decision *logged = &group->logged;
    const struct decision *last = &group->last;

    if (!group->has_logged || now_ms - group->logged_ms >= REPEAT_MS)
        return true;
    bool same_sight = is_same_sight(logged, last);
    if (decision_same(logged, last) && same_sight)
        return false;
    bool holding = logged->action == ACTION_HOLD && last->action == ACTION_HOLD;
    return !holding || !same_sight || now_ms - group->logged_ms >= HOLD_MS_MIN;
}

void scaled_group_note_logged(struct scaled_group *group, int64_t now_ms)
{
    group->has_logged = true;
    group->logged = group->last;
    group->logged_ms = now_ms;
}

/* ---- over a restart ---- */

void scaled_group_save(const struct scaled_group *group, const char *name, struct state_text *text)
{
    struct state_group saved = {
        .scaler = group->scaler, .has_said = group->has_logged, .said_ms = group->logged_ms, .said = group->logged};

    if (group->scaler == NULL)
        return;
    memcpy(saved.name, name, strlen(name) + 1);
    state_add(text, &saved);
}

/* 1, or 0 when no sample of the group is stored and it is not to begin with a history, or -EBADMSG when the group is
 * there twice. */
static int adopt(struct scaled_group *groups, struct registry *registry, const struct state_group *saved,
                 int64_t wall_ms)
{
    const struct group *group =
        saved->is_inherited ? registry_ensure_group(registry, saved->name) : registry_find_group(registry, saved->name);

    if (group == NULL || groups[group->index].scaler != NULL) {
        scaler_free(saved->scaler);
        return group == NULL ? 0 : -EBADMSG;
    }
    scaler_begin(saved->scaler, epoch_of(wall_ms));
    groups[group->index] = (struct scaled_group){
        .scaler = saved->scaler, .has_logged = saved->has_said, .logged = saved->said, .logged_ms = saved->said_ms};
    return 1;
}

int scaled_group_adopt_all(struct scaled_group *groups, struct registry *registry, struct state_reader *reader,
                           int64_t wall_ms)
{
    struct state_group saved;
    int adopted = 0;
    int rc = 0;

    while ((rc = state_next(reader, &saved)) == 1) {
        rc = adopt(groups, registry, &saved, wall_ms);
        if (rc < 0)
            break;
        adopted += rc;
    }
    if (rc == 0)
        return adopted;
    scaled_group_free_all(groups);
    return rc;
}

void scaled_group_recall_all(const struct scaled_group *groups, const struct registry *registry,
                             struct decision_history *history)
{
    for (unsigned i = 0; i < registry->group_count; i++) {
        const struct scaler *scaler = groups[i].scaler;
        const struct history *demand = scaler != NULL ? scaler_demand(scaler) : NULL;
        for (unsigned age = demand != NULL ? demand->count : 0; age-- > 0;)
            decision_history_recall(history, registry->groups[i], history_at(demand, age)->time_ms,
                                    history_at(demand, age)->value);
    }
}

void scaled_group_free_all(struct scaled_group *groups)
{
    for (unsigned i = 0; i < GROUPS_MAX; i++)
        scaler_free(groups[i].scaler);
    memset(groups, 0, GROUPS_MAX * sizeof *groups);
}
