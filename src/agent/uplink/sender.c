#include "agent/uplink/sender.h"

#include "agent/uplink/outbox_message.h"
#include "common/parse.h"
#include "common/u64.h"
#include "common/uint.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STALLED_MS 2000U /* without an acknowledgement */

int sender_init(struct sender *sender, const struct sender_identity *identity, struct outbox *outbox,
                struct wire_arena *arena)
{
    *sender = (struct sender){.identity = *identity, .outbox = outbox, .arena = arena};
    send_pace_init(&sender->pace, identity->node_id, identity->interval_ms);
    sender->messages = calloc(SEND_SAMPLES_MAX, sizeof *sender->messages);
    sender->message_pointers = calloc(SEND_SAMPLES_MAX, sizeof(Headroom__Sample *));
    if (sender->messages == NULL || sender->message_pointers == NULL) {
        sender_deinit(sender);
        return -ENOMEM;
    }
    for (size_t i = 0; i < SEND_SAMPLES_MAX; i++)
        sender->message_pointers[i] = &sender->messages[i];
    return 0;
}

void sender_deinit(struct sender *sender)
{
    frame_reader_deinit(&sender->reader);
    free(sender->messages);
    free(sender->message_pointers);
    sender->messages = NULL;
    sender->message_pointers = NULL;
}

void sender_speak_for(struct sender *sender, struct outbox *outbox, bool past)
{
    sender->outbox = outbox;
    sender->past = past;
}

bool sender_set_node(struct sender *sender, uint32_t cpu_milli, uint64_t memory_bytes)
{
    struct sender_identity *identity = &sender->identity;
    bool more_or_fewer = cpu_milli > 0 && cpu_milli != identity->cpu_milli;
    uint64_t least = identity->memory_bytes / 100;
    bool larger_or_smaller = memory_bytes > identity->memory_bytes + least ||
                             (memory_bytes > 0 && memory_bytes + least < identity->memory_bytes);

    if (more_or_fewer)
        identity->cpu_milli = cpu_milli;
    if (larger_or_smaller)
        identity->memory_bytes = memory_bytes;
    sender->resized = sender->resized || more_or_fewer || larger_or_smaller;
    return more_or_fewer || larger_or_smaller;
}

void sender_set_place(struct sender *sender, uint32_t place)
{
    sender->place = place;
}

void sender_open(struct sender *sender, uint64_t now_ms)
{
    frame_reader_init(&sender->reader);
    sender->state = SENDER_GREETING;
    sender->settled = false;
    sender->heard_ms = now_ms;
    sender->sent_ms = now_ms;
    sender->account_ms = now_ms;
}

void sender_close(struct sender *sender)
{
    frame_reader_deinit(&sender->reader);
    sender->state = SENDER_CLOSED;
}

static uint64_t in_flight(const struct sender *sender)
{
    uint64_t settled_seq = u64_max(sender->base_seq, sender->stored_seq);

    return sender->sent_seq > settled_seq ? sender->sent_seq - settled_seq : 0;
}

/* ---- receiving ---- */

static enum sender_event take_ack(struct sender *sender, uint64_t stored_seq, uint32_t credit, bool held)
{
    if (stored_seq > sender->sent_seq)
        return SENDER_BROKEN;
    if (stored_seq > sender->stored_seq)
        sender->progress_ms = sender->heard_ms;
    sender->stored_seq = u64_max(sender->stored_seq, stored_seq);
    sender->credit = credit;
    sender->held = held;
    outbox_ack(sender->outbox, stored_seq);
    return SENDER_ACK;
}

/* With a quarter of the credit, the next reports need not wait for the Ack of this one; with a quarter of the outbox,
 * no sample is dropped because it waits. */
static void take_pace(struct sender *sender, uint32_t report_ms)
{
    uint64_t room = u64_min(sender->credit, sender->outbox->capacity) / 4;

    send_pace_set(&sender->pace, report_ms, sender->ack_interval_ms,
                  uint_min((uint32_t)room, sender->batch_samples_max));
}

