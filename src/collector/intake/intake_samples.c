#include "collector/intake/intake_samples.h"

#include "collector/fleet/membership.h"
#include "collector/fleet/node_weight.h"
#include "collector/intake/gap_note.h"
#include "collector/intake/intake_account.h"
#include "collector/intake/intake_pace.h"
#include "collector/intake/intake_report.h"
#include "collector/intake/message_rules.h"
#include "collector/store/csv.h"
#include "common/prefetch.h"

#include <stddef.h>

#define REPORT_SAMPLES 6U /* that most reports have, at a second's interval, and one late */

void intake_samples_prefetch_node(const struct intake *intake)
{
    const struct node *node = intake->node;
    const struct instance *instance = intake->instance;

    if (node == NULL)
        return;
    prefetch(&node->group, offsetof(struct node, boot_id) - offsetof(struct node, group));
    prefetch(instance->half, offsetof(struct instance, next) - offsetof(struct instance, half));
}

void intake_samples_prefetch_rows(const struct intake *intake)
{
    const struct node *node = intake->node;

    if (node == NULL)
        return;
    prefetch(node->group, offsetof(struct group, name));
    ring_prefetch_next(&node->ring, REPORT_SAMPLES);
}

/* ---- samples that will never come ---- */

void intake_samples_missing(struct intake *intake, uint64_t next_seq, Headroom__Loss *const *losses, size_t loss_count,
                            int64_t wall_ms)
{
    struct intake_hub *hub = intake->hub;
    const uint32_t *rows = &hub->backlog->gap_count[hub->backlog->filling];
    uint32_t rows_before = *rows;

    intake->findings.dropped +=
        gap_note_add(hub->backlog, intake->instance, next_seq, losses, loss_count, wall_ms, hub->account.missing);
    intake_pace_note_rows(intake, *rows - rows_before);
    if (*rows > hub->backlog->gap_capacity / 2)
        hub->flush_now = true;
}

/* ---- one sample ---- */

/* The sample's age when its batch was made, by the node's monotonic clock. */
static int64_t age_ms(uint64_t sent_uptime_ms, const struct sample *sample)
{
    if (sample->uptime_ms >= sent_uptime_ms)
        return 0;
    uint64_t age = sent_uptime_ms - sample->uptime_ms;
    return age < (uint64_t)SAMPLE_AGE_MS_MAX ? (int64_t)age : SAMPLE_AGE_MS_MAX;
}

/* Compares the node's wall clock with the collector's, by a sample taken `age` milliseconds ago. */
static void note_clock(struct registry *registry, struct node *node, const struct sample *sample, int64_t age,
                       int64_t wall_ms)
{
    int64_t skew_ms = sample->time_ms - (wall_ms - age);

    node->skew_ms = (int32_t)(skew_ms > INT32_MAX ? INT32_MAX : skew_ms < -INT32_MAX ? -INT32_MAX : skew_ms);
    int64_t limit_ms = node->clock_off != 0 ? CLOCK_SKEW_MS_MIN : CLOCK_SKEW_MS_MAX;
    int8_t clock_off = (int8_t)((node->skew_ms > limit_ms) - (node->skew_ms < -limit_ms));
    if (clock_off != node->clock_off)
        registry_set_clock_off(registry, node, clock_off);
}

/* Into the node's ring, unless it came as a reading before. */
static void note_sample(struct instance *instance, const struct sample *sample, int64_t taken_ms)
{
    if (sample->seq <= instance->reading_seq)
        return;
    membership_on_reading(instance->node, taken_ms);
    ring_push(&instance->node->ring, taken_ms, sample);
}

/* When a message arrived: by both clocks, and how much later than the quickest one. */
struct arrival {
    uint64_t now_ms;
    int64_t wall_ms;
    int64_t lateness_ms;
    struct sample_budget_terms terms; /* for new samples */
};

static struct arrival arrive(const struct intake *intake, uint64_t sent_uptime_ms, uint64_t now_ms, int64_t wall_ms)
{
    int64_t most_ms = (int64_t)SILENT_ACK_INTERVALS * intake->hub->ack_interval_ms;

