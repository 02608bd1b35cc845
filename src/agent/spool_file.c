#include "agent/spool_file.h"

#include "agent/spool_layout.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/handle.h"
#include "common/locked_file.h"
#include "common/log.h"
#include "common/scrub.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCKED_MAX   ((size_t)16 << 20) /* a larger spool must be free to leave memory */
#define SYNC_MS      5000U
#define BOOT_ID_PATH "/proc/sys/kernel/random/boot_id"

uint64_t spool_file_boot(void)
{
    uint64_t id[5] = {0}; /* 36 characters and a newline */
    int fd = open(BOOT_ID_PATH, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return 0;
    ssize_t got = read(fd, id, sizeof id);
    close(fd);
    return got >= 36 ? record_checksum(id, sizeof id) : 0;
}

/* ---- the file ---- */

static void close_fd(struct spool_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}

/* 0 or a negative errno. */
static int open_locked(struct spool_file *file)
{
    int fd = locked_file_open(file->path);

    if (fd >= 0)
        file->fd = fd;
    return fd < 0 ? fd : 0;
}

/* What the file is good for (an enum spool_layout_fit), or a negative errno. *old_capacity: of the ring in it. */
static int examine(int fd, uint64_t capacity, uint64_t *old_capacity, bool *cut)
{
    struct stat status;
    struct spool_head head = {0};

    if (fstat(fd, &status) < 0)
        return -errno;
    if (!S_ISREG(status.st_mode))
        return SPOOL_LAYOUT_FOREIGN;
    size_t len = 0;
    int rc = file_read_all(fd, &head, sizeof head, &len);
    if (rc < 0 && rc != -EIO) /* a head that can't be read is zeros: foreign */
        return rc;
    *old_capacity = head.capacity;
    return (int)spool_layout_check(&head, (size_t)status.st_size, capacity, cut);
}

static int reserve(int fd, uint64_t capacity)
{
    struct spool_head head = spool_layout_head(capacity);
    int rc = -posix_fallocate(fd, 0, (off_t)spool_layout_len(capacity));

    return rc < 0 ? rc : file_write_all(fd, &head, sizeof head, 0);
}

static int move_aside(struct spool_file *file)
{
    char aside[PATH_MAX + 32];

    snprintf(aside, sizeof aside, "%s.bad-%" PRId64, file->path, clock_wall_ms() / 1000);
    if (rename(file->path, aside) < 0)
        return -errno;
    log_warning("%s is not a spool of this version; renamed it to %s and created a new one", file->path, aside);
    close_fd(file);
    return open_locked(file);
}

static int write_resized(int fd, uint8_t *old, uint64_t old_capacity, uint64_t capacity, bool *unreadable)
{
    uint8_t *image = calloc(1, spool_layout_len(capacity));

    if (image == NULL)
        return -ENOMEM;
    if (!spool_layout_resize(old, old_capacity, image, capacity))
        *unreadable = true;
    int rc = -posix_fallocate(fd, 0, (off_t)spool_layout_len(capacity));
    if (rc == 0)
        rc = file_write_all(fd, image, spool_layout_len(capacity), 0);
    if (rc == 0 && fsync(fd) < 0)
        rc = -errno;
    free(image);
    return rc;
}

/* Gives the name to a synced copy of the spool whose ring has another size, and opens that. */
static int resize(struct spool_file *file, uint64_t old_capacity, uint64_t capacity, bool *unreadable)
{
    char copy[PATH_MAX + 8];
    size_t old_len = spool_layout_len(old_capacity);
    uint8_t *old = malloc(old_len);
    int rc = old == NULL ? -ENOMEM : scrub_file(file->fd, old_len, old, unreadable);

    snprintf(copy, sizeof copy, "%s.new", file->path);
    int fd = rc < 0 ? rc : locked_file_create(copy);
    rc = fd < 0 ? fd : write_resized(fd, old, old_capacity, capacity, unreadable);
    if (rc == 0)
        rc = locked_file_rename(copy, file->path);
    free(old);
    if (rc == 0) {
        close_fd(file);
        file->fd = fd;
    } else if (fd >= 0) {
        close(fd);
        unlink(copy);
    }
    return rc;
}

static int map(struct spool_file *file, uint64_t capacity)
{
    size_t len = spool_layout_len(capacity);
    void *at = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, file->fd, 0);

    if (at == MAP_FAILED)
        return -errno;
    /* Locked pages are not read again, so a disk that fails later does not end the agent with SIGBUS. Locking may not
     * be allowed, and then we run without. */
    if (len <= LOCKED_MAX)
        (void)mlock(at, len);
    file->map = at;
    file->len = len;
    return 0;
}

