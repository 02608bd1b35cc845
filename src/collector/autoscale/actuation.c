#include "collector/autoscale/actuation.h"

#include "collector/autoscale/record_json.h"
#include "collector/autoscale/unseen_nodes.h"
#include "collector/fleet/membership.h"
#include "scaler/scale_in.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_MS (2 * (int64_t)HOOK_QUESTION_MS_MAX) /* how long a scale-in waits for its row and its group's count */

/* ---- what carries out orders ---- */

bool actuation_possible(const struct actuation *actuation)
{
    return actuation->config->on_scale[0] != '\0';
}

/* As the settings of a tick have it, see scaled_group_settings(). */
static enum scale_actuator actuator_of_group(const struct actuation *actuation, unsigned index)
{
    const char *name = actuation->registry->groups[index]->name;
    enum scale_actuator actuator = collector_config_group(actuation->config, name)->actuator;

    if (actuator != ACTUATOR_AUTO && actuator != ACTUATOR_HOOK)
        return actuator;
    return actuation_possible(actuation) ? ACTUATOR_HOOK : ACTUATOR_NONE;
}

static bool is_contract_kept(const struct actuation *actuation)
{
    return actuation->contract.state == HOOK_CONTRACT_KEPT;
}

const struct actuation_trouble *actuation_trouble(const struct actuation *actuation, unsigned index)
{
    const struct actuation_trouble *own = &actuation->troubles[index];

    if (actuator_of_group(actuation, index) != ACTUATOR_HOOK)
        return NULL;
    if (!is_contract_kept(actuation))
        return &actuation->no_contract;
    return own->text[0] != '\0' ? own : NULL;
}

static void note_trouble(struct actuation_trouble *trouble, unsigned tries, const char *text, int64_t now_ms)
{
    if (trouble->text[0] == '\0')
        trouble->since_ms = now_ms;
    trouble->tries = tries;
    snprintf(trouble->text, sizeof trouble->text, "%s", text);
}

/* ---- an order's way ---- */

static struct group_orders_log log_state(const struct actuation *actuation)
{
    return (struct group_orders_log){.synced = actuation->rows->synced, .is_failing = actuation->rows->failing};
}

static void advance(struct actuation *actuation, unsigned index, int64_t now_ms)
{
    struct group_orders *orders = &actuation->groups[index];
    struct group_orders_log log = log_state(actuation);

    if (!group_orders_is_ready(orders, &log))
        return;
    struct hook_order order = group_orders_hand_over(orders);
    hook_queue_put(actuation->queue, index, actuation->registry->groups[index]->name, &order, (uint64_t)now_ms);
}

static void record_outcome(struct actuation *actuation, unsigned index, const struct decision *decision,
                           enum order_stage stage, const char *why, int64_t wall_ms)
{
    const struct decision_record record = {.wall_ms = wall_ms,
                                           .group = actuation->registry->groups[index]->name,
                                           .decision = decision,
                                           .order = stage,
                                           .why = why};

    (void)decision_rows_add(actuation->rows, &record);
}

static void record_withdrawal(struct actuation *actuation, unsigned index, const char *why, int64_t wall_ms)
{
    char text[DECISION_SENTENCE_MAX];

    snprintf(text, sizeof text, "%s: the order is withdrawn: %s", actuation->registry->groups[index]->name, why);
    record_outcome(actuation, index, &actuation->groups[index].next, ORDER_WITHDRAWN, text, wall_ms);
    hook_queue_withdraw(actuation->queue, index);
}

/* why: NULL if it is not withdrawn. */
static void withdraw(struct actuation *actuation, unsigned index, const char *why, int64_t wall_ms)
{
    if (why == NULL || actuation->groups[index].state == GROUP_ORDERS_NONE)
        return;
    record_withdrawal(actuation, index, why, wall_ms);
    group_orders_withdraw(&actuation->groups[index]);
}

void actuation_synced(struct actuation *actuation, const struct moment *now)
{
    for (unsigned i = 0; i < actuation->registry->group_count; i++)
        advance(actuation, i, now->now_ms);
}

