#include "collector/config/config_in_force.h"

#include "support/suite.h"

#include <errno.h>
#include <string.h>

static struct collector_config config = {.file = "/etc/headroom.conf", .file_hash = 7};
static struct config_in_force state;

static const char *why(void)
{
    static char text[CONFIG_WHY_MAX];

    config_in_force_why(&state, text);
    ck_assert_int_eq(config_in_force_holds(&state), text[0] == '\0');
    return text;
}

START_TEST(a_file_that_is_changed_is_not_in_force_until_it_is_read)
{
    config_in_force_read(&state, &config, "");
    ck_assert_str_eq(why(), "");
    config_in_force_look(&state, 0, 7);
    ck_assert_str_eq(why(), "");
    config_in_force_look(&state, 0, 8);
    ck_assert_str_eq(why(), "/etc/headroom.conf was changed after it was read; reload the collector");
    config_in_force_look(&state, -ENOENT, 0);
    ck_assert_str_eq(why(), "can't read /etc/headroom.conf: No such file or directory");
    config_in_force_look(&state, 0, 7); /* changed back */
    ck_assert_str_eq(why(), "");
    config_in_force_look(&state, 0, 8);
    config_in_force_read(&state, &config, "");
    ck_assert_str_eq(why(), "");
}
END_TEST

START_TEST(a_reload_that_failed_is_told_until_one_succeeds)
{
    config_in_force_read(&state, &config, "");
    config_in_force_refuse(&state, "headroom.conf:3: unknown setting x");
    ck_assert_str_eq(why(), "the last reload failed: headroom.conf:3: unknown setting x");
    config_in_force_look(&state, 0, 7); /* the error may be in another file */
    ck_assert_str_eq(why(), "the last reload failed: headroom.conf:3: unknown setting x");
    config_in_force_read(&state, &config, "");
    ck_assert_str_eq(why(), "");
}
END_TEST

START_TEST(settings_that_wait_for_a_restart_are_not_in_force)
{
    config_in_force_read(&state, &config, "listen, data");
    ck_assert_str_eq(why(), "changes to these settings take effect at the next start: listen, data");
    config_in_force_look(&state, 0, 7);
    ck_assert_str_eq(why(), "changes to these settings take effect at the next start: listen, data");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config_in_force");
    TCase *tcase = tcase_create("config_in_force");

    tcase_add_test(tcase, a_file_that_is_changed_is_not_in_force_until_it_is_read);
    tcase_add_test(tcase, a_reload_that_failed_is_told_until_one_succeeds);
    tcase_add_test(tcase, settings_that_wait_for_a_restart_are_not_in_force);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