/* 0: the spool is restored from the file. */
static int open_file(struct spool_file *file, uint64_t capacity, uint64_t boot, uint64_t instance)
{
    bool unreadable = false;
    uint64_t old_capacity = 0;
    int rc = open_locked(file);
    int fit = rc < 0 ? rc : examine(file->fd, capacity, &old_capacity, &unreadable);

    if (fit == SPOOL_LAYOUT_FOREIGN) {
        rc = move_aside(file);
        fit = rc < 0 ? rc : SPOOL_LAYOUT_EMPTY;
    }
    if (fit < 0)
        return fit;
    if (fit == SPOOL_LAYOUT_RESIZE)
        rc = resize(file, old_capacity, capacity, &unreadable);
    else
        rc = reserve(file->fd, capacity);
    if (rc == 0 && fit == SPOOL_LAYOUT_EMPTY)
        rc = locked_file_sync_name(file->path); /* else a power cut may take the file with all that is synced in it */
    if (rc == 0)
        rc = scrub_file(file->fd, spool_layout_len(capacity), NULL, &unreadable);
    if (rc == 0)
        rc = map(file, capacity);
    if (rc < 0)
        return rc;
    if (unreadable)
        log_warning("a part of %s is missing, damaged or unreadable; its samples are lost", file->path);
    file->found = spool_layout_restore(&file->spool, file->map, capacity, boot, instance, unreadable);
    return 0;
}

int spool_file_open(struct spool_file *file, const char *dir, const char *node_id, unsigned capacity, uint64_t boot,
                    uint64_t instance)
{
    *file = (struct spool_file){.fd = -1};
    if (dir[0] != '\0') {
        int len = snprintf(file->path, sizeof file->path, "%s/%s.spool", dir, node_id);
        int rc = len < (int)sizeof file->path ? open_file(file, capacity, boot, instance) : -ENAMETOOLONG;
        if (rc == 0)
            return 0;
        close_fd(file);
        if (rc == -EBUSY)
            log_error("another agent has %s; give each its own --node-id or --spool", file->path);
        else if (rc == -ENAMETOOLONG)
            log_error("--spool %s: the path is too long", dir);
        else
            log_error("can't use %s: %s; samples are in memory only", file->path, strerror(-rc));
        if (rc == -EBUSY || rc == -ENAMETOOLONG)
            return rc;
    }
    file->heap = calloc(capacity, sizeof *file->heap);
    if (file->heap == NULL)
        return -ENOMEM;
    spool_begin(&file->spool, file->heap, capacity, boot, instance);
    return 0;
}

struct spool *spool_file_spool(struct spool_file *file)
{
    return &file->spool;
}

const struct restore_found *spool_file_found(const struct spool_file *file)
{
    return &file->found;
}

bool spool_file_lasting(const struct spool_file *file)
{
    return file->map != NULL;
}

/* ---- syncing ---- */

static void spool_file_on_sync_work(uv_work_t *work)
{
    struct spool_file *file = work->data;

    file->sync_rc = fdatasync(file->fd) < 0 ? -errno : 0;
}

static void spool_file_on_synced(uv_work_t *work, int status)
{
    struct spool_file *file = work->data;
    bool failed = status == 0 && file->sync_rc < 0;

    file->syncing = false;
    if (failed && !file->sync_failed)
        log_error("can't sync %s: %s; a power failure would lose its samples", file->path, strerror(-file->sync_rc));
    else if (!failed && file->sync_failed)
        log_info("%s can be synced again", file->path);
    file->sync_failed = failed;
    if (failed)
        spool_set_changed(&file->spool);
}

static void spool_file_on_timer(uv_timer_t *timer)
{
    struct spool_file *file = timer->data;

    if (file->syncing || !spool_take_changed(&file->spool))
        return;
    file->sync.data = file;
    file->syncing = uv_queue_work(timer->loop, &file->sync, spool_file_on_sync_work, spool_file_on_synced) == 0;
    if (!file->syncing)
        spool_set_changed(&file->spool);
}

void spool_file_start(struct spool_file *file, uv_loop_t *loop)
{
    if (!spool_file_lasting(file))
        return;
    uv_timer_init(loop, &file->timer);
    file->timer.data = file;
    uv_timer_start(&file->timer, spool_file_on_timer, SYNC_MS, SYNC_MS);
}

void spool_file_close(struct spool_file *file)
{
    if (file->syncing)
        (void)uv_cancel((uv_req_t *)&file->sync);
    handle_close(&file->timer, NULL);
}

void spool_file_deinit(struct spool_file *file)
{
    if (file->map != NULL)
        munmap(file->map, file->len);
    file->map = NULL;
    close_fd(file);
    free(file->heap);
    file->heap = NULL;
}
