#include "common/sha256.h"

#include "support/suite.h"

#include <stdio.h>
#include <string.h>

/* FIPS 180-4's examples, and lengths around the end of a block, by sha256sum. */
static const struct {
    const char *part;
    unsigned times;
    const char *digest;
} messages[] = {
    {"", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"a", 55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"},
    {"a", 63, "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34"},
    {"a", 64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"},
    {"a", 119, "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb"},
    {"a", 1000, "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3"},
};

START_TEST(digest_is_that_of_the_standard)
{
    char message[1024] = "";
    char text[2 * SHA256_LEN + 1];
    uint8_t digest[SHA256_LEN];

    for (unsigned i = 0; i < messages[_i].times; i++)
        strcat(message, messages[_i].part);
    sha256((const uint8_t *)message, strlen(message), digest);
    for (unsigned i = 0; i < SHA256_LEN; i++)
        snprintf(text + (size_t)2 * i, 3, "%02x", digest[i]);
    ck_assert_str_eq(text, messages[_i].digest);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sha256");
    TCase *tests = tcase_create("sha256");

    tcase_add_loop_test(tests, digest_is_that_of_the_standard, 0, sizeof messages / sizeof messages[0]);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
