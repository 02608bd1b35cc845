#include "collector/spawn/spawner.h"

#include "collector/spawn/spawn_socket.h"
#include "common/handle.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- children ---- */

static struct spawner_child *find_child(const struct spawner *spawner, uint64_t id)
{
    struct spawner_child *child = spawner->children;

    while (child != NULL && child->id != id)
        child = child->next;
    return child;
}

static void add_child(struct spawner *spawner, struct spawner_child *child)
{
    struct spawner_child **link = &spawner->children;

    while (*link != NULL)
        link = &(*link)->next;
    *link = child;
}

static void remove_child(struct spawner *spawner, const struct spawner_child *child)
{
    struct spawner_child **link = &spawner->children;

    while (*link != child)
        link = &(*link)->next;
    *link = child->next;
}

static void close_files(const int *fds)
{
    close(fds[STDIN_FILENO]);
    close(fds[STDERR_FILENO]);
    if (fds[STDOUT_FILENO] != fds[STDERR_FILENO])
        close(fds[STDOUT_FILENO]);
}

static void drop_request(struct spawner_child *child)
{
    if (child->request == NULL)
        return;
    free(child->request);
    child->request = NULL;
    close_files(child->fds);
}

static void end_child(struct spawner_child *child, int error)
{
    drop_request(child);
    child->has_ended = true;
    if (child->end.error == 0)
        child->end.error = error;
}

/* Leaves it to be reaped. */
static bool find_end(pid_t pid, siginfo_t *info)
{
    *info = (siginfo_t){.si_pid = 0};
    return waitid(P_PID, (id_t)pid, info, WEXITED | WNOHANG | WNOWAIT) == 0 && info->si_pid == pid;
}

static void look_at_child(struct spawner_child *child)
{
    siginfo_t info;

    if (child->pid == 0 || child->has_ended || !find_end(child->pid, &info))
        return;
    child->has_ended = true;
    if (info.si_code == CLD_EXITED)
        child->end.exit_status = info.si_status;
    else
        child->end.signum = info.si_status;
}

/* A callback may forget children and start others. */
static void report_ends(struct spawner *spawner)
{
    struct spawner_child *child = spawner->children;

    while (child != NULL) {
        if (!child->has_ended || child->is_reported) {
            child = child->next;
            continue;
        }
        child->is_reported = true;
        child->cb(child, &child->end, child->arg);
        child = spawner->children;
    }
}

/* ---- requests ---- */

/* -EAGAIN: the socket is full. */
static int send_request(const struct spawner *spawner, struct spawner_child *child)
{
    int rc = spawn_socket_send(spawner->process->fd, child->request, child->request_len, child->fds, MSG_DONTWAIT);

    if (rc == -EAGAIN)
        return rc;
    drop_request(child);
    return rc == -EPIPE || rc == -ECONNRESET ? SPAWN_ERROR_LOST : rc;
}

static struct spawner_child *first_unsent(const struct spawner *spawner)
{
    struct spawner_child *child = spawner->children;

    while (child != NULL && child->request == NULL)
        child = child->next;
    return child;
}

static void send_requests(const struct spawner *spawner)
{
    struct spawner_child *child;

    while ((child = first_unsent(spawner)) != NULL) {
        int rc = send_request(spawner, child);
        if (rc == -EAGAIN)
            return;
        if (rc < 0)
            end_child(child, rc);
    }
}

/* ---- answers ---- */

static void take_answer(const struct spawner *spawner, const struct spawn_answer *answer)
{
    struct spawner_child *child = find_child(spawner, answer->id);

    if (child == NULL) {
        if (answer->kind == SPAWN_STARTED)
            (void)kill(-answer->value, SIGKILL); /* it is forgotten already */
    } else if (answer->kind == SPAWN_STARTED) {
        child->pid = answer->value;
        if (child->signum != 0)
            (void)kill(-child->pid, child->signum);
    } else if (answer->kind == SPAWN_NOT_STARTED) {
        end_child(child, answer->value);
    } else {
        child->end.error = answer->value;
    }
}

/* Returns whether there was an answer. */
static bool receive_answers(struct spawner *spawner)
{
    char data[SPAWN_ANSWER_LEN];
    struct spawn_answer answer;
    bool any = false;
    ssize_t len;

    while ((len = spawn_socket_receive(spawner->process->fd, data, sizeof data, NULL, MSG_DONTWAIT)) > 0)
        if (spawn_message_take_answer(&answer, data, (size_t)len) == 0) {
            take_answer(spawner, &answer);
            any = true;
        }
    spawner->has_ended = len != -EAGAIN;
    return any;
}

static bool awaits_answer(const struct spawner *spawner)
{
    const struct spawner_child *child = spawner->children;

    while (child != NULL && (child->pid != 0 || child->has_ended))
        child = child->next;
    return child != NULL;
}

/* ---- its end ---- */

static void end_unanswered(const struct spawner *spawner)
{
    for (struct spawner_child *child = spawner->children; child != NULL; child = child->next)
        if (child->pid == 0 && !child->has_ended)
            end_child(child, SPAWN_ERROR_LOST);
}

/* Takes what has been sent before, and closes the socket. Processes that it has just started do not run their programs
 * once the socket refuses their answers. */
static void end_process(struct spawner *spawner)
{
    handle_close(&spawner->poll, NULL);
    handle_close(&spawner->timer, NULL);
    spawn_process_kill(spawner->process);
    (void)shutdown(spawner->process->fd, SHUT_RD);
    (void)receive_answers(spawner);
    spawn_process_end(spawner->process);
    end_unanswered(spawner);
}

static void lose(struct spawner *spawner, const char *why)
{
    spawner->is_lost = true;
    end_process(spawner);
    report_ends(spawner);
    spawner->lost_cb(why, spawner->arg);
}

