#include "collector/intake/intake_report.h"

static uint32_t wanted_ms(const struct intake *intake)
{
    const struct node *node = intake->node;

    if (!intake->takes_report_ms || node->group == NULL || intake->hub->now_ms / 1000 < node->looked_s)
        return 0;
    return node->group->report.ms;
}

uint32_t intake_report_take_ms(struct intake *intake)
{
    intake->node->report_ms = (uint16_t)wanted_ms(intake);
    return intake->node->report_ms;
}

bool intake_report_is_too_long(const struct intake *intake)
{
    return intake->state == INTAKE_STREAMING && wanted_ms(intake) < intake->node->report_ms;
}

void intake_report_note_ack(struct intake *intake)
{
    intake->acked_ms = (uint32_t)intake->hub->now_ms;
}

/* Times are compared modulo 2^32: they are seconds apart. */
static uint32_t since_ack_ms(const struct intake *intake)
{
    return (uint32_t)intake->hub->now_ms - intake->acked_ms;
}

/* Samples that no Ack covers have been stored, or the pace has changed. */
static bool has_news(const struct intake *intake)
{
    return intake->instance->pending < intake->unacked || wanted_ms(intake) != intake->node->report_ms;
}

bool intake_report_wants_ack(const struct intake *intake)
{
    uint32_t report_ms = registry_report_ms(intake->node);

    if (report_ms == 0 || intake->slowed)
        return false;
    return since_ack_ms(intake) + report_ms / 4 >= intake->hub->ack_interval_ms + report_ms && has_news(intake);
}

uint64_t intake_report_ack_due_ms(const struct intake *intake)
{
    uint32_t report_ms = intake->node != NULL ? registry_report_ms(intake->node) : 0;

    if (report_ms == 0 || intake->slowed)
        return 0;
    return intake->hub->now_ms - since_ack_ms(intake) + intake->hub->ack_interval_ms + report_ms + report_ms / 2;
}
