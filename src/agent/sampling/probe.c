#include "agent/sampling/probe.h"

#include "agent/config/config.h"
#include "agent/node/node_files.h"
#include "common/clock.h"
#include "common/log.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define STACK_SIZE   ((size_t)128 << 10)
#define CLOSE_MS_MAX 100U /* for threads that do not hang to end */

/* A thread. One that is no longer the current one is detached, and frees itself at its end. */
struct reader {
    struct probe *probe;
    pthread_t thread;
    struct node_files files;
};

struct probe {
    const struct agent_config *config;
    pthread_mutex_t lock;
    pthread_cond_t work;    /* sources are queued, or the threads are to end */
    pthread_cond_t news;    /* the reading is complete, or a thread has ended */
    struct reader *current; /* takes the next source; NULL: all threads hang */
    bool is_reading;        /* the current one does, since taken_us of the monotonic clock */
    uint64_t taken_us;
    unsigned readers;
    uint64_t patience_ms;
    struct measure measure;
    struct node_files files; /* for prompt sources, which need no thread of their own */
    struct sample times;     /* only time_ms and uptime_ms: when this reading began */
    bool has_begun;
    bool is_closed;
    probe_cb *cb;
    void *arg;
    struct probe *next_abandoned;
};

/* Probes whose threads hung at their end: still in use, and no leak. */
static struct probe *abandoned;

static void set_times(struct probe *probe)
{
    probe->times.time_ms = clock_wall_ms();
    probe->times.uptime_ms = clock_uptime_ms();
}

static void run(const struct probe *probe, struct node_files *files, struct measure_job *job)
{
    const struct node_source node = node_files_source(files);
    const uint64_t begin_us = clock_mono_us();

    files->is_prompt = true;
    measure_run(&probe->measure, &node, clock_uptime_ms(), job);
    job->is_prompt = files->is_prompt;
    job->took_ms = (clock_mono_us() - begin_us) / 1000;
}

/* ---- a thread ---- */

static void note_taken(struct probe *probe)
{
    probe->is_reading = true;
    probe->taken_us = clock_mono_us();
    if (!probe->has_begun)
        set_times(probe);
    probe->has_begun = true;
}

/* Waits for a source. Returns false when the thread has to end. */
static bool take(struct reader *self, struct measure_job *job)
{
    struct probe *probe = self->probe;

    while (probe->current == self && !probe->is_closed) {
        if (measure_next(&probe->measure, false, job)) {
            note_taken(probe);
            return true;
        }
        pthread_cond_wait(&probe->work, &probe->lock);
    }
    return false;
}

static void finish(struct reader *self, const struct measure_job *job)
{
    struct probe *probe = self->probe;

    if (probe->current == self)
        probe->is_reading = false;
    measure_finish(&probe->measure, job);
    if (!measure_is_complete(&probe->measure))
        return;
    if (probe->cb != NULL)
        probe->cb(probe->arg);
    pthread_cond_signal(&probe->news);
}

/* With the lock, which it unlocks. probe_free() joins and frees the current one. */
static void leave(struct reader *self)
{
    struct probe *probe = self->probe;
    bool is_current = probe->current == self;

    probe->readers--;
    pthread_cond_signal(&probe->news);
    pthread_mutex_unlock(&probe->lock);
    node_files_close(&self->files);
    if (!is_current)
        free(self);
}

static void *probe_on_thread(void *arg)
{
    struct reader *self = arg;
    struct probe *probe = self->probe;
    struct measure_job job;

    pthread_setname_np(pthread_self(), PROBE_THREAD_NAME);
    pthread_mutex_lock(&probe->lock);
    while (take(self, &job)) {
        pthread_mutex_unlock(&probe->lock);
        run(probe, &self->files, &job);
        pthread_mutex_lock(&probe->lock);
        finish(self, &job);
    }
    leave(self);
    return NULL;
}

/* Without signals, which are the loop's. Returns 0 or a negative errno. */
static int create_thread(struct reader *reader)
{
    pthread_attr_t attributes;
    sigset_t all, before;

    int rc = pthread_attr_init(&attributes);
    if (rc != 0)
        return -rc;
    (void)pthread_attr_setstacksize(&attributes, STACK_SIZE);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(&reader->thread, &attributes, probe_on_thread, reader);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return -rc;
}

