/* The CPU time that the calling thread has used, for measurements. */
#ifndef BENCH_THREAD_CPU_H
#define BENCH_THREAD_CPU_H

#include <stdint.h>
#include <time.h>

static inline uint64_t thread_cpu_ns(void)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

#endif
