#include "collector/intake/intake.h"

#include "collector/intake/gap_note.h"
#include "collector/store/csv.h"
#include "common/parse.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

uint64_t intake_dropped(const struct intake_account *account)
{
    uint64_t dropped = 0;

    for (unsigned reason = 0; reason < GAP_REASON_COUNT; reason++)
        dropped += reason != GAP_ELSEWHERE ? account->missing[reason] : 0;
    return dropped;
}

void intake_init(struct intake *intake, struct intake_hub *hub, void *owner, uint64_t now_ms)
{
    *intake = (struct intake){.hub = hub, .owner = owner, .heard_ms = now_ms};
}

void intake_detach(struct intake *intake)
{
    frame_reader_deinit(&intake->reader);
    free(intake->reject.text);
    intake->reject.text = NULL;
    if (intake->instance != NULL) {
        intake->hub->streaming--;
        backlog_orphan(intake->hub->backlog, intake->instance, intake);
        if (intake->node->intake == intake)
            intake->node->intake = NULL;
    }
    intake->node = NULL;
    intake->instance = NULL;
}

static void turn_away(struct intake *intake, const struct refusal *refusal)
{
    if (intake->state == INTAKE_REJECTED || intake->state == INTAKE_DONE)
        return;
    intake->state = INTAKE_REJECTED;
    intake->hub->account.rejected++;
    intake_detach(intake);
    intake->reject.action = refusal->action;
    intake->reject.code = refusal->code;
    intake->reject.text = strdup(refusal->text);
}

void intake_reject(struct intake *intake, Headroom__Action action, Headroom__RejectCode code, const char *format, ...)
{
    struct refusal refusal;
    va_list arguments;

    va_start(arguments, format);
    refusal_vset(&refusal, action, code, format, arguments);
    va_end(arguments);
    turn_away(intake, &refusal);
}

/* ---- Hello ---- */

/* How long another instance's session must have been silent before this one may take the node over. */
static uint64_t takeover_ms(const struct intake *intake, const struct node *node)
{
    uint64_t intervals_ms = (uint64_t)SILENT_ACK_INTERVALS * node->interval_ms;
    uint64_t acks_ms = (uint64_t)SILENT_ACK_INTERVALS * intake->hub->ack_interval_ms;

    if (intervals_ms > acks_ms)
        intervals_ms = acks_ms;
    return intervals_ms > TAKEOVER_MS_MIN ? intervals_ms : TAKEOVER_MS_MIN;
}

/* false: a live agent already speaks for the node. */
static bool take_over(struct intake *intake, const struct node *node, uint64_t instance, uint64_t now_ms)
{
    struct intake *old = node != NULL ? node->intake : NULL;

    if (old == NULL)
        return true;
    if (old->state == INTAKE_STREAMING && old->instance->id != instance &&
        now_ms - old->heard_ms < takeover_ms(intake, node)) {
        INTAKE_REJECT(intake, RETRY, TWIN, "another live agent speaks for node %s; two agents share one --node-id",
                      node->id);
        return false;
    }
    INTAKE_REJECT(old, RETRY, TAKEN_OVER, "a newer connection speaks for node %s", node->id);
    intake->evicted = old;
    return true;
}

uint64_t intake_room(const struct intake_hub *hub)
{
    uint64_t taken = (uint64_t)hub->streaming * hub->credit + hub->backlog->orphans;

    return taken < hub->backlog->capacity ? hub->backlog->capacity - taken : 0;
}

/* The instance's rows that are in the backlog already count against the credit that it gets. instance: NULL for a new
 * one. */
static bool has_room(const struct intake_hub *hub, const struct instance *instance)
{
    return intake_room(hub) + (instance != NULL ? instance->pending : 0) >= hub->credit;
}

static bool gap_fits(const struct intake_hub *hub, const struct instance *instance, uint64_t next_seq)
{
    static const struct instance unknown;

    return gap_note_fits(hub->backlog, instance != NULL ? instance : &unknown, next_seq);
}

