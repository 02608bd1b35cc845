/* The parsers of the files of cgroups, and of the lists that say where they and the file systems are, each on the same
 * text. */
#include "agent/metrics/cgroup_place.h"
#include "agent/metrics/cgroup_text.h"
#include "agent/node/mounts.h"
#include "fuzz/fuzz.h"

#include <string.h>

/* clang-format off */
static const char *const texts[] = {
    "usage_usec 12\nuser_usec 1\nsystem_usec 2\nnr_periods 3\nnr_throttled 4\nthrottled_usec 5\n",
    "50000 100000\n",
    "0-3,8,10-11\n",
    "8:16 8:0 rbytes=90430464 wbytes=299008000 rios=8950 wios=1252 dbytes=50331648 dios=3021\n",
    "8:0 Read 5\n8:0 Write 6\n8:0 Total 11\nTotal 11\n",
    "4:memory:/docker/a\n3:cpu,cpuacct:/docker/a\n1:name=systemd:/a.service\n0::/system.slice/a.service\n",
    ("30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
    "31 23 0:27 /a\\040b /c rw - cgroup cgroup rw,cpu,cpuacct\n"),
    ("22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n36 22 0:31 / /data\\040x rw - btrfs /dev/vdb rw\n"
    "40 22 254:1 /a /b ro - ext4 /dev/vda1 rw\n41 22 0:40 / /mnt rw - nfs4 host:/x rw\n"),
};
/* clang-format on */

static void walk_io(bool (*next)(const char **text, size_t *len, struct cgroup_io *io), const char *text, size_t len)
{
    struct cgroup_io io;
    const char *at = text;
    size_t left = len;

    while (next(&at, &left, &io))
        MUST(strlen(io.device) < CGROUP_DEVICE_MAX && at + left == text + len);
    MUST(left == 0);
}

static void find_places(const char *text, size_t len)
{
    static struct cgroup_places places;

    cgroup_places_init(&places);
    cgroup_places_own(&places, text, len);
    cgroup_places_mounted(&places, text, len, len % 2 == 0);
    for (unsigned named = 0; named < 2; named++) {
        for (unsigned h = 0; h < CGROUP_HIERARCHIES; h++)
            MUST(strlen(places.at[h].dir) < CGROUP_PATH_MAX &&
                 (places.at[h].dir[0] == '\0' || places.at[h].top_len <= strlen(places.at[h].dir)));
        cgroup_places_name(&places, places.at[CGROUP_MEMORY].own);
    }
}

static void find_mounts(const char *text, size_t len)
{
    struct mount list[4];
    struct mount first;
    unsigned count = mounts_parse(text, len, list, 4);

    MUST(mounts_parse(text, len, &first, 1) >= count); /* one that is not in the list may count more than once */
    for (unsigned i = 0; i < count && i < 4; i++) {
        MUST(list[i].path[0] == '/' && strlen(list[i].path) < MOUNTS_PATH_MAX);
        for (unsigned k = 0; k < i; k++)
            MUST(!mounts_equal(&list[i], &list[k]));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    uint64_t number = 0;

    (void)cgroup_text_number(text, size, &number);
    (void)cgroup_text_value(text, size, "nr_periods", &number);
    if (cgroup_text_quota(text, size, &number) == 0)
        MUST(number > 0);
    if (cgroup_text_cpus(text, size, &number) == 0)
        MUST(number > 0);
    walk_io(cgroup_text_next_io, text, size);
    walk_io(cgroup_text_next_io_1, text, size);
    find_places(text, size);
    find_mounts(text, size);
    return 0;
}

/* Begins from what Linux writes. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    const char *text = texts[seed / 16 % (sizeof texts / sizeof texts[0])];

    if (seed % 16 == 0 && max_size >= strlen(text)) {
        size = strlen(text);
        memcpy(data, text, size);
    }
    return LLVMFuzzerMutate(data, size, max_size);
}
