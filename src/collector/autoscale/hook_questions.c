#include "collector/autoscale/hook_questions.h"

#include "collector/autoscale/count_reply.h"
#include "common/clock.h"
#include "common/handle.h"
#include "common/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NO_GROUP (-1)

struct hook_question {
    struct hook_questions *questions;
    struct hook_question *next;
    int index; /* of the group; NO_GROUP: the contract is asked for */
    struct count_reply reply;
    struct hook_run run;
};

static struct moment moment_now(const struct hook_questions *questions)
{
    return (struct moment){.now_ms = (int64_t)uv_now(questions->loop), .wall_ms = clock_wall_ms()};
}

/* ---- answers ---- */

static enum count_reply_node hook_questions_on_name(const char *name, void *arg)
{
    const struct hook_question *question = arg;
    const struct actuation *actuation = question->questions->actuation;
    const struct node *node = registry_find_node(actuation->registry, name);
    int64_t now_ms = (int64_t)uv_now(question->questions->loop);

    if (node == NULL || node->group != actuation->registry->groups[question->index])
        return COUNT_REPLY_UNKNOWN;
    bool reports = registry_liveness(node, now_ms, actuation->config->gone_ms) == NODE_LIVE;
    return reports ? COUNT_REPLY_REPORTS : COUNT_REPLY_KNOWN;
}

static void hook_questions_on_answer(const char *data, size_t len, void *arg)
{
    struct hook_question *question = arg;

    if (question->index == NO_GROUP)
        hook_contract_add(&question->questions->actuation->contract, data, len);
    else
        count_reply_add(&question->reply, data, len);
}

static void end_contract(const struct hook_questions *questions, const struct hook_result *result)
{
    struct actuation *actuation = questions->actuation;

    if (!actuation_contract_ended(actuation, result, (int64_t)uv_now(questions->loop)))
        return;
    if (actuation->contract.state == HOOK_CONTRACT_KEPT)
        log_info("the hook keeps contract " HOOK_CONTRACT_VERSION);
    else
        log_error("nothing is ordered: %s", actuation->contract.reason);
}

/* Once, until the group is counted again. */
static void log_uncounted(const struct actuation *actuation, unsigned index, const struct hook_result *result)
{
    const char *group = actuation->registry->groups[index]->name;
    bool needs_count = collector_config_group(actuation->config, group)->victims == VICTIMS_ANY;
    char text[DECISION_SENTENCE_MAX];

    if (count_book_page(&actuation->counts, index)->has_failed || (result->verdict == HOOK_CANT_SAY && !needs_count))
        return;
    if (result->verdict == HOOK_ACCEPTED)
        snprintf(text, sizeof text, "hook for %s, count: the answer is not a number of nodes", group);
    else
        hook_result_sentence(result, group, text, sizeof text);
    if (needs_count) {
        size_t len = strlen(text);
        snprintf(text + len, sizeof text - len,
                 "; scale-in is refused, since with victims = any the collector must know how many nodes exist");
    }
    hook_run_log(group, LOG_LEVEL_WARNING, text);
}

static void end_count(struct hook_question *question, const struct hook_result *result)
{
    struct actuation *actuation = question->questions->actuation;
    unsigned index = (unsigned)question->index;
    const struct moment now = moment_now(question->questions);
    struct count_reply *reply = &question->reply;
    bool is_answered = result->verdict == HOOK_ACCEPTED && count_reply_end(reply) == 0;
    const struct count_answer answer = {.number = reply->number, .names = reply->names, .matches = reply->matches};

    if (is_answered)
        actuation_forget(actuation, index, &answer, reply->known, reply->known_count, now.now_ms);
    else
        log_uncounted(actuation, index, result);
    actuation_counted(actuation, index, is_answered ? &answer : NULL, result->verdict, &now);
}

static void unlink_question(struct hook_question *question)
{
    struct hook_question **link = &question->questions->open;

    while (*link != question)
        link = &(*link)->next;
    *link = question->next;
}