static void note_missing(struct intake *intake, uint64_t next_seq, Headroom__Loss *const *losses, size_t loss_count,
                         int64_t wall_ms)
{
    struct intake_hub *hub = intake->hub;

    intake->findings.dropped +=
        gap_note_add(hub->backlog, intake->instance, next_seq, losses, loss_count, wall_ms, hub->account.missing);
    if (hub->backlog->gap_count[hub->backlog->filling] > hub->backlog->gap_capacity / 2)
        hub->flush_now = true;
}

/* The instance that spoke for the node before, in this collector's life. What it had not sent may be lost. */
static void note_end(struct intake *intake, struct instance *before, uint64_t instance)
{
    if (before == NULL || before->id == instance || !before->heard || before->left)
        return;
    before->left = true; /* that is told once */
    agent_account_end(&before->account, before->received_seq);
    intake->hub->account.ended++;
    intake->findings.ended_instance = before->id;
    intake->findings.ended_seq = before->received_seq;
}

static void attach(struct intake *intake, struct node *node, struct instance *instance, struct group *group,
                   const Headroom__Hello *hello)
{
    intake->hub->streaming++;
    intake->node = node;
    intake->instance = instance;
    intake->state = INTAKE_STREAMING;
    intake->version = hello->version < WIRE_VERSION ? hello->version : WIRE_VERSION;
    intake->welcome_due = true;
    node->intake = intake;
    backlog_adopt(intake->hub->backlog, instance, intake);
    registry_assign(intake->hub->registry, node, group);
    node->cores = hello->has_cores ? hello->cores : 0;
    node->memory_bytes = hello->has_memory_bytes ? hello->memory_bytes : 0;
    node->departed = false;
    instance->heard = true;
    instance->left = false;
    instance->account.gone = 0;
    intake->newest_seq = hello->newest_seq;
    agent_account_take(&instance->account, hello->account);
}

/* NULL: there is no room; and who is sent away costs no other instance its place. */
static struct instance *find_instance(struct intake *intake, struct node *node, const Headroom__Hello *hello)
{
    struct instance *latest = registry_latest(node);
    struct instance *known = registry_find_instance(node, hello->instance);

    node->interval_ms = hello->interval_ms;
    if (!has_room(intake->hub, known) || !gap_fits(intake->hub, known, hello->oldest_seq) ||
        registry_ready_ring(intake->hub->registry, node) < 0)
        return NULL;
    note_end(intake, latest, hello->instance);
    return registry_ensure_instance(node, hello->instance);
}

static void on_hello(struct intake *intake, const Headroom__Hello *hello, uint64_t now_ms, int64_t wall_ms)
{
    struct registry *registry = intake->hub->registry;
    struct refusal refusal;

    if (!hello_ok(hello, intake->hub->token, &refusal)) {
        turn_away(intake, &refusal);
        return;
    }
    if (!take_over(intake, registry_find_node(registry, hello->node_id), hello->instance, now_ms))
        return;
    struct group *group = registry_ensure_group(registry, hello->group);
    struct node *node =
        group != NULL ? registry_ensure_node(registry, hello->node_id, hello->interval_ms, (int64_t)now_ms) : NULL;
    if (node == NULL) {
        INTAKE_REJECT(intake, NEXT_COLLECTOR, FULL, "no room for another %s", group == NULL ? "group" : "node");
        return;
    }
    struct instance *instance = find_instance(intake, node, hello);
    if (instance == NULL) {
        INTAKE_REJECT(intake, RETRY, FULL, "too many samples wait for the disk, or memory is out");
        return;
    }
    attach(intake, node, instance, group, hello);
    /* What the agent no longer has and this collector never got was dropped, or else is with another collector. */
    note_missing(intake, hello->oldest_seq, hello->losses, hello->n_losses, wall_ms);
}

/* ---- Batch ---- */

/* How old the sample was when its batch was made, by the node's own clock that never steps. */
static int64_t age_ms(const struct batch *batch, const struct sample *sample)
{
    if (sample->uptime_ms >= batch->sent_uptime_ms)
        return 0;
    uint64_t age = batch->sent_uptime_ms - sample->uptime_ms;
    return age < (uint64_t)SAMPLE_AGE_MS_MAX ? (int64_t)age : SAMPLE_AGE_MS_MAX;
}

