/* headroom-floor: the least that the work can cost on this machine, as a baseline for the programs.
 *
 *     headroom-floor sockets [NODES [SECONDS]]
 *                     a libuv server that reads one frame each SECONDS from each of NODES connections, and neither
 *                     parses nor answers it; a frame has 100 bytes for each second; default 19000 and 1
 *     headroom-floor proc [TIMES]
 *                     preads of the files that an agent reads, and a scan of the numbers in them, compared with the
 *                     agent's own sampling; default 20000
 *     headroom-floor wake SECONDS [[PERIOD:]FILE...]
 *                     wakes once a second and preads the files, each of them every PERIOD (default 1) seconds, and does
 *                     nothing else: with cold caches, unlike proc; without files, it only wakes
 *
 * Prints one JSON object to stdout. CPU times are those of this process, user and system. */
#include "agent/config/config.h"
#include "agent/node/node_files.h"
#include "agent/sampling/measure.h"
#include "collector/intake/wake_budget.h"
#include "common/clock.h"
#include "common/parse.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#define SAMPLE_LEN  100U
#define SECONDS     8U                   /* how long to measure */
#define PERIOD_MOST 10                   /* seconds from one frame of a connection to the next */
#define REST_NS     (WAKE_MS * 1000000L) /* between two turns, like the collector's */
#define NODES_MOST  19000

static int usage(void)
{
    fprintf(stderr,
            "usage: headroom-floor sockets [NODES [SECONDS]] | proc [TIMES] | wake SECONDS [[PERIOD:]FILE...]\n");
    return 2;
}

static _Noreturn void die(const char *what)
{
    perror(what);
    exit(1);
}

struct spent {
    double all_us;
    double user_us;
};

static struct spent spent(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    double user_us = (double)usage.ru_utime.tv_sec * 1e6 + (double)usage.ru_utime.tv_usec;
    return (struct spent){.all_us = user_us + (double)usage.ru_stime.tv_sec * 1e6 + (double)usage.ru_stime.tv_usec,
                          .user_us = user_us};
}

/* ---- reads from many sockets ---- */

struct server {
    uv_loop_t loop;
    uv_tcp_t tcp;
    uv_prepare_t prepare;
    unsigned nodes;
    unsigned period_s; /* from one frame of a connection to the next */
    uint64_t bytes;    /* that were read */
    uint64_t begun_ns;
    uint64_t begun_bytes;
    struct spent begun;
    char buffer[65536];
};

/* The clients: each millisecond some connections send, in turn, so that each one sends a frame in its period. */
static _Noreturn void send_for_ever(const struct sockaddr_in *address, unsigned nodes, unsigned period_s)
{
    static const char frame[SAMPLE_LEN * PERIOD_MOST];
    size_t len = (size_t)SAMPLE_LEN * period_s;
    struct timespec due;
    int *fds = calloc(nodes, sizeof *fds);

    for (unsigned i = 0; fds != NULL && i < nodes; i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(fds[i], (const struct sockaddr *)address, sizeof *address) < 0)
            die("headroom-floor: connect");
    }
    clock_gettime(CLOCK_MONOTONIC, &due);
    for (uint64_t ms = 1, sent = 0;; ms++) {
        for (; sent < ms * nodes / 1000 / period_s; sent++)
            if (fds == NULL || write(fds[sent % nodes], frame, len) < 0)
                exit(0); /* the server has ended */
        due.tv_nsec += 1000000;
        due.tv_sec += due.tv_nsec / 1000000000;
        due.tv_nsec %= 1000000000;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
    }
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct server *server = handle->loop->data;

    (void)suggested;
    *buf = uv_buf_init(server->buffer, sizeof server->buffer);
}

static void on_read(uv_stream_t *stream, ssize_t nread, const uv_buf_t *buf)
{
    struct server *server = stream->loop->data;

    (void)buf;
    server->bytes += nread > 0 ? (uint64_t)nread : 0;
}

