#include "collector/problems/problem_look.h"

#include "common/format.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define STEP_GROUPS    16U
#define STEP_OVERRIDES 32U
#define EXPIRY_S       (7.0 * 86400) /* of a certificate */
#define WHICH_MAX      (NAME_LEN_MAX + 32U)
#define OF_MAX         16U
#define AGE_MAX        48U
#define SKEW_TEXT      "5 s" /* CLOCK_SKEW_MS_MAX */

/* One look: what it looks at, and where its problems go. */
struct look {
    struct problem_look *memory;
    const struct problem_sources *sources;
    const struct moment *now;
    struct problems *problems;
};

static void note(const struct look *look, const struct problem_note *note)
{
    problems_note(look->problems, note);
}

/* ---- the conditions of groups ---- */

static void note_condition(const struct look *look, const struct group *group, enum problem_kind kind,
                           const struct condition *condition)
{
    char text[PROBLEM_TEXT_MAX];

    snprintf(text, sizeof text, "%s: %s", group->name, condition->why);
    note(look,
         &(struct problem_note){.kind = kind, .group = group->name, .since_ms = condition->since_ms, .text = text});
}

/* Nothing is wrong where nothing is to be ordered, or where a person has paused it. */
static bool is_to_order(const struct look *look, const struct group *group)
{
    const struct decision_history_group *history = &look->sources->history->groups[group->index];
    const struct override *pause = overrides_pause(look->sources->overrides, group->name);

    return history->decided && conditions_expect_orders(&history->last) && !history->last.observed.orders_elsewhere &&
           (pause == NULL || pause->kind != OVERRIDE_PAUSE);
}

/* A group that needs fewer nodes than `min` lacks none. */
static bool is_below_min(const struct look *look, const struct group *group)
{
    const struct decision *last = &look->sources->history->groups[group->index].last;

    return last->raw < last->settings.nodes_min;
}

/* Whether data-complete would only repeat what nodes-missing says, with the names of the nodes. */
static bool lacks_only_nodes(const struct look *look, const struct group *group)
{
    const struct group_observation *observed = &look->sources->history->groups[group->index].last.observed;
    unsigned others = observed->unreported + observed->returning + observed->implausible + observed->slow;

    for (unsigned r = 0; r < RESOURCE_COUNT; r++)
        others += observed->resource[r].unread;
    return look->sources->counts->done.groups[group->index].missing.count > 0 && !observed->roll_call && others == 0;
}

static void look_at_conditions(const struct look *look, const struct group *group)
{
    const struct condition *of = look->sources->conditions->groups[group->index].of;

    if (of[CONDITION_ABLE_TO_SCALE].since_ms == 0)
        return; /* no tick yet */
    if (!of[CONDITION_ABLE_TO_SCALE].holds && is_to_order(look, group))
        note_condition(look, group, PROBLEM_ABLE_TO_SCALE, &of[CONDITION_ABLE_TO_SCALE]);
    if (!of[CONDITION_DATA_COMPLETE].holds && !lacks_only_nodes(look, group))
        note_condition(look, group, PROBLEM_DATA_COMPLETE, &of[CONDITION_DATA_COMPLETE]);
    if (of[CONDITION_LIMITED].holds && !is_below_min(look, group))
        note_condition(look, group, PROBLEM_LIMITED, &of[CONDITION_LIMITED]);
    if (!of[CONDITION_FORECAST_TRUSTED].holds)
        note_condition(look, group, PROBLEM_FORECAST_TRUSTED, &of[CONDITION_FORECAST_TRUSTED]);
    if (!of[CONDITION_SIGNALS_FRESH].holds)
        note_condition(look, group, PROBLEM_SIGNALS_FRESH, &of[CONDITION_SIGNALS_FRESH]);
    if (!of[CONDITION_HELPING].holds)
        note_condition(look, group, PROBLEM_HELPING, &of[CONDITION_HELPING]);
}

/* ---- the nodes of groups ---- */

/* The id of one of them, and how many more there are: "web-7 and 2 more". Returns the id. */
static const char *name_some(const struct look *look, const struct fleet_counts_some *some, char which[WHICH_MAX])
{
    const struct registry *registry = look->sources->registry;
    const char *id = some->first < registry->node_count ? registry->nodes[some->first]->id : "?";

    if (some->count > 1)
        snprintf(which, WHICH_MAX, "%s and %u more", id, some->count - 1);
    else
        snprintf(which, WHICH_MAX, "%s", id);
    return id;
}