/* The node's wall clock beside ours, from a sample taken so long ago. */
static void note_clock(struct node *node, const struct sample *sample, int64_t age, int64_t wall_ms)
{
    node->skew_ms = sample->time_ms - (wall_ms - age);
    int64_t limit_ms = node->clock_off != 0 ? CLOCK_SKEW_MS_MIN : CLOCK_SKEW_MS_MAX;
    node->clock_off = (node->skew_ms > limit_ms) - (node->skew_ms < -limit_ms);
}

static void note_sample(struct node *node, const struct sample *sample, int64_t taken_ms)
{
    if (!node->reported || taken_ms > node->seen_ms)
        node->seen_ms = taken_ms;
    node->reported = true;
    ring_push(&node->ring, taken_ms, sample);
}

/* When a batch came: by both clocks, and how much later than the quickest ones. */
struct arrival {
    uint64_t now_ms;
    int64_t wall_ms;
    int64_t lateness_ms;
};

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
    int64_t age = age_ms(batch, sample) + arrival->lateness_ms;
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
    note_missing(intake, sample->seq, batch->losses, batch->loss_count, arrival->wall_ms);
    hub->account.samples++;
    instance->received_seq = sample->seq;
    intake->unacked++;
    note_clock(intake->node, sample, age, arrival->wall_ms);
    note_sample(intake->node, sample, (int64_t)arrival->now_ms - age);
    return true;
}

static void on_batch(struct intake *intake, const struct batch *batch, uint64_t now_ms, int64_t wall_ms)
{
    struct refusal refusal;

    if (!batch_ok(batch, &refusal)) {
        turn_away(intake, &refusal);
        return;
    }
    agent_account_take(&intake->instance->account, batch->account);
    struct arrival arrival = {.now_ms = now_ms, .wall_ms = wall_ms};
    arrival.lateness_ms = node_clock_lateness(&intake->instance->clock, batch->sent_uptime_ms, now_ms,
                                              (int64_t)SILENT_ACK_INTERVALS * intake->hub->ack_interval_ms);
    for (size_t i = 0; i < batch->count; i++)
        if (!take_sample(intake, batch, &batch->samples[i], &arrival))
            return;
    if (intake->unacked >= intake->hub->credit / 2)
        intake->hub->flush_now = true;
}

static void on_goodbye(struct intake *intake, const Headroom__Goodbye *goodbye, int64_t wall_ms)
{
    /* Told of, and not sent though all that is left was: the end of an earlier run, damaged in its spool. */
    if (!gap_fits(intake->hub, intake->instance, intake->newest_seq + 1)) {
        INTAKE_REJECT(intake, RETRY, FULL, "too many gaps wait for the disk");
        return;
    }
    note_missing(intake, intake->newest_seq + 1, goodbye->losses, goodbye->n_losses, wall_ms);
    intake->node->departed = goodbye->departure == HEADROOM__DEPARTURE__DEPARTURE_DRAINING;
    intake->instance->left = true;
    agent_account_take(&intake->instance->account, goodbye->account);
    intake->state = INTAKE_LEAVING;
    intake->ack_due = !instance_waits(intake->instance);
    intake->hub->flush_now = true;
}

/* ---- the conversation ---- */

static const char *body_name(Headroom__Frame__BodyCase body)
{
    switch (body) {
    case HEADROOM__FRAME__BODY_HELLO:
        return "Hello";
    case HEADROOM__FRAME__BODY_BATCH:
        return "Batch";
    case HEADROOM__FRAME__BODY_GOODBYE:
        return "Goodbye";
    default:
        return "a collector's message";
    }
}

/* Decodes a message into *batch if it is a Batch, into *frame otherwise. 0 or a negative errno. */
static int decode(struct intake_hub *hub, struct bytes message, Headroom__Frame__BodyCase *body,
                  Headroom__Frame **frame, struct batch *batch)
{
    *body = HEADROOM__FRAME__BODY_BATCH;
    if (batch_scan(hub->arena, message, batch)) {
        hub->account.batches_scanned++;
        return 0;
    }
    int rc = wire_decode(hub->arena, message, frame);
    if (rc == 0)
        *body = (*frame)->body_case;
    if (rc < 0 || *body != HEADROOM__FRAME__BODY_BATCH)
        return rc;
    hub->account.batches_decoded++;
    return batch_take(hub->arena, (*frame)->batch, batch);
}

