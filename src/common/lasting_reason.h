/* Pure. Why something does not work, for a condition that lasts: logged when the reason is another one, and again once
 * an hour. */
#ifndef COMMON_LASTING_REASON_H
#define COMMON_LASTING_REASON_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#define LASTING_REASON_MAX (2 * PATH_MAX + 256)

/* All zeros: nothing is wrong. */
struct lasting_reason {
    char logged[LASTING_REASON_MAX]; /* empty: nothing has been wrong since */
    uint64_t logged_ms;
};

/* Whether to log it now. text: at most LASTING_REASON_MAX bytes with its end. */
bool lasting_reason_is_news(struct lasting_reason *reason, const char *text, uint64_t now_ms);

/* It works: the next reason is news. */
void lasting_reason_end(struct lasting_reason *reason);

#endif