static void hook_questions_on_ended(struct hook_run *run, void *arg)
{
    struct hook_question *question = arg;
    struct hook_questions *questions = question->questions;

    unlink_question(question);
    if (!questions->closed) {
        if (question->index == NO_GROUP)
            end_contract(questions, &run->life.result);
        else
            end_count(question, &run->life.result);
    }
    count_reply_deinit(&question->reply);
    free(question);
    if (questions->closed)
        return;
    questions->cb(questions->arg);
    hook_questions_poke(questions);
}

/* ---- questions ---- */

static uint64_t time_limit_ms(const struct hook_questions *questions)
{
    uint64_t limit_ms = questions->hook->timeout_ms;

    return limit_ms < HOOK_QUESTION_MS_MAX ? limit_ms : HOOK_QUESTION_MS_MAX;
}

/* Without memory the question is asked again later. */
static void give_up(struct hook_questions *questions, int index)
{
    const struct hook_result result = {.verdict = HOOK_NOT_STARTED, .error = -ENOMEM};
    const struct moment now = moment_now(questions);

    if (index == NO_GROUP)
        end_contract(questions, &result);
    else
        actuation_counted(questions->actuation, (unsigned)index, NULL, result.verdict, &now);
}

static void ask(struct hook_questions *questions, int index, const char *program)
{
    struct hook *hook = questions->hook;
    const struct group *group = index != NO_GROUP ? questions->actuation->registry->groups[index] : NULL;
    struct hook_question *question = malloc(sizeof *question);
    const struct hook_command command = {
        .program = program,
        .call = {.verb = group != NULL ? HOOK_COUNT : HOOK_CONTRACT, .group = group != NULL ? group->name : NULL},
        .answer = hook_questions_on_answer,
        .spawner = hook->spawner,
        .timeout_ms = time_limit_ms(questions),
        .term_ms = hook->term_ms,
        .buffer = hook->buffer,
        .buffer_size = sizeof hook->buffer,
    };

    if (question == NULL) {
        give_up(questions, index);
        return;
    }
    *question = (struct hook_question){.questions = questions, .next = questions->open, .index = index};
    count_reply_init(&question->reply, hook_questions_on_name, question);
    questions->open = question;
    (void)hook_run_start(&question->run, questions->loop, &command, hook_questions_on_ended, question);
}

static void hook_questions_on_due(uv_timer_t *timer)
{
    hook_questions_poke(timer->data);
}

void hook_questions_poke(struct hook_questions *questions)
{
    int64_t now_ms = (int64_t)uv_now(questions->loop);
    const char *program = NULL;
    int index = NO_GROUP;

    if (questions->closed)
        return;
    if ((program = actuation_ask_contract(questions->actuation, now_ms)) != NULL)
        ask(questions, NO_GROUP, program);
    while ((index = actuation_ask_count(questions->actuation, now_ms, &program)) >= 0)
        ask(questions, index, program);
    int64_t due_ms = actuation_ask_due_ms(questions->actuation);
    if (due_ms == INT64_MAX)
        uv_timer_stop(&questions->timer);
    else
        uv_timer_start(&questions->timer, hook_questions_on_due, due_ms > now_ms ? (uint64_t)(due_ms - now_ms) : 0, 0);
}

/* ---- life ---- */

void hook_questions_start(struct hook_questions *questions, struct hook *hook, struct actuation *actuation,
                          hook_questions_answered_cb *cb, void *arg)
{
    *questions =
        (struct hook_questions){.loop = hook->loop, .hook = hook, .actuation = actuation, .cb = cb, .arg = arg};
    uv_timer_init(hook->loop, &questions->timer);
    questions->timer.data = questions;
}

void hook_questions_close(struct hook_questions *questions)
{
    questions->closed = true;
    handle_close(&questions->timer, NULL);
    for (struct hook_question *question = questions->open; question != NULL; question = question->next)
        hook_run_kill(&question->run);
}
