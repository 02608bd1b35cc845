#include "collector/problems/alert_program.h"

#include "collector/problems/alerts_file.h"
#include "common/clock.h"
#include "common/handle.h"
#include "common/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_MS 5000U /* of the file */

static struct moment moment_now(const struct alert_program *program)
{
    return (struct moment){.now_ms = (int64_t)uv_now(program->loop), .wall_ms = clock_wall_ms()};
}

static struct alert_times times_of(const struct alert_program *program)
{
    const struct collector_config *config = program->options.config;

    return (struct alert_times){.interval_ms = config->alert_interval_ms, .repeat_ms = config->alert_repeat_ms};
}

/* ---- the file ---- */

static int alert_program_on_write(void *arg)
{
    const struct alert_program *program = arg;

    return program->text != NULL ? alerts_file_write(program->options.disk, program->text, program->len) : -ENOMEM;
}

static void alert_program_on_before_write(void *arg)
{
    struct alert_program *program = arg;

    free(program->text);
    program->text = alerts_file_text(&program->alerts, &program->len);
    program->is_changed = false;
}

static void save(struct alert_program *program)
{
    program->is_changed = true;
    if (!write_job_running(&program->job))
        write_job_begin(&program->job);
}

static void alert_program_on_written(int rc, void *arg)
{
    struct alert_program *program = arg;

    if (rc == 0 && program->is_changed)
        write_job_begin(&program->job);
}

static void read_file(struct alert_program *program)
{
    int rc = alerts_file_read(program->options.disk, &program->alerts);

    if (rc < 0)
        log_warning("the file " ALERTS_FILE_NAME " %s%s; problems that last are reported to the program of on-alert "
                    "again",
                    rc == -EBADMSG ? "is damaged, or of another version" : "can't be read: ",
                    rc == -EBADMSG ? "" : strerror(-rc));
}

/* ---- the end of a run ---- */

static enum alert_outcome outcome_of(const struct hook_result *result)
{
    if (result->verdict == HOOK_ACCEPTED)
        return ALERT_ACCEPTED;
    return result->verdict == HOOK_TIMED_OUT ? ALERT_TIMED_OUT : ALERT_FAILED;
}

static void note_failure(struct alert_program *program, const char *why, const struct moment *now)
{
    struct alert_health *health = &program->health;
    uint32_t wait_ms = backoff_next_ms(&program->backoff);

    if (health->failures == 0)
        health->failing_ms = now->wall_ms;
    health->failures++;
    snprintf(health->why, sizeof health->why, "%s", why);
    program->retry_ms = now->now_ms + wait_ms;
    log_warning("alert program: %u alert%s not accepted: %s; the next try is in %.0f s", program->telling,
                program->telling == 1 ? "" : "s", why, wait_ms / 1000.0);
}

static void note_success(struct alert_program *program, const char *outcome)
{
    struct alert_health *health = &program->health;

    health->failures = 0;
    health->sent += program->telling;
    backoff_reset(&program->backoff);
    program->retry_ms = 0;
    log_info("alert program: %u alert%s %s", program->telling, program->telling == 1 ? "" : "s", outcome);
    save(program);
}

static void end_drain(struct alert_program *program)
{
    alert_program_drained_cb *drained_cb = program->drained_cb;

    if (drained_cb == NULL || program->closed || !hook_run_is_free(&program->run))
        return;
    program->drained_cb = NULL;
    drained_cb(program->drained_arg);
}

/* A run that the end of the collector cuts short has not failed. */
static void take_result(struct alert_program *program, const struct hook_result *result)
{
    const struct moment now = moment_now(program);
    char outcome[ALERT_WHY_MAX];

    alerts_end_run(&program->alerts, result->verdict == HOOK_ACCEPTED, &now);
    if (result->verdict == HOOK_STOPPED)
        return;
    hook_result_outcome(result, outcome, sizeof outcome);
    program->health.runs[outcome_of(result)]++;
    if (result->verdict == HOOK_ACCEPTED)
        note_success(program, outcome);
    else
        note_failure(program, outcome, &now);
}

static void alert_program_on_run_ended(struct hook_run *run, void *arg)
{
    struct alert_program *program = arg;

    free(program->message);
    program->message = NULL;
    if (!program->closed)
        take_result(program, &run->life.result);
    end_drain(program);
}

