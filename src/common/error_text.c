#include "common/error_text.h"

#include <stdarg.h>
#include <stdio.h>

int error_text_set(char *error, size_t size, int rc, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(error, size, format, args);
    va_end(args);
    return rc;
}
