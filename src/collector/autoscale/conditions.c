#include "collector/autoscale/conditions.h"

#include "collector/autoscale/given_up.h"
#include "collector/autoscale/unseen_nodes.h"
#include "common/format.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOG_MS_MIN         60000 /* between two log lines about one condition */
#define MINUTE_MS          60000
#define UNREAD_MS_MAX      INT64_C(300000)   /* for which a reader may not ask */
#define HELD_MS_MAX        INT64_C(86400000) /* for which protection may hold a scale-in */
#define LATE_TICKS         3
#define SCORED_MIN         20U  /* outcomes that a forecast is judged by */
#define COVERAGE_MIN       0.75 /* of FORECAST_CONFIDENCE, 0.90 */
#define PRICE_RATIO_MAX    2.0  /* paid over promised */
#define PRICE_SMALL        0.02 /* in mean fleets: too little to judge by */
#define AGE_MAX            24U
#define CONDITION_TIME_MAX 40U

const char *const condition_names[CONDITION_COUNT] = {"able-to-scale",    "data-complete", "limited",
                                                      "forecast-trusted", "signals-fresh", "helping"};

/* A reason that grows by parts. */
struct reason {
    struct writer writer;
    char text[CONDITION_WHY_MAX];
    bool any;
};

static void reason_begin(struct reason *reason)
{
    reason->text[0] = '\0';
    reason->writer = (struct writer){.text = reason->text, .size = sizeof reason->text};
    reason->any = false;
}

#define reason_add(reason, ...)                                                                                        \
    do {                                                                                                               \
        writer_print(&(reason)->writer, "%s", (reason)->any ? "; " : "");                                              \
        writer_print(&(reason)->writer, __VA_ARGS__);                                                                  \
        (reason)->any = true;                                                                                          \
    } while (0)

/* ---- able-to-scale ---- */

bool conditions_expect_orders(const struct decision *decision)
{
    bool orders = decision->settings.mode >= MODE_OUT_ONLY || decision->observed.unlisted;

    return orders && decision->settings.actuator != ACTUATOR_NONE;
}

/* What keeps every order from being carried out. */
static bool is_stopped(struct reason *reason, const struct decision *decision, const struct override *pause)
{
    char text[OVERRIDE_TEXT_MAX];

    if (decision->settings.mode == MODE_OFF)
        reason_add(reason, "mode is off: no decisions are made");
    else if (decision->settings.actuator == ACTUATOR_NONE)
        reason_add(reason, "nothing carries out orders: set on-scale to a hook, or actuator to reader");
    else if (decision->observed.unlisted)
        reason_add(reason, "the group is only observed: add its section [group NAME] to the configuration, or set "
                           "scale-groups = any");
    else if (decision->settings.mode == MODE_OBSERVE)
        reason_add(reason, "mode is observe: decisions are recorded and not ordered");
    else if (decision->observed.orders_elsewhere)
        reason_add(
            reason,
            "most of its agents prefer another collector, which orders for this group; `headroom activate` lets this "
            "one order");
    if (pause != NULL && pause->kind == OVERRIDE_PAUSE) {
        overrides_describe(pause, text, sizeof text);
        reason_add(reason, "%s", text);
    }
    return reason->any;
}

/* A reader such as KEDA asks every half minute. */
static bool is_unread(struct reason *reason, const struct condition_group *group, int64_t wall_ms)
{
    int64_t last_ms = group->read_ms > group->begun_ms ? group->read_ms : group->begun_ms;
    char age[AGE_MAX];

    if (wall_ms - last_ms <= UNREAD_MS_MAX)
        return false;
    format_duration((wall_ms - last_ms) / MINUTE_MS * MINUTE_MS, age, sizeof age);
    reason_add(reason, "no reader has asked for the desired count for %s", age);
    return true;
}

static void add_trouble(struct reason *reason, const struct condition_trouble *trouble)
{
    char since[CONDITION_TIME_MAX];

    format_utc(trouble->since_ms, since, sizeof since);
    if (trouble->tries > 0)
        reason_add(reason, "the hook has failed %u time%s in a row since %s: %s", trouble->tries,
                   trouble->tries == 1 ? "" : "s", since, trouble->why);
    else
        reason_add(reason, "%s", trouble->why);
}

