#include "collector/autoscale/overrides.h"

#include "common/error_text.h"
#include "common/format.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIME_TEXT_MAX 40U

const char *const override_kind_names[OVERRIDE_KIND_COUNT] = {"pin", "pause", "pause-scale-in", "activate"};

void overrides_deinit(struct overrides *overrides)
{
    free(overrides->items);
    *overrides = (struct overrides){0};
}

/* ---- setting ---- */

static int check_pin(const struct override *pin, const struct scaler_settings *settings, char *error, size_t error_size)
{
    if (pin->nodes < 1 || pin->nodes > NODES_MAX)
        return error_text_set(error, error_size, -EINVAL, "pin %s to 1 to %u nodes", pin->group, NODES_MAX);
    if (pin->forced)
        return 0;
    if (pin->nodes < settings->nodes_min)
        return error_text_set(error, error_size, -EINVAL,
                              "%u nodes are fewer than the min of group %s, which is %u; pin more, or use --force",
                              pin->nodes, pin->group, settings->nodes_min);
    if (scaler_settings_is_limited(settings) && pin->nodes > settings->nodes_max)
        return error_text_set(error, error_size, -EINVAL,
                              "%u nodes are more than the max of group %s, which is %u; pin fewer, or use --force",
                              pin->nodes, pin->group, settings->nodes_max);
    return 0;
}

int overrides_check(const struct override *override, const struct scaler_settings *settings, int64_t wall_ms,
                    char *error, size_t error_size)
{
    if (override->until_ms <= wall_ms)
        return error_text_set(error, error_size, -EINVAL, "its end is in the past; give a later one");
    if (override->until_ms - wall_ms > OVERRIDE_MS_MAX)
        return error_text_set(error, error_size, -EINVAL,
                              "it may last 7 days at most; give an earlier end, and repeat the command before it");
    if (override->kind == OVERRIDE_PIN)
        return check_pin(override, settings, error, error_size);
    return 0;
}

/* Both pauses have one place. */
static enum override_kind place_of(enum override_kind kind)
{
    return kind == OVERRIDE_PAUSE_IN ? OVERRIDE_PAUSE : kind;
}

static struct override *find(const struct overrides *overrides, const char *group, enum override_kind kind)
{
    for (unsigned i = 0; i < overrides->count; i++)
        if (place_of(overrides->items[i].kind) == place_of(kind) && strcmp(overrides->items[i].group, group) == 0)
            return &overrides->items[i];
    return NULL;
}

static int make_room(struct overrides *overrides)
{
    unsigned room = overrides->room == 0 ? 8 : 2 * overrides->room;

    if (overrides->count == OVERRIDES_MAX)
        return -ENOSPC;
    if (overrides->count < overrides->room)
        return 0;
    struct override *items = reallocarray(overrides->items, room, sizeof *items);
    if (items == NULL)
        return -ENOMEM;
    overrides->items = items;
    overrides->room = room;
    return 0;
}

int overrides_set(struct overrides *overrides, const struct override *override)
{
    struct override *place = find(overrides, override->group, override->kind);

    if (place == NULL) {
        int rc = make_room(overrides);
        if (rc < 0)
            return rc;
        place = &overrides->items[overrides->count++];
    }
    *place = *override;
    overrides->changes++;
    return 0;
}

const struct override *overrides_pin(const struct overrides *overrides, const char *group)
{
    return find(overrides, group, OVERRIDE_PIN);
}

const struct override *overrides_pause(const struct overrides *overrides, const char *group)
{
    return find(overrides, group, OVERRIDE_PAUSE);
}

const struct override *overrides_activation(const struct overrides *overrides, const char *group)
{
    return find(overrides, group, OVERRIDE_ACTIVATE);
}

const char *overrides_objection(const struct overrides *overrides, const char *group, bool is_in)
{
    const struct override *pause = overrides_pause(overrides, group);

    if (pause == NULL || (pause->kind == OVERRIDE_PAUSE_IN && !is_in))
        return NULL;
    return pause->kind == OVERRIDE_PAUSE_IN ? "scale-in is paused" : "the group is paused";
}

