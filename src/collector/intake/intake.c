#include "collector/intake/intake.h"

#include "collector/intake/intake_account.h"
#include "collector/intake/intake_answers.h"
#include "collector/intake/intake_hello.h"
#include "collector/intake/intake_pace.h"
#include "collector/intake/intake_report.h"
#include "collector/intake/intake_samples.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>

/* ---- messages ---- */

static const char *body_name(Headroom__Frame__BodyCase body)
{
    switch (body) {
    case HEADROOM__FRAME__BODY_HELLO:
        return "Hello";
    case HEADROOM__FRAME__BODY_BATCH:
        return "Batch";
    case HEADROOM__FRAME__BODY_GOODBYE:
        return "Goodbye";
    case HEADROOM__FRAME__BODY_READING:
        return "Reading";
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
                      rc == -ENOBUFS ? "a message of %zu bytes is too large when decoded"
                                     : "a message of %zu bytes is not a valid Frame",
                      message.len);
        return;
    }
    intake->heard_ms = now_ms;
    bool greeting = intake->state == INTAKE_GREETING;
    bool streaming = intake->state == INTAKE_STREAMING;
    if (streaming && body == HEADROOM__FRAME__BODY_BATCH)
        intake_samples_take(intake, &batch, now_ms, wall_ms);
    else if (greeting && body == HEADROOM__FRAME__BODY_HELLO)
        intake_hello_take(intake, frame->hello, now_ms, wall_ms);
    else if (streaming && body == HEADROOM__FRAME__BODY_READING)
        intake_samples_read(intake, frame->reading, now_ms, wall_ms);
    else if (streaming && body == HEADROOM__FRAME__BODY_GOODBYE)
        intake_samples_end(intake, frame->goodbye, now_ms, wall_ms);
    else
        INTAKE_REJECT(intake, RETRY, MALFORMED, "%s %s", body_name(body),
                      greeting ? "before Hello" : "out of sequence");
}

static void note_time(struct intake_hub *hub, uint64_t now_ms)
{
    if (now_ms > hub->now_ms)
        hub->now_ms = now_ms;
}

static void note_sleep(struct intake_hub *hub, uint64_t now_ms, int64_t wall_ms)
{
    int64_t apart_ms = wall_ms - (int64_t)now_ms;

    if (hub->began_ms == 0)
        hub->began_ms = apart_ms;
    if (apart_ms - hub->began_ms > hub->slept_ms)
        hub->slept_ms = apart_ms - hub->began_ms;
}

static void note_life(struct intake *intake, uint64_t now_ms)
{
    intake->heard_ms = now_ms;
    intake->node->heard_ms = (int64_t)now_ms;
}

/* A stranger's message is a Hello. */
static uint32_t frame_len_max(const struct intake *intake)
{
    return intake->state == INTAKE_GREETING ? HELLO_FRAME_LEN_MAX : FRAME_LEN_MAX;
}

static struct intake *intake_of_frame(struct frame_memory_member *member)
{
    return (struct intake *)((char *)member - offsetof(struct intake, frame));
}

/* The intake's reader has taken a part of a frame, or of none. All such frames together may have too much memory. */
static void bound_frames(struct intake *intake)
{
    struct intake_hub *hub = intake->hub;
    struct frame_memory_member *member = NULL;

    frame_memory_note(&hub->frames, &intake->frame, intake->reader.room);
    while ((member = frame_memory_excess(&hub->frames)) != NULL) {
        struct intake *excess = intake_of_frame(member);
        hub->account.limits[INTAKE_LIMIT_FRAMES]++;
        INTAKE_REJECT(excess, RETRY, FULL, "incomplete frames take too much memory, and this one is among the largest");
        if (excess != intake)
            intake_evict(intake, excess);
    }
}

