#include "collector/spawn/spawn_environment.h"

#include "collector/spawn/spawn_message.h"
#include "support/suite.h"

#include <string.h>

START_TEST(environment_lacks_what_is_for_the_collector_and_has_what_is_added)
{
    static char path[] = "PATH=/bin", notify[] = "NOTIFY_SOCKET=/run/notify", foreign[] = "HEADROOM_ORDER=9.9";
    static char unit[] = "HEADROOM_UNIT=worker@.service", order[] = "HEADROOM_ORDER=17.12";
    static char dog[] = "WATCHDOG_USEC=1", pid[] = "LISTEN_PID=1", fds[] = "LISTEN_FDS=1",
                stream[] = "JOURNAL_STREAM=1:2";
    char *const variables[] = {path, notify, foreign, dog, pid, fds, stream, unit, NULL};
    char *more[SPAWN_VARIABLES_MAX + 1] = {order, NULL};
    struct spawn_environment environment;

    ck_assert_int_eq(spawn_environment_init(&environment, variables), 0);
    char **list = spawn_environment_with(&environment, more);
    ck_assert_str_eq(list[0], path);
    ck_assert_str_eq(list[1], unit);
    ck_assert_str_eq(list[2], order);
    ck_assert_ptr_null(list[3]);
    for (unsigned i = 0; i < SPAWN_VARIABLES_MAX; i++)
        more[i] = order;
    list = spawn_environment_with(&environment, more);
    ck_assert_ptr_eq(list[1 + SPAWN_VARIABLES_MAX], order);
    ck_assert_ptr_null(list[2 + SPAWN_VARIABLES_MAX]);
    more[0] = NULL;
    list = spawn_environment_with(&environment, more);
    ck_assert_str_eq(list[1], unit);
    ck_assert_ptr_null(list[2]);
    spawn_environment_deinit(&environment);
    spawn_environment_deinit(&environment);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spawn_environment");
    TCase *tests = tcase_create("spawn_environment");

    tcase_add_test(tests, environment_lacks_what_is_for_the_collector_and_has_what_is_added);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
