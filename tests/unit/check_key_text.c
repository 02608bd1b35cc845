#include "tls/key_text.h"

#include "support/suite.h"

#include <stdio.h>
#include <string.h>

static struct key_text fleet_key(void)
{
    struct key_text key = {.fleet = true};

    for (unsigned i = 0; i < KEY_LEN; i++)
        key.bytes[i] = (uint8_t)(7 * i + 1);
    return key;
}

static struct key_text derived_key(const char *group, const char *node)
{
    struct key_text key = fleet_key();

    key.fleet = false;
    snprintf(key.identity.epoch, sizeof key.identity.epoch, "0123abcd");
    snprintf(key.identity.group, sizeof key.identity.group, "%s", group);
    snprintf(key.identity.node, sizeof key.identity.node, "%s", node);
    return key;
}

static const char *parse(const char *text)
{
    struct key_text key;

    return key_text_parse(text, strlen(text), &key);
}

START_TEST(a_key_comes_back_from_its_text)
{
    const struct key_text keys[] = {fleet_key(), derived_key("web", "web-3"), derived_key("*", "web-3"),
                                    derived_key("web", "*")};

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char text[KEY_TEXT_MAX + 1];
        struct key_text parsed;
        key_text_format(&keys[i], text);
        ck_assert_ptr_null(key_text_parse(text, strlen(text), &parsed));
        ck_assert(parsed.fleet == keys[i].fleet);
        ck_assert_mem_eq(parsed.bytes, keys[i].bytes, KEY_LEN);
        ck_assert_str_eq(parsed.identity.group, keys[i].identity.group);
        ck_assert_str_eq(parsed.identity.node, keys[i].identity.node);
        ck_assert_str_eq(parsed.identity.epoch, keys[i].identity.epoch);
    }
}
END_TEST

START_TEST(the_longest_key_fits)
{
    char node[NAME_LEN_MAX + 1] = "", text[KEY_TEXT_MAX + 1];

    memset(node, 'n', 105);
    const struct key_text key = derived_key("web", node);
    key_text_format(&key, text);
    ck_assert_ptr_null(parse(text));
}
END_TEST

/* Each character that is changed, and each cut. */
START_TEST(a_typing_error_and_a_cut_are_detected)
{
    char text[KEY_TEXT_MAX + 1];
    const struct key_text key = derived_key("web", "web-3");

    key_text_format(&key, text);
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++) {
        char wrong[KEY_TEXT_MAX + 1];
        memcpy(wrong, text, len + 1);
        wrong[i] = wrong[i] == '7' ? '8' : '7';
        ck_assert_ptr_nonnull(parse(wrong));
        wrong[i] = '\0';
        ck_assert_ptr_nonnull(parse(wrong));
        ck_assert_ptr_nonnull(key_text_parse(wrong, len, &(struct key_text){0}));
    }
}
END_TEST

/* The checksum is right: the writer of these was another program. */
START_TEST(invalid_parts_are_refused_with_a_checksum_that_is_right)
{
    struct key_text keys[] = {derived_key("w b", "n1"), derived_key("", "n1"), derived_key("web", "a/b")};

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char text[KEY_TEXT_MAX + 1];
        key_text_format(&keys[i], text);
        ck_assert_str_eq(parse(text), "holds a key whose names are invalid; make it again with \"headroom key\"");
    }
}
END_TEST

START_TEST(what_people_make_up_is_refused_with_the_command_that_makes_a_key)
{
    char longer[600];

    memset(longer, 't', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    ck_assert_ptr_nonnull(strstr(parse(""), "is empty"));
    ck_assert_ptr_nonnull(strstr(parse("s3cret"), "too short"));
    ck_assert_ptr_nonnull(strstr(parse("correct horse battery staple"), "passphrase"));
    ck_assert_ptr_nonnull(strstr(parse(longer), "passphrase"));
    ck_assert_ptr_nonnull(strstr(parse("kf2bOXDdQ3w5o1NJbyKyqFbqCwJKSwLHTTYTUvYjy6M="), "is no key"));
    for (const char *const *text = (const char *const[]){"", "s3cret", "correct horse battery staple", longer, NULL};
         *text != NULL; text++)
        ck_assert_ptr_nonnull(strstr(parse(*text), "headroom key --new"));
    ck_assert_ptr_nonnull(strstr(parse("hr1:fleet:"), "cut off"));
    ck_assert_ptr_nonnull(strstr(parse("hr1:fleet:00112233:00000000"), "checksum"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("key_text");
    TCase *tcase = tcase_create("key_text");

    tcase_add_test(tcase, a_key_comes_back_from_its_text);
    tcase_add_test(tcase, the_longest_key_fits);
    tcase_add_test(tcase, a_typing_error_and_a_cut_are_detected);
    tcase_add_test(tcase, invalid_parts_are_refused_with_a_checksum_that_is_right);
    tcase_add_test(tcase, what_people_make_up_is_refused_with_the_command_that_makes_a_key);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
