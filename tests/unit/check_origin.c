#include "collector/intake/origin.h"

#include "support/suite.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static uint64_t of(const char *text)
{
    struct sockaddr_in ipv4 = {.sin_family = AF_INET, .sin_port = 99};
    struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6, .sin6_port = 99};

    if (inet_pton(AF_INET, text, &ipv4.sin_addr) == 1)
        return origin_of((struct sockaddr *)&ipv4);
    ck_assert_int_eq(inet_pton(AF_INET6, text, &ipv6.sin6_addr), 1);
    return origin_of((struct sockaddr *)&ipv6);
}

START_TEST(an_ipv4_address_is_an_origin_in_each_form)
{
    ck_assert_uint_eq(of("10.1.2.3"), of("10.1.2.3"));
    ck_assert_uint_eq(of("10.1.2.3"), of("::ffff:10.1.2.3"));
    ck_assert_uint_ne(of("10.1.2.3"), of("10.1.2.4"));
    ck_assert_uint_ne(of("127.0.0.1"), of("127.0.0.2"));
}
END_TEST

START_TEST(an_ipv6_network_of_64_bits_is_an_origin)
{
    ck_assert_uint_eq(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff:ffff:ffff:ffff"));
    ck_assert_uint_ne(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
    ck_assert_uint_ne(of("2001:db8:1:2::1"), of("10.1.2.3"));
}
END_TEST

START_TEST(loopback_is_known)
{
    ck_assert(origin_is_loopback(of("127.0.0.1")));
    ck_assert(origin_is_loopback(of("127.255.0.9")));
    ck_assert(origin_is_loopback(of("::1")));
    ck_assert(origin_is_loopback(of("::ffff:127.0.0.1")));
    ck_assert(!origin_is_loopback(of("126.255.255.255")));
    ck_assert(!origin_is_loopback(of("128.0.0.1")));
    ck_assert(!origin_is_loopback(of("2001:db8::1")));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("origin");
    TCase *tests = tcase_create("origin");

    tcase_add_test(tests, an_ipv4_address_is_an_origin_in_each_form);
    tcase_add_test(tests, an_ipv6_network_of_64_bits_is_an_origin);
    tcase_add_test(tests, loopback_is_known);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