static enum sender_event on_welcome(struct sender *sender, const Headroom__Welcome *welcome)
{
    if (welcome->version < WIRE_VERSION_MIN || welcome->version > WIRE_VERSION || welcome->ack_interval_ms == 0 ||
        welcome->stored_seq > welcome->resume_seq || welcome->batch_samples_max == 0 ||
        welcome->frame_len_max < BATCH_REST_LEN_MAX + SAMPLE_LEN_MAX)
        return SENDER_BROKEN;
    /* A power cut may have taken the end of an earlier run after the collector received it: then all is received. */
    if (welcome->resume_seq > sender->outbox->newest_seq && !sender->past)
        return SENDER_AHEAD;

    uint32_t fitting = (welcome->frame_len_max - BATCH_REST_LEN_MAX) / SAMPLE_LEN_MAX;
    sender->batch_samples_max = welcome->batch_samples_max;
    if (sender->batch_samples_max > fitting)
        sender->batch_samples_max = fitting;
    if (sender->batch_samples_max > SEND_SAMPLES_MAX)
        sender->batch_samples_max = SEND_SAMPLES_MAX;
    sender->ack_interval_ms = welcome->ack_interval_ms;
    sender->takes_readings = welcome->has_takes_readings && welcome->takes_readings;
    sender->reading_seq = 0;
    sender->progress_ms = sender->heard_ms;
    sender->protects_due = sender->has_protected;
    outbox_set_rejected(sender->outbox, false);
    sender->base_seq = 0;
    sender->stored_seq = 0;
    sender->sent_seq = welcome->resume_seq;
    outbox_resume(sender->outbox, welcome->resume_seq);
    take_ack(sender, welcome->stored_seq, welcome->credit, welcome->held);
    send_pace_begin(&sender->pace);
    take_pace(sender, welcome->report_ms);
    sender->state = SENDER_STREAMING;
    return SENDER_WELCOME;
}

/* Whether an operator has to fix something before the collector takes this agent's samples. */
static bool is_refusal(int code)
{
    return code != HEADROOM__REJECT_CODE__REJECT_CODE_STOPPING &&
           code != HEADROOM__REJECT_CODE__REJECT_CODE_TAKEN_OVER && code != HEADROOM__REJECT_CODE__REJECT_CODE_FULL &&
           code != HEADROOM__REJECT_CODE__REJECT_CODE_IDLE;
}

static enum sender_event on_reject(struct sender *sender, const Headroom__Reject *reject)
{
    sender->reject.action = reject->action;
    sender->reject.code = reject->has_code ? (int)reject->code : 0;
    snprintf(sender->reject.text, sizeof sender->reject.text, "%s", reject->text != NULL ? reject->text : "");
    parse_to_ascii(sender->reject.text);
    outbox_set_rejected(sender->outbox, is_refusal(sender->reject.code));
    return SENDER_REJECTED;
}

static enum sender_event on_ack(struct sender *sender, const Headroom__Ack *ack)
{
    enum sender_event event = take_ack(sender, ack->stored_seq, ack->credit, ack->held);

    take_pace(sender, ack->report_ms);
    sender->settled = sender->state == SENDER_LEFT && ack->last;
    return event == SENDER_ACK && sender->past && sender_done(sender) ? SENDER_PAST : event;
}

static enum sender_event on_message(struct sender *sender, struct bytes message)
{
    Headroom__Frame *frame = NULL;

    if (wire_decode(sender->arena, message, &frame) < 0)
        return SENDER_BROKEN;
    switch (frame->body_case) {
    case HEADROOM__FRAME__BODY_REJECT:
        return on_reject(sender, frame->reject);
    case HEADROOM__FRAME__BODY_WELCOME:
        return sender->state == SENDER_WAITING ? on_welcome(sender, frame->welcome) : SENDER_BROKEN;
    case HEADROOM__FRAME__BODY_ACK:
        if (sender->state != SENDER_STREAMING && sender->state != SENDER_LEFT)
            return SENDER_BROKEN;
        return on_ack(sender, frame->ack);
    default:
        return SENDER_BROKEN;
    }
}

