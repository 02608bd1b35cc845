#include "common/token.h"

#include "common/limits.h"
#include "support/suite.h"

#include <string.h>

START_TEST(a_token_must_be_the_whole_token)
{
    ck_assert(token_ok("s3cret", "s3cret"));
    ck_assert(token_ok("", ""));
    ck_assert(!token_ok("s3cret", ""));
    ck_assert(!token_ok("", "s3cret"));
    ck_assert(!token_ok("s3cret", "s3cre"));
    ck_assert(!token_ok("s3cret", "s3crets3cret"));
    ck_assert(!token_ok("s3cret", "s3creT"));
}
END_TEST

START_TEST(white_space_at_the_end_is_no_part_of_it)
{
    char token[TOKEN_LEN_MAX + 1];

    ck_assert_ptr_null(token_read("two words \r\n", 12, token));
    ck_assert_str_eq(token, "two words");
}
END_TEST

START_TEST(what_is_no_token_leaves_the_old_one)
{
    char token[TOKEN_LEN_MAX + 1] = "old", longer[TOKEN_LEN_MAX + 1];

    memset(longer, 't', sizeof longer);
    ck_assert_str_eq(token_read(" \n", 2, token), "is empty; write the token into it");
    ck_assert_str_eq(token_read(longer, sizeof longer, token), "holds more bytes than a token may have");
    ck_assert_str_eq(token_read("t\0t", 3, token), "is not text in UTF-8");
    ck_assert_str_eq(token_read("\xC0\x80", 2, token), "is not text in UTF-8");
    ck_assert_str_eq(token, "old");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("token");
    TCase *tcase = tcase_create("token");

    tcase_add_test(tcase, a_token_must_be_the_whole_token);
    tcase_add_test(tcase, white_space_at_the_end_is_no_part_of_it);
    tcase_add_test(tcase, what_is_no_token_leaves_the_old_one);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