bool overrides_remove(struct overrides *overrides, const char *group, int64_t wall_ms, struct override *removed)
{
    for (unsigned i = 0; i < overrides->count; i++) {
        struct override *item = &overrides->items[i];
        if (group != NULL ? strcmp(item->group, group) != 0 : item->until_ms > wall_ms)
            continue;
        *removed = *item;
        overrides->count--;
        memmove(item, item + 1, (overrides->count - i) * sizeof *item);
        overrides->changes++;
        return true;
    }
    return false;
}

/* ---- in force ---- */

static void widen_bounds(const struct override *pin, struct scaler_settings *settings)
{
    if (!pin->forced)
        return;
    if (pin->nodes < settings->nodes_min)
        settings->nodes_min = pin->nodes;
    if (scaler_settings_is_limited(settings) && pin->nodes > settings->nodes_max)
        settings->nodes_max = pin->nodes;
}

void overrides_apply(const struct overrides *overrides, const char *group, struct group_observation *observed,
                     struct scaler_settings *settings)
{
    const struct override *pin = overrides_pin(overrides, group);
    const struct override *pause = overrides_pause(overrides, group);

    observed->pin = pin != NULL ? pin->nodes : 0;
    if (pin != NULL)
        widen_bounds(pin, settings);
    observed->paused = pause != NULL && pause->kind == OVERRIDE_PAUSE;
    observed->paused_in = pause != NULL && pause->kind == OVERRIDE_PAUSE_IN;
    if (overrides_activation(overrides, group) != NULL)
        observed->orders_elsewhere = false;
}

/* ---- as text ---- */

void overrides_describe(const struct override *override, char *text, size_t size)
{
    static const char *const texts[OVERRIDE_KIND_COUNT] = {
        [OVERRIDE_PAUSE] = "all orders paused, min included",
        [OVERRIDE_PAUSE_IN] = "scale-in paused",
        [OVERRIDE_ACTIVATE] = "orders come from this collector, whichever one its agents prefer,",
    };
    struct writer writer = {.text = text, .size = size};
    char until[TIME_TEXT_MAX];

    format_utc(override->until_ms, until, sizeof until);
    if (override->kind == OVERRIDE_PIN)
        writer_print(&writer, "pinned to %u node%s", override->nodes, override->nodes == 1 ? "" : "s");
    else
        writer_print(&writer, "%s", texts[override->kind]);
    writer_print(&writer, " until %s by ", until);
    if (override->user[0] != '\0')
        writer_print(&writer, "%s (uid %u)", override->user, override->uid);
    else
        writer_print(&writer, "uid %u", override->uid);
    if (override->reason[0] != '\0')
        writer_print(&writer, ": %s", override->reason);
}

void overrides_put_one(struct writer *writer, const struct override *override)
{
    char text[OVERRIDE_TEXT_MAX];

    writer_putf(writer, "{\"kind\":\"%s\",\"group\":\"%s\",", override_kind_names[override->kind], override->group);
    if (override->kind == OVERRIDE_PIN)
        writer_putf(writer, "\"nodes\":%u,\"forced\":%s,", override->nodes, override->forced ? "true" : "false");
    writer_putf(writer, "\"set_ms\":%" PRId64 ",\"until_ms\":%" PRId64 ",\"uid\":%u,\"user\":", override->set_ms,
                override->until_ms, override->uid);
    writer_put_string(writer, override->user);
    writer_put(writer, ",\"reason\":");
    writer_put_string(writer, override->reason);
    overrides_describe(override, text, sizeof text);
    writer_put(writer, ",\"text\":");
    writer_put_string(writer, text);
    writer_put(writer, "}");
}

void overrides_put_json(struct writer *writer, const struct overrides *overrides, const char *group)
{
    bool any = false;

    writer_put(writer, "[");
    for (unsigned i = 0; i < overrides->count; i++) {
        if (strcmp(overrides->items[i].group, group) != 0)
            continue;
        writer_put(writer, any ? "," : "");
        overrides_put_one(writer, &overrides->items[i]);
        any = true;
    }
    writer_put(writer, "]");
}
