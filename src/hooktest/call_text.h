/* Pure. A call of a hook as a person would type it, without the program. */
#ifndef HOOKTEST_CALL_TEXT_H
#define HOOKTEST_CALL_TEXT_H

#include "collector/autoscale/hook_call.h"

#include <stddef.h>

#define CALL_TEXT_MAX 512U

/* "scale-in web 3 web-1 web-2 and 5 more". Always 0-terminated, cut at size. */
void call_text(const struct hook_call *call, char *text, size_t size);

#endif
