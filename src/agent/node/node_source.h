/* Pure. The interface through which the agent's pure code reads a node: node_files implements it with files, and
 * tests with texts. */
#ifndef AGENT_NODE_NODE_SOURCE_H
#define AGENT_NODE_NODE_SOURCE_H

#include "agent/node/mounts.h"
#include "agent/node/retry.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NODE_VIEW_MAX 320U

enum node_protection { NODE_PROTECTION_UNKNOWN, NODE_UNPROTECTED, NODE_PROTECTED };

/* The node's size, as the Hello gives it, and what it is. */
struct node_facts {
    unsigned cores;        /* 0: unknown */
    uint32_t cpu_milli;    /* thousandths of a core that may be used, where that is limited; 0: all cores */
    uint64_t memory_bytes; /* 0: unknown */
    enum node_protection protection;
    char view[NODE_VIEW_MAX]; /* for people, what stands for the node: "cgroup /sys/fs/cgroup: 0.5 cpus, 256 MiB"; "":
                                 the machine */
};

bool node_facts_equal(const struct node_facts *a, const struct node_facts *b);

/* How many thousandths of a core may be used; 0: unknown. */
uint32_t node_facts_cpu_milli(const struct node_facts *facts);

#define NODE_CPUS_MAX 16U

/* The same as a text: "4", "0.5". */
void node_facts_cpus(const struct node_facts *facts, char text[NODE_CPUS_MAX]);

/* A file that is read again and again; whoever reads it keeps it, and it stays open in between. */
struct node_file {
    const char *path;       /* below the root of the node; begins with "/"; the owner's */
    const char *other_path; /* the one to open where path can't be opened; NULL: there is none */
    int fd;                 /* -1: closed */
    bool is_prompt;         /* the kernel itself answers reads, from memory: they can't hang */
    bool is_fuse;           /* a process of its own reads it: fd is -1 */
    struct retry retry;
};

#define NODE_RECORD_MAX 256U /* bytes */

/* Closed. */
struct node_file node_file_at(const char *path);

/* What was read: not 0-terminated. len 0: it can't be read now. */
struct node_text {
    const char *at;
    size_t len;
    uint64_t read_ms; /* CLOCK_BOOTTIME at the end of the reading: counters are of this moment, even if the file hung */
    bool is_cut;      /* the file goes on */
};

/* A file of the operator's, in the agent's own tree, which is replaced again and again. */
struct node_record_file {
    const char *path;
    bool is_known; /* it is on this file system: */
    uint64_t device;
    bool is_prompt; /* as in struct node_file */
    bool is_fuse;
};

/* Such a file as it was at one moment. */
struct node_record {
    int rc; /* 0 or a negative errno; -EINVAL: it is no regular file, -EFBIG: it has more than NODE_RECORD_MAX bytes;
               -EOPNOTSUPP: it is on FUSE */
    struct node_text text;
    uint64_t inode; /* another one: the file was replaced; so it was, or has been written to, with another mtime_ms */
    int64_t mtime_ms;
    int64_t age_ms; /* by the wall clock, which may step */
};

/* Of a file system, in blocks. */
struct node_space {
    uint64_t used;
    uint64_t available; /* to users other than root */
};

struct node_source {
    /* The file as it is now: its first 4096 bytes or, if whole, all of it. The text lives until the next call. */
    struct node_text (*read)(struct node_file *file, bool whole, void *arg);
    void (*close)(struct node_file *file, void *arg);

    /* path: begins with "/sys/". Whether it exists. */
    bool (*exists)(const char *path, void *arg);

    /* The first bytes of that file, at most size. Returns how many, 0 when it can't be read. */
    size_t (*read_short)(const char *path, char *text, size_t size, void *arg);

    /* The names in that folder, each behind a '/': as many whole ones as size bytes hold. Returns how many bytes they
     * are, 0 when it can't be read. */
    size_t (*list)(const char *path, char *names, size_t size, void *arg);

    /* Opens the file, since another one may be there now. The text lives until the next call. */
    struct node_record (*read_record)(struct node_record_file *file, void *arg);

    /* Whether it exists, in the agent's own tree: 0, or a negative errno. */
    int (*look_for)(const char *path, void *arg);

    /* 0 or a negative errno; -EXDEV: another file system is there. */
    int (*read_space)(const struct mount *mount, struct node_space *space, void *arg);
    void *arg;
};

struct node_text node_source_head(const struct node_source *node, struct node_file *file);
struct node_text node_source_whole(const struct node_source *node, struct node_file *file);
void node_source_close(const struct node_source *node, struct node_file *file);

#endif
