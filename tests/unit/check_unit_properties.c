#include "hooktest/unit_properties.h"

#include "support/suite.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static char *properties[UNIT_PROPERTIES_MAX];

START_TEST(the_sandbox_is_taken_over)
{
    char text[] = "# /usr/lib/systemd/system/headroom-collector.service\n"
                  "[Unit]\nDescription=x\n\n[Service]\n"
                  "Type=notify\nExecStart=/usr/bin/headroom-collector\nExecReload=/bin/sh -c 'a'\n"
                  "Restart=on-failure\nRestartSec=5s\nWatchdogSec=30s\nTimeoutStopSec=30s\nKillMode=mixed\n"
                  "SyslogIdentifier=headroom-collector\nStateDirectory=headroom\nStateDirectoryMode=0750\n"
                  "RuntimeDirectory=headroom\nRuntimeDirectoryMode=0755\n"
                  "# Comment=1\n;Comment=2\nDynamicUser=yes\nCapabilityBoundingSet=\n"
                  "SystemCallFilter=@system-service\n  SystemCallFilter=~@privileged \\\n  @resources\t\n"
                  "[Install]\nWantedBy=multi-user.target\n"
                  "# /etc/systemd/system/headroom-collector.service.d/hook.conf\n[Service]\n"
                  "Environment=A=b C=\"d e\"\nLoadCredential=token:/etc/token";

    ck_assert_int_eq(unit_properties_read(text, properties), 6);
    ck_assert_str_eq(properties[0], "DynamicUser=yes");
    ck_assert_str_eq(properties[1], "CapabilityBoundingSet=");
    ck_assert_str_eq(properties[2], "SystemCallFilter=@system-service");
    ck_assert_str_eq(properties[3], "SystemCallFilter=~@privileged     @resources");
    ck_assert_str_eq(properties[4], "Environment=A=b C=\"d e\"");
    ck_assert_str_eq(properties[5], "LoadCredential=token:/etc/token");
}
END_TEST

START_TEST(what_is_no_unit_has_none)
{
    char empty[] = "";
    char other[] = "DynamicUser=yes\n[Unit]\nA=b\n";

    ck_assert_int_eq(unit_properties_read(empty, properties), 0);
    ck_assert_int_eq(unit_properties_read(other, properties), 0);
}
END_TEST

START_TEST(they_are_bounded)
{
    static char text[16 * UNIT_PROPERTIES_MAX];
    size_t len = (size_t)snprintf(text, sizeof text, "[Service]\n");

    for (unsigned i = 0; i <= UNIT_PROPERTIES_MAX; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "A=%u\n", i);
    ck_assert_int_eq(unit_properties_read(text, properties), -E2BIG);
}
END_TEST

START_TEST(specifiers_are_replaced)
{
    static const char *const texts[][2] = {
        {"A=b", "A=b"},
        {"Environment=KUBECONFIG=%d/kubeconfig %%d", "Environment=KUBECONFIG=/creds/kubeconfig %d"},
        {"MemoryMax=75%", "MemoryMax=75%"},
        {"A=%n", "A=%n"}};
    char text[64];

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        ck_assert_int_eq(unit_properties_expand(texts[i][0], "/creds", text, sizeof text), (int)strlen(texts[i][1]));
        ck_assert_str_eq(text, texts[i][1]);
    }
    ck_assert_int_eq(unit_properties_expand("A=%d", "/creds", text, 9), 8);
    ck_assert_int_eq(unit_properties_expand("A=%d", "/creds", text, 8), -E2BIG);
}
END_TEST

START_TEST(they_have_names)
{
    char unit[] = "[Service]\nUserNames=a\nGroup=b\n";
    int count = unit_properties_read(unit, properties);

    ck_assert(unit_properties_have(properties, count, "Group"));
    ck_assert(!unit_properties_have(properties, count, "User"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("unit_properties");
    TCase *tests = tcase_create("unit_properties");

    tcase_add_test(tests, the_sandbox_is_taken_over);
    tcase_add_test(tests, what_is_no_unit_has_none);
    tcase_add_test(tests, they_are_bounded);
    tcase_add_test(tests, specifiers_are_replaced);
    tcase_add_test(tests, they_have_names);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
