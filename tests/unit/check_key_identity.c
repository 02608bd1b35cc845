#include "tls/key_identity.h"

#include "support/suite.h"

#include <stdio.h>
#include <string.h>

static struct key_identity of(const char *group, const char *node)
{
    struct key_identity identity = {.epoch = "0123abcd"};

    snprintf(identity.group, sizeof identity.group, "%s", group);
    snprintf(identity.node, sizeof identity.node, "%s", node);
    return identity;
}

START_TEST(the_text_of_an_identity_comes_back)
{
    const char *const texts[] = {"hr1/agent/0123abcd/web/web-3", "hr1/agent/0123abcd/*/web-3",
                                 "hr1/agent/0123abcd/web/*", "hr1/agent/0123abcd/*/*"};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct key_identity identity;
        char text[KEY_IDENTITY_MAX + 1];
        ck_assert(key_identity_parse(texts[i], strlen(texts[i]), &identity));
        key_identity_format(&identity, text);
        ck_assert_str_eq(text, texts[i]);
    }
}
END_TEST

START_TEST(what_is_no_identity_is_refused)
{
    static const char *const texts[] = {
        "",
        "hr1",
        "hr1/agent/",
        "hr2/agent/0123abcd/web/n1",
        "hr1/collector/0123abcd/web/n1",
        "hr1/agent/0123abcd/web",
        "hr1/agent/0123abcd/web/",
        "hr1/agent/0123abcd//n1",
        "hr1/agent/0123abcd/web/n1/",
        "hr1/agent/0123abcd/web/n1/x",
        "hr1/agent/0123abc/web/n1",
        "hr1/agent/0123ABCD/web/n1",
        "hr1/agent/0123abcde/web/n1",
        "hr1/agent/0123abcd/web/n 1",
        "hr1/agent/0123abcd/web/**",
        "hr1/agent/0123abcd/w*/n1",
        "hr1/agent/0123abcd/-web/n1",
        "fleet",
    };
    struct key_identity identity = of("untouched", "n1");

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ck_assert_msg(!key_identity_parse(texts[i], strlen(texts[i]), &identity), "%s", texts[i]);
    ck_assert(!key_identity_parse("hr1/agent/0123abcd/web/n1\0", 26, &identity));
    ck_assert(!key_identity_parse("hr1/agent/0123abcd/we\0/n1", 25, &identity));
    ck_assert_str_eq(identity.group, "untouched");
}
END_TEST

/* Both names together may have 108 bytes. */
START_TEST(the_longest_identity_fits_and_a_longer_one_is_refused)
{
    char node[NAME_LEN_MAX + 1] = "", text[KEY_IDENTITY_MAX + 1];
    struct key_identity longest, parsed;

    memset(node, 'n', 105);
    longest = of("web", node);
    ck_assert(key_identity_ok(&longest));
    key_identity_format(&longest, text);
    ck_assert_uint_eq(strlen(text), KEY_IDENTITY_MAX);
    ck_assert(key_identity_parse(text, strlen(text), &parsed));
    ck_assert_str_eq(parsed.node, node);
    node[105] = 'n';
    longest = of("web", node);
    ck_assert(!key_identity_ok(&longest));
}
END_TEST

START_TEST(an_identity_covers_its_names_and_no_others)
{
    const struct key_identity node = of("web", "web-3"), any_group = of("*", "web-3"), group = of("web", "*"),
                              fleet = of("*", "*");

    ck_assert(key_identity_covers(&node, "web", "web-3"));
    ck_assert(!key_identity_covers(&node, "db", "web-3"));
    ck_assert(!key_identity_covers(&node, "web", "web-30"));
    ck_assert(key_identity_covers(&any_group, "db", "web-3"));
    ck_assert(!key_identity_covers(&any_group, "db", "web-4"));
    ck_assert(key_identity_covers(&group, "web", "anything"));
    ck_assert(!key_identity_covers(&group, "db", "anything"));
    ck_assert(key_identity_covers(&fleet, "db", "anything"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("key_identity");
    TCase *tcase = tcase_create("key_identity");

    tcase_add_test(tcase, the_text_of_an_identity_comes_back);
    tcase_add_test(tcase, what_is_no_identity_is_refused);
    tcase_add_test(tcase, the_longest_identity_fits_and_a_longer_one_is_refused);
    tcase_add_test(tcase, an_identity_covers_its_names_and_no_others);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