void actuation_cancel_all(struct actuation *actuation, const struct moment *now)
{
    for (unsigned i = 0; i < actuation->registry->group_count; i++)
        withdraw(actuation, i, "the collector stops", now->wall_ms);
}

/* Why the group's next order must not run; NULL: nobody has paused it. */
static const char *paused(const struct actuation *actuation, unsigned index)
{
    bool is_in = actuation->groups[index].next.action == ACTION_DOWN;

    return overrides_objection(actuation->overrides, actuation->registry->groups[index]->name, is_in);
}

void actuation_pause(struct actuation *actuation, unsigned index, const struct moment *now)
{
    withdraw(actuation, index, paused(actuation, index), now->wall_ms);
}

/* ---- ticks ---- */

/* Nodes that leave because they were told to are no loss. */
static void note_ordered(const struct actuation *actuation, unsigned index, int64_t now_ms)
{
    const struct group_orders *orders = &actuation->groups[index];
    bool is_recent = orders->in_ms != 0 && now_ms - orders->in_ms <= orders->in_lead_ms + FAREWELL_GRACE_MS;

    membership_note_ordered(actuation->registry->groups[index], is_recent ? orders->in_nodes : 0);
}

void actuation_tick(struct actuation *actuation, unsigned index, enum scale_mode mode, const struct moment *now)
{
    struct group_orders *orders = &actuation->groups[index];

    note_ordered(actuation, index, now->now_ms);
    if (!group_orders_is_allowed(orders, mode))
        withdraw(actuation, index, "the group's mode has changed", now->wall_ms);
    actuation_pause(actuation, index, now);
    bool waits = orders->state == GROUP_ORDERS_PLACED && orders->next.action == ACTION_DOWN;
    if (waits && now->now_ms - orders->next.now_ms > WAIT_MS)
        withdraw(actuation, index,
                 orders->is_uncounted ? "its nodes could not be counted" : "it could not be recorded in time",
                 now->wall_ms);
    advance(actuation, index, now->now_ms);
}

static void hold(struct decision *decision, enum scale_guard guard)
{
    scale_in_order(decision, 0);
    decision->guard = guard;
}

/* Whether a scale-in would have to wait. */
static bool is_busy(const struct actuation *actuation, unsigned index, const struct decision *decision, int64_t now_ms)
{
    if (decision->settings.actuator != ACTUATOR_HOOK)
        return false;
    return !group_orders_may_scale_in(&actuation->groups[index], now_ms) ||
           !hook_queue_is_free(actuation->queue, index, (uint64_t)now_ms);
}

/* The hook would find no more nodes than are to be left: the others leave already. */
static bool has_no_effect(const struct decision *decision)
{
    return decision->action == ACTION_DOWN && decision->observed.counted && decision->observed.count <= decision->to;
}

void actuation_choose(struct actuation *actuation, const struct group *group, struct decision *decision, int64_t now_ms)
{
    int64_t gone_ms = actuation->config->gone_ms;
    int rc = 0;

    victim_list_deinit(&actuation->chosen);
    if (decision->settings.victims == VICTIMS_ANY && !decision->observed.counted) {
        hold(decision, GUARD_UNCOUNTED);
        return;
    }
    bool waits = is_busy(actuation, group->index, decision, now_ms);
    if (!waits && !unseen_nodes_are_all(decision))
        rc = victim_list_choose(&actuation->chosen, actuation->registry, group, decision, gone_ms);
    if (rc < 0)
        hold(decision, decision->guard);
    else if (waits || has_no_effect(decision))
        hold(decision, GUARD_ORDERED);
}

/* ---- placing an order ---- */

/* The order with the hook's record of it. 0 or a negative errno. */
static int make_order(struct hook_order *order, const struct decision_record *intent, const struct victim_list *victims)
{
    const struct decision *decision = intent->decision;
    struct decision_record record = *intent;

    *order = (struct hook_order){.is_in = decision->action == ACTION_DOWN,
                                 .to = decision->to,
                                 .nodes = victim_list_names(victims),
                                 .node_count = victims->count,
                                 .epoch = decision->order_epoch,
                                 .number = decision->order_number};
    if (order->nodes == NULL && victims->count > 0)
        return -ENOMEM;
    record.victims = (const char *const *)order->nodes;
    record.victim_count = order->node_count;
    int rc = record_json_text(&record, &order->record, &order->record_len);
    if (rc < 0)
        hook_order_deinit(order);
    return rc;
}