static void on_connection(uv_stream_t *stream, int status)
{
    uv_tcp_t *tcp = calloc(1, sizeof *tcp);

    if (status < 0 || tcp == NULL)
        die("headroom-floor: a connection");
    uv_tcp_init(stream->loop, tcp);
    uv_accept(stream, (uv_stream_t *)tcp);
    uv_read_start((uv_stream_t *)tcp, on_alloc, on_read);
}

static uint64_t frame_len(const struct server *server)
{
    return (uint64_t)SAMPLE_LEN * server->period_s;
}

/* Each turn: measures from the second round on, then rests. */
static void on_prepare(uv_prepare_t *prepare)
{
    static const struct timespec rest = {.tv_nsec = REST_NS};
    struct server *server = prepare->loop->data;
    uint64_t now_ns = uv_hrtime();

    if (server->bytes < server->nodes * frame_len(server))
        return;
    if (server->begun_ns == 0) {
        server->begun_ns = now_ns;
        server->begun_bytes = server->bytes;
        server->begun = spent();
    }
    if (now_ns - server->begun_ns >= SECONDS * UINT64_C(1000000000))
        uv_stop(prepare->loop);
    nanosleep(&rest, NULL);
}

static void measure_sockets(unsigned nodes, unsigned period_s)
{
    static struct server server;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int len = sizeof address;

    server.nodes = nodes;
    server.period_s = period_s;
    if (uv_loop_init(&server.loop) < 0 || uv_tcp_init(&server.loop, &server.tcp) < 0 ||
        uv_tcp_bind(&server.tcp, (struct sockaddr *)&address, 0) < 0 ||
        uv_listen((uv_stream_t *)&server.tcp, 4096, on_connection) < 0 ||
        uv_tcp_getsockname(&server.tcp, (struct sockaddr *)&address, &len) < 0)
        die("headroom-floor: can't listen");
    server.loop.data = &server;
    pid_t sender = fork();
    if (sender == 0)
        send_for_ever(&address, nodes, period_s);
    uv_prepare_init(&server.loop, &server.prepare);
    uv_prepare_start(&server.prepare, on_prepare);
    uv_run(&server.loop, UV_RUN_DEFAULT);
    double us = spent().all_us - server.begun.all_us;
    double frames = (double)(server.bytes - server.begun_bytes) / (double)frame_len(&server);
    printf("{\"nodes\": %u, \"period_s\": %u, \"frames_per_second\": %.0f, \"cpu_us_per_frame\": %.3f, "
           "\"cpu_us_per_sample\": %.3f}\n",
           nodes, period_s, frames / SECONDS, us / frames, us / frames / period_s);
    kill(sender, SIGKILL);
    waitpid(sender, NULL, 0);
}

/* ---- reads of /proc ---- */

static volatile uint64_t scanned; /* so that the compiler keeps the scan */

static uint64_t scan(const char *text, ssize_t len)
{
    uint64_t sum = 0;
    uint64_t number = 0;

    for (ssize_t i = 0; i < len; i++) {
        unsigned digit = (unsigned char)text[i] - (unsigned)'0';
        if (digit < 10) {
            number = number * 10 + digit;
        } else {
            sum += number;
            number = 0;
        }
    }
    return sum;
}

/* As the agent's thread, without its locks. */
static void read_all(struct measure *measure, const struct node_source *node)
{
    struct measure_job job;
    struct sample sample;

    measure_begin(measure, clock_uptime_ms());
    while (measure_next(measure, false, &job)) {
        measure_run(measure, node, clock_uptime_ms(), &job);
        measure_finish(measure, &job);
    }
    (void)measure_end(measure, clock_uptime_ms(), &sample);
}