static bool is_dead(const struct spawner *spawner, char why[SPAWNER_WHY_MAX])
{
    siginfo_t info;

    if (!find_end(spawner->process->pid, &info))
        return false;
    if (info.si_code == CLD_EXITED)
        snprintf(why, SPAWNER_WHY_MAX, "has ended with exit status %d", info.si_status);
    else
        snprintf(why, SPAWNER_WHY_MAX, "was killed by signal %d (%s)", info.si_status, strsignal(info.si_status));
    return true;
}

/* ---- the loop ---- */

static void spawner_on_poll(uv_poll_t *poll, int status, int events);

static void spawner_on_silence(uv_timer_t *timer)
{
    char why[SPAWNER_WHY_MAX];

    struct spawner *spawner = timer->data;
    snprintf(why, sizeof why, "has not answered for %u s", (unsigned)(spawner->answer_ms / 1000));
    lose(spawner, why);
}

/* Without need to be asked, libuv would take the socket out of its set and put it in again. */
static void poll_for(struct spawner *spawner, int events)
{
    if (events == 0)
        uv_poll_stop(&spawner->poll);
    else if (events != spawner->events)
        uv_poll_start(&spawner->poll, events, spawner_on_poll);
    spawner->events = events;
}

static void wait_for_more(struct spawner *spawner, bool has_answered)
{
    int events = UV_READABLE | (first_unsent(spawner) != NULL ? UV_WRITABLE : 0);

    poll_for(spawner, spawner->has_ended ? 0 : events);
    if (!awaits_answer(spawner))
        uv_timer_stop(&spawner->timer);
    else if (has_answered || !uv_is_active((uv_handle_t *)&spawner->timer))
        uv_timer_start(&spawner->timer, spawner_on_silence, spawner->answer_ms, 0);
}

/* Something has happened. Answers first: they say why a process has ended. */
static void look(struct spawner *spawner)
{
    char why[SPAWNER_WHY_MAX];
    bool has_process = !spawner->is_lost && !spawner->closed;

    if (has_process && is_dead(spawner, why)) {
        lose(spawner, why);
        return;
    }
    bool has_answered = has_process && receive_answers(spawner);
    for (struct spawner_child *child = spawner->children; child != NULL; child = child->next)
        look_at_child(child);
    if (has_process) {
        send_requests(spawner);
        wait_for_more(spawner, has_answered);
    }
    report_ends(spawner);
}

/* What is wrong with the socket, receive_answers() sees. */
static void spawner_on_poll(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    look(poll->data);
}

static void spawner_on_sigchld(uv_signal_t *handle, int signum)
{
    (void)signum;
    look(handle->data);
}

/* ---- what others call ---- */

int spawner_start(struct spawner *spawner, uv_loop_t *loop, struct spawn_process *process, spawner_lost_cb *lost_cb,
                  void *arg)
{
    *spawner = (struct spawner){.process = process, .answer_ms = SPAWNER_ANSWER_MS_MAX, .lost_cb = lost_cb, .arg = arg};
    int rc = uv_poll_init(loop, &spawner->poll, process->fd);
    if (rc < 0)
        return rc;
    uv_signal_init(loop, &spawner->sigchld);
    uv_timer_init(loop, &spawner->timer);
    spawner->poll.data = spawner;
    spawner->sigchld.data = spawner;
    spawner->timer.data = spawner;
    rc = uv_signal_start(&spawner->sigchld, spawner_on_sigchld, SIGCHLD);
    if (rc < 0)
        spawner_close(spawner);
    else
        wait_for_more(spawner, false);
    return rc;
}

int spawner_run(struct spawner *spawner, struct spawner_child *child, char *const *arguments, char *const *variables,
                const int fds[SPAWN_FILES], spawner_ended_cb *cb, void *arg)
{
    bool is_first = first_unsent(spawner) == NULL;
    int len = spawn_message_request_len(arguments, variables);

    *child = (struct spawner_child){.id = ++spawner->last_id, .cb = cb, .arg = arg};
    memcpy(child->fds, fds, sizeof child->fds);
    int rc = spawner->is_lost || spawner->closed ? SPAWN_ERROR_LOST : len;
    if (rc >= 0 && (child->request = malloc((size_t)len)) == NULL)
        rc = -ENOMEM;
    if (rc < 0) {
        close_files(fds);
        return rc;
    }
    child->request_len = (size_t)len;
    spawn_message_put_request(child->request, child->id, arguments, variables);
    rc = is_first ? send_request(spawner, child) : -EAGAIN;
    if (rc < 0 && rc != -EAGAIN)
        return rc;
    child->spawner = spawner;
    add_child(spawner, child);
    wait_for_more(spawner, false);
    return 0;
}

void spawner_signal(struct spawner_child *child, int signum)
{
    if (child->pid != 0)
        (void)kill(-child->pid, signum);
    else if (child->signum != SIGKILL)
        child->signum = signum;
}

static void close_if_unused(struct spawner *spawner)
{
    if (spawner->closed && spawner->children == NULL)
        handle_close(&spawner->sigchld, NULL);
}

void spawner_forget(struct spawner_child *child)
{
    struct spawner *spawner = child->spawner;

    if (spawner == NULL)
        return;
    remove_child(spawner, child);
    drop_request(child);
    if (child->pid != 0 && child->has_ended)
        (void)waitpid(child->pid, NULL, WNOHANG);
    *child = (struct spawner_child){.spawner = NULL};
    close_if_unused(spawner);
}

void spawner_close(struct spawner *spawner)
{
    if (spawner->closed || spawner->process == NULL)
        return;
    spawner->closed = true;
    if (!spawner->is_lost)
        end_process(spawner);
    report_ends(spawner);
    close_if_unused(spawner);
}
