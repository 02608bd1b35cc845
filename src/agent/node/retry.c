#include "agent/node/retry.h"

bool retry_tick(struct retry *retry)
{
    if (retry->wait == 0)
        return true;
    retry->wait--;
    return false;
}

void retry_on_failure(struct retry *retry)
{
    retry->pause = retry->pause == 0 ? 1 : retry->pause * 2;
    if (retry->pause > RETRY_TICKS_MAX)
        retry->pause = RETRY_TICKS_MAX;
    retry->wait = retry->pause - 1;
}

void retry_on_success(struct retry *retry)
{
    retry->pause = 0;
}