static bool is_able(struct reason *reason, const struct decision *decision, const struct condition_trouble *trouble,
                    const struct override *pause, const struct condition_group *group, int64_t wall_ms)
{
    char text[OVERRIDE_TEXT_MAX];
    char unmet[DECISION_SENTENCE_MAX];

    if (is_stopped(reason, decision, pause))
        return false;
    if (decision->settings.actuator == ACTUATOR_READER)
        (void)is_unread(reason, group, wall_ms);
    else if (trouble != NULL)
        add_trouble(reason, trouble);
    if (decision->unmet.is_given_up) {
        given_up_sentence(decision, wall_ms, unmet, sizeof unmet);
        reason_add(reason, "%s", unmet);
    }
    if (reason->any)
        return false;
    reason_add(reason, decision->settings.actuator == ACTUATOR_READER ? "a reader takes the desired count"
                                                                      : "the hook has not failed");
    if (decision->settings.mode == MODE_OUT_ONLY)
        reason_add(reason, "mode is out-only: no scale-in");
    if (pause != NULL) {
        overrides_describe(pause, text, sizeof text);
        reason_add(reason, "%s", text);
    }
    return true;
}

void conditions_note_read(struct condition_group *group, int64_t wall_ms)
{
    group->read_ms = wall_ms;
}

/* ---- data-complete ---- */

static void add_count(struct reason *reason, unsigned count, const char *one, const char *many)
{
    if (count > 0)
        reason_add(reason, "%u %s", count, count == 1 ? one : many);
}

static bool is_late(const struct decision *decision)
{
    int64_t late_ms = LATE_TICKS * decision->settings.tick_ms;
    int64_t horizon_ms = decision->lead_ms + decision->settings.tick_ms;

    return decision->observed.age_ms > (horizon_ms > late_ms ? horizon_ms : late_ms);
}

/* Signals show that no node is needed, and there is none. */
static bool is_empty_by_right(const struct decision *decision)
{
    return decision->is_idle && decision->existing == 0;
}

static void explain_complete(struct reason *reason, const struct decision *decision)
{
    unsigned live = decision->observed.live;
    const char *plural = live == 1 ? "" : "s";

    if (is_empty_by_right(decision))
        reason_add(reason, "no node is needed, and there is none");
    else if (unseen_nodes_are_all(decision))
        reason_add(reason, "%u node%s without agents, as a signal counts them", live, plural);
    else if (unseen_nodes_were_all(decision))
        reason_add(reason, "%u node%s without agents, as a signal counted them last", live, plural);
    else
        reason_add(reason, "%u node%s report%s", live, plural, live == 1 ? "s" : "");
}

static bool is_complete(struct reason *reason, const struct decision *decision)
{
    const struct group_observation *observed = &decision->observed;
    char age[AGE_MAX];

    if (observed->roll_call)
        reason_add(reason, observed->roll_call_blind ? "roll call: it is not known how many nodes there are"
                                                     : "roll call: not all nodes have reported yet");
    if (observed->live == 0 && !is_empty_by_right(decision) && !unseen_nodes_are_all(decision))
        reason_add(reason, "no node reports");
    add_count(reason, observed->unreported, "node has not reported since the collector started",
              "nodes have not reported since the collector started");
    add_count(reason, observed->returning, "node restarts", "nodes restart");
    add_count(reason, observed->missing, "node is missing", "nodes are missing");
    add_count(reason, observed->lost_at_once, "of them was lost at once", "of them were lost at once");
    for (unsigned r = 0; r < RESOURCE_COUNT; r++)
        if (observed->resource[r].unread > 0)
            reason_add(reason, "%u of %u nodes have no %s reading", observed->resource[r].unread, observed->live,
                       resource_names[r]);
    add_count(reason, observed->implausible,
              "node has a size that differs from the others' by a factor of more than 64, and counts as the median; "
              "set node-sizes = any if it is true",
              "nodes have sizes that differ from the others' by a factor of more than 64, and count as the median; "
              "set node-sizes = any if they are true");
    add_count(reason, observed->slow, "node samples less often than longest-interval",
              "nodes sample less often than longest-interval");
    if (is_late(decision)) {
        format_duration(observed->age_ms / 1000 * 1000, age, sizeof age);
        reason_add(reason, "samples are up to %s old", age);
    }
    if (reason->any)
        return false;
    explain_complete(reason, decision);
    return true;
}

/* ---- limited ---- */

/* Without a vote, the largest one is no number of nodes that the load needs. */
static bool has_vote(const struct decision *decision)
{
    for (unsigned r = 0; r < RESOURCE_COUNT; r++)
        if (decision->vote_reactive[r] > 0 || decision->vote_forecast[r] > 0)
            return true;
    return decision->vote_signal > 0;
}

/* What the load needs is not known. */
static void explain_no_vote(struct reason *reason, const struct decision *decision)
{
    if (decision->observed.live == 0)
        reason_add(reason, "no data: no node reports, so it is not known what the load needs");
    else
        reason_add(reason, "no resource is above high, and there is no forecast yet of what the load needs");
}