void intake_receive(struct intake *intake, struct bytes input, uint64_t now_ms, int64_t wall_ms)
{
    struct bytes message;

    intake->hub->wall_ms = wall_ms;
    intake->findings = (struct intake_findings){0};
    note_time(intake->hub, now_ms);
    note_sleep(intake->hub, now_ms, wall_ms);
    if (intake->state == INTAKE_LEAVING && input.len > 0) {
        INTAKE_REJECT(intake, RETRY, MALFORMED, "%zu bytes after Goodbye", input.len);
        return;
    }
    /* On a slow connection a frame takes long: its bytes are signs of life too. FRAME_MS_MAX limits the whole. */
    if (intake->state == INTAKE_STREAMING)
        note_life(intake, now_ms);
    bool begins = !frame_unfinished(&intake->reader);
    while (intake->state != INTAKE_REJECTED && intake->state != INTAKE_DONE) {
        int rc = frame_next_within(&intake->reader, frame_len_max(intake), &input, &message);
        if (rc == 0) {
            if (begins)
                intake->frame_since_ms = now_ms;
            bound_frames(intake);
            return;
        }
        begins = true;
        if (rc == -EMSGSIZE)
            INTAKE_REJECT(intake, RETRY, MALFORMED, "a frame's length is 0 or above %u; is this a Headroom agent?",
                          frame_len_max(intake));
        else if (rc < 0)
            INTAKE_REJECT(intake, NEXT_COLLECTOR, FULL, "out of memory");
        else
            on_message(intake, message, now_ms, wall_ms);
    }
}

void intake_end(struct intake *intake)
{
    if (frame_unfinished(&intake->reader))
        INTAKE_REJECT(intake, RETRY, MALFORMED, "the connection ended inside a frame");
}

void *intake_take_evicted(struct intake *intake)
{
    struct intake *evicted = intake->evicted;

    if (evicted == NULL)
        return NULL;
    intake->evicted = evicted->evicted;
    evicted->evicted = NULL;
    return evicted->owner;
}

/* ---- time ---- */

static uint64_t silent_ms(const struct intake *intake)
{
    return intake->heard_ms + (uint64_t)SILENT_ACK_INTERVALS * intake->hub->ack_interval_ms;
}

uint64_t intake_due_ms(const struct intake *intake)
{
    if (intake->state == INTAKE_GREETING)
        return intake->heard_ms + HELLO_MS_MAX;
    if (intake->state != INTAKE_STREAMING)
        return UINT64_MAX;
    uint64_t idle_ms = silent_ms(intake);
    uint64_t frame_ms = frame_unfinished(&intake->reader) ? intake->frame_since_ms + FRAME_MS_MAX : UINT64_MAX;
    return idle_ms < frame_ms ? idle_ms : frame_ms;
}

/* Whether the agent is accepted as it was at its Hello. If not, it may come back at once with a certificate, since it
 * may have another one by now. */
static bool is_accepted(struct intake *intake, struct message_refusal *refusal)
{
    if (intake_key_ok(intake, intake->node->group->name, intake->node->id, refusal))
        return true;
    if (intake->claim != NULL && intake->claim->proof == PEER_CERTIFICATE)
        refusal->action = HEADROOM__ACTION__ACTION_RETRY;
    return false;
}

static bool is_judged(const struct intake *intake)
{
    const struct peer_claim *claim = intake->claim;

    if (claim == NULL || claim->version != intake->hub->keys_version)
        return false;
    return claim->proof != PEER_CERTIFICATE || intake->hub->wall_ms / 1000 <= claim->certificate.not_after_s;
}

/* After a change of keys or certificates, and when the agent's certificate expires: an agent that is no longer accepted
 * gets an Ack first, so that it need not send again what is stored. One that does not encrypt may have to, now. */
static void judge_claim(struct intake *intake)
{
    struct peer_claim *claim = intake->claim;
    struct message_refusal refusal;

    if (intake->node == NULL || is_judged(intake))
        return;
    if (claim != NULL)
        claim->version = intake->hub->keys_version;
    if (is_accepted(intake, &refusal))
        return;
    if (claim != NULL && intake->ack_due)
        claim->ends = true;
    else
        intake_refuse(intake, &refusal);
}

static void end_behind_ack(struct intake *intake)
{
    struct message_refusal refusal;

    if (intake->claim == NULL || !intake->claim->ends || intake->node == NULL)
        return;
    intake->claim->ends = false;
    if (!is_accepted(intake, &refusal))
        intake_refuse(intake, &refusal);
}

const struct certificate_claim *intake_certificate(const struct intake *intake)
{
    const struct peer_claim *claim = intake->claim;

    return claim != NULL && claim->proof == PEER_CERTIFICATE ? &claim->certificate : NULL;
}

