/* What an agent that is stopped says of its node. */
#include "agent/departure.h"

#include "support/suite.h"

static const struct {
    const char *what;
    bool is_main;
    const char *jobs;
    enum departure departure;
} stops[] = {
    {"the main process of a container", true, "", DEPARTURE_LEAVE},
    {"no service manager", false, "", DEPARTURE_RESTART},
    {"systemctl stop", false, "101 headroom-agent.service stop running\n", DEPARTURE_RESTART},
    {"systemctl restart", false, "101 headroom-agent.service restart running\n", DEPARTURE_RESTART},
    {"poweroff", false,
     "7 systemd-poweroff.service start waiting\n8 headroom-agent.service stop running\n9 poweroff.target start "
     "waiting\n",
     DEPARTURE_LEAVE},
    {"halt, in columns", false, "  12  halt.target   start   waiting\n", DEPARTURE_LEAVE},
    {"reboot", false, "12 reboot.target start waiting\n", DEPARTURE_REBOOT},
    {"kexec", false, "12 kexec.target start waiting\n", DEPARTURE_REBOOT},
    {"soft-reboot", false, "12 soft-reboot.target start waiting\n", DEPARTURE_REBOOT},
    {"a shutdown that was called off", false, "12 poweroff.target stop waiting\n", DEPARTURE_RESTART},
    {"another unit", false, "12 my-poweroff.target start waiting\n13 xhalt.targets start waiting\n", DEPARTURE_RESTART},
    {"a text that was cut", false, "12 poweroff.target ", DEPARTURE_RESTART},
    {"no jobs", false, "No jobs running.\n", DEPARTURE_RESTART},
};

START_TEST(departure_follows_from_how_the_agent_is_stopped)
{
    ck_assert_msg(departure_of(stops[_i].is_main, stops[_i].jobs) == stops[_i].departure, "%s", stops[_i].what);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("departure");
    TCase *tests = tcase_create("departure");

    tcase_add_loop_test(tests, departure_follows_from_how_the_agent_is_stopped, 0, sizeof stops / sizeof *stops);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