static bool is_limited(struct reason *reason, const struct decision *decision, const struct override *pin)
{
    const struct scaler_settings *settings = &decision->settings;
    char text[OVERRIDE_TEXT_MAX];

    if (pin != NULL) {
        overrides_describe(pin, text, sizeof text);
        reason_add(reason, "%s", text);
    } else if (!has_vote(decision)) {
        explain_no_vote(reason, decision);
        return false;
    } else if (scaler_settings_is_limited(settings) && decision->raw > settings->nodes_max) {
        reason_add(reason, "the load needs %u nodes, and max is %u", decision->raw, settings->nodes_max);
    } else if (decision->raw > 0 && decision->raw < settings->nodes_min) {
        reason_add(reason, "the load needs %u node%s, and min is %u", decision->raw, decision->raw == 1 ? "" : "s",
                   settings->nodes_min);
    }
    if (reason->any)
        return true;
    if (settings->nodes_max == SETTING_LIMIT_UNSET)
        reason_add(reason, "max is not set, so nothing limits growth: set max to a number, or to none");
    else if (settings->nodes_max == SETTING_LIMIT_NONE)
        reason_add(reason, "max is none, and the load needs no fewer than min, %u", settings->nodes_min);
    else
        reason_add(reason, "the load needs no more than max, %u, and no fewer than min, %u", settings->nodes_max,
                   settings->nodes_min);
    return false;
}

/* ---- forecast-trusted ---- */

/* name: what the sentence begins with; NULL: it is the only forecast. */
static bool is_good(struct reason *reason, const char *resource, const struct forecast *forecast)
{
    char name[SIGNAL_NAME_LEN_MAX + 3] = "";

    if (resource != NULL)
        (void)snprintf(name, sizeof name, "%s: ", resource);
    if (!forecast->valid || forecast->scored < SCORED_MIN || isnan(forecast->coverage)) {
        reason_add(reason, "%s%u outcomes of forecasts are known, and %u are needed to judge them", name,
                   forecast->valid ? forecast->scored : 0, SCORED_MIN);
        return false;
    }
    bool covers = forecast->coverage >= COVERAGE_MIN;
    bool pays = forecast->paid <= PRICE_SMALL || forecast->paid <= PRICE_RATIO_MAX * forecast->promised;
    reason_add(reason, "%s%.0f%% of outcomes were within their interval of %.0f%%", name, 100 * forecast->coverage,
               100 * FORECAST_CONFIDENCE);
    reason_add(reason, "price paid %.3f, promised %.3f", forecast->paid, forecast->promised);
    return covers && pays;
}

/* The forecasts of cpu, of the application and of the signals, as far as the group has them; without any, cpu's. */
static bool is_trusted(struct reason *reason, const struct decision *decision)
{
    static const enum resource judged[] = {RESOURCE_CPU,      RESOURCE_APP,      RESOURCE_SIGNAL_0,
                                           RESOURCE_SIGNAL_1, RESOURCE_SIGNAL_2, RESOURCE_SIGNAL_3};
    unsigned count = 0;
    bool is_good_so_far = true;

    for (size_t i = 0; i < sizeof judged / sizeof *judged; i++)
        count += decision->forecast[judged[i]].valid;
    if (count == 0)
        return is_good(reason, NULL, &decision->forecast[RESOURCE_CPU]);
    for (size_t i = 0; i < sizeof judged / sizeof *judged; i++) {
        const struct forecast *forecast = &decision->forecast[judged[i]];
        const char *name = count > 1 ? decision_resource_name(decision, judged[i]) : NULL;
        if (forecast->valid)
            is_good_so_far = is_good(reason, name, forecast) && is_good_so_far;
    }
    return is_good_so_far;
}

/* ---- signals-fresh ---- */

static bool is_fresh(struct reason *reason, const struct decision *decision, const struct condition_absence *absence)
{
    unsigned signals = 0;

    for (unsigned i = 0; i < SIGNALS_OF_GROUP_MAX; i++)
        signals += signal_is_used(&decision->observed.signal[i]);
    if (absence->why[0] != '\0')
        reason_add(reason, "%s", absence->why);
    else if (signals == 0)
        reason_add(reason, "the group has no signal");
    else
        reason_add(reason, "%u signal%s a value", signals, signals == 1 ? " has" : "s have");
    return absence->why[0] == '\0';
}

/* ---- helping ---- */

/* Protection may hold a scale-in for a while: a job that runs, a leader. The same guard holds one whose nodes warm up
 * or have no fresh reading. */
static bool is_held(struct condition_group *group, const struct decision *decision, int64_t wall_ms)
{
    if (decision->guard != GUARD_PROTECTED || decision->observed.protected_nodes == 0)
        group->held_ms = 0;
    else if (group->held_ms == 0)
        group->held_ms = wall_ms;
    return group->held_ms != 0 && wall_ms - group->held_ms >= HELD_MS_MAX;
}