enum sender_event sender_receive(struct sender *sender, struct bytes *input, uint64_t now_ms)
{
    struct bytes message;
    int rc = frame_next(&sender->reader, input, &message);

    if (rc < 0)
        return rc == -ENOMEM ? SENDER_NO_MEMORY : SENDER_BROKEN;
    if (rc == 0)
        return SENDER_NOTHING;
    sender->heard_ms = now_ms;
    return on_message(sender, message);
}

/* ---- sending ---- */

static size_t produce_hello(struct sender *sender, uint8_t *buf, size_t size)
{
    size_t length = hello_message_encode(&sender->identity, sender->place, sender->outbox, buf, size);

    sender->reported_seq = sender->outbox->oldest_seq - 1;
    sender->resized = false;
    sender->state = SENDER_WAITING;
    return length;
}

static size_t produce_goodbye(struct sender *sender, Headroom__Departure departure, uint8_t *buf, size_t size)
{
    Headroom__Goodbye goodbye = HEADROOM__GOODBYE__INIT;
    Headroom__Account account;
    Headroom__Frame frame = HEADROOM__FRAME__INIT;
    struct outbox_losses losses;

    outbox_message_account(sender->outbox, &account);
    goodbye.account = &account;
    outbox_message_losses(sender->outbox, sender->reported_seq, &losses);
    goodbye.n_losses = losses.count;
    goodbye.losses = losses.pointers;
    goodbye.departure = departure;
    goodbye.has_reboots = sender->reboots && departure == HEADROOM__DEPARTURE__DEPARTURE_RESTARTING;
    goodbye.reboots = sender->reboots;
    frame.body_case = HEADROOM__FRAME__BODY_GOODBYE;
    frame.goodbye = &goodbye;
    sender->state = SENDER_LEFT;
    return wire_encode(&frame, buf, size);
}

/* How many of the samples behind sent_seq may be sent now. Samples that were dropped unsent, and holes, leave a gap. It
 * is skipped only when nothing is in flight, so that the number of samples in flight stays a difference of two seqs. */
static unsigned count_sendable(struct sender *sender)
{
    const struct outbox *outbox = sender->outbox;

    uint64_t next_seq = outbox_next(outbox, sender->sent_seq + 1);
    if (next_seq > sender->sent_seq + 1) {
        if (in_flight(sender) > 0)
            return 0;
        sender->base_seq = next_seq - 1;
        sender->sent_seq = next_seq - 1;
    }
    uint64_t flying = in_flight(sender);
    uint64_t room = sender->credit > flying ? sender->credit - flying : 0;
    uint64_t most = room < sender->batch_samples_max ? room : sender->batch_samples_max;
    return outbox_stretch(outbox, next_seq, (unsigned)most);
}

/* The node's size, once after it has changed. */
static void put_node(struct sender *sender, Headroom__Batch *batch)
{
    const struct sender_identity *identity = &sender->identity;

    if (!sender->resized)
        return;
    sender->resized = false;
    batch->has_cores = batch->has_cpu_milli = identity->cpu_milli > 0;
    batch->cores = hello_message_cores(identity->cpu_milli);
    batch->cpu_milli = identity->cpu_milli;
    batch->has_memory_bytes = identity->memory_bytes > 0;
    batch->memory_bytes = identity->memory_bytes;
}

