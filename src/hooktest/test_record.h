/* Pure. The JSON object that an order of the test has on standard input: the record of a decision that leads to it. */
#ifndef HOOKTEST_TEST_RECORD_H
#define HOOKTEST_TEST_RECORD_H

#include "collector/autoscale/hook_call.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* existing: the nodes before the order. is_later: with a member that this version does not have. *text from malloc(),
 * *len bytes. 0 or a negative errno. */
int test_record_text(const struct hook_call *call, unsigned existing, int64_t wall_ms, bool is_later, char **text,
                     size_t *len);

#endif
