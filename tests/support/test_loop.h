/* The event loop of a test: it runs until something has come about, and not for ever. */
#ifndef SUPPORT_TEST_LOOP_H
#define SUPPORT_TEST_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

extern uv_loop_t test_loop;

typedef bool test_condition(void *arg);

void test_loop_start(void);

/* Runs the loop until the condition holds; after 10 s the test has failed. The condition is asked again at least each
 * 2 ms, so it may look at things that the loop does not know of. */
void test_loop_until(test_condition *holds, void *arg);

/* Until the number is at least so large. */
void test_loop_until_count(const unsigned *number, unsigned least);

/* For what must not happen meanwhile. */
void test_loop_for_ms(uint64_t ms);

/* What was closed ends, nothing else is left: uv_loop_close() gives 0. */
void test_loop_end(void);

#endif