static void on_message(struct intake *intake, struct bytes message, uint64_t now_ms, int64_t wall_ms)
{
    Headroom__Frame__BodyCase body = HEADROOM__FRAME__BODY__NOT_SET;
    Headroom__Frame *frame = NULL;
    struct batch batch;
    int rc = decode(intake->hub, message, &body, &frame, &batch);

    if (rc < 0) {
        INTAKE_REJECT(intake, RETRY, MALFORMED,
                      rc == -ENOBUFS ? "a message of %zu bytes unpacks to too much"
                                     : "a message of %zu bytes is not a valid Frame",
                      message.len);
        return;
    }
    intake->heard_ms = now_ms;
    bool greeting = intake->state == INTAKE_GREETING;
    if (intake->state == INTAKE_STREAMING && body == HEADROOM__FRAME__BODY_BATCH)
        on_batch(intake, &batch, now_ms, wall_ms);
    else if (greeting && body == HEADROOM__FRAME__BODY_HELLO)
        on_hello(intake, frame->hello, now_ms, wall_ms);
    else if (intake->state == INTAKE_STREAMING && body == HEADROOM__FRAME__BODY_GOODBYE)
        on_goodbye(intake, frame->goodbye, wall_ms);
    else
        INTAKE_REJECT(intake, RETRY, MALFORMED, "%s %s", body_name(body),
                      greeting ? "before Hello" : "where it does not belong");
}

void intake_receive(struct intake *intake, struct bytes input, uint64_t now_ms, int64_t wall_ms)
{
    struct bytes message;

    intake->findings = (struct intake_findings){0};
    /* A slow connection needs its time for a frame: its bytes are signs of life, as long as the frame gets done. */
    if (intake->state == INTAKE_STREAMING)
        intake->heard_ms = now_ms;
    bool begins = !frame_unfinished(&intake->reader);
    while (intake->state != INTAKE_REJECTED && intake->state != INTAKE_DONE) {
        int rc = frame_next(&intake->reader, &input, &message);
        if (rc == 0) {
            if (begins)
                intake->frame_since_ms = now_ms;
            return;
        }
        begins = true;
        if (rc == -EMSGSIZE)
            INTAKE_REJECT(intake, RETRY, MALFORMED, "a frame's length is 0 or above %u; is this a Headroom agent?",
                          FRAME_LEN_MAX);
        else if (rc < 0)
            INTAKE_REJECT(intake, NEXT_COLLECTOR, FULL, "out of memory");
        else
            on_message(intake, message, now_ms, wall_ms);
    }
}

void *intake_take_evicted(struct intake *intake)
{
    struct intake *evicted = intake->evicted;

    intake->evicted = NULL;
    return evicted != NULL ? evicted->owner : NULL;
}

void intake_end(struct intake *intake)
{
    if (frame_unfinished(&intake->reader))
        INTAKE_REJECT(intake, RETRY, MALFORMED, "the connection ended inside a frame");
}

static uint64_t silent_ms(const struct intake *intake)
{
    return intake->heard_ms + (uint64_t)SILENT_ACK_INTERVALS * intake->hub->ack_interval_ms;
}

uint64_t intake_due_ms(const struct intake *intake)
{
    if (intake->state == INTAKE_GREETING)
        return intake->heard_ms + GREETING_MS_MAX;
    if (intake->state != INTAKE_STREAMING)
        return UINT64_MAX;
    uint64_t idle_ms = silent_ms(intake);
    uint64_t frame_ms = frame_unfinished(&intake->reader) ? intake->frame_since_ms + FRAME_MS_MAX : UINT64_MAX;
    return idle_ms < frame_ms ? idle_ms : frame_ms;
}

void intake_want_ack(struct intake *intake)
{
    if (intake->state == INTAKE_STREAMING || intake->state == INTAKE_LEAVING)
        intake->ack_due = true;
}

