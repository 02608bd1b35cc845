/* Pure. Builds samples from the parts that the sources of metrics contribute, each read at its own period.
 *
 * A source that can't be read or understood costs its metrics, never the sample: they are absent. So does one that has
 * not been read in time: it is late, and until its reading ends it is not read again.
 *
 * A source is prompt if its last reading showed that the next one can't hang, and it was not slow.
 *
 * A tick, in which several threads can share the sources:
 *     measure_begin()          queues the sources that are due
 *     measure_next()           takes one of them,
 *     measure_run()            reads it,
 *     measure_finish()         and adds what was read
 *     measure_end()            takes the sample of all that has been read by then
 * A lock of the caller protects all calls but measure_run(). */
#ifndef AGENT_SAMPLING_MEASURE_H
#define AGENT_SAMPLING_MEASURE_H

#include "agent/metrics/mount_source.h"
#include "agent/metrics/source.h"
#include "agent/node/node_source.h"
#include "common/sample.h"

#include <stdbool.h>
#include <stdint.h>

#define MEASURE_SOURCES  12U /* rows of the table in measure.c */
#define MEASURE_ENTRIES  (MEASURE_SOURCES + MOUNT_SOURCE_MAX)
#define MEASURE_SLOW_MS  50U      /* a reading that takes so long is slow */
#define MEASURE_CALM_MS  60000U   /* a source that was late or slow or has complained counts as such for so long */
#define MEASURE_AGAIN_MS 3600000U /* the same complaint is logged again after so long */

enum measure_status { MEASURE_IDLE, MEASURE_QUEUED, MEASURE_RUNNING };

/* A source: what each tick looks at, and nothing else. */
struct measure_entry {
    void *state;
    enum measure_status status;
    bool is_used;    /* there is something to read */
    bool is_awaited; /* queued in this tick */
    bool was_read;   /* the last reading succeeded; the next one is due at due_ms */
    bool is_prompt;
    bool has_facts;    /* so has the last reading that succeeded */
    bool was_late;     /* last at late_ms */
    bool complains;    /* the last reading did, */
    bool has_logged;   /* or an earlier one that was logged, and it has not been content since */
    uint32_t present;  /* of that reading, as in its part, */
    uint32_t replaces; /* and this */
    uint64_t due_ms;
    uint64_t slow_until_ms; /* it was slow: not prompt before */
    uint64_t late_ms;
};

struct measure_complaint {
    char last[SOURCE_COMPLAINT_MAX];
    uint64_t last_ms;                  /* when there was one last, logged or not */
    char logged[SOURCE_COMPLAINT_MAX]; /* the one that was logged, at logged_ms */
    uint64_t logged_ms;
};

/* All zeros before measure_init(). Ticks come with cold caches: what they don't need is not between what they do. */
struct measure {
    unsigned end; /* of the entries that are used: those of the table, and of the file systems */
    bool has_new_facts;
    struct measure_entry entries[MEASURE_ENTRIES];
    union metric_value values[MEASURE_ENTRIES][METRIC_COUNT];
    struct node_facts facts[MEASURE_SOURCES]; /* as last read */
    struct measure_complaint complaints[MEASURE_ENTRIES];
};

/* One reading of one source. */
struct measure_job {
    unsigned source;
    uint64_t read_ms;
    uint64_t took_ms;
    bool is_prompt; /* the next reading can't hang */
    bool was_read;
    struct source_part part;
};

/* What is to be logged. Of the sources, a bit each: */
struct measure_changes {
    uint32_t late;                        /* late now, and were not before */
    uint32_t on_time;                     /* the other way round */
    uint32_t content;                     /* they complained, and have not for MEASURE_CALM_MS */
    char complaint[SOURCE_COMPLAINT_MAX]; /* of one source; empty: none. The others follow in later ticks */
};

/* 0 or -ENOMEM; measure_deinit() is due in either case. The config outlives the measure. */
int measure_init(struct measure *measure, const struct agent_config *config);
void measure_deinit(struct measure *measure, const struct node_source *node);

/* uptime_ms is CLOCK_BOOTTIME here and below. */
void measure_begin(struct measure *measure, uint64_t uptime_ms);

/* Returns false if no source is queued; with only_prompt, only prompt ones are taken. */
bool measure_next(struct measure *measure, bool only_prompt, struct measure_job *job);

/* Sets what was read; took_ms and is_prompt are the caller's. */
void measure_run(const struct measure *measure, const struct node_source *node, uint64_t uptime_ms,
                 struct measure_job *job);
void measure_finish(struct measure *measure, const struct measure_job *job);

/* How many sources there are: the file systems come and go. */
unsigned measure_count(const struct measure *measure);

bool measure_any_queued(const struct measure *measure);

/* Whether all sources that this tick queued have been read. */
bool measure_is_complete(const struct measure *measure);

/* Sets present and value of the sample; the rest is the caller's. The first reading has no percentages that need two.
 */
struct measure_changes measure_end(struct measure *measure, uint64_t uptime_ms, struct sample *sample);

/* Whether a vital source has been read: else this is no node. One that is late may be. */
bool measure_possible(const struct measure *measure);

/* As last read. */
struct node_facts measure_facts(const struct measure *measure);

/* Returns false (nothing set) if they are the same as at the last call. */
bool measure_new_facts(struct measure *measure, struct node_facts *facts);

/* For people. */
const char *measure_source_name(const struct measure *measure, unsigned source);

#endif
