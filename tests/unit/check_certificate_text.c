/* The words about certificates that expire. */
#include "tls/certificate_text.h"

#include "support/suite.h"

#define DAY_S INT64_C(86400)
#define END_S INT64_C(1796630400) /* 2026-12-07 08:00 UTC */

START_TEST(a_certificate_in_its_last_days_is_named)
{
    static const struct {
        int64_t life_s, left_s;
        const char *text; /* NULL: none */
    } cases[] = {
        {365 * DAY_S, 31 * DAY_S, NULL},
        {365 * DAY_S, 9 * DAY_S, "expires in 9 days, at 2026-12-07 08:00 UTC, and has not been renewed"},
        {DAY_S, 9 * 3600, NULL},
        {DAY_S, 7 * 3600, "expires in 7 h, at 2026-12-07 08:00 UTC, and has not been renewed"},
        {365 * DAY_S, -3 * 3600, "expired 3 h ago, at 2026-12-07 08:00 UTC, and has not been renewed"},
    };
    char text[CERTIFICATE_EXPIRY_TEXT_MAX];

    bool soon = certificate_text_expiry(END_S - cases[_i].life_s, END_S, END_S - cases[_i].left_s, text, sizeof text);
    ck_assert_int_eq(soon, cases[_i].text != NULL);
    if (soon)
        ck_assert_str_eq(text, cases[_i].text);
}
END_TEST

START_TEST(a_moment_is_written_behind_a_word)
{
    char text[CERTIFICATE_EXPIRY_TEXT_MAX];

    ck_assert_str_eq(certificate_text_until(END_S, text, sizeof text), ", until 2026-12-07 08:00 UTC");
    ck_assert_str_eq(certificate_text_since(END_S, text, sizeof text), " at 2026-12-07 08:00 UTC");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("certificate_text");
    TCase *tests = tcase_create("certificate_text");

    tcase_add_loop_test(tests, a_certificate_in_its_last_days_is_named, 0, 5);
    tcase_add_test(tests, a_moment_is_written_behind_a_word);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
