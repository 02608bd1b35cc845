#include "collector/autoscale/override_store.h"

#include "collector/autoscale/override_file.h"
#include "common/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_MS 5000U

/* journalctl MESSAGE_ID=...; explained in packaging/headroom.catalog. */
#define OVERRIDE_MESSAGE_ID "8a52d7e3c1f04a6fb0c94e5d7713a2b8"

/* ---- the log ---- */

static void log_change(const struct override *override, const char *prefix, const char *suffix)
{
    char text[OVERRIDE_TEXT_MAX], uid[16];
    char message[NAME_LEN_MAX + 2 * OVERRIDE_TEXT_MAX];

    overrides_describe(override, text, sizeof text);
    (void)snprintf(uid, sizeof uid, "%u", override->uid);
    (void)snprintf(message, sizeof message, "%s: %s%s%s", override->group, prefix, text, suffix);
    const struct log_field fields[] = {{"MESSAGE_ID", OVERRIDE_MESSAGE_ID},
                                       {"HEADROOM_GROUP", override->group},
                                       {"HEADROOM_OVERRIDE", override_kind_names[override->kind]},
                                       {"HEADROOM_UID", uid},
                                       {"HEADROOM_USER", override->user},
                                       {"HEADROOM_REASON", override->reason},
                                       {"HEADROOM_OVERRIDE_TEXT", text}};
    log_record(LOG_LEVEL_INFO, message, fields, sizeof fields / sizeof *fields);
}

/* ---- writing ---- */

static int override_store_on_write(void *arg)
{
    const struct override_store *store = arg;

    return store->text != NULL ? override_file_write(store->disk, store->text, store->len) : -ENOMEM;
}

static void override_store_on_before_write(void *arg)
{
    struct override_store *store = arg;

    free(store->text);
    store->text = override_file_text(store->overrides, &store->len);
    store->writing = store->overrides->changes;
}

static void override_store_on_written(int rc, void *arg)
{
    struct override_store *store = arg;

    if (rc == 0)
        store->saved = store->writing;
    if (rc == 0 && store->saved < store->overrides->changes)
        write_job_begin(&store->job);
    if (store->saved_cb != NULL && !store->closed)
        store->saved_cb(rc, store->arg);
}

/* While writes fail, a change is the next attempt. */
static void save(struct override_store *store)
{
    if (!write_job_running(&store->job))
        write_job_begin(&store->job);
}

/* ---- changes ---- */

int override_store_set(struct override_store *store, const struct override *override)
{
    int rc = overrides_set(store->overrides, override);

    if (rc < 0)
        return rc;
    log_change(override, "", "");
    save(store);
    return 0;
}

unsigned override_store_end(struct override_store *store, const char *group, const char *by)
{
    char suffix[64];
    struct override removed;
    unsigned count = 0;

    (void)snprintf(suffix, sizeof suffix, "; ended by %s", by);
    for (; overrides_remove(store->overrides, group, 0, &removed); count++)
        log_change(&removed, "no longer ", suffix);
    if (count > 0)
        save(store);
    return count;
}

void override_store_expire(struct override_store *store, int64_t wall_ms)
{
    struct override removed;
    unsigned count = 0;

    for (; overrides_remove(store->overrides, NULL, wall_ms, &removed); count++)
        log_change(&removed, "no longer ", "; its time is over");
    if (count > 0)
        save(store);
}

/* ---- life ---- */

static void put_aside(const struct override_store *store, int rc)
{
    const char *what = rc == -ENOTSUP ? "was written by another version" : "is damaged";
    int rc_aside = override_file_put_aside(store->disk);

    log_warning("the file overrides %s; pins and pauses are lost, give them again; the file %s%s", what,
                rc_aside == 0 ? "was renamed to overrides.bad" : "can't be renamed: ",
                rc_aside == 0 ? "" : strerror(-rc_aside));
}

int override_store_start(struct override_store *store, uv_loop_t *loop, const struct disk *disk,
                         struct overrides *overrides)
{
    const struct write_job_options options = {.file = OVERRIDE_FILE_NAME,
                                              .consequence =
                                                  "pins and pauses stay in force, but a restart would forget them",
                                              .retry_ms = RETRY_MS,
                                              .write = override_store_on_write,
                                              .before_write = override_store_on_before_write,
                                              .on_written = override_store_on_written,
                                              .arg = store};

    *store = (struct override_store){.overrides = overrides, .disk = disk};
    write_job_start(&store->job, loop, &options);
    int rc = override_file_read(disk, overrides);
    if (rc == -ENOMEM)
        return rc;
    if (rc == -EBADMSG || rc == -ENOTSUP)
        put_aside(store, rc);
    else if (rc < 0)
        log_warning("can't read the file overrides: %s; pins and pauses are lost, give them again", strerror(-rc));
    for (unsigned i = 0; i < overrides->count; i++)
        log_change(&overrides->items[i], "still ", "");
    return 0;
}

void override_store_on_saved(struct override_store *store, override_saved_cb *cb, void *arg)
{
    store->saved_cb = cb;
    store->arg = arg;
}

void override_store_close(struct override_store *store)
{
    store->closed = true;
    write_job_close(&store->job);
}

void override_store_deinit(struct override_store *store)
{
    free(store->text);
    store->text = NULL;
}
