#include "collector/http/http_refusal.h"

#include "common/parse.h"

#include <stdio.h>

void http_refusal_vset(struct http_refusal *refusal, unsigned status, const char *format, va_list arguments)
{
    *refusal = (struct http_refusal){.status = status};
    vsnprintf(refusal->text, sizeof refusal->text, format, arguments);
    parse_to_ascii(refusal->text);
}

void http_refusal_set(struct http_refusal *refusal, unsigned status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    http_refusal_vset(refusal, status, format, arguments);
    va_end(arguments);
}

void http_refusal_put(struct writer *writer, const char *text)
{
    writer_put(writer, "{\"error\":");
    writer_put_string(writer, text);
    writer_put(writer, "}\n");
}
