#include "collector/http/http_cache.h"

#include <stdlib.h>
#include <string.h>

#define COPY_SIZE_FIRST 32768U
#define MAKING_MS_MAX   1000 /* the largest age of an answer that is sent while the next one is made */

static struct http_cache_version version_now(const struct answer_world *world)
{
    return (struct http_cache_version){.counted_ms = world->counts->taken_ms, .changes = world->history->changes};
}

void *http_cache_response(const struct http_cache *cache, const struct answer_world *world, int64_t now_ms)
{
    const struct http_cache_version now = version_now(world);
    int64_t age_ms = now_ms - cache->version.counted_ms;
    bool newest = cache->version.counted_ms == now.counted_ms && cache->version.changes == now.changes;
    bool will_do = (newest && age_ms <= FLEET_COUNTS_FRESH_MS) || (cache->making != NULL && age_ms <= MAKING_MS_MAX);

    return will_do ? cache->response : NULL;
}

void http_cache_begin(struct http_cache *cache, const struct http_cache_copy *copy)
{
    if (cache->making == NULL)
        cache->making = copy;
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

void http_cache_copy_add(struct http_cache_copy *copy, const struct answer_world *world, const char *text, size_t len)
{
    if (copy->len == 0)
        copy->version = version_now(world);
    copy->failed = copy->failed || !make_room(copy, len);
    if (copy->failed)
        return;
    memcpy(copy->text + copy->len, text, len);
    copy->len += len;
}

void http_cache_copy_free(struct http_cache_copy *copy, struct http_cache *cache)
{
    if (cache != NULL && cache->making == copy)
        cache->making = NULL;
    free(copy->text);
    *copy = (struct http_cache_copy){0};
}

bool http_cache_copy_ok(const struct http_cache_copy *copy)
{
    return !copy->failed && copy->len > 0;
}

void http_cache_replace(struct http_cache *cache, struct http_cache_copy *copy, void *response)
{
    http_cache_free(cache);
    cache->response = response;
    cache->version = copy->version;
    copy->text = NULL;
}

void http_cache_free(struct http_cache *cache)
{
    if (cache->response != NULL)
        cache->release(cache->response);
    *cache = (struct http_cache){.release = cache->release}; /* and no request makes the next one */
}