/* ---- its beginning ---- */

static void begin_run(struct alert_program *program, const struct moment *now)
{
    const struct collector_config *config = program->options.config;
    const struct alert_times times = times_of(program);
    int told = alerts_begin_run(&program->alerts, &times, program->host, now, &program->message, &program->message_len);

    program->telling = told > 0 ? (unsigned)told : 0;
    if (told <= 0) {
        if (told < 0)
            note_failure(program, strerror(-told), now);
        return;
    }
    memcpy(program->program, config->on_alert, sizeof program->program);
    const struct hook_command command = {
        .program = program->program,
        .call = {.verb = HOOK_ALERT},
        .record = program->message,
        .record_len = program->message_len,
        .spawner = program->options.spawner,
        .timeout_ms = (uint64_t)config->hook_timeout_ms,
        .term_ms = program->term_ms,
        .buffer = program->buffer,
        .buffer_size = sizeof program->buffer,
    };
    (void)hook_run_start(&program->run, program->loop, &command, alert_program_on_run_ended, program);
}

/* Without a program nothing is remembered: one that is set later gets all problems that still last. */
static void forget_all(struct alert_program *program)
{
    if (program->alerts.count == 0)
        return;
    alerts_deinit(&program->alerts);
    program->health.failures = 0;
    program->retry_ms = 0;
    save(program);
}

/* Another program has not failed. */
static void look_at_setting(struct alert_program *program)
{
    if (strcmp(program->program, program->options.config->on_alert) == 0)
        return;
    memcpy(program->program, program->options.config->on_alert, sizeof program->program);
    program->health.failures = 0;
    program->retry_ms = 0;
    backoff_reset(&program->backoff);
}

void alert_program_look(struct alert_program *program, const struct problems *problems, const struct moment *now)
{
    const struct alert_times times = times_of(program);

    if (program->draining || !hook_run_is_free(&program->run))
        return;
    look_at_setting(program);
    if (program->program[0] == '\0')
        forget_all(program);
    else if (alerts_look(&program->alerts, problems, &times, now) && now->now_ms >= program->retry_ms)
        begin_run(program, now);
}

/* ---- life ---- */

static void alert_program_on_grace(uv_timer_t *timer)
{
    struct alert_program *program = timer->data;

    hook_run_stop(&program->run, program->last_term_ms);
}

void alert_program_start(struct alert_program *program, uv_loop_t *loop, const struct alert_program_options *options,
                         uint64_t seed)
{
    const struct write_job_options job = {.file = ALERTS_FILE_NAME,
                                          .consequence = "a restart would report problems that last once more",
                                          .retry_ms = RETRY_MS,
                                          .write = alert_program_on_write,
                                          .before_write = alert_program_on_before_write,
                                          .on_written = alert_program_on_written,
                                          .arg = program};
    size_t host_size = sizeof program->host;

    *program = (struct alert_program){.options = *options,
                                      .loop = loop,
                                      .term_ms = ALERT_TERM_MS,
                                      .grace_ms = ALERT_GRACE_MS,
                                      .last_term_ms = ALERT_LAST_TERM_MS};
    if (uv_os_gethostname(program->host, &host_size) < 0)
        program->host[0] = '\0';
    backoff_init(&program->backoff, ALERT_WAIT_MIN, ALERT_WAIT_MAX, seed);
    uv_timer_init(loop, &program->grace);
    program->grace.data = program;
    write_job_start(&program->job, loop, &job);
    read_file(program);
}

void alert_program_drain(struct alert_program *program, alert_program_drained_cb *drained_cb, void *arg)
{
    program->draining = true;
    program->drained_cb = drained_cb;
    program->drained_arg = arg;
    uv_timer_start(&program->grace, alert_program_on_grace, program->grace_ms, 0);
    end_drain(program);
}

void alert_program_close(struct alert_program *program)
{
    if (program->closed || program->loop == NULL)
        return;
    program->closed = true;
    program->draining = true;
    handle_close(&program->grace, NULL);
    write_job_close(&program->job);
    hook_run_kill(&program->run);
}

void alert_program_deinit(struct alert_program *program)
{
    alerts_deinit(&program->alerts);
    free(program->message);
    free(program->text);
}
