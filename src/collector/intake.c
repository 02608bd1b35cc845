#include "collector/intake.h"

#include "collector/csv.h"
#include "common/parse.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void intake_init(struct intake *intake, struct intake_hub *hub, void *owner, uint64_t now_ms)
{
    *intake = (struct intake){.hub = hub, .owner = owner, .heard_ms = now_ms};
}

void intake_detach(struct intake *intake)
{
    frame_reader_deinit(&intake->reader);
    if (intake->instance != NULL) {
        intake->hub->streaming--;
        backlog_orphan(intake->hub->backlog, intake->instance, intake);
        if (intake->node->intake == intake)
            intake->node->intake = NULL;
    }
    intake->node = NULL;
    intake->instance = NULL;
}

void intake_reject(struct intake *intake, Headroom__Action action, Headroom__RejectCode code, const char *format, ...)
{
    va_list arguments;

    if (intake->state == INTAKE_REJECTED || intake->state == INTAKE_DONE)
        return;
    va_start(arguments, format);
    vsnprintf(intake->reject.text, sizeof intake->reject.text, format, arguments);
    va_end(arguments);
    parse_to_ascii(intake->reject.text);
    intake->reject.action = action;
    intake->reject.code = code;
    intake->state = INTAKE_REJECTED;
    intake->hub->account.rejected++;
    intake_detach(intake);
}

#define REJECT(intake, action, code, ...)                                                                              \
    intake_reject(intake, HEADROOM__ACTION__ACTION_##action, HEADROOM__REJECT_CODE__REJECT_CODE_##code, __VA_ARGS__)

/* ---- Hello ---- */

/* Takes the same time wherever the first difference is. */
static bool token_ok(const char *wanted, const char *given)
{
    size_t wanted_len = strlen(wanted);
    size_t given_len = strlen(given);
    unsigned difference = wanted_len != given_len;

    for (size_t i = 0; i < given_len; i++)
        difference |= (unsigned)(given[i] ^ wanted[i % (wanted_len + 1)]);
    return difference == 0;
}

static bool check_hello(struct intake *intake, const Headroom__Hello *hello)
{
    const char *token = hello->token != NULL ? hello->token : "";

    if (hello->version < WIRE_VERSION_MIN)
        REJECT(intake, RETRY_SLOWLY, VERSION, "protocol version %u is too old; this collector speaks %u to %u",
               hello->version, WIRE_VERSION_MIN, WIRE_VERSION);
    else if (intake->hub->token[0] != '\0' && !token_ok(intake->hub->token, token))
        REJECT(intake, RETRY_SLOWLY, TOKEN, "the token is %s; give the agent the collector's --token-file",
               token[0] == '\0' ? "missing" : "wrong");
    else if (!parse_name_ok(hello->node_id, strlen(hello->node_id)))
        REJECT(intake, RETRY_SLOWLY, IDENTITY, "node id \"%.140s\" is not of the form [A-Za-z0-9][A-Za-z0-9._-]{0,127}",
               hello->node_id);
    else if (!parse_name_ok(hello->group, strlen(hello->group)))
        REJECT(intake, RETRY_SLOWLY, IDENTITY, "group \"%.140s\" is not of the form [A-Za-z0-9][A-Za-z0-9._-]{0,127}",
               hello->group);
    else if (hello->instance == 0)
        REJECT(intake, RETRY_SLOWLY, IDENTITY, "instance is 0; it must be random and not 0");
    else if (hello->interval_ms < INTERVAL_MS_MIN || hello->interval_ms > INTERVAL_MS_MAX)
        REJECT(intake, RETRY_SLOWLY, IDENTITY, "interval_ms is %u; %u to %u is allowed", hello->interval_ms,
               INTERVAL_MS_MIN, INTERVAL_MS_MAX);
    else if (hello->n_losses > LOSSES_MAX)
        REJECT(intake, RETRY, MALFORMED, "%zu losses; %u are allowed", hello->n_losses, LOSSES_MAX);
    else if (hello->oldest_seq == 0 || hello->newest_seq > INT64_MAX || hello->oldest_seq > hello->newest_seq + 1)
        REJECT(intake, RETRY, MALFORMED, "oldest_seq %llu and newest_seq %llu do not fit together",
               (unsigned long long)hello->oldest_seq, (unsigned long long)hello->newest_seq);
    return intake->state != INTAKE_REJECTED;
}

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
        REJECT(intake, RETRY, TWIN, "another live agent speaks for node %s; two agents share one --node-id", node->id);
        return false;
    }
    REJECT(old, RETRY, TAKEN_OVER, "a newer connection speaks for node %s", node->id);
    intake->evicted = old;
    return true;
}

/* All agents together must not have more in flight than a half of the backlog holds. The rows that the instance has in
 * it already are in the credit that it gets. */
static bool has_room(const struct intake_hub *hub, const struct instance *instance)
{
    uint64_t orphans = hub->backlog->orphans - instance->pending;

    return ((uint64_t)hub->streaming + 1) * hub->credit + orphans <= hub->backlog->capacity;
}

