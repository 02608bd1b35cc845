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
    unsigned newest = number->next > 0 ? number->next : number->nodes;

    return is_read(decision) && !decision->observed.roll_call_blind && decision->desired > 0 &&
           decision->desired != newest;
}

void reader_number_publish(struct reader_number *number, struct decision_rows *rows,
                           const struct decision_record *record)
{
    struct decision_record published = *record;

    published.order = ORDER_PUBLISHED;
    bool is_recorded = decision_rows_add(rows, &published) == 0;
    number->next = record->decision->desired;
    number->row = is_recorded ? rows->added : 0;
    number->decided_ms = record->decision->now_ms;
}

int64_t reader_number_take_back(struct reader_number *number, const struct decision_rows *rows)
{
    bool is_fall = number->next > 0 && number->next < number->nodes;

    if (!is_fall || !rows->failing)
        return 0;
    number->next = 0;
    return number->decided_ms;
}

unsigned reader_number_read(struct reader_number *number, const struct decision_rows *rows)
{
    bool is_rise = number->next > number->nodes;

    if (number->next > 0 && (number->row <= rows->synced || (rows->failing && is_rise))) {
        number->nodes = number->next;
        number->next = 0;
    }
    return number->nodes;
}
