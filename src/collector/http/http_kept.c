#include "collector/http/http_kept.h"

#include <stdlib.h>
#include <string.h>

#define COPY_SIZE_FIRST 32768U
#define MAKING_MS_MAX   1000 /* so old may an answer be while the next one is made */

static struct http_edition edition_now(const struct http_world *world)
{
    return (struct http_edition){.surveyed_ms = world->survey->taken_ms, .changes = world->board->changes};
}

struct MHD_Response *http_kept_response(const struct http_kept *kept, const struct http_world *world, int64_t now_ms)
{
    const struct http_edition now = edition_now(world);
    int64_t age_ms = now_ms - kept->edition.surveyed_ms;
    bool newest = kept->edition.surveyed_ms == now.surveyed_ms && kept->edition.changes == now.changes;
    bool will_do = (newest && age_ms <= FLEET_COUNTS_FRESH_MS) || (kept->making != NULL && age_ms <= MAKING_MS_MAX);

    return will_do ? kept->response : NULL;
}

void http_kept_begin(struct http_kept *kept, const struct http_copy *copy)
{
    if (kept->making == NULL)
        kept->making = copy;
}

static bool make_room(struct http_copy *copy, size_t len)
{
    size_t size = copy->size > 0 ? copy->size : COPY_SIZE_FIRST;

    while (size - copy->len < len)
        size *= 2;
    if (size == copy->size)
        return true;
    char *text = realloc(copy->text, size);
    if (text == NULL)
        return false;
    copy->text = text;
    copy->size = size;
    return true;
}

void http_copy_add(struct http_copy *copy, const struct http_world *world, const char *text, size_t len)
{
    if (copy->len == 0)
        copy->edition = edition_now(world);
    copy->failed = copy->failed || !make_room(copy, len);
    if (copy->failed)
        return;
    memcpy(copy->text + copy->len, text, len);
    copy->len += len;
}

void http_copy_free(struct http_copy *copy, struct http_kept *kept)
{
    if (kept != NULL && kept->making == copy)
        kept->making = NULL;
    free(copy->text);
    *copy = (struct http_copy){0};
}

struct MHD_Response *http_kept_replace(struct http_kept *kept, struct http_copy *copy)
{
    if (copy->failed || copy->len == 0)
        return NULL;
    struct MHD_Response *response = MHD_create_response_from_buffer(copy->len, copy->text, MHD_RESPMEM_MUST_FREE);
    if (response == NULL)
        return NULL;
    copy->text = NULL;
    http_kept_free(kept);
    *kept = (struct http_kept){.response = response, .edition = copy->edition}; /* and nobody makes the next one */
    return response;
}

void http_kept_free(struct http_kept *kept)
{
    if (kept->response != NULL)
        MHD_destroy_response(kept->response); /* who is being sent it has a share of it */
    *kept = (struct http_kept){0};
}