static uint64_t overlap(const Headroom__Loss *loss, uint64_t first_seq, uint64_t last_seq)
{
    uint64_t first = loss->first_seq > first_seq ? loss->first_seq : first_seq;
    uint64_t last = loss->last_seq < last_seq ? loss->last_seq : last_seq;

    return first <= last ? last - first + 1 : 0;
}

/* All up to it was received, or is counted as missing. */
static uint64_t known_seq(const struct instance *instance)
{
    return instance->received_seq > instance->missing_seq ? instance->received_seq : instance->missing_seq;
}

/* What the agent no longer has and this collector never got: dropped, or else stored by another collector. */
static void account_gap(struct intake *intake, const Headroom__Hello *hello)
{
    struct instance *instance = intake->instance;
    struct intake_account *account = &intake->hub->account;

    uint64_t first_seq = known_seq(instance) + 1;
    uint64_t last_seq = hello->oldest_seq - 1;

    if (last_seq < first_seq)
        return;
    uint64_t missing = last_seq - first_seq + 1;
    uint64_t dropped = 0;
    for (size_t i = 0; i < hello->n_losses; i++) {
        dropped += overlap(hello->losses[i], first_seq, last_seq);
        if (dropped > missing) /* losses that overlap; and so the sum never wraps */
            dropped = missing;
    }
    account->gaps_dropped += dropped;
    account->gaps_elsewhere += missing - dropped;
    instance->missing_seq = last_seq;
}

static void take_account(struct node *node, const Headroom__Account *account)
{
    if (account == NULL)
        return;
    node->account.produced = account->produced;
    node->account.acknowledged = account->acknowledged;
    node->account.dropped = account->dropped_outbox_full + account->dropped_spool_damaged;
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
    node->group = group;
    node->cores = hello->has_cores ? hello->cores : 0;
    node->memory_bytes = hello->has_memory_bytes ? hello->memory_bytes : 0;
    node->departed = false;
    take_account(node, hello->account);
    account_gap(intake, hello);
}

static void on_hello(struct intake *intake, const Headroom__Hello *hello, uint64_t now_ms)
{
    struct registry *registry = intake->hub->registry;

    if (!check_hello(intake, hello) ||
        !take_over(intake, registry_find_node(registry, hello->node_id), hello->instance, now_ms))
        return;
    struct group *group = registry_group(registry, hello->group);
    struct node *node =
        group != NULL ? registry_node(registry, hello->node_id, hello->interval_ms, (int64_t)now_ms) : NULL;
    if (node == NULL) {
        REJECT(intake, NEXT_COLLECTOR, FULL, "no room for another %s", group == NULL ? "group" : "node");
        return;
    }
    struct instance *instance = registry_instance(node, hello->instance);
    node->interval_ms = hello->interval_ms;
    if (instance == NULL || !has_room(intake->hub, instance) || registry_ready_ring(registry, node) < 0) {
        REJECT(intake, RETRY, FULL, "too many samples wait for the disk, or memory is out");
        return;
    }
    attach(intake, node, instance, group, hello);
}

/* ---- Batch ---- */

static bool check_batch(struct intake *intake, const Headroom__Batch *batch)
{
    uint64_t last_seq = 0;

    if (batch->n_samples > BATCH_SAMPLES_MAX) {
        REJECT(intake, RETRY, MALFORMED, "%zu samples in a batch; %u are allowed", batch->n_samples, BATCH_SAMPLES_MAX);
        return false;
    }
    for (size_t i = 0; i < batch->n_samples; i++) {
        uint64_t seq = batch->samples[i]->seq;
        if (seq <= last_seq || seq > INT64_MAX) {
            REJECT(intake, RETRY, MALFORMED, "seq goes from %llu to %llu inside a batch; it must ascend from 1",
                   (unsigned long long)last_seq, (unsigned long long)seq);
            return false;
        }
        last_seq = seq;
    }
    return true;
}

/* How long ago the sample was taken, by the node's own clock that never steps. */
static int64_t age_ms(const Headroom__Batch *batch, const struct sample *sample)
{
    if (sample->uptime_ms >= batch->sent_uptime_ms)
        return 0;
    uint64_t age = batch->sent_uptime_ms - sample->uptime_ms;
    return age < (uint64_t)SAMPLE_AGE_MS_MAX ? (int64_t)age : SAMPLE_AGE_MS_MAX;
}

static void note_sample(struct node *node, const struct sample *sample, int64_t taken_ms)
{
    if (!node->reported || taken_ms > node->seen_ms)
        node->seen_ms = taken_ms;
    node->reported = true;
    ring_push(&node->ring, taken_ms, sample);
}

