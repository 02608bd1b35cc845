#include "collector/autoscale/write_job.h"

#include "common/handle.h"
#include "common/log.h"

#include <string.h>

bool write_job_running(const struct write_job *job)
{
    return job->state == WRITE_JOB_RUNNING || job->state == WRITE_JOB_RETRYING;
}

bool write_job_failing(const struct write_job *job)
{
    return job->state == WRITE_JOB_FAILED || job->state == WRITE_JOB_RETRYING;
}

static void write_job_on_work(uv_work_t *work)
{
    struct write_job *job = work->data;

    job->rc = job->options.write(job->options.arg);
}

static void write_job_on_retry(uv_timer_t *timer)
{
    struct write_job *job = timer->data;

    if (!write_job_running(job))
        write_job_begin(job);
}

/* The log has one line when writes begin to fail, and one when they work again. */
static void write_job_on_done(uv_work_t *work, int status)
{
    struct write_job *job = work->data;
    bool was_failing = job->state == WRITE_JOB_RETRYING;

    (void)status; /* never cancelled */
    if (job->rc < 0 && !was_failing)
        log_error("%s can't be written: %s; %s", job->options.file, strerror(-job->rc), job->options.consequence);
    else if (job->rc == 0 && was_failing)
        log_info("%s can be written again", job->options.file);
    job->state = job->rc < 0 ? WRITE_JOB_FAILED : WRITE_JOB_IDLE;
    if (job->state == WRITE_JOB_FAILED && job->options.retry_ms > 0 && !uv_is_closing((uv_handle_t *)&job->retry))
        uv_timer_start(&job->retry, write_job_on_retry, job->options.retry_ms, 0);
    job->options.on_written(job->rc, job->options.arg);
}

void write_job_begin(struct write_job *job)
{
    job->state = job->state == WRITE_JOB_FAILED ? WRITE_JOB_RETRYING : WRITE_JOB_RUNNING;
    if (job->options.before_write != NULL)
        job->options.before_write(job->options.arg);
    uv_queue_work(job->loop, &job->work, write_job_on_work, write_job_on_done);
}

void write_job_start(struct write_job *job, uv_loop_t *loop, const struct write_job_options *options)
{
    *job = (struct write_job){.loop = loop, .options = *options};
    job->work.data = job;
    uv_timer_init(loop, &job->retry);
    job->retry.data = job;
}

void write_job_close(struct write_job *job)
{
    handle_close(&job->retry, NULL);
}