/* total: of which they are some; 0: it is not stated. is, are: what is so of one, or of several. */
static void note_nodes(const struct look *look, const struct group *group, enum problem_kind kind,
                       const struct fleet_counts_some *some, unsigned total, const char *is, const char *are)
{
    char which[WHICH_MAX];
    char of_total[OF_MAX] = "";
    char text[PROBLEM_TEXT_MAX];

    if (some->count == 0)
        return;
    const char *id = name_some(look, some, which);
    if (total > 0)
        snprintf(of_total, sizeof of_total, " of %u", total);
    snprintf(text, sizeof text, "%s%s%u%s node%s %s: %s", group != NULL ? group->name : "", group != NULL ? ": " : "",
             some->count, of_total, some->count == 1 && total <= 1 ? "" : "s", some->count == 1 ? is : are, which);
    note(look, &(struct problem_note){.kind = kind,
                                      .group = group != NULL ? group->name : NULL,
                                      .node = some->count == 1 ? id : NULL,
                                      .text = text});
}

static void look_at_nodes(const struct look *look, const struct group *group)
{
    const struct fleet_counts_group *now = &look->sources->counts->done.groups[group->index];
    unsigned live = now->nodes[NODE_LIVE];
    unsigned known = live + now->nodes[NODE_MISSING] + now->nodes[NODE_RETURNING] + now->nodes[NODE_UNREPORTED];

    note_nodes(look, group, PROBLEM_NODES_MISSING, &now->missing, known, "is missing", "are missing");
    note_nodes(look, group, PROBLEM_NODES_ABOVE_HIGH, &now->above_high, live,
               "is above high, or will be within minutes", "are above high, or will be within minutes");
    note_nodes(look, group, PROBLEM_FILE_SYSTEMS_FILLING, &now->filling, live,
               "has a file system that is full, or will be within six hours",
               "have file systems that are full, or will be within six hours");
}

static void look_at_group(const struct look *look, const struct group *group)
{
    if (group->vacant)
        return;
    look_at_conditions(look, group);
    look_at_nodes(look, group);
}

/* ---- what people have ordered by hand ---- */

static void look_at_override(const struct look *look, const struct override *override)
{
    char described[OVERRIDE_TEXT_MAX];
    char text[PROBLEM_TEXT_MAX];

    if (override->kind == OVERRIDE_ACTIVATE)
        return;
    overrides_describe(override, described, sizeof described);
    snprintf(text, sizeof text, "%s: %s", override->group, described);
    note(look, &(struct problem_note){.kind = override->kind == OVERRIDE_PIN ? PROBLEM_PINNED : PROBLEM_PAUSED,
                                      .group = override->group,
                                      .since_ms = override->set_ms,
                                      .text = text});
}

/* ---- the collector ---- */

static void look_at_config(const struct look *look)
{
    const struct condition *condition = &look->sources->conditions->config_in_force;

    if (condition->since_ms == 0 || condition->holds)
        return;
    note(look, &(struct problem_note){
                   .kind = PROBLEM_CONFIG_IN_FORCE, .since_ms = condition->since_ms, .text = condition->why});
}

static void look_at_samples(const struct look *look)
{
    const struct intake_account *account = &look->sources->hub->account;
    uint64_t missing = 0;
    char text[PROBLEM_TEXT_MAX];

    for (unsigned reason = 0; reason < GAP_REASON_COUNT; reason++)
        missing += reason != GAP_ELSEWHERE ? account->missing[reason] : 0;
    uint64_t rise = problem_rise_look(&look->memory->missing, missing, look->now->now_ms);
    if (rise == 0)
        return;
    snprintf(text, sizeof text, "%" PRIu64 " sample%s missing: gaps.csv lists them, with the reason", rise,
             rise == 1 ? " is" : "s are");
    note(look, &(struct problem_note){.kind = PROBLEM_SAMPLES_MISSING, .text = text});
}