void intake_tick(struct intake *intake, uint64_t now_ms)
{
    bool silent = now_ms >= intake_due_ms(intake);

    if (silent && intake->state == INTAKE_GREETING)
        INTAKE_REJECT(intake, RETRY, IDLE, "no Hello within %u s", GREETING_MS_MAX / 1000);
    else if (silent && now_ms < silent_ms(intake))
        INTAKE_REJECT(intake, RETRY, IDLE, "a frame is not whole after %u s", FRAME_MS_MAX / 1000);
    else if (silent)
        INTAKE_REJECT(intake, RETRY, IDLE, "nothing heard for %llu s",
                      (unsigned long long)(now_ms - intake->heard_ms) / 1000);
    else
        intake_want_ack(intake);
}

bool intake_take_flush_now(struct intake_hub *hub)
{
    bool flush_now = hub->flush_now;

    hub->flush_now = false;
    return flush_now;
}

void intake_stored(struct intake *intake)
{
    if (intake->state == INTAKE_LEAVING || intake->unacked >= intake->hub->credit / 2)
        intake->ack_due = true;
}

/* ---- answers ---- */

static size_t produce_welcome(struct intake *intake, uint8_t *buf, size_t size)
{
    Headroom__Welcome welcome = HEADROOM__WELCOME__INIT;
    Headroom__Frame frame = HEADROOM__FRAME__INIT;

    welcome.version = intake->version;
    welcome.resume_seq = intake->instance->received_seq;
    welcome.stored_seq = intake->instance->stored_seq;
    welcome.credit = intake->hub->credit;
    welcome.ack_interval_ms = intake->hub->ack_interval_ms;
    welcome.frame_len_max = FRAME_LEN_MAX;
    welcome.batch_samples_max = BATCH_SAMPLES_MAX;
    welcome.held = intake->hub->held;
    frame.body_case = HEADROOM__FRAME__BODY_WELCOME;
    frame.welcome = &welcome;
    intake->welcome_due = false;
    intake->unacked = intake->instance->pending;
    return wire_encode(&frame, buf, size);
}

static size_t produce_ack(struct intake *intake, uint8_t *buf, size_t size)
{
    Headroom__Ack ack = HEADROOM__ACK__INIT;
    Headroom__Frame frame = HEADROOM__FRAME__INIT;
    bool last = intake->state == INTAKE_LEAVING && !instance_waits(intake->instance);

    ack.stored_seq = intake->instance->stored_seq;
    ack.credit = intake->hub->credit;
    ack.held = intake->hub->held;
    ack.has_last = last;
    ack.last = last;
    frame.body_case = HEADROOM__FRAME__BODY_ACK;
    frame.ack = &ack;
    intake->ack_due = false;
    intake->unacked = intake->instance->pending;
    intake->hub->account.acks++;
    if (last) {
        agent_account_settle(&intake->instance->account);
        intake->state = INTAKE_DONE;
        intake_detach(intake);
    }
    return wire_encode(&frame, buf, size);
}

static size_t produce_reject(struct intake *intake, uint8_t *buf, size_t size)
{
    Headroom__Reject reject = HEADROOM__REJECT__INIT;
    Headroom__Frame frame = HEADROOM__FRAME__INIT;

    reject.action = intake->reject.action;
    reject.has_code = true;
    reject.code = intake->reject.code;
    reject.text = intake->reject.text;
    frame.body_case = HEADROOM__FRAME__BODY_REJECT;
    frame.reject = &reject;
    intake->state = INTAKE_DONE;
    return wire_encode(&frame, buf, size);
}

size_t intake_produce(struct intake *intake, uint8_t *buf, size_t size)
{
    if (intake->state == INTAKE_REJECTED)
        return produce_reject(intake, buf, size);
    if (intake->state == INTAKE_DONE || intake->instance == NULL)
        return 0;
    if (intake->welcome_due)
        return produce_welcome(intake, buf, size);
    if (intake->ack_due)
        return produce_ack(intake, buf, size);
    return 0;
}

bool intake_done(const struct intake *intake)
{
    return intake->state == INTAKE_DONE;
}
