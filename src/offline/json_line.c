#include "offline/json_line.h"

#include <errno.h>
#include <math.h>

#define DIGITS 15 /* that survive in any double */

int json_line_put(json_t *object, FILE *out)
{
    if (object == NULL)
        return -ENOMEM;
    int rc = json_dumpf(object, out, JSON_COMPACT | JSON_REAL_PRECISION(DIGITS));
    json_decref(object);
    return rc == 0 && fputc('\n', out) != EOF ? 0 : -EIO;
}

json_t *json_line_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}
