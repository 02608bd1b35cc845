/* Pure. Turns a decision into an order and tracks it: its intent is written to decisions.csv and synced, then the hook
 * runs, then its outcome is written.
 *
 * What becomes of an order, group by group, is group_orders'; this is where it meets the rows of decisions.csv, the
 * queue of the hook, and the actuator's count. After each call the caller has the rows written and the queue's next
 * orders run.
 *
 *   - Without the hook's contract (hook_contract.h) nothing is ordered.
 *   - Publishing a number is the order of a group with a reader: its row says so, and no hook runs. Readers get the
 *     number once that row is durable.
 *   - A scale-in first has its group counted. It is withdrawn if fewer nodes exist than were counted when it was
 *     decided, or, where the actuator can't remove nodes by name, if the count is another or not known. It is also
 *     withdrawn if one of its victims is not the same any more when its run would begin.
 *   - A pause withdraws an order that no run of the hook has begun with.
 *   - Each order has one intent and one outcome in decisions.csv, also after a kill (open_orders.h). */
#ifndef COLLECTOR_AUTOSCALE_ACTUATION_H
#define COLLECTOR_AUTOSCALE_ACTUATION_H

#include "collector/autoscale/count_book.h"
#include "collector/autoscale/decision_rows.h"
#include "collector/autoscale/group_orders.h"
#include "collector/autoscale/hook_contract.h"
#include "collector/autoscale/hook_queue.h"
#include "collector/autoscale/overrides.h"
#include "collector/autoscale/reader_number.h"
#include "collector/config/config.h"
#include "collector/fleet/registry.h"
#include "common/moment.h"

#include <stdbool.h>
#include <stdint.h>

#define ACTUATION_TEXT_MAX 640U /* bytes of a sentence, with its 0 */

/* Why nothing of a group is carried out, as its condition able-to-scale says it. All zero: there is no trouble. */
struct actuation_trouble {
    int64_t since_ms;
    unsigned tries; /* runs of the hook that failed in a row */
    char text[HOOK_CONTRACT_TEXT_MAX];
};

/* All but what is owned belongs to the caller. */
struct actuation {
    const struct registry *registry;
    const struct collector_config *config;
    const struct overrides *overrides;
    struct decision_rows *rows;
    struct hook_queue *queue;
    setting_path program; /* the hook that the contract is of */
    struct hook_contract contract;
    struct actuation_trouble no_contract; /* of all groups with a hook, unless the contract is kept */
    struct count_book counts;
    struct group_orders *groups;        /* GROUPS_MAX, by group index; owned */
    struct actuation_trouble *troubles; /* the same */
    struct reader_number *numbers;      /* the same */
    struct victim_list chosen;          /* of the decision to scale in that is being made */
    char note[ACTUATION_TEXT_MAX];      /* for actuation_take_note() */
};

/* 0 or -ENOMEM. Nothing is asked for before actuation_reconfigure(). */
int actuation_init(struct actuation *actuation, const struct registry *registry, const struct collector_config *config,
                   const struct overrides *overrides, struct decision_rows *rows, struct hook_queue *queue,
                   uint64_t seed);

/* Also of what was never initialized, if it is all zeros. */
void actuation_deinit(struct actuation *actuation);

/* Takes over a configuration, at the start and at each reload: the hook is asked for its contract. */
void actuation_reconfigure(struct actuation *actuation, const struct collector_config *config, int64_t now_ms);

/* There is a hook. */
bool actuation_possible(const struct actuation *actuation);

/* ---- at each tick of a group, in this order ---- */

/* Takes back what the mode or a pause no longer allows, and no longer waits for a disk that fails. */
void actuation_tick(struct actuation *actuation, unsigned index, enum scale_mode mode, const struct moment *now);

/* Fills observed->counted, observed->count and observed->count_unconfirmed. */
void actuation_observe(struct actuation *actuation, unsigned index, int64_t now_ms, struct group_observation *observed);

/* After a decision to scale in: chooses the nodes that go, and corrects the decision. It becomes a hold if it would
 * have to wait, or if the actuator chooses the nodes and they are not counted. now_ms: the loop's. */
void actuation_choose(struct actuation *actuation, const struct group *group, struct decision *decision,
                      int64_t now_ms);

/* Orders what was decided, and reports the order to the scaler. why: the decision's sentence. Returns 1, or 0: it is
 * not ordered now, since the hook can't carry it out (the trouble or a note says why) or an earlier order is under way;
 * or a negative errno: its record can't be made. */
int actuation_order(struct actuation *actuation, const struct group *group, struct scaler *scaler,
                    const struct decision *decision, const char *why, const struct moment *now);

/* Writes what the log should have of this tick of the group. false: nothing. */
bool actuation_take_note(struct actuation *actuation, char text[ACTUATION_TEXT_MAX]);

/* ---- what happens meanwhile ---- */

/* An override has been set: takes back the group's next order if it is paused. */
void actuation_pause(struct actuation *actuation, unsigned index, const struct moment *now);

/* Rows of decisions.csv have become durable. */
void actuation_synced(struct actuation *actuation, const struct moment *now);

/* The hook's queue has chosen the group's order. Returns the program to run, or NULL: it is not run, and the caller
 * ends it with hook_queue_cancel(). */
const char *actuation_begin(struct actuation *actuation, unsigned index, const struct moment *now);

/* The run has ended. Its outcome is a row of its own. */
void actuation_ended(struct actuation *actuation, unsigned index, const struct hook_result *result,
                     const struct moment *now);

/* At the end: takes back what no hook has begun with. */
void actuation_cancel_all(struct actuation *actuation, const struct moment *now);

/* ---- questions ---- */

/* The program to ask for its contract, if that is due: it is being asked until actuation_contract_ended(). NULL: not
 * now. */
const char *actuation_ask_contract(struct actuation *actuation, int64_t now_ms);

/* The program has ended; what it printed is in actuation->contract. Returns whether the log should have the news:
 * actuation->contract.reason, or that it keeps the contract. */
bool actuation_contract_ended(struct actuation *actuation, const struct hook_result *result, int64_t now_ms);

/* The group to ask for its count now, which is being asked until actuation_counted(), and the program to ask. -1:
 * none. */
int actuation_ask_count(struct actuation *actuation, int64_t now_ms, const char **program);

/* When one of these will have something to ask, if nothing else happens; INT64_MAX: never. */
int64_t actuation_ask_due_ms(const struct actuation *actuation);

/* The question has ended. answer: NULL if it was not answered. */
void actuation_counted(struct actuation *actuation, unsigned index, const struct count_answer *answer,
                       enum hook_verdict verdict, const struct moment *now);

/* Before actuation_counted(): has missing nodes forgotten that are gone by the second such answer (membership.h).
 * known: the names of the answer that the group has, ascending. */
void actuation_forget(struct actuation *actuation, unsigned index, const struct count_answer *answer,
                      const char *const *known, unsigned known_count, int64_t now_ms);

/* ---- for conditions and the HTTP API ---- */

/* NULL: nothing is in the way of the group's orders. */
const struct actuation_trouble *actuation_trouble(const struct actuation *actuation, unsigned index);

/* What the actuator's count says, see count_belief_sentence(); empty: nothing. */
void actuation_count_sentence(const struct actuation *actuation, unsigned index,
                              const struct group_observation *observed, char *text, size_t size);

#endif