    return (struct arrival){
        .now_ms = now_ms,
        .wall_ms = wall_ms,
        .lateness_ms = node_clock_lateness(&intake->instance->clock, sent_uptime_ms, now_ms, most_ms),
        .terms = intake_pace_terms(intake),
    };
}

/* false: the intake is rejected. */
static bool check_seq(struct intake *intake, uint64_t seq)
{
    if (seq < intake->oldest_seq)
        INTAKE_REJECT(intake, RETRY, MALFORMED, "sample %llu is below oldest_seq, %llu", (unsigned long long)seq,
                      (unsigned long long)intake->oldest_seq);
    else if (!gap_note_plausible(intake->instance, seq))
        INTAKE_REJECT(intake, RETRY, MALFORMED, "seq %llu is too far ahead", (unsigned long long)seq);
    else
        return true;
    return false;
}

/* false: the intake is rejected. */
static bool take_sample(struct intake *intake, const struct batch *batch, struct sample *sample,
                        const struct arrival *arrival)
{
    struct intake_hub *hub = intake->hub;
    struct instance *instance = intake->instance;

    if (sample->seq <= instance->received_seq) {
        hub->account.duplicates++;
        return true;
    }
    if (instance->pending >= hub->credit) {
        INTAKE_REJECT(intake, RETRY, CREDIT_EXCEEDED, "more than %u samples in flight", hub->credit);
        return false;
    }
    if (!intake_pace_allows(intake)) {
        INTAKE_REJECT(intake, RETRY, CREDIT_EXCEEDED,
                      "more samples than its credit, and than its interval of %u ms allows", intake->node->interval_ms);
        return false;
    }
    if (!check_seq(intake, sample->seq))
        return false;
    int64_t age = age_ms(batch->sent_uptime_ms, sample) + arrival->lateness_ms;
    hub->account.bad_values += sample_clean(sample);
    if (sample->time_ms < 0 || sample->time_ms > CSV_TIME_MS_MAX) {
        sample->time_ms = arrival->wall_ms > age ? arrival->wall_ms - age : 0;
        hub->account.bad_values++;
    }
    if (!gap_note_fits(hub->backlog, instance, sample->seq) ||
        !backlog_add(hub->backlog, instance, intake->node->group, sample)) {
        INTAKE_REJECT(intake, RETRY, FULL, "too many samples wait for the disk");
        return false;
    }
    if (!gap_note_follows(instance, sample->seq))
        intake_samples_missing(intake, sample->seq, batch->losses, batch->loss_count, arrival->wall_ms);
    hub->account.samples++;
    instance->received_seq = sample->seq;
    intake->unacked++;
    note_clock(hub->registry, intake->node, sample, age, arrival->wall_ms);
    intake_pace_note_sample(intake, &arrival->terms, (int64_t)arrival->now_ms - age);
    note_sample(instance, sample, (int64_t)arrival->now_ms - age);
    return true;
}

/* ---- messages ---- */

/* Cores or memory were added to or taken from the running node, or its limits have changed. */
static void note_weight(struct node *node, const struct batch *batch, struct intake_account *account)
{
    uint32_t cpu_milli = node_weight_cpu_milli(batch->cores, batch->cpu_milli);
    uint64_t memory_bytes = node_weight_memory_bytes(batch->memory_bytes);

    account->bad_values += cpu_milli == 0 && (batch->cores > 0 || batch->cpu_milli > 0);
    account->bad_values += memory_bytes == 0 && batch->memory_bytes > 0;
    if (cpu_milli > 0)
        node->cpu_milli = cpu_milli;
    if (memory_bytes > 0)
        node->memory_bytes = memory_bytes;
}

/* What an earlier connection said holds for a while: an agent that restarts looks first at the file that protects its
 * node. One that protects nothing never speaks of it. */
static void note_protection(struct intake *intake, const struct batch *batch, uint64_t now_ms)
{
    if (batch->has_protects)
        intake->node->protects = batch->protects;
    else if (intake->protection_s != 0 && now_ms / 1000 >= intake->protection_s)
        intake->node->protects = false;
    else
        return;
    intake->protection_s = 0;
}