static void measure_proc(unsigned times)
{
    static const char *const paths[] = {
        "/proc/stat",    "/proc/meminfo",      "/proc/loadavg",         "/proc/diskstats",
        "/proc/net/dev", "/proc/pressure/cpu", "/proc/pressure/memory", "/proc/pressure/io"};
    enum { COUNT = sizeof paths / sizeof *paths };
    static char text[4096];
    static struct measure measure;
    static struct node_files files = {.root = ""};
    const struct node_source node = node_files_source(&files);
    int fds[COUNT];

    for (unsigned i = 0; i < COUNT; i++)
        fds[i] = open(paths[i], O_RDONLY | O_CLOEXEC);
    if (measure_init(&measure, &agent_config_defaults) < 0)
        die("headroom-floor: memory");
    read_all(&measure, &node);
    struct spent begin = spent();
    for (unsigned n = 0; n < times; n++)
        for (unsigned i = 0; i < COUNT; i++)
            if (fds[i] >= 0)
                scanned = scan(text, pread(fds[i], text, sizeof text, 0));
    struct spent bare = spent();
    for (unsigned n = 0; n < times; n++)
        read_all(&measure, &node);
    struct spent own = spent();
    printf("{\"bare_us\": %.2f, \"bare_user_us\": %.2f, \"probe_us\": %.2f, \"probe_user_us\": %.2f}\n",
           (bare.all_us - begin.all_us) / times, (bare.user_us - begin.user_us) / times,
           (own.all_us - bare.all_us) / times, (own.user_us - bare.user_us) / times);
    measure_deinit(&measure, &node);
}

/* ---- one wake-up a second ---- */

#define FILES_MOST 64

struct periodic {
    const char *path;
    unsigned period_s;
    int fd;
};

/* [PERIOD:]FILE */
static struct periodic periodic_of(const char *text)
{
    struct periodic file = {.path = text, .period_s = 1};
    char *end;

    if (text[0] >= '1' && text[0] <= '9') {
        file.period_s = (unsigned)strtoul(text, &end, 10);
        if (*end != ':')
            exit(usage());
        file.path = end + 1;
    }
    file.fd = open(file.path, O_RDONLY | O_CLOEXEC);
    if (file.fd < 0)
        die(file.path);
    return file;
}

static void measure_wake(unsigned seconds, unsigned count, char **texts)
{
    static char text[4096];
    struct periodic files[FILES_MOST];
    struct timespec due;

    for (unsigned i = 0; i < count; i++)
        files[i] = periodic_of(texts[i]);
    clock_gettime(CLOCK_MONOTONIC, &due);
    struct spent begin = spent();
    for (unsigned s = 0; s < seconds; s++) {
        due.tv_sec++;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
        for (unsigned i = 0; i < count; i++)
            if (s % files[i].period_s == 0 && pread(files[i].fd, text, sizeof text, 0) < 0)
                die(files[i].path);
    }
    printf("{\"files\": %u, \"cpu_us_per_second\": %.1f}\n", count, (spent().all_us - begin.all_us) / seconds);
}

/* An argument of at most `most`, or its default; 0: it is wrong. */
static unsigned number_of(int argc, char **argv, int at, unsigned otherwise, unsigned most)
{
    unsigned number = otherwise;

    if (argc > at && parse_unsigned(argv[at], &number) < 0)
        return 0;
    return number <= most ? number : 0;
}

static int main_wake(int argc, char **argv)
{
    unsigned seconds = number_of(argc, argv, 2, 60, UINT_MAX);

    if (seconds == 0 || argc > 3 + FILES_MOST)
        return usage();
    measure_wake(seconds, argc > 3 ? (unsigned)argc - 3 : 0, argv + 3);
    return 0;
}

int main(int argc, char **argv)
{
    bool sockets = argc > 1 && argc <= 4 && strcmp(argv[1], "sockets") == 0;
    bool proc = argc > 1 && argc <= 3 && strcmp(argv[1], "proc") == 0;

    if (argc > 1 && strcmp(argv[1], "wake") == 0)
        return main_wake(argc, argv);
    unsigned first = number_of(argc, argv, 2, sockets ? NODES_MOST : 20000, sockets ? NODES_MOST : 10000000);
    unsigned period_s = number_of(argc, argv, 3, 1, PERIOD_MOST);
    if ((!sockets && !proc) || first == 0 || period_s == 0)
        return usage();
    if (sockets)
        measure_sockets(first, period_s);
    else
        measure_proc(first);
    return 0;
}
