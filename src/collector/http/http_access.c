#include "collector/http/http_access.h"

#include "common/error_text.h"
#include "common/format.h"
#include "common/token.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

bool http_access_is_limited(const struct collector_config *config)
{
    return config->http_token[0] != '\0' || config->http_ca_file[0] != '\0';
}

/* ---- the address ---- */

int http_access_check(const struct collector_config *config, bool loopback, char *error, size_t error_size)
{
    char name[ADDRESS_HOST_MAX + 10];

    if (loopback || http_access_is_limited(config) || config->http_insecure)
        return 0;
    format_address(&config->http, name, sizeof name);
    return error_text_set(error, error_size, -EPERM,
                          "--http: %s can be reached from other machines, and clients would need no token; give "
                          "--http-token-file, or --http-ca-file for clients with certificates, or --http-insecure if "
                          "that is intended",
                          name);
}

/* ---- a request ---- */

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

    if (token[0] == '\0' || authorization == NULL || strncasecmp(authorization, scheme, sizeof scheme - 1) != 0)
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
