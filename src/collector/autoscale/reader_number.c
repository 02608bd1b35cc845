#include "collector/autoscale/reader_number.h"

static bool is_read(const struct decision *decision)
{
    return decision->settings.actuator == ACTUATOR_READER && decision_acts(decision) &&
           !decision->observed.orders_elsewhere;
}

void reader_number_follow(struct reader_number *number, const struct decision *decision)
{
    if (!is_read(decision))
        *number = (struct reader_number){0};
}

bool reader_number_is_new(const struct reader_number *number, const struct decision *decision)
{
    bool has_any = number->has_next || number->has_nodes;
    unsigned newest = number->has_next ? number->next : number->nodes;
    bool is_known = decision->desired > 0 || decision->is_idle;

    return is_read(decision) && !decision->observed.roll_call_blind && is_known &&
           (!has_any || decision->desired != newest);
}

void reader_number_publish(struct reader_number *number, struct decision_rows *rows,
                           const struct decision_record *record)
{
    struct decision_record published = *record;

    published.order = ORDER_PUBLISHED;
    bool is_recorded = decision_rows_add(rows, &published) == 0;
    number->has_next = true;
    number->next = record->decision->desired;
    number->row = is_recorded ? rows->added : 0;
    number->decided_ms = record->decision->now_ms;
}

int64_t reader_number_take_back(struct reader_number *number, const struct decision_rows *rows)
{
    bool is_fall = number->has_next && number->has_nodes && number->next < number->nodes;

    if (!is_fall || !rows->failing)
        return 0;
    number->has_next = false;
    return number->decided_ms;
}

bool reader_number_read(struct reader_number *number, const struct decision_rows *rows, unsigned *nodes)
{
    bool is_rise = number->next > (number->has_nodes ? number->nodes : 0);

    if (number->has_next && (number->row <= rows->synced || (rows->failing && is_rise))) {
        number->has_nodes = true;
        number->nodes = number->next;
        number->has_next = false;
    }
    *nodes = number->nodes;
    return number->has_nodes;
}