static bool is_helping(struct reason *reason, struct condition_group *group, const struct decision *decision,
                       int64_t wall_ms)
{
    bool held = is_held(group, decision, wall_ms);

    for (unsigned r = 0; r < RESOURCE_COUNT; r++)
        if (decision->unhelped[r])
            reason_add(reason, "more nodes have not lowered the use of %s, which adds none any more",
                       decision_resource_name(decision, r));
    if (decision->futile)
        reason_add(reason, "utilisation has not fallen although the nodes have doubled");
    if (held)
        reason_add(reason, "nodes that protect themselves have held a scale-in for a day");
    if (reason->any)
        return false;
    reason_add(reason, "nothing suggests that more nodes do not help");
    return true;
}

/* ---- all ---- */

void conditions_set(struct condition *condition, bool normal, bool holds, const char *why, int64_t wall_ms)
{
    struct writer writer = {.text = condition->why, .size = sizeof condition->why};

    if (condition->since_ms == 0)
        condition->logged = normal;
    if (condition->since_ms == 0 || condition->holds != holds)
        condition->since_ms = wall_ms;
    condition->holds = holds;
    writer_print(&writer, "%s", why);
}

/* Whether the condition is not what the log last said, at most once in LOG_MS_MIN; it is then logged. */
static bool take_news(struct condition *condition, int64_t wall_ms)
{
    bool is_soon = condition->logged_ms != 0 && llabs((long long)(wall_ms - condition->logged_ms)) < LOG_MS_MIN;

    if (condition->logged == condition->holds || is_soon)
        return false;
    condition->logged = condition->holds;
    condition->logged_ms = wall_ms;
    return true;
}

unsigned conditions_update(struct condition_group *group, const struct decision *decision,
                           const struct condition_trouble *trouble, const struct condition_absence *absence,
                           const struct override *pin, const struct override *pause, int64_t wall_ms)
{
    /* What goes without saying, and so does a group that is configured to order nothing. */
    const bool normal[CONDITION_COUNT] = {[CONDITION_ABLE_TO_SCALE] = conditions_expect_orders(decision),
                                          [CONDITION_DATA_COMPLETE] = true,
                                          [CONDITION_SIGNALS_FRESH] = true,
                                          [CONDITION_HELPING] = true};
    struct reason reason;
    unsigned turned = 0;

    if (group->begun_ms == 0)
        group->begun_ms = wall_ms;
    for (unsigned id = 0; id < CONDITION_COUNT; id++) {
        bool holds = false;
        reason_begin(&reason);
        if (id == CONDITION_ABLE_TO_SCALE)
            holds = is_able(&reason, decision, trouble, pause, group, wall_ms);
        else if (id == CONDITION_DATA_COMPLETE)
            holds = is_complete(&reason, decision);
        else if (id == CONDITION_LIMITED)
            holds = is_limited(&reason, decision, pin);
        else if (id == CONDITION_FORECAST_TRUSTED)
            holds = is_trusted(&reason, decision);
        else if (id == CONDITION_SIGNALS_FRESH)
            holds = is_fresh(&reason, decision, absence);
        else
            holds = is_helping(&reason, group, decision, wall_ms);
        conditions_set(&group->of[id], normal[id], holds, reason.text, wall_ms);
        /* At every start, nodes report and signals get their values one after another. */
        bool is_start = (id == CONDITION_DATA_COMPLETE && decision->observed.roll_call) ||
                        (id == CONDITION_SIGNALS_FRESH && absence->is_starting);
        if (!is_start && take_news(&group->of[id], wall_ms))
            turned |= 1U << id;
    }
    return turned;
}

static void put_condition(struct writer *writer, const struct condition *condition)
{
    writer_putf(writer, "{\"status\":%s,\"since_ms\":%" PRId64 ",\"why\":", condition->holds ? "true" : "false",
                condition->since_ms);
    writer_put_string(writer, condition->why);
    writer_put(writer, "}");
}

/* Those that no tick has looked at yet are left out. */
void conditions_put_all(struct writer *writer, const struct condition_group *group)
{
    if (group->of[0].since_ms == 0) {
        writer_put(writer, "{}");
        return;
    }
    for (unsigned id = 0; id < CONDITION_COUNT; id++) {
        writer_putf(writer, "%s\"%s\":", id == 0 ? "{" : ",", condition_names[id]);
        put_condition(writer, &group->of[id]);
    }
    writer_put(writer, "}");
}

int conditions_init(struct conditions *conditions)
{
    *conditions = (struct conditions){.groups = calloc(GROUPS_MAX, sizeof *conditions->groups)};
    if (conditions->groups == NULL)
        return -ENOMEM;
    return 0;
}

void conditions_deinit(struct conditions *conditions)
{
    free(conditions->groups);
    conditions->groups = NULL;
}
