#include "collector/feeds/feeds.h"

#include "common/handle.h"
#include "common/u64.h"

#include <errno.h>

/* ---- time ---- */

static void feeds_on_timer(uv_timer_t *timer);

static void wait_for_next(struct feeds *feeds)
{
    uint64_t now_ms = uv_now(feeds->hub.loop);
    uint64_t due_ms = UINT64_MAX;

    for (const struct feed *feed = feeds->list; feed != NULL; feed = feed->next)
        due_ms = u64_min(due_ms, feed_life_due_ms(&feed->life));
    if (due_ms == UINT64_MAX)
        uv_timer_stop(&feeds->timer);
    else
        uv_timer_start(&feeds->timer, feeds_on_timer, due_ms > now_ms ? due_ms - now_ms : 0, 0);
}

static void step_all(struct feeds *feeds)
{
    for (struct feed *feed = feeds->list; feed != NULL; feed = feed->next)
        feed_step(feed);
    wait_for_next(feeds);
}

static void feeds_on_timer(uv_timer_t *timer)
{
    step_all(timer->data);
}

static void feeds_on_ended(void *arg)
{
    wait_for_next(arg);
}

/* ---- configuration ---- */

/* Takes the feed that goes on under the spec out of the list; NULL: there is none. */
static struct feed *take_same(struct feed **list, struct feed_spec *spec)
{
    for (struct feed **link = list; *link != NULL; link = &(*link)->next) {
        struct feed *feed = *link;
        if (!feed_is(feed, spec))
            continue;
        *link = feed->next;
        feed_adopt(feed, spec);
        return feed;
    }
    return NULL;
}

static void free_list(struct feed *list, bool waits)
{
    while (list != NULL) {
        struct feed *next = list->next;
        feed_free(list, waits);
        list = next;
    }
}

/* *list is the list of what the specs need; feeds->list keeps the others. */
static int make_list(struct feeds *feeds, struct feed_specs *specs, uint64_t tick_ms, struct feed **list)
{
    for (unsigned i = 0; i < specs->count; i++) {
        struct feed *feed = take_same(&feeds->list, &specs->items[i]);
        if (feed == NULL)
            feed = feed_new(&feeds->hub, &specs->items[i], tick_ms);
        if (feed == NULL)
            return -ENOMEM;
        feed->next = *list;
        *list = feed;
    }
    return 0;
}

int feeds_reconfigure(struct feeds *feeds, const struct collector_config *config)
{
    struct feed_specs specs;
    struct feed *list = NULL;
    int rc = feed_specs_make(&specs, config);

    if (rc < 0)
        return rc;
    rc = make_list(feeds, &specs, (uint64_t)config->settings.tick_ms, &list);
    feed_specs_deinit(&specs);
    free_list(feeds->list, true);
    feeds->list = list;
    step_all(feeds);
    return rc;
}

int feeds_start(struct feeds *feeds, uv_loop_t *loop, const struct collector_config *config,
                const struct feed_options *options)
{
    *feeds = (struct feeds){.hub = {.loop = loop, .options = *options, .on_ended = feeds_on_ended, .arg = feeds}};
    uv_timer_init(loop, &feeds->timer);
    feeds->timer.data = feeds;
    return feeds_reconfigure(feeds, config);
}

void feeds_close(struct feeds *feeds)
{
    if (feeds->hub.loop == NULL || feeds->closed)
        return;
    feeds->closed = true;
    free_list(feeds->list, false);
    feeds->list = NULL;
    handle_close(&feeds->timer, NULL);
}
