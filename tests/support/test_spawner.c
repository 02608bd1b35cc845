#include "support/test_spawner.h"

#include "support/test_loop.h"

#include <check.h>
#include <stdio.h>
#include <unistd.h>

struct spawn_process test_spawner_process;
struct spawner test_spawner;
unsigned test_spawner_losses;
char test_spawner_why[SPAWNER_WHY_MAX];

static void on_lost(const char *why, void *arg)
{
    ck_assert_ptr_eq(arg, &test_spawner);
    test_spawner_losses++;
    snprintf(test_spawner_why, sizeof test_spawner_why, "%s", why);
}

void test_spawner_start(void)
{
    test_spawner_losses = 0;
    ck_assert_int_eq(spawn_process_start(&test_spawner_process, NULL, environ), 0);
    ck_assert_int_eq(spawner_start(&test_spawner, &test_loop, &test_spawner_process, on_lost, &test_spawner), 0);
}

void test_spawner_close(void)
{
    spawner_close(&test_spawner);
}
