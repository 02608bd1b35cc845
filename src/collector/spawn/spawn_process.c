#include "collector/spawn/spawn_process.h"

#include "collector/spawn/spawn_environment.h"
#include "collector/spawn/spawn_message.h"
#include "collector/spawn/spawn_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define SOCKET          (STDERR_FILENO + 1) /* the spawner's end */
#define STACK_SIZE      65536U              /* of a new process until exec(), which copies the arguments there */
#define EXIT_NOT_RUN    127
#define SPAWNER_FAILURE 1

/* ---- a new process, until exec() ---- */

struct start {
    uint64_t id;
    int fds[SPAWN_FILES];
    char **arguments;
    char **environment;
};

static bool answer(uint64_t id, enum spawn_answer_kind kind, int value)
{
    const struct spawn_answer answer = {id, kind, value};
    char data[SPAWN_ANSWER_LEN];

    spawn_message_put_answer(data, &answer);
    return spawn_socket_send(SOCKET, data, sizeof data, NULL, 0) == 0;
}

/* It tells the collector of itself before it runs the program, or does not run it: there is no program that the
 * collector can't end. All other descriptors close at exec(). */
static int run_program(void *arg)
{
    const struct start *start = arg;
    sigset_t none;

    (void)setsid();
    if (!answer(start->id, SPAWN_STARTED, getpid()))
        _exit(EXIT_NOT_RUN);
    bool has_files = true;
    for (int i = 0; i < (int)SPAWN_FILES; i++)
        has_files = has_files && dup2(start->fds[i], i) >= 0;
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    if (has_files)
        (void)execvpe(start->arguments[0], start->arguments, start->environment);
    (void)answer(start->id, SPAWN_NOT_RUN, -errno);
    _exit(EXIT_NOT_RUN);
}

/* ---- the spawner ---- */

/* The new process has a copy of the spawner's memory, which is small. It does not share it, as after vfork(): the
 * spawner would wait for exec(). */
static void start_program(struct start *start)
{
    static char stack[STACK_SIZE] __attribute__((aligned(16)));

    if (clone(run_program, stack + sizeof stack, CLONE_PARENT | SIGCHLD, start) < 0)
        (void)answer(start->id, SPAWN_NOT_STARTED, -errno);
}

/* Returns the exit status of the spawner. */
static int serve(struct spawn_environment *environment)
{
    static struct spawn_request request;
    static char data[SPAWN_REQUEST_MAX];
    struct start start;

    for (;;) {
        ssize_t len = spawn_socket_receive(SOCKET, data, sizeof data, start.fds, 0);
        if (len <= 0)
            return len == 0 ? 0 : SPAWNER_FAILURE;
        if (spawn_message_take_request(&request, data, (size_t)len) < 0)
            return SPAWNER_FAILURE;
        start.id = request.id;
        start.arguments = request.arguments;
        start.environment = spawn_environment_with(environment, request.variables);
        start_program(&start);
        for (unsigned i = 0; i < SPAWN_FILES; i++)
            close(start.fds[i]);
    }
}

/* The socket also takes the numbers of standard input, output and error, so that no file of a request gets them. */
static bool keep_socket(int fd)
{
    int high = fcntl(fd, F_DUPFD_CLOEXEC, SOCKET + 1);

    if (high < 0 || dup3(high, SOCKET, O_CLOEXEC) < 0)
        return false;
    for (int i = 0; i < SOCKET; i++)
        if (dup2(SOCKET, i) < 0)
            return false;
    return close_range(SOCKET + 1, ~0U, 0) == 0;
}

/* Programs are to start with these. It fails for signals that always have them. */
static void reset_signals(void)
{
    for (int signum = 1; signum <= SIGRTMAX; signum++)
        (void)signal(signum, SIG_DFL);
}

/* For tools that show the command line. The arguments are adjacent in memory. */
static void set_title(char **argv)
{
    char *end = argv[0];

    for (unsigned i = 0; argv[i] != NULL && argv[i] == end; i++)
        end += strlen(argv[i]) + 1;
    size_t size = (size_t)(end - argv[0]);
    memset(argv[0], 0, size);
    if (size > 0)
        memcpy(argv[0], SPAWN_PROCESS_NAME, strnlen(SPAWN_PROCESS_NAME, size - 1));
}

static _Noreturn void run_spawner(int fd, char **argv, char *const *variables)
{
    struct spawn_environment environment;

    /* What is still in the socket is not started when the collector has died. */
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)prctl(PR_SET_NAME, SPAWN_PROCESS_NAME);
    reset_signals();
    if (argv != NULL && argv[0] != NULL)
        set_title(argv);
    if (!keep_socket(fd) || spawn_environment_init(&environment, variables) < 0)
        _exit(SPAWNER_FAILURE);
    _exit(serve(&environment));
}

/* ---- the collector ---- */

/* All signals are blocked in the spawner from the first: those to the whole process group or unit are for the
 * collector, which needs the spawner until its end. */
static pid_t fork_spawner(int fd, char **argv, char *const *environment)
{
    sigset_t all;
    sigset_t before;

    sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = fork();
    if (pid == 0)
        run_spawner(fd, argv, environment);
    int error = errno;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return pid < 0 ? -error : pid;
}

int spawn_process_start(struct spawn_process *process, char **argv, char *const *environment)
{
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
        return -errno;
    pid_t pid = fork_spawner(fds[1], argv, environment);
    int rc = pid < 0 ? pid : 0;
    close(fds[1]);
    if (rc < 0)
        close(fds[0]);
    else
        *process = (struct spawn_process){.pid = pid, .fd = fds[0]};
    return rc;
}

void spawn_process_kill(struct spawn_process *process)
{
    if (process->pid == 0)
        return;
    (void)kill(process->pid, SIGKILL);
    (void)TEMP_FAILURE_RETRY(waitpid(process->pid, NULL, 0));
    process->pid = 0;
}

void spawn_process_end(struct spawn_process *process)
{
    spawn_process_kill(process);
    if (process->fd > 0)
        close(process->fd);
    *process = (struct spawn_process){0};
}
