/* Pure. The files of the page, which are built into the program. A new one is a row of the table in http_assets.c. */
#ifndef COLLECTOR_HTTP_HTTP_ASSETS_H
#define COLLECTOR_HTTP_HTTP_ASSETS_H

#include <stddef.h>

struct http_asset {
    const char *path; /* as in the address */
    const char *type;
    char *begin; /* read only; libmicrohttpd's function takes it without const */
    char *end;
};

/* NULL: there is none. */
const struct http_asset *http_assets_find(const char *path);

/* An ETag that changes with the text, with its quotes, into tag[HTTP_ETAG_SIZE]. */
#define HTTP_ETAG_SIZE 20U
void http_assets_tag(const char *text, size_t len, char *tag);

#endif
