#include "collector/http/http_cache.h"

#include <stdlib.h>
#include <string.h>

#define COPY_SIZE_FIRST 32768U
#define MAKING_MS_MAX   1000 /* so old may an answer be while the next one is made */

static struct http_cache_version edition_now(const struct http_world *world)
{
    return (struct http_cache_version){.surveyed_ms = world->survey->taken_ms, .changes = world->board->changes};
}

struct MHD_Response *http_cache_response(const struct http_cache *kept, const struct http_world *world, int64_t now_ms)
{
    const struct http_cache_version now = edition_now(world);
    int64_t age_ms = now_ms - kept->version.surveyed_ms;
    bool newest = kept->version.surveyed_ms == now.surveyed_ms && kept->version.changes == now.changes;
    bool will_do = (newest && age_ms <= FLEET_COUNTS_FRESH_MS) || (kept->making != NULL && age_ms <= MAKING_MS_MAX);

    return will_do ? kept->response : NULL;
}

void http_cache_begin(struct http_cache *kept, const struct http_cache_copy *copy)
{
    if (kept->making == NULL)
        kept->making = copy;
}

static bool make_room(struct http_cache_copy *copy, size_t len)
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

void http_cache_copy_add(struct http_cache_copy *copy, const struct http_world *world, const char *text, size_t len)
{
    if (copy->len == 0)
        copy->version = edition_now(world);
    copy->failed = copy->failed || !make_room(copy, len);
    if (copy->failed)
        return;
    memcpy(copy->text + copy->len, text, len);
    copy->len += len;
}

void http_cache_copy_free(struct http_cache_copy *copy, struct http_cache *kept)
{
    if (kept != NULL && kept->making == copy)
        kept->making = NULL;
    free(copy->text);
    *copy = (struct http_cache_copy){0};
}

struct MHD_Response *http_cache_replace(struct http_cache *kept, struct http_cache_copy *copy)
{
    if (copy->failed || copy->len == 0)
        return NULL;
    struct MHD_Response *response = MHD_create_response_from_buffer(copy->len, copy->text, MHD_RESPMEM_MUST_FREE);
    if (response == NULL)
        return NULL;
    copy->text = NULL;
    http_cache_free(kept);
    *kept = (struct http_cache){.response = response, .version = copy->version}; /* and nobody makes the next one */
    return response;
}

void http_cache_free(struct http_cache *kept)
{
    if (kept->response != NULL)
        MHD_destroy_response(kept->response); /* who is being sent it has a share of it */
    *kept = (struct http_cache){0};
}
