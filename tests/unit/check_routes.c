/* The ways out of the node, in the kernel's lists of routes. */
#include "agent/metrics/routes.h"

#include "support/suite.h"

#include <string.h>

START_TEST(masks_tell_the_kinds_of_routes)
{
    static const char text[] = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
                               "eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
                               "eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
                               "cali1\t0501A8C0\t00000000\t0005\t0\t0\t0\tFFFFFFFF\t0\t0\t0\n"
                               "eth1\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FF\n"
                               "eth2\t0001A8C0\n"
                               "eth3\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF";
    static const struct {
        const char *name;
        unsigned routes;
    } cases[] = {{"eth0", ROUTES_DEFAULT | ROUTES_NETWORK},
                 {"cali1", ROUTES_HOST},
                 {"cali", 0},
                 {"eth1", 0},
                 {"eth2", 0},
                 {"eth3", 0},
                 {"eth", 0}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_uint_eq(routes_of(text, strlen(text), cases[i].name), cases[i].routes);
}
END_TEST

/* names: of the interfaces, each followed by a space. */
static void expect_default_6(const char *text, size_t len, const char *names)
{
    char name[ROUTES_NAME_MAX];

    while (routes_next_default_6(&text, &len, name)) {
        ck_assert_int_eq(strncmp(names, name, strlen(name)), 0);
        names += strlen(name) + 1;
    }
    ck_assert_str_eq(names, "");
}

START_TEST(default_routes_of_ipv6_lead_somewhere)
{
    static const char text[] = "00 40 0 00 0 00000100 00000001 00000000 00000001     net0\n"
                               "00 00 0 00 0 00000400 00000003 00000000 00000003     eth0\n"
                               "00 00 0 00 0 ffffffff 00000001 00000000 00200200       lo\n"
                               "00 00 0 00 0 00000400 00000003 00000000 00450003  wlan0 \n"
                               "00 00 0 00 0 00000400 00000003 00000000 00000603    dead\n"
                               "00 00 0 00 0 00000400 00000003 00000000 000003    short\n"
                               "00 00 0 00 0 00000400 00000003 00000000 00000003\n"
                               "00 80 0 00 0 00000000 00000001 00000000 80200001     own\n"
                               "\n"
                               "00 00 0 00 0 00000400 00000003 00000000 00000003     cut";

    expect_default_6(text, strlen(text), "eth0 wlan0 ");
}
END_TEST

START_TEST(text_of_any_length_is_survived)
{
    static char text[2000];
    char name[ROUTES_NAME_MAX];
    const char *at = text;
    size_t len = sizeof text;

    memset(text, '0', sizeof text);
    text[1500] = '\n';
    ck_assert_uint_eq(routes_of(text, sizeof text, "0"), 0);
    ck_assert(!routes_next_default_6(&at, &len, name));
    ck_assert_uint_eq(routes_of("", 0, "eth0"), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("routes");
    TCase *tests = tcase_create("routes");

    tcase_add_test(tests, masks_tell_the_kinds_of_routes);
    tcase_add_test(tests, default_routes_of_ipv6_lead_somewhere);
    tcase_add_test(tests, text_of_any_length_is_survived);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
