#include "common/lasting_reason.h"

#include <stdio.h>
#include <string.h>

#define REPEAT_MS (UINT64_C(3600) * 1000)

bool lasting_reason_is_news(struct lasting_reason *reason, const char *text, uint64_t now_ms)
{
    if (strcmp(text, reason->logged) == 0 && now_ms - reason->logged_ms < REPEAT_MS)
        return false;
    snprintf(reason->logged, sizeof reason->logged, "%s", text);
    reason->logged_ms = now_ms;
    return true;
}

void lasting_reason_end(struct lasting_reason *reason)
{
    reason->logged[0] = '\0';
}