static void look_at_limits(const struct look *look)
{
    const struct intake_account *account = &look->sources->hub->account;

    for (unsigned limit = 0; limit < INTAKE_LIMITS; limit++) {
        char text[PROBLEM_TEXT_MAX];
        uint64_t rise = problem_rise_look(&look->memory->limits[limit], account->limits[limit], look->now->now_ms);
        if (rise == 0)
            continue;
        snprintf(text, sizeof text, "agents reach the limit %s: %" PRIu64 " time%s", intake_limit_names[limit], rise,
                 rise == 1 ? "" : "s");
        note(look, &(struct problem_note){
                       .kind = PROBLEM_LIMITS_REACHED, .subject = intake_limit_names[limit], .text = text});
    }
}

static void look_at_store(const struct look *look)
{
    if (look->sources->hub->held)
        note(look, &(struct problem_note){.kind = PROBLEM_STORE_HELD,
                                          .text = "the disk can't be written; agents retain their samples"});
    if (*look->sources->decisions_held)
        note(look, &(struct problem_note){.kind = PROBLEM_DECISIONS_HELD,
                                          .text = "decisions.csv can't be written; nothing is ordered meanwhile"});
    if (*look->sources->cut_short)
        note(look, &(struct problem_note){.kind = PROBLEM_RETAIN_SIZE_REACHED,
                                          .text = "retain-size deletes samples before they are as old as retain"});
    note_nodes(look, NULL, PROBLEM_MEMORY_MAX_REACHED, &look->sources->counts->done.short_rings, 0,
               "has a history of only a few samples, because memory-max is used up",
               "have a history of only a few samples, because memory-max is used up");
}

static void look_at_clocks(const struct look *look)
{
    note_nodes(look, NULL, PROBLEM_CLOCKS_OFF, &look->sources->counts->done.clocks_off, 0,
               "has a clock that is off by more than " SKEW_TEXT, "have clocks that are off by more than " SKEW_TEXT);
}

/* left_s: NaN: there is no such certificate. */
static void look_at_certificate(const struct look *look, const char *subject, const char *of, double left_s)
{
    char left[AGE_MAX];
    char text[PROBLEM_TEXT_MAX];

    if (isnan(left_s) || left_s >= EXPIRY_S)
        return;
    format_about(left_s, left, sizeof left);
    if (left_s <= 0)
        snprintf(text, sizeof text, "the certificate of %s has expired", of);
    else
        snprintf(text, sizeof text, "the certificate of %s expires in about %s", of, left);
    note(look, &(struct problem_note){.kind = PROBLEM_CERTIFICATE_EXPIRES, .subject = subject, .text = text});
}

static void look_at_certificates(const struct look *look)
{
    const struct problem_sources *sources = look->sources;
    int64_t https_s = *sources->http_cert_end_s;
    int64_t now_s = look->now->wall_ms / 1000;

    look_at_certificate(look, "collector", "the collector, which agents check,",
                        intake_expiry_s(sources->hub, false, look->now->wall_ms));
    look_at_certificate(look, "nodes", "a connected node", intake_expiry_s(sources->hub, true, look->now->wall_ms));
    look_at_certificate(look, "https", "the HTTP server", https_s != 0 ? (double)(https_s - now_s) : NAN);
}

static void look_at_alerts(const struct look *look)
{
    const struct alert_health *health = look->sources->alerts;
    char text[PROBLEM_TEXT_MAX];

    if (health->failures == 0)
        return;
    snprintf(text, sizeof text, "the program of on-alert has failed %u time%s in a row: %s", health->failures,
             health->failures == 1 ? "" : "s", health->why);
    note(look,
         &(struct problem_note){.kind = PROBLEM_ALERT_PROGRAM_FAILING, .since_ms = health->failing_ms, .text = text});
}

static void look_at_collector(const struct look *look)
{
    look_at_store(look);
    look_at_config(look);
    look_at_samples(look);
    look_at_limits(look);
    look_at_clocks(look);
    look_at_certificates(look);
    look_at_alerts(look);
    if (problem_turns_look(&look->memory->turns, look->sources->cpus_us, look->now->now_ms))
        note(look,
             &(struct problem_note){.kind = PROBLEM_EVENT_LOOP_SLOW,
                                    .text = "more than 1 % of the turns of the event loop use over 5 ms of CPU time"});
}

/* ---- forwarders ---- */