/* With the lock. */
static int start_reader(struct probe *probe)
{
    struct reader *reader = calloc(1, sizeof *reader);

    if (reader == NULL)
        return -ENOMEM;
    reader->probe = probe;
    reader->files.root = probe->config->root;
    int rc = create_thread(reader);
    if (rc < 0) {
        free(reader);
        return rc;
    }
    probe->readers++;
    probe->current = reader;
    probe->is_reading = false;
    return 0;
}

/* With the lock. */
static void ensure_reader(struct probe *probe)
{
    if (probe->current == NULL && measure_any_queued(&probe->measure))
        (void)start_reader(probe);
}

/* ---- a reading ---- */

/* With the lock. */
static void wake_reader(struct probe *probe)
{
    if (measure_any_queued(&probe->measure)) {
        ensure_reader(probe);
        pthread_cond_signal(&probe->work);
    }
}

/* Even if all sources but the last hang, the last is read before the deadline. */
static void set_patience(struct probe *probe)
{
    uint64_t share_ms = probe_deadline_ms(probe) / (measure_count(&probe->measure) + 1);

    probe->patience_ms = share_ms > 0 ? share_ms : 1;
}

/* To wake a thread costs a node more than most readings do. */
bool probe_begin(struct probe *probe)
{
    struct measure_job job;

    pthread_mutex_lock(&probe->lock);
    set_times(probe);
    probe->has_begun = false;
    set_patience(probe);
    measure_begin(&probe->measure, probe->times.uptime_ms);
    while (measure_next(&probe->measure, true, &job)) {
        probe->has_begun = true;
        run(probe, &probe->files, &job);
        measure_finish(&probe->measure, &job);
    }
    wake_reader(probe);
    bool is_complete = measure_is_complete(&probe->measure);
    pthread_mutex_unlock(&probe->lock);
    return is_complete;
}

/* With the lock. One check may come soon after the thread took a source: it is the next that finds it there. */
static void check(struct probe *probe)
{
    if (probe->is_reading && clock_mono_us() - probe->taken_us >= probe->patience_ms * 1000 / 2) {
        pthread_detach(probe->current->thread);
        probe->current = NULL;
        probe->is_reading = false;
    }
    ensure_reader(probe);
}

void probe_check(struct probe *probe)
{
    pthread_mutex_lock(&probe->lock);
    check(probe);
    pthread_mutex_unlock(&probe->lock);
}

bool probe_is_complete(struct probe *probe)
{
    pthread_mutex_lock(&probe->lock);
    bool is_complete = measure_is_complete(&probe->measure);
    pthread_mutex_unlock(&probe->lock);
    return is_complete;
}

static void log_changes(const struct probe *probe, const struct measure_changes *changes)
{
    if (changes->complaint[0] != '\0')
        log_warning("%s", changes->complaint);
    if ((changes->late | changes->on_time | changes->content) == 0)
        return;
    for (unsigned i = 0; i < MEASURE_ENTRIES; i++) {
        if (changes->late >> i & 1)
            log_warning("reading %s takes longer than %u ms; its metrics are absent until then",
                        measure_source_name(&probe->measure, i), (unsigned)probe_deadline_ms(probe));
        if (changes->on_time >> i & 1)
            log_info("reading %s no longer takes too long", measure_source_name(&probe->measure, i));
        if (changes->content >> i & 1)
            log_info("%s: all is well again", measure_source_name(&probe->measure, i));
    }
}

void probe_end(struct probe *probe, struct sample *sample)
{
    pthread_mutex_lock(&probe->lock);
    struct measure_changes changes = measure_end(&probe->measure, probe->times.uptime_ms, sample);
    sample->time_ms = probe->times.time_ms;
    sample->uptime_ms = probe->times.uptime_ms;
    pthread_mutex_unlock(&probe->lock);
    log_changes(probe, &changes);
}

uint64_t probe_deadline_ms(const struct probe *probe)
{
    uint64_t half_ms = (uint64_t)probe->config->interval_ms / 2;

    return half_ms < PROBE_DEADLINE_MS_MAX ? half_ms : PROBE_DEADLINE_MS_MAX;
}

uint64_t probe_patience_ms(const struct probe *probe)
{
    return probe->patience_ms;
}

/* ---- waiting ---- */

