/* headroom-burn: keeps all processors busy for a share of the time that rises linearly, then stays. For the demo and
 * the tests.
 *
 *     headroom-burn FROM_PERCENT TO_PERCENT RAMP_SECONDS HOLD_SECONDS
 *
 * One thread per processor is busy for its share of every PERIOD_S. The program ends after the hold. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define PERIOD_S    0.05
#define THREADS_MAX 1024
#define SECONDS_MAX 3600.0

struct burn {
    double from;
    double to;
    double ramp_s;
    double hold_s;
    double start_s;
};

static double now_s(void)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double share_at(const struct burn *burn, double elapsed_s)
{
    if (elapsed_s >= burn->ramp_s)
        return burn->to;
    return burn->from + (burn->to - burn->from) * elapsed_s / burn->ramp_s;
}

static void *run(void *arg)
{
    const struct burn *burn = arg;
    long periods = (long)((burn->ramp_s + burn->hold_s) / PERIOD_S);

    for (long i = 0; i < periods; i++) {
        double elapsed_s = (double)i * PERIOD_S;
        double begin_s = burn->start_s + elapsed_s;
        while (now_s() < begin_s + share_at(burn, elapsed_s) * PERIOD_S)
            ;
        double rest_s = begin_s + PERIOD_S - now_s();
        struct timespec rest = {.tv_nsec = rest_s > 0.0 ? (long)(rest_s * 1e9) : 0};
        nanosleep(&rest, NULL);
    }
    return NULL;
}

static double number(const char *text, double max)
{
    char *end = NULL;
    double value = strtod(text, &end);

    if (end == text || *end != '\0' || !(value >= 0.0 && value <= max)) {
        fprintf(stderr, "headroom-burn: %s is not a number from 0 to %g\n", text, max);
        exit(2);
    }
    return value;
}

int main(int argc, char **argv)
{
    static pthread_t threads[THREADS_MAX];
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    long started = 0;

    if (argc != 5) {
        fprintf(stderr, "usage: headroom-burn FROM_PERCENT TO_PERCENT RAMP_SECONDS HOLD_SECONDS\n");
        return 2;
    }
    struct burn burn = {
        .from = number(argv[1], 100.0) / 100.0,
        .to = number(argv[2], 100.0) / 100.0,
        .ramp_s = number(argv[3], SECONDS_MAX),
        .hold_s = number(argv[4], SECONDS_MAX),
        .start_s = now_s(),
    };
    while (started < cores && started < THREADS_MAX && pthread_create(&threads[started], NULL, run, &burn) == 0)
        started++;
    for (long i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    return started > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
