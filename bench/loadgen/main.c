#include "common/log.h"
#include "loadgen/load.h"
#include "loadgen/options.h"
#include "loadgen/report.h"
#include "tls/key_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    static struct options options;
    struct report report;
    char error[512];
    char text[REPORT_SIZE];

    if (options_load(&options, argc, argv, error, sizeof error) < 0 ||
        (options.token_file != NULL && key_file_read(options.token_file, &options.key, error, sizeof error) < 0)) {
        log_error("%s", error);
        return 2;
    }
    int rc = load_run(&options, &report, error, sizeof error);
    if (rc < 0 && rc != -EIO) {
        log_error("%s", error);
        return EXIT_FAILURE;
    }
    report_text(&report, text, sizeof text);
    (void)fputs(text, stderr);
    report_json(&report, text, sizeof text);
    (void)fputs(text, stdout);
    return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