static void report_expiry(struct intake *intake, uint64_t now_ms)
{
    struct certificate_expiry *expiry = &intake->hub->expiry;

    if (now_ms - expiry->since_ms >= 2 * (uint64_t)intake->hub->ack_interval_ms)
        *expiry = (struct certificate_expiry){expiry->next_s > 0 ? expiry->next_s : INT64_MAX, INT64_MAX, now_ms};
    const struct certificate_claim *certificate = intake_certificate(intake);
    if (certificate != NULL && intake->node != NULL && certificate->not_after_s < expiry->next_s)
        expiry->next_s = certificate->not_after_s;
}

void intake_tick(struct intake *intake, uint64_t now_ms)
{
    bool silent = now_ms >= intake_due_ms(intake);

    note_time(intake->hub, now_ms);
    if (silent && intake->state == INTAKE_GREETING)
        INTAKE_REJECT(intake, RETRY, IDLE, "no Hello within %u s", HELLO_MS_MAX / 1000);
    else if (silent && now_ms < silent_ms(intake))
        INTAKE_REJECT(intake, RETRY, IDLE, "a frame was not complete after %u s", FRAME_MS_MAX / 1000);
    else if (silent)
        INTAKE_REJECT(intake, RETRY, IDLE, "no data received for %llu s",
                      (unsigned long long)(now_ms - intake->heard_ms) / 1000);
    else if (now_ms >= intake_report_ack_due_ms(intake))
        intake_want_ack(intake);
    judge_claim(intake);
    report_expiry(intake, now_ms);
}

void intake_note_proof(struct intake *intake, bool is_ticket)
{
    enum intake_proof by = intake->claim->proof == PEER_KEY ? INTAKE_BY_KEY
                           : is_ticket                      ? INTAKE_BY_TICKET
                                                            : INTAKE_BY_CERTIFICATE;

    intake->hub->account.proofs[by]++;
}

double intake_expiry_s(const struct intake_hub *hub, bool of_nodes, int64_t wall_ms)
{
    int64_t at_s = of_nodes ? hub->expiry.least_s : hub->certificate_end_s;

    int64_t left_s = at_s - wall_ms / 1000;

    return at_s > 0 && at_s < INT64_MAX ? (double)left_s : NAN;
}

/* ---- answers ---- */

void intake_want_ack(struct intake *intake)
{
    if (intake->state == INTAKE_STREAMING || intake->state == INTAKE_LEAVING)
        intake->ack_due = true;
}

void intake_stored(struct intake *intake)
{
    if (intake->state == INTAKE_LEAVING || intake->unacked >= intake->hub->credit / 2)
        intake->ack_due = true;
}

static struct intake_terms take_terms(struct intake *intake)
{
    intake_report_note_ack(intake);
    return (struct intake_terms){.credit = intake_pace_grant(intake), .report_ms = intake_report_take_ms(intake)};
}

/* The Ack that covers everything after a Goodbye is the last, and says so. */
static size_t produce_ack(struct intake *intake, uint8_t *buf, size_t size)
{
    bool last = intake->state == INTAKE_LEAVING && !registry_instance_waits(intake->instance);
    const struct intake_terms terms = take_terms(intake);
    size_t len = intake_answers_ack(intake, &terms, last, buf, size);

    intake->hub->account.acks++;
    if (last) {
        if (!intake->moves)
            intake_account_settle(intake->hub->registry, intake->instance);
        intake->state = INTAKE_DONE;
        intake_detach(intake);
    }
    return len;
}

size_t intake_produce(struct intake *intake, uint8_t *buf, size_t size)
{
    if (intake->state == INTAKE_REJECTED) {
        intake->state = INTAKE_DONE;
        return intake_answers_reject(intake, buf, size);
    }
    if (intake->state == INTAKE_DONE || intake->instance == NULL || !(intake->welcome_due || intake->ack_due))
        return 0;
    intake->unacked = intake->instance->pending;
    if (intake->welcome_due) {
        const struct intake_terms terms = take_terms(intake);
        intake->welcome_due = false;
        return intake_answers_welcome(intake, &terms, buf, size);
    }
    intake->ack_due = false;
    size_t len = produce_ack(intake, buf, size);
    end_behind_ack(intake);
    return len;
}

bool intake_done(const struct intake *intake)
{
    return intake->state == INTAKE_DONE;
}