/* The group of a node gets its place with the first sample. false: the intake is rejected. */
static bool place_group(struct intake *intake)
{
    if (registry_place_group(intake->hub->registry, intake->node))
        return true;
    intake->hub->account.limits[INTAKE_LIMIT_GROUPS]++;
    INTAKE_REJECT(intake, NEXT_COLLECTOR, FULL, "the maximum number of groups is reached");
    return false;
}

void intake_samples_take(struct intake *intake, const struct batch *batch, uint64_t now_ms, int64_t wall_ms)
{
    struct message_refusal refusal;

    if (!message_batch_ok(batch, &refusal)) {
        intake_refuse(intake, &refusal);
        return;
    }
    if (batch->count > 0 && !place_group(intake))
        return;
    intake_account_take(intake->hub->registry, intake->instance, batch->account);
    note_weight(intake->node, batch, &intake->hub->account);
    note_protection(intake, batch, now_ms);
    intake->ack_due = intake->ack_due || intake_report_wants_ack(intake);
    struct arrival arrival = arrive(intake, batch->sent_uptime_ms, now_ms, wall_ms);
    for (size_t i = 0; i < batch->count; i++)
        if (!take_sample(intake, batch, &batch->samples[i], &arrival))
            return;
    if (intake->unacked >= intake->hub->credit / 2)
        intake->hub->flush_now = true;
}

void intake_samples_read(struct intake *intake, const Headroom__Reading *reading, uint64_t now_ms, int64_t wall_ms)
{
    struct instance *instance = intake->instance;
    struct arrival arrival = arrive(intake, reading->sent_uptime_ms, now_ms, wall_ms);
    struct sample sample;

    wire_get_sample(reading->sample, &sample);
    if (sample.seq <= instance->received_seq || sample.seq <= instance->reading_seq || sample.seq > INT64_MAX ||
        !place_group(intake))
        return;
    int64_t age = age_ms(reading->sent_uptime_ms, &sample) + arrival.lateness_ms;
    (void)sample_clean(&sample); /* its values are counted when it is stored */
    note_sample(instance, &sample, (int64_t)arrival.now_ms - age);
    instance->reading_seq = sample.seq;
    intake->hub->account.readings++;
}

static enum farewell farewell_of(const Headroom__Goodbye *goodbye)
{
    switch (goodbye->departure) {
    case HEADROOM__DEPARTURE__DEPARTURE_LEAVING:
        return FAREWELL_LEAVING;
    case HEADROOM__DEPARTURE__DEPARTURE_MOVED:
        return FAREWELL_MOVED;
    default:
        return goodbye->has_reboots && goodbye->reboots ? FAREWELL_REBOOTING : FAREWELL_RESTARTING;
    }
}

/* An agent that moves gives what it has not sent to the other collector: nothing of it is missing. */
void intake_samples_end(struct intake *intake, const Headroom__Goodbye *goodbye, uint64_t now_ms, int64_t wall_ms)
{
    enum farewell farewell = farewell_of(goodbye);
    bool moves = farewell == FAREWELL_MOVED;
    uint64_t next_seq = moves ? intake->instance->received_seq + 1 : intake->newest_seq + 1;

    /* Samples that the Hello announced and the agent did not send were damaged in the spool of an earlier run. */
    if (!gap_note_fits(intake->hub->backlog, intake->instance, next_seq)) {
        INTAKE_REJECT(intake, RETRY, FULL, "too many gaps wait for the disk");
        return;
    }
    intake_samples_missing(intake, next_seq, goodbye->losses, goodbye->n_losses, wall_ms);
    membership_on_goodbye(intake->hub->registry, intake->node, farewell, (int64_t)now_ms);
    intake->moves = moves;
    intake->instance->left = true;
    intake_account_take(intake->hub->registry, intake->instance, goodbye->account);
    intake->state = INTAKE_LEAVING;
    intake->ack_due = !registry_instance_waits(intake->instance);
    intake->hub->flush_now = true;
}