/* The next order of the group, which a newer one replaces. */
static void replace(struct actuation *actuation, unsigned index, int64_t wall_ms)
{
    if (actuation->groups[index].state == GROUP_ORDERS_NONE)
        return;
    record_withdrawal(actuation, index, "a newer one takes its place", wall_ms);
    group_orders_replace(&actuation->groups[index]);
}

static int place(struct actuation *actuation, const struct decision_record *intent, unsigned index,
                 struct scaler *scaler, const struct moment *now)
{
    const struct decision *decision = intent->decision;
    bool is_in = decision->action == ACTION_DOWN;
    struct victim_list victims = {0};
    struct hook_order order;

    if (is_in)
        victims = actuation->chosen;
    int rc = make_order(&order, intent, &victims);
    if (rc < 0)
        return rc;
    replace(actuation, index, now->wall_ms);
    bool is_recorded = decision_rows_add(actuation->rows, intent) == 0;
    if (!is_recorded && group_orders_needs_row(decision)) {
        hook_order_deinit(&order);
        return 0;
    }
    if (is_in)
        actuation->chosen = (struct victim_list){0};
    bool is_uncounted = is_in && count_book_page(&actuation->counts, index)->is_wanted;
    group_orders_place(&actuation->groups[index], scaler, decision, &order, &victims,
                       is_recorded ? actuation->rows->added : 0, is_uncounted);
    if (is_uncounted)
        count_book_hurry(&actuation->counts, index);
    note_ordered(actuation, index, now->now_ms);
    advance(actuation, index, now->now_ms);
    return 1;
}

/* Publishing is ordering. */
static int publish(struct actuation *actuation, const struct decision_record *intent, unsigned index,
                   struct scaler *scaler, int64_t now_ms)
{
    reader_number_publish(&actuation->numbers[index], actuation->rows, intent);
    group_orders_note(&actuation->groups[index], intent->decision);
    note_ordered(actuation, index, now_ms);
    scaler_ordered(scaler, intent->decision);
    return 1;
}

int actuation_order(struct actuation *actuation, const struct group *group, struct scaler *scaler,
                    const struct decision *decision, const char *why, const struct moment *now)
{
    const struct decision_record intent = {
        .wall_ms = now->wall_ms, .group = group->name, .decision = decision, .order = ORDER_INTENT, .why = why};
    enum scale_actuator actuator = decision->settings.actuator;

    if (actuator == ACTUATOR_READER)
        return publish(actuation, &intent, group->index, scaler, now->now_ms);
    if (actuator == ACTUATOR_NONE || !is_contract_kept(actuation))
        return 0;
    if (decision->action == ACTION_DOWN && is_busy(actuation, group->index, decision, now->now_ms))
        return 0;
    return place(actuation, &intent, group->index, scaler, now);
}

bool actuation_take_note(struct actuation *actuation, char text[ACTUATION_TEXT_MAX])
{
    memcpy(text, actuation->note, sizeof actuation->note);
    actuation->note[0] = '\0';
    return text[0] != '\0';
}

/* ---- runs of the hook ---- */

/* Why the order is not to be run any more; NULL: it is. */
static const char *objection(const struct actuation *actuation, unsigned index, const struct moment *now)
{
    const struct group *group = actuation->registry->groups[index];

    if (actuator_of_group(actuation, index) != ACTUATOR_HOOK || !is_contract_kept(actuation))
        return "the hook has changed";
    if (!victim_list_stands(&actuation->groups[index].victims, actuation->registry, group, now->now_ms,
                            actuation->config->gone_ms))
        return "a node that was to go is not the same any more";
    return paused(actuation, index);
}

/* From now on the nodes that the order names may leave, as the hook takes its time, and so do they. */
static void note_removal(const struct actuation *actuation, const struct group_orders *orders, int64_t now_ms)
{
    int64_t for_ms = actuation->config->hook_timeout_ms + orders->next.lead_ms + FAREWELL_GRACE_MS;

    victim_list_note_removal(&orders->victims, actuation->registry, now_ms + for_ms);
}

