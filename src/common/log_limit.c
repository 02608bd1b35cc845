#include "common/log_limit.h"

bool log_limit_pass(struct log_limit *limit, uint64_t now_ms, unsigned *suppressed)
{
    *suppressed = 0;
    if (limit->count == 0 || now_ms - limit->since_ms >= limit->interval_ms) {
        *suppressed = limit->suppressed;
        limit->since_ms = now_ms;
        limit->count = 0;
        limit->suppressed = 0;
    }
    if (limit->count >= limit->burst) {
        limit->suppressed++;
        return false;
    }
    limit->count++;
    return true;
}

unsigned log_limit_take_all(struct log_limit *limit)
{
    unsigned suppressed = limit->suppressed;

    limit->suppressed = 0;
    return suppressed;
}

unsigned log_limit_take(struct log_limit *limit, uint64_t now_ms)
{
    return now_ms - limit->since_ms >= limit->interval_ms ? log_limit_take_all(limit) : 0;
}