static size_t produce_batch(struct sender *sender, unsigned count, uint64_t now_ms, uint64_t uptime_ms, uint8_t *buf,
                            size_t size)
{
    Headroom__Batch batch = HEADROOM__BATCH__INIT;
    Headroom__Frame frame = HEADROOM__FRAME__INIT;
    Headroom__Account account;
    struct outbox_losses losses;
    uint64_t last_seq = sender->sent_seq + count;

    for (unsigned i = 0; i < count; i++)
        wire_put_sample(outbox_get(sender->outbox, sender->sent_seq + 1 + i), &sender->messages[i]);
    batch.sent_uptime_ms = uptime_ms;
    batch.n_samples = count;
    batch.samples = sender->message_pointers;
    outbox_message_losses(sender->outbox, sender->reported_seq, &losses);
    batch.n_losses = losses.count;
    batch.losses = losses.pointers;
    sender->outbox->account.sent += count;
    if (count > 0)
        send_pace_note_sent(&sender->pace, outbox_get(sender->outbox, last_seq));
    /* At least once per ack interval; the next batch might be too late for that. */
    if (count == 0 || now_ms - sender->account_ms >= sender->ack_interval_ms / 2) {
        outbox_message_account(sender->outbox, &account);
        batch.account = &account;
        sender->account_ms = now_ms;
    }
    put_node(sender, &batch);
    batch.has_protects = sender->protects_due;
    batch.protects = sender->protects;
    sender->protects_due = false;
    frame.body_case = HEADROOM__FRAME__BODY_BATCH;
    frame.batch = &batch;
    sender->sent_ms = now_ms;
    sender->sent_seq = last_seq;
    sender->reported_seq = u64_max(sender->reported_seq, last_seq);
    outbox_sent(sender->outbox, sender->sent_seq);
    return wire_encode(&frame, buf, size);
}

/* Whether the newest sample should be read before it can be sent: it follows the last one that the collector has got,
 * or nothing was acknowledged for some time. */
static bool wants_reading(const struct sender *sender, uint64_t now_ms)
{
    uint64_t newest_seq = sender->outbox->newest_seq;
    uint64_t known_seq = u64_max(sender->sent_seq, sender->reading_seq);

    return sender->takes_readings && !sender->past && newest_seq > known_seq &&
           (newest_seq == known_seq + 1 || now_ms - sender->progress_ms >= STALLED_MS);
}

/* Each sample only once, so at most one in an interval. */
static size_t produce_reading(struct sender *sender, uint64_t now_ms, uint64_t uptime_ms, uint8_t *buf, size_t size)
{
    Headroom__Reading reading = HEADROOM__READING__INIT;
    Headroom__Frame frame = HEADROOM__FRAME__INIT;
    uint64_t newest_seq = sender->outbox->newest_seq;

    if (!wants_reading(sender, now_ms) || outbox_next(sender->outbox, newest_seq) != newest_seq)
        return 0;
    wire_put_sample(outbox_get(sender->outbox, newest_seq), &sender->messages[0]);
    reading.sent_uptime_ms = uptime_ms;
    reading.sample = &sender->messages[0];
    frame.body_case = HEADROOM__FRAME__BODY_READING;
    frame.reading = &reading;
    sender->reading_seq = newest_seq;
    return wire_encode(&frame, buf, size);
}

static Headroom__Departure departure_of(const struct sender *sender)
{
    return sender->past ? HEADROOM__DEPARTURE__DEPARTURE_RESTARTING : sender->departure;
}

/* A collector that takes no readings does not know this departure either, and would count what was not sent as missing.
 */
size_t sender_produce_moved(struct sender *sender, uint8_t *buf, size_t size)
{
    if (sender->state != SENDER_STREAMING || !sender->takes_readings)
        return 0;
    return produce_goodbye(sender, HEADROOM__DEPARTURE__DEPARTURE_MOVED, buf, size);
}

/* How long after the last frame the next one is due, whatever there is to send. */
static uint32_t idle_ms(const struct sender *sender)
{
    return uint_max(sender->ack_interval_ms, send_pace_limit_ms(&sender->pace));
}