static bool take_sample(struct intake *intake, const Headroom__Batch *batch, size_t i, uint64_t now_ms, int64_t wall_ms)
{
    struct intake_hub *hub = intake->hub;
    struct instance *instance = intake->instance;
    struct sample sample;

    wire_get_sample(batch->samples[i], &sample);
    if (sample.seq <= instance->received_seq) {
        hub->account.duplicates++;
        return true;
    }
    if (instance->pending >= hub->credit) {
        REJECT(intake, RETRY, CREDIT_EXCEEDED, "more than %u samples in flight", hub->credit);
        return false;
    }
    int64_t age = age_ms(batch, &sample);
    hub->account.bad_values += sample_clean(&sample);
    if (sample.time_ms < 0 || sample.time_ms > CSV_TIME_MS_MAX) {
        sample.time_ms = wall_ms > age ? wall_ms - age : 0;
        hub->account.bad_values++;
    }
    if (!backlog_add(hub->backlog, instance, intake->node->group, &sample)) {
        REJECT(intake, RETRY, FULL, "too many samples wait for the disk");
        return false;
    }
    if (sample.seq > known_seq(instance) + 1)
        hub->account.gaps_dropped += sample.seq - known_seq(instance) - 1;
    hub->account.samples++;
    instance->received_seq = sample.seq;
    intake->unacked++;
    note_sample(intake->node, &sample, (int64_t)now_ms - age);
    return true;
}

static void on_batch(struct intake *intake, const Headroom__Batch *batch, uint64_t now_ms, int64_t wall_ms)
{
    if (!check_batch(intake, batch))
        return;
    take_account(intake->node, batch->account);
    for (size_t i = 0; i < batch->n_samples; i++)
        if (!take_sample(intake, batch, i, now_ms, wall_ms))
            return;
    if (intake->unacked >= intake->hub->credit / 2)
        intake->hub->hurry = true;
}

static void on_goodbye(struct intake *intake, const Headroom__Goodbye *goodbye)
{
    intake->node->departed = goodbye->departure == HEADROOM__DEPARTURE__DEPARTURE_DRAINING;
    intake->state = INTAKE_LEAVING;
    intake->ack_due = intake->instance->pending == 0;
    intake->hub->hurry = true;
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

static void on_message(struct intake *intake, struct bytes message, uint64_t now_ms, int64_t wall_ms)
{
    Headroom__Frame *frame = NULL;
    int rc = wire_decode(intake->hub->arena, message, &frame);

    if (rc < 0) {
        REJECT(intake, RETRY, MALFORMED,
               rc == -ENOBUFS ? "a message of %zu bytes unpacks to too much"
                              : "a message of %zu bytes is not a valid Frame",
               message.len);
        return;
    }
    intake->heard_ms = now_ms;
    bool greeting = intake->state == INTAKE_GREETING;
    if (greeting && frame->body_case == HEADROOM__FRAME__BODY_HELLO)
        on_hello(intake, frame->hello, now_ms);
    else if (intake->state == INTAKE_STREAMING && frame->body_case == HEADROOM__FRAME__BODY_BATCH)
        on_batch(intake, frame->batch, now_ms, wall_ms);
    else if (intake->state == INTAKE_STREAMING && frame->body_case == HEADROOM__FRAME__BODY_GOODBYE)
        on_goodbye(intake, frame->goodbye);
    else
        REJECT(intake, RETRY, MALFORMED, "%s %s", body_name(frame->body_case),
               greeting ? "before Hello" : "where it does not belong");
}

void intake_receive(struct intake *intake, struct bytes input, uint64_t now_ms, int64_t wall_ms)
{
    struct bytes message;

    while (intake->state != INTAKE_REJECTED && intake->state != INTAKE_DONE) {
        int rc = frame_next(&intake->reader, &input, &message);
        if (rc == 0)
            return;
        if (rc == -EMSGSIZE)
            REJECT(intake, RETRY, MALFORMED, "a frame's length is 0 or above %u; is this a Headroom agent?",
                   FRAME_LEN_MAX);
        else if (rc < 0)
            REJECT(intake, NEXT_COLLECTOR, FULL, "out of memory");
        else
            on_message(intake, message, now_ms, wall_ms);
    }
}

void intake_end(struct intake *intake)
{
    if (frame_unfinished(&intake->reader))
        REJECT(intake, RETRY, MALFORMED, "the connection ended inside a frame");
}

void intake_tick(struct intake *intake, uint64_t now_ms)
{
    uint64_t patience_ms = (uint64_t)SILENT_ACK_INTERVALS * intake->hub->ack_interval_ms;

    if (intake->state == INTAKE_GREETING && now_ms - intake->heard_ms >= GREETING_MS_MAX)
        REJECT(intake, RETRY, IDLE, "no Hello within %u s", GREETING_MS_MAX / 1000);
    else if (intake->state == INTAKE_STREAMING && now_ms - intake->heard_ms >= patience_ms)
        REJECT(intake, RETRY, IDLE, "nothing heard for %llu s", (unsigned long long)patience_ms / 1000);
    else if (intake->state == INTAKE_STREAMING || intake->state == INTAKE_LEAVING)
        intake->ack_due = true;
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

    ack.stored_seq = intake->instance->stored_seq;
    ack.credit = intake->hub->credit;
    ack.held = intake->hub->held;
    frame.body_case = HEADROOM__FRAME__BODY_ACK;
    frame.ack = &ack;
    intake->ack_due = false;
    intake->unacked = intake->instance->pending;
    if (intake->state == INTAKE_LEAVING && intake->instance->pending == 0) {
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