const char *actuation_begin(struct actuation *actuation, unsigned index, const struct moment *now)
{
    const char *why = objection(actuation, index, now);

    if (why != NULL) {
        withdraw(actuation, index, why, now->wall_ms);
        return NULL;
    }
    note_removal(actuation, &actuation->groups[index], now->now_ms);
    group_orders_started(&actuation->groups[index]);
    return actuation->config->on_scale;
}

void actuation_ended(struct actuation *actuation, unsigned index, const struct hook_result *result,
                     const struct moment *now)
{
    struct group_orders *orders = &actuation->groups[index];
    char why[DECISION_SENTENCE_MAX];

    hook_result_sentence(result, actuation->registry->groups[index]->name, why, sizeof why);
    enum order_stage stage = group_orders_ended(orders, result->verdict, now->now_ms);
    record_outcome(actuation, index, &orders->run, stage, why, now->wall_ms);
    if (stage == ORDER_FAILED) {
        note_trouble(&actuation->troubles[index], result->failures, why, now->now_ms);
    } else if (stage != ORDER_UNKNOWN) {
        actuation->troubles[index].text[0] = '\0';
    }
    if (stage != ORDER_ACCEPTED)
        withdraw(actuation, index, "the order before it was not carried out", now->wall_ms);
    if (stage == ORDER_WITHOUT_EFFECT || stage == ORDER_ACCEPTED) /* what was counted before is not so any more */
        count_book_hurry(&actuation->counts, index);
}

/* ---- the contract ---- */

const char *actuation_ask_contract(struct actuation *actuation, int64_t now_ms)
{
    if (!actuation_possible(actuation) || !hook_contract_is_due(&actuation->contract, (uint64_t)now_ms))
        return NULL;
    hook_contract_begin(&actuation->contract);
    return actuation->config->on_scale;
}

/* Whether the group is counted, and by which program. NULL: it is not. */
static const char *counting_program(const struct actuation *actuation, unsigned index)
{
    const char *name = actuation->registry->groups[index]->name;
    const char *program = collector_config_count(actuation->config, name);
    bool has_hook = actuator_of_group(actuation, index) == ACTUATOR_HOOK && is_contract_kept(actuation);

    if (!collector_config_scales(actuation->config, name))
        return NULL;
    return program[0] != '\0' ? program : has_hook ? actuation->config->on_scale : NULL;
}

static void want_counts(struct actuation *actuation)
{
    for (unsigned i = 0; i < actuation->registry->group_count; i++)
        count_book_want(&actuation->counts, i, counting_program(actuation, i) != NULL);
}

bool actuation_contract_ended(struct actuation *actuation, const struct hook_result *result, int64_t now_ms)
{
    struct hook_contract *contract = &actuation->contract;

    bool is_news = hook_contract_end(contract, result, actuation->config->on_scale, (uint64_t)now_ms);
    if (is_contract_kept(actuation))
        actuation->no_contract.text[0] = '\0';
    else
        note_trouble(&actuation->no_contract, contract->backoff.failures, contract->reason, now_ms);
    want_counts(actuation);
    return is_news;
}

/* ---- counts ---- */

void actuation_observe(struct actuation *actuation, unsigned index, int64_t now_ms, struct group_observation *observed)
{
    const struct group *group = actuation->registry->groups[index];

    count_book_want(&actuation->counts, index, counting_program(actuation, index) != NULL);
    if (observed->left > 0 && group->ordered_away > 0)
        count_book_hurry(&actuation->counts, index);
    if (!count_book_observe(&actuation->counts, index, now_ms, group->left_by_order, observed))
        return;
    int len = snprintf(actuation->note, sizeof actuation->note, "%s: ", group->name);
    actuation_count_sentence(actuation, index, observed, actuation->note + len, sizeof actuation->note - (size_t)len);
}

void actuation_count_sentence(const struct actuation *actuation, unsigned index,
                              const struct group_observation *observed, char *text, size_t size)
{
    count_belief_sentence(&count_book_page(&actuation->counts, index)->belief, observed, text, size);
}