/* An earlier run has no more samples to wait for, and an agent that leaves takes none. */
static bool is_report_due(const struct sender *sender, uint64_t now_ms)
{
    uint64_t newest_seq = sender->outbox->newest_seq;

    return sender->leaving || sender->past || now_ms - sender->sent_ms >= idle_ms(sender) ||
           send_pace_is_due(&sender->pace, sender->sent_seq, newest_seq, outbox_get(sender->outbox, newest_seq));
}

static size_t produce_streaming(struct sender *sender, uint64_t now_ms, uint64_t uptime_ms, uint8_t *buf, size_t size)
{
    unsigned count = count_sendable(sender);

    if (count > 0 && !sender->protects_due && !is_report_due(sender, now_ms))
        return 0;
    if (count > 0 || sender->protects_due || now_ms - sender->sent_ms >= idle_ms(sender))
        return produce_batch(sender, count, now_ms, uptime_ms, buf, size);
    if ((sender->leaving || sender->past) && sender->sent_seq >= sender->outbox->newest_seq)
        return produce_goodbye(sender, departure_of(sender), buf, size);
    return produce_reading(sender, now_ms, uptime_ms, buf, size);
}

size_t sender_produce(struct sender *sender, uint64_t now_ms, uint64_t uptime_ms, uint8_t *buf, size_t size)
{
    size_t length = 0;

    if (sender->state == SENDER_GREETING) {
        length = produce_hello(sender, buf, size);
        sender->sent_ms = now_ms;
    } else if (sender->state == SENDER_STREAMING)
        length = produce_streaming(sender, now_ms, uptime_ms, buf, size);
    return length;
}

/* ---- deadlines ---- */

static uint64_t dead_ms(const struct sender *sender)
{
    if (sender->state == SENDER_GREETING || sender->state == SENDER_WAITING)
        return sender->heard_ms + GREETING_MS_MAX;
    return sender->heard_ms + (uint64_t)SILENT_ACK_INTERVALS * sender->ack_interval_ms +
           send_pace_limit_ms(&sender->pace);
}

uint64_t sender_due_ms(const struct sender *sender)
{
    if (sender->state == SENDER_CLOSED)
        return UINT64_MAX;
    uint64_t due_ms = dead_ms(sender);
    if (sender->state == SENDER_STREAMING && sender->sent_ms + idle_ms(sender) < due_ms)
        due_ms = sender->sent_ms + idle_ms(sender);
    return due_ms;
}

bool sender_dead(const struct sender *sender, uint64_t now_ms)
{
    return sender->state != SENDER_CLOSED && now_ms >= dead_ms(sender);
}

void sender_protect(struct sender *sender, bool protects)
{
    sender->protects_due = sender->protects_due || sender->protects != protects;
    sender->has_protected = sender->has_protected || protects;
    sender->protects = protects;
}

void sender_note_reboot(struct sender *sender)
{
    sender->reboots = true;
}

void sender_leave(struct sender *sender, Headroom__Departure departure)
{
    sender->leaving = true;
    sender->departure = departure;
}

bool sender_done(const struct sender *sender)
{
    return sender->settled && in_flight(sender) == 0;
}

bool sender_leaving(const struct sender *sender)
{
    return sender->leaving;
}

/* ---- questions ---- */

bool sender_connected(const struct sender *sender)
{
    return sender->state != SENDER_CLOSED;
}

bool sender_greets(const struct sender *sender)
{
    return sender->state == SENDER_GREETING || sender->state == SENDER_WAITING;
}

bool sender_streaming(const struct sender *sender)
{
    return sender->state == SENDER_STREAMING;
}

struct outbox *sender_outbox(const struct sender *sender)
{
    return sender->outbox;
}

uint64_t sender_stored_seq(const struct sender *sender)
{
    return sender->stored_seq;
}

const struct sender_reject *sender_reject(const struct sender *sender)
{
    return &sender->reject;
}
