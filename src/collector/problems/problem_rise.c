#include "collector/problems/problem_rise.h"

uint64_t problem_rise_look(struct problem_rise *rise, uint64_t value, int64_t now_ms)
{
    if (!rise->is_known || value < rise->value)
        *rise = (struct problem_rise){.is_known = true, .value = value};
    if (rise->is_risen && now_ms - rise->rose_ms >= PROBLEM_RISE_MS)
        rise->is_risen = false;
    if (value > rise->value) {
        if (!rise->is_risen)
            rise->before = rise->value;
        rise->is_risen = true;
        rise->rose_ms = now_ms;
        rise->value = value;
    }
    return rise->is_risen ? value - rise->before : 0;
}