static bool is_among(const struct forwarders *forwarders, const char *name)
{
    for (unsigned i = 0; i < forwarders->count; i++)
        if (strcmp(forwarders->of[i].state.name, name) == 0)
            return true;
    return false;
}

/* What is remembered of the forwarder; one that is new takes the place of one that is not there any more. */
static struct problem_forwarder *memory_of(const struct look *look, const char *name)
{
    struct problem_forwarder *places = look->memory->forwarders;
    struct problem_forwarder *place = NULL;

    for (unsigned i = 0; i < FORWARDERS_MAX; i++) {
        if (strcmp(places[i].name, name) == 0)
            return &places[i];
        if (!is_among(look->sources->forwarders, places[i].name))
            place = &places[i];
    }
    *place = (struct problem_forwarder){0};
    snprintf(place->name, sizeof place->name, "%s", name);
    return place;
}

static void look_at_state(const struct look *look, const struct forwarder *forwarder)
{
    static const enum problem_kind kinds[] = {[FORWARDER_BEHIND] = PROBLEM_FORWARDER_BEHIND,
                                              [FORWARDER_OVERTAKEN] = PROBLEM_FORWARDER_OVERTAKEN,
                                              [FORWARDER_SILENT] = PROBLEM_FORWARDER_SILENT};
    const char *name = forwarder->state.name;
    char text[PROBLEM_TEXT_MAX];

    if (forwarder->condition == FORWARDER_OK)
        return;
    forwarders_sentence(forwarder, look->now->now_ms, text, sizeof text);
    note(look, &(struct problem_note){.kind = kinds[forwarder->condition], .subject = name, .text = text});
}

static void look_at_rows(const struct look *look, const struct forwarder *forwarder)
{
    const char *name = forwarder->state.name;
    struct problem_forwarder *memory = memory_of(look, name);
    uint64_t refused = problem_rise_look(&memory->refused, forwarder->state.rows[FORWARDER_REFUSED], look->now->now_ms);
    uint64_t lost = problem_rise_look(&memory->lost, forwarder->state.lost_files, look->now->now_ms);
    char text[PROBLEM_TEXT_MAX];

    if (refused > 0) {
        snprintf(text, sizeof text,
                 "engine %s: it refused %" PRIu64 " row%s; forward-%s.refused.csv lists them, with its answer", name,
                 refused, refused == 1 ? "" : "s", name);
        note(look, &(struct problem_note){.kind = PROBLEM_FORWARDER_REFUSED, .subject = name, .text = text});
    }
    if (lost > 0) {
        snprintf(text, sizeof text,
                 "engine %s: retain or retain-size deleted %" PRIu64 " file%s before the forwarder had sent the rows",
                 name, lost, lost == 1 ? "" : "s");
        note(look, &(struct problem_note){.kind = PROBLEM_FORWARDER_LOST, .subject = name, .text = text});
    }
}

static void look_at_forwarders(const struct look *look)
{
    const struct forwarders *forwarders = look->sources->forwarders;

    for (unsigned i = 0; i < forwarders->count; i++) {
        look_at_state(look, &forwarders->of[i]);
        look_at_rows(look, &forwarders->of[i]);
    }
}

/* ---- all ---- */

void problem_look_begin(struct problem_look *memory, const struct problem_sources *sources, const struct moment *now,
                        struct problems *problems)
{
    const struct look look = {memory, sources, now, problems};

    memory->group = 0;
    memory->override = 0;
    problems_begin_look(problems, now->wall_ms);
    look_at_collector(&look);
    look_at_forwarders(&look);
}

bool problem_look_step(struct problem_look *memory, const struct problem_sources *sources, const struct moment *now,
                       struct problems *problems)
{
    const struct look look = {memory, sources, now, problems};

    for (unsigned i = 0; i < STEP_GROUPS && memory->group < sources->registry->group_count; i++)
        look_at_group(&look, sources->registry->groups[memory->group++]);
    if (memory->group < sources->registry->group_count)
        return true;
    for (unsigned i = 0; i < STEP_OVERRIDES && memory->override < sources->overrides->count; i++)
        look_at_override(&look, &sources->overrides->items[memory->override++]);
    if (memory->override < sources->overrides->count)
        return true;
    problems_end_look(problems);
    return false;
}
