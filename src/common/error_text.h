/* Pure. Writes the error message for a negative errno value into a buffer of the caller. */
#ifndef COMMON_ERROR_TEXT_H
#define COMMON_ERROR_TEXT_H

#include <stddef.h>

/* Formats the reason of a failure into error, cut at size, and returns rc, so that "return error_text_set(...)" does
 * both. */
__attribute__((format(printf, 4, 5))) int error_text_set(char *error, size_t size, int rc, const char *format, ...);

#endif
