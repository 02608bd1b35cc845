#include "collector/http/http_access.h"

#include "common/token.h"

#include <string.h>
#include <strings.h>

bool http_access_host_is_local(const char *host)
{
    if (host == NULL || host[0] == '[')
        return true;
    size_t len = strcspn(host, ":");
    if (len == strspn(host, "0123456789."))
        return true;
    return len == strlen("localhost") && strncasecmp(host, "localhost", len) == 0;
}

bool http_access_token_ok(const char *token, const char *authorization)
{
    static const char scheme[] = "Bearer ";

    if (authorization == NULL || strncasecmp(authorization, scheme, sizeof scheme - 1) != 0)
        return false;
    return token_ok(token, authorization + sizeof scheme - 1);
}

void http_access_note_header(struct http_access_framing *framing, const char *name, const char *value)
{
    framing->lengths += strcasecmp(name, "Content-Length") == 0;
    if (strcasecmp(name, "Transfer-Encoding") == 0) {
        framing->encodings++;
        framing->is_strange = framing->is_strange || value == NULL || strcasecmp(value, "chunked") != 0;
    }
}

bool http_access_framing_ok(const struct http_access_framing *framing)
{
    return framing->lengths + framing->encodings <= 1 && !framing->is_strange;
}
