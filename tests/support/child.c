#include "support/child.h"

#include "support/test_loop.h"

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void child_start(struct child *child, child_main *run, void *arg)
{
    int ends[2];

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    *child = (struct child){.log_fd = ends[0]};
    fflush(NULL);
    child->pid = fork();
    ck_assert_int_ge(child->pid, 0);
    if (child->pid == 0) {
        dup2(ends[1], STDERR_FILENO);
        exit(run(arg)); /* with all that a program does at its end, the search for leaks too */
    }
    close(ends[1]);
    ck_assert_int_eq(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
}

static void read_log(struct child *child)
{
    ssize_t got = 0;

    while ((got = read(child->log_fd, child->log + child->used, sizeof child->log - 1 - child->used)) > 0)
        child->used += (size_t)got;
    child->log[child->used] = '\0';
}

struct wanted {
    struct child *child;
    const char *text;
    const char *behind;
};

static bool is_logged(void *arg)
{
    struct wanted *wanted = arg;

    read_log(wanted->child);
    const char *at = strstr(wanted->child->log + wanted->child->seen, wanted->text);
    if (at == NULL) {
        ck_assert_msg(waitpid(wanted->child->pid, NULL, WNOHANG) == 0, "the program has ended: %s", wanted->child->log);
        return false;
    }
    wanted->behind = at + strlen(wanted->text);
    return true;
}

const char *child_await(struct child *child, const char *text)
{
    struct wanted wanted = {child, text, NULL};

    test_loop_until(is_logged, &wanted);
    child->seen = (size_t)(wanted.behind - child->log);
    return wanted.behind;
}

void child_signal(struct child *child, int signum)
{
    ck_assert_int_eq(kill(child->pid, signum), 0);
}

struct ending {
    struct child *child;
    int status;
};

static bool has_ended(void *arg)
{
    struct ending *ending = arg;

    read_log(ending->child);
    return waitpid(ending->child->pid, &ending->status, WNOHANG) == ending->child->pid;
}

int child_end(struct child *child)
{
    struct ending ending = {child, 0};

    test_loop_until(has_ended, &ending);
    child->pid = 0;
    read_log(child);
    close(child->log_fd);
    ck_assert_msg(WIFEXITED(ending.status), "killed by signal %d: %s", WTERMSIG(ending.status), child->log);
    return WEXITSTATUS(ending.status);
}

void child_kill(struct child *child)
{
    if (child->pid <= 0)
        return;
    kill(child->pid, SIGKILL);
    waitpid(child->pid, NULL, 0);
    child->pid = 0;
    close(child->log_fd);
}
