#include "world/world_questions.h"

#include "collector/autoscale/count_reply.h"
#include "world/world.h"

#include <stdio.h>
#include <string.h>

#define ANSWER_MS_MAX (3 * SECOND_MS)

static struct moment moment_now(const struct world_collector *c)
{
    return (struct moment){.now_ms = (int64_t)collector_mono_ms(c, c->world->now_ms),
                           .wall_ms = collector_wall_ms(c, c->world->now_ms)};
}

/* A program that hangs is ended by its time limit. */
static uint64_t answer_ms(struct world *world, enum mood mood)
{
    return world->now_ms + (mood == MOOD_HANGS ? HOOK_QUESTION_MS_MAX : world_below(world, ANSWER_MS_MAX));
}

static enum hook_verdict verdict_of(enum mood mood)
{
    if (mood == MOOD_HANGS)
        return HOOK_TIMED_OUT;
    return mood == MOOD_FAILS ? HOOK_REFUSED : HOOK_ACCEPTED;
}

/* ---- the contract ---- */

/* The hooks of all groups are one program: it fails if that of the first group
 * does. */
static void ask_contract(struct world_collector *c)
{
    struct actuation *actuation = &c->scaling.actuation;
    enum mood mood = c->world->groups[0].actuator.mood;

    if (actuation_ask_contract(actuation, moment_now(c).now_ms) != NULL)
        c->contract_ms = answer_ms(c->world, mood);
    if (c->contract_ms > c->world->now_ms)
        return;
    struct hook_result result = {.verdict = verdict_of(mood), .verb = HOOK_CONTRACT, .exit_status = 1};
    c->contract_ms = NEVER;
    if (result.verdict == HOOK_ACCEPTED)
        hook_contract_add(&actuation->contract, "2\n", 2);
    (void)actuation_contract_ended(actuation, &result, moment_now(c).now_ms);
}

/* ---- counts ---- */

struct reporting {
    const struct world_collector *c;
    unsigned index;
};

static enum count_reply_node questions_on_name(const char *name, void *arg)
{
    const struct reporting *reporting = arg;
    const struct world_collector *c = reporting->c;
    const struct node *node = registry_find_node(&c->registry, name);

    if (node == NULL || node->group != c->registry.groups[reporting->index])
        return COUNT_REPLY_UNKNOWN;
    bool reports = registry_liveness(node, moment_now(c).now_ms, c->config.gone_ms) == NODE_LIVE;
    return reports ? COUNT_REPLY_REPORTS : COUNT_REPLY_KNOWN;
}

static void put_text(struct count_reply *reply, const char *text)
{
    count_reply_add(reply, text, strlen(text));
}

/* What the program prints. */
static void print_count(const struct world *world, const struct world_group *group, unsigned count,
                        struct count_reply *reply)
{
    char line[WORLD_NAME_SIZE + 2];

    snprintf(line, sizeof line, "%u\n", count);
    put_text(reply, line);
    for (unsigned i = 0; i < world->node_count && group->counts_names && group->actuated != ACTUATED_BY_READER; i++)
        if (world->nodes[i].group == group->index && node_exists(&world->nodes[i])) {
            snprintf(line, sizeof line, "%s\n", world->nodes[i].name);
            put_text(reply, line);
        }
}

static void answer_count(struct world_collector *c, struct world_group *group, unsigned index)
{
    struct reporting reporting = {c, index};
    struct count_reply reply;
    unsigned count = 0;
    const struct moment now = moment_now(c);
    bool can_say = actuator_count(c->world, group, &count);
    enum hook_verdict verdict = group->counts ? verdict_of(group->actuator.mood) : HOOK_CANT_SAY;

    group->count_ms = NEVER;
    count_reply_init(&reply, questions_on_name, &reporting);
    if (can_say)
        print_count(c->world, group, count, &reply);
    bool answered = can_say && count_reply_end(&reply) == 0;
    const struct count_answer answer = {.number = reply.number, .names = reply.names, .matches = reply.matches};
    if (answered)
        actuation_forget(&c->scaling.actuation, index, &answer, reply.known, reply.known_count, now.now_ms);
    actuation_counted(&c->scaling.actuation, index, answered ? &answer : NULL, verdict, &now);
    count_reply_deinit(&reply);
}

static void ask_counts(struct world_collector *c)
{
    const char *program = NULL;
    int index = -1;

    while ((index = actuation_ask_count(&c->scaling.actuation, moment_now(c).now_ms, &program)) >= 0) {
        struct world_group *group = collector_group(c, (unsigned)index);
        group->count_ms = answer_ms(c->world, group->actuator.mood);
    }
    for (unsigned i = 0; i < c->registry.group_count; i++) {
        struct world_group *group = collector_group(c, i);
        if (group != NULL && group->count_ms <= c->world->now_ms)
            answer_count(c, group, i);
    }
}

void questions_step(struct world_collector *c)
{
    ask_contract(c);
    ask_counts(c);
}
