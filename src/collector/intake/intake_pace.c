#include "collector/intake/intake_pace.h"

/* The monotonic clock stands still while this machine is suspended. */
struct sample_budget_terms intake_pace_terms(const struct intake *intake)
{
    const struct intake_hub *hub = intake->hub;

    return (struct sample_budget_terms){
        .interval_ms = intake->node->interval_ms,
        .burst = 2 * hub->credit, /* so that a whole credit is left after each sample in time */
        .hello_ms = (int64_t)intake->hello_s * 1000 + hub->slept_ms,
        .now_ms = (int64_t)hub->now_ms + hub->slept_ms,
    };
}

static struct sample_budget *budget_of(const struct intake *intake)
{
    return &intake->node->budgets[intake->owns];
}

static int64_t left(const struct intake *intake)
{
    const struct sample_budget_terms terms = intake_pace_terms(intake);

    return sample_budget_left(budget_of(intake), &terms);
}

static void set_slowed(struct intake *intake, bool slowed)
{
    if (intake->slowed == slowed)
        return;
    intake->slowed = slowed;
    intake->hub->slowed += slowed ? 1U : -1U;
    intake->hub->account.limits[INTAKE_LIMIT_INTERVAL] += slowed;
}

void intake_pace_begin(struct intake *intake, uint64_t now_ms)
{
    intake->hello_s = (uint32_t)(now_ms / 1000);
    intake->granted = 0;
    intake->owns = ownership_is_owner(&intake->node->ownership, &intake->instance->proof);
    const struct sample_budget_terms terms = intake_pace_terms(intake);
    sample_budget_begin(budget_of(intake), &terms);
}

bool intake_pace_has_budget(const struct intake *intake)
{
    return left(intake) > 0;
}

void intake_pace_note_rows(struct intake *intake, unsigned rows)
{
    const struct sample_budget_terms terms = intake_pace_terms(intake);

    sample_budget_take_rows(budget_of(intake), &terms, rows);
}

/* The samples in flight have paid already. One sample may always come, so that an agent gets on, however slowly; and
 * earlier agents that skip lost samples rely on it. */
uint32_t intake_pace_grant(struct intake *intake)
{
    uint32_t pending = intake->instance->pending;
    int64_t spare = left(intake);
    uint64_t granted = pending + (spare > 0 ? (uint64_t)spare : 0);
    uint32_t credit = granted < intake->hub->credit ? (uint32_t)granted : intake->hub->credit;

    set_slowed(intake, credit < intake->hub->credit);
    if (credit == 0)
        credit = 1;
    if (credit > pending + intake->granted)
        intake->granted = credit - pending;
    return credit;
}

uint32_t intake_pace_ack_ms(const struct intake *intake)
{
    uint32_t ack_ms = intake->hub->ack_interval_ms;

    return intake->slowed && intake->node->interval_ms < ack_ms ? intake->node->interval_ms : ack_ms;
}
