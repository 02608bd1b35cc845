#include "collector/intake/session_plan.h"

#include "collector/intake/intake_pace.h"
#include "collector/intake/intake_report.h"
#include "collector/intake/key_rules.h"
#include "tls/tls_record.h"

void session_plan_init(struct session_plan *plan, struct intake_hub *hub, void *owner, uint64_t now_ms)
{
    *plan = (struct session_plan){.state = SESSION_READY};
    intake_init(&plan->intake, hub, owner, now_ms);
}

enum session_standing session_plan_standing(const struct session_plan *plan)
{
    if (plan->state == SESSION_CLOSED || plan->state == SESSION_LINGERING)
        return SESSION_OVER;
    if (plan->intake.state == INTAKE_GREETING)
        return SESSION_STRANGER;
    return plan->intake.node != NULL ? SESSION_AGENT : SESSION_OVER;
}

/* ---- reading ---- */

/* The first byte of a frame is 0, because its length is below 2^24. Anything else is rejected as a malformed frame. */
void session_plan_see(struct session_plan *plan, uint8_t first, bool keyed)
{
    struct message_refusal refusal;

    plan->form = first == TLS_RECORD_HANDSHAKE && keyed ? SESSION_ENCRYPTED : SESSION_PLAIN;
    if (first == TLS_RECORD_HANDSHAKE && !keyed)
        INTAKE_REJECT(&plan->intake, RETRY_SLOWLY, TLS,
                      "it encrypts, and this collector has no key; give the collector the fleet's with --token-file, "
                      "or certificates");
    if (first == 0 && keyed) {
        key_rules_plain(&refusal);
        intake_refuse(&plan->intake, &refusal);
    }
}

bool session_plan_receive(struct session_plan *plan, struct bytes input, uint64_t now_ms, int64_t wall_ms)
{
    if (session_plan_standing(plan) == SESSION_OVER)
        return false;
    intake_receive(&plan->intake, input, now_ms, wall_ms);
    return true;
}

bool session_plan_receive_end(struct session_plan *plan)
{
    intake_end(&plan->intake);
    return plan->intake.state == INTAKE_REJECTED;
}

/* ---- writing ---- */

enum session_step session_plan_next(struct session_plan *plan, struct session_reply *reply)
{
    if (plan->state != SESSION_READY)
        return SESSION_WAIT;
    reply->rejects = plan->intake.state == INTAKE_REJECTED;
    reply->len = intake_produce(&plan->intake, reply->bytes, sizeof reply->bytes);
    if (reply->len > 0)
        return SESSION_WRITE;
    if (!intake_done(&plan->intake))
        return SESSION_WAIT;
    plan->state = SESSION_LINGERING;
    return SESSION_LINGER;
}

void session_plan_block(struct session_plan *plan, uint64_t now_ms)
{
    plan->state = SESSION_WRITING;
    plan->writing_since_ms = now_ms;
}

void session_plan_unblock(struct session_plan *plan)
{
    if (plan->state == SESSION_WRITING)
        plan->state = SESSION_READY;
}

size_t session_plan_farewell(struct session_plan *plan, uint8_t *out)
{
    size_t len = 0;

    intake_want_ack(&plan->intake);
    for (unsigned i = 0; i < 2; i++)
        len += intake_produce(&plan->intake, out + len, REPLY_LEN_MAX);
    INTAKE_REJECT(&plan->intake, RETRY, STOPPING, "the collector is shutting down");
    len += intake_produce(&plan->intake, out + len, REPLY_LEN_MAX);
    return plan->state == SESSION_READY ? len : 0;
}

/* ---- the timer ---- */

static uint64_t ack_interval_ms(const struct session_plan *plan)
{
    return plan->intake.hub->ack_interval_ms;
}

/* An agent without a key or certificate, which may be revoked, needs nothing until its Ack is due. */
static uint64_t next_ms(const struct session_plan *plan, uint64_t now_ms)
{
    uint64_t interval_ms = now_ms + intake_pace_ack_ms(&plan->intake);
    uint64_t ack_ms = intake_report_ack_due_ms(&plan->intake);

    if (ack_ms <= now_ms)
        return interval_ms;
    return plan->intake.claim == NULL || ack_ms < interval_ms ? ack_ms : interval_ms;
}

uint64_t session_plan_delay_ms(const struct session_plan *plan, uint64_t now_ms)
{
    uint64_t due_ms = next_ms(plan, now_ms);

    if (intake_due_ms(&plan->intake) < due_ms)
        due_ms = intake_due_ms(&plan->intake);
    return due_ms > now_ms ? due_ms - now_ms : 0;
}

static bool is_clogged(const struct session_plan *plan, uint64_t now_ms)
{
    return plan->state == SESSION_WRITING &&
           now_ms - plan->writing_since_ms >= SILENT_ACK_INTERVALS * ack_interval_ms(plan);
}

bool session_plan_tick(struct session_plan *plan, uint64_t now_ms, uint64_t *delay_ms)
{
    bool clogged = is_clogged(plan, now_ms);
    bool dead = clogged || now_ms >= intake_due_ms(&plan->intake);

    if (plan->state == SESSION_LINGERING || plan->state == SESSION_CLOSED)
        return false;
    /* If it was this program that slept, the socket holds what the peer has sent meanwhile: that is read first. */
    plan->overdue = dead && !plan->overdue;
    if (plan->overdue) {
        *delay_ms = 1;
        return true;
    }
    /* A peer that takes not one more byte can't be sent a Reject either. */
    if (clogged)
        return false;
    intake_tick(&plan->intake, now_ms);
    *delay_ms = session_plan_delay_ms(plan, now_ms);
    return true;
}

/* ---- the end ---- */

void session_plan_close(struct session_plan *plan)
{
    plan->state = SESSION_CLOSED;
    intake_detach(&plan->intake);
}
