/* Pure. Describes why a request is refused: a status, a sentence, and the body of the response. */
#ifndef COLLECTOR_HTTP_HTTP_REFUSAL_H
#define COLLECTOR_HTTP_HTTP_REFUSAL_H

#include "common/writer.h"

#include <stdarg.h>

#define HTTP_REFUSAL_MAX 256U

struct http_refusal {
    unsigned status;
    const char *allow; /* with 405: the methods that there are; else NULL */
    char text[HTTP_REFUSAL_MAX];
};

/* Sets all members; characters of the sentence that are not printable ASCII become question marks. */
void http_refusal_set(struct http_refusal *refusal, unsigned status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void http_refusal_vset(struct http_refusal *refusal, unsigned status, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

/* Puts the body of an error, {"error":"..."}. */
void http_refusal_put(struct writer *writer, const char *text);

#endif
