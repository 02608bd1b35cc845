#include "agent/spool/spool_file.h"

#include "agent/spool/spool_guard.h"
#include "agent/spool/spool_layout.h"
#include "agent/spool/spool_open.h"
#include "common/disk_posix.h"
#include "common/handle.h"
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#define LOCKED_MAX   ((size_t)16 << 20) /* a larger spool must be free to leave memory */
#define SYNC_MS      5000U
#define BOOT_ID_PATH "/proc/sys/kernel/random/boot_id"

static int open_boot_id(const char *root)
{
    char path[PATH_MAX];
    int fd = -1;

    if (snprintf(path, sizeof path, "%s" BOOT_ID_PATH, root) < (int)sizeof path)
        fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? open(BOOT_ID_PATH, O_RDONLY | O_CLOEXEC) : fd;
}

uint64_t spool_file_boot(const char *root)
{
    uint64_t id[5] = {0}; /* 36 characters and a newline */
    int fd = open_boot_id(root);

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
    spool_guard_arm(at, len, file->path);
    return 0;
}

/* Zeros, which are no secret, if the kernel has no random bytes yet. */
static void random_bytes(uint8_t *bytes, size_t len)
{
    if (getrandom(bytes, len, 0) != (ssize_t)len)
        memset(bytes, 0, len);
}

/* A new spool, and one of an older version, has no secret yet. */
static void keep_secret(struct spool_file *file)
{
    static const uint8_t none[AGENT_SECRET_LEN];
    uint8_t *kept = spool_layout_secret(file->map);

    if (memcmp(kept, none, sizeof none) == 0) {
        memcpy(kept, file->secret, sizeof file->secret);
        spool_set_changed(&file->spool);
    }
    memcpy(file->secret, kept, sizeof file->secret);
}

/* 0: the spool is restored from the file, whose path is set. */
static int open_file(struct spool_file *file, const char *dir, uint64_t capacity, uint64_t boot, uint64_t instance)
{
    struct spool_opened opened;
    int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (dir_fd < 0)
        return -errno;
    const struct disk disk = disk_posix(dir_fd);
    int rc = spool_open(&disk, strrchr(file->path, '/') + 1, capacity, &opened);
    close(dir_fd);
    if (opened.aside_s != 0)
        log_warning("%s is not a spool of this version; renamed it to %s.bad-%" PRId64 " and created a new one",
                    file->path, file->path, opened.aside_s);
    if (rc < 0)
        return rc;
    file->fd = opened.file;
    rc = map(file, capacity);
    if (rc < 0)
        return rc;
    if (opened.unreadable)
        log_warning("a part of %s is missing, damaged or unreadable; its samples are lost", file->path);
    file->found = spool_layout_restore(&file->spool, file->map, capacity, boot, instance, opened.unreadable);
    keep_secret(file);
    return 0;
}

int spool_file_open(struct spool_file *file, const char *dir, const char *node_id, unsigned capacity, uint64_t boot,
                    uint64_t instance)
{
    *file = (struct spool_file){.fd = -1};
    random_bytes(file->secret, sizeof file->secret);
    if (dir[0] != '\0') {
        int len = snprintf(file->path, sizeof file->path, "%s/%s.spool", dir, node_id);
        int rc = len < (int)sizeof file->path ? open_file(file, dir, capacity, boot, instance) : -ENAMETOOLONG;
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

const uint8_t *spool_file_secret(const struct spool_file *file)
{
    return file->secret;
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
    if (file->map != NULL) {
        spool_guard_disarm();
        munmap(file->map, file->len);
    }
    file->map = NULL;
    close_fd(file);
    free(file->heap);
    file->heap = NULL;
}