static struct timespec mono_in(uint64_t ms)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += (time_t)(ms / 1000);
    at.tv_nsec += (long)(ms % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

/* With the lock. */
static void wait_for_news(struct probe *probe, uint64_t ms)
{
    const struct timespec until = mono_in(ms);

    (void)pthread_cond_timedwait(&probe->news, &probe->lock, &until);
}

void probe_read(struct probe *probe, uint64_t wait_ms, struct sample *sample)
{
    const uint64_t end_us = clock_mono_us() + wait_ms * 1000;

    probe_begin(probe);
    pthread_mutex_lock(&probe->lock);
    while (!measure_is_complete(&probe->measure) && clock_mono_us() < end_us) {
        wait_for_news(probe, probe->patience_ms);
        check(probe);
    }
    pthread_mutex_unlock(&probe->lock);
    probe_end(probe, sample);
}

/* ---- life ---- */

void probe_report_to(struct probe *probe, probe_cb *cb, void *arg)
{
    pthread_mutex_lock(&probe->lock);
    probe->cb = cb;
    probe->arg = arg;
    pthread_mutex_unlock(&probe->lock);
}

struct node_facts probe_facts(struct probe *probe)
{
    pthread_mutex_lock(&probe->lock);
    struct node_facts facts = measure_facts(&probe->measure);
    pthread_mutex_unlock(&probe->lock);
    return facts;
}

bool probe_new_facts(struct probe *probe, struct node_facts *facts)
{
    pthread_mutex_lock(&probe->lock);
    bool are_new = measure_new_facts(&probe->measure, facts);
    pthread_mutex_unlock(&probe->lock);
    return are_new;
}

static void init_locks(struct probe *probe)
{
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&probe->lock, NULL);
    pthread_cond_init(&probe->work, NULL);
    pthread_cond_init(&probe->news, &attributes);
    pthread_condattr_destroy(&attributes);
}

static int init(struct probe *probe, const struct agent_config *config)
{
    struct sample first;

    probe->config = config;
    probe->files.root = config->root;
    init_locks(probe);
    int rc = measure_init(&probe->measure, config);
    pthread_mutex_lock(&probe->lock);
    if (rc == 0)
        rc = start_reader(probe);
    pthread_mutex_unlock(&probe->lock);
    if (rc < 0)
        return rc;
    probe_read(probe, probe_deadline_ms(probe), &first);
    return measure_possible(&probe->measure) ? 0 : -ENOENT;
}

int probe_new(const struct agent_config *config, struct probe **probe)
{
    struct probe *new = calloc(1, sizeof *new);
    int rc = new == NULL ? -ENOMEM : init(new, config);

    if (rc == -ENOENT)
        log_error("can't read cpu or memory under %s/proc; is --root right, and /proc mounted there?", config->root);
    else if (rc < 0)
        log_error("can't start to read this node: %s", strerror(-rc));
    if (rc < 0) {
        probe_free(new);
        return rc;
    }
    *probe = new;
    return 0;
}

/* Returns whether all threads have ended. */
static bool end_readers(struct probe *probe)
{
    const uint64_t end_us = clock_mono_us() + CLOSE_MS_MAX * UINT64_C(1000);

    pthread_mutex_lock(&probe->lock);
    probe->is_closed = true;
    probe->cb = NULL;
    pthread_cond_signal(&probe->work);
    while (probe->readers > 0 && clock_mono_us() < end_us)
        wait_for_news(probe, CLOSE_MS_MAX);
    bool all = probe->readers == 0;
    pthread_mutex_unlock(&probe->lock);
    if (probe->current != NULL && all)
        pthread_join(probe->current->thread, NULL);
    else if (probe->current != NULL)
        pthread_detach(probe->current->thread);
    return all;
}

void probe_free(struct probe *probe)
{
    const struct node_source node = node_files_source(NULL); /* to close files, it needs no text */

    if (probe == NULL)
        return;
    if (!end_readers(probe)) {
        probe->next_abandoned = abandoned;
        abandoned = probe;
        return;
    }
    measure_deinit(&probe->measure, &node);
    free(probe->current);
    pthread_cond_destroy(&probe->work);
    pthread_cond_destroy(&probe->news);
    pthread_mutex_destroy(&probe->lock);
    free(probe);
}