int actuation_ask_count(struct actuation *actuation, int64_t now_ms, const char **program)
{
    int index = count_book_next(&actuation->counts, actuation->registry->group_count, now_ms);

    if (index < 0)
        return index;
    count_book_note_left(&actuation->counts, (unsigned)index, actuation->registry->groups[index]->left_by_order);
    *program = counting_program(actuation, (unsigned)index);
    return index;
}

int64_t actuation_ask_due_ms(const struct actuation *actuation)
{
    int64_t counts_ms = count_book_due_ms(&actuation->counts, actuation->registry->group_count);
    uint64_t contract_ms = actuation->contract.is_asking ? UINT64_MAX : actuation->contract.due_ms;

    return contract_ms < (uint64_t)counts_ms ? (int64_t)contract_ms : counts_ms;
}

void actuation_counted(struct actuation *actuation, unsigned index, const struct count_answer *answer,
                       enum hook_verdict verdict, const struct moment *now)
{
    struct group_orders *orders = &actuation->groups[index];
    int64_t asked_ms = count_book_page(&actuation->counts, index)->asked_ms;

    count_book_end(&actuation->counts, index, answer, verdict == HOOK_TIMED_OUT);
    bool waits = orders->state == GROUP_ORDERS_PLACED && orders->is_uncounted;
    if (!waits || asked_ms < orders->next.now_ms)
        return;
    withdraw(actuation, index, group_orders_counted(orders, answer), now->wall_ms);
    advance(actuation, index, now->now_ms);
}

void actuation_forget(struct actuation *actuation, unsigned index, const struct count_answer *answer,
                      const char *const *known, unsigned known_count, int64_t now_ms)
{
    const struct membership_answer said = {.exist = answer->number, .names = known, .name_count = known_count};

    if (answer->names > 0 && known_count == 0)
        return; /* it counts other nodes than ours */
    (void)membership_count(actuation->registry, actuation->registry->groups[index], &said, now_ms,
                           actuation->config->gone_ms);
}

/* ---- life ---- */

int actuation_init(struct actuation *actuation, const struct registry *registry, const struct collector_config *config,
                   const struct overrides *overrides, struct decision_rows *rows, struct hook_queue *queue,
                   uint64_t seed)
{
    *actuation = (struct actuation){
        .registry = registry, .config = config, .overrides = overrides, .rows = rows, .queue = queue};
    hook_contract_init(&actuation->contract, seed);
    actuation->groups = calloc(GROUPS_MAX, sizeof *actuation->groups);
    actuation->troubles = calloc(GROUPS_MAX, sizeof *actuation->troubles);
    actuation->numbers = calloc(GROUPS_MAX, sizeof *actuation->numbers);
    int rc = count_book_init(&actuation->counts, HOOK_QUESTIONS_MAX);
    if (rc == 0 && actuation->groups != NULL && actuation->troubles != NULL && actuation->numbers != NULL)
        return 0;
    actuation_deinit(actuation);
    return -ENOMEM;
}

void actuation_reconfigure(struct actuation *actuation, const struct collector_config *config, int64_t now_ms)
{
    bool is_other = strcmp(actuation->program, config->on_scale) != 0;

    actuation->config = config;
    memcpy(actuation->program, config->on_scale, sizeof actuation->program);
    hook_contract_reset(&actuation->contract, config->on_scale[0] != '\0', is_other, (uint64_t)now_ms);
    if (!is_contract_kept(actuation))
        note_trouble(&actuation->no_contract, 0, actuation->contract.reason, now_ms);
    want_counts(actuation);
}

void actuation_deinit(struct actuation *actuation)
{
    for (unsigned i = 0; actuation->groups != NULL && i < GROUPS_MAX; i++)
        group_orders_deinit(&actuation->groups[i]);
    free(actuation->groups);
    free(actuation->troubles);
    free(actuation->numbers);
    count_book_deinit(&actuation->counts);
    victim_list_deinit(&actuation->chosen);
    actuation->groups = NULL;
    actuation->troubles = NULL;
    actuation->numbers = NULL;
}
