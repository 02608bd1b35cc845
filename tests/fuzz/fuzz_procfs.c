/* The parsers of /proc and of the application's file, each on the same text. */
#include "agent/config/config.h"
#include "agent/metrics/app_source.h"
#include "agent/metrics/procfs.h"
#include "agent/metrics/routes.h"
#include "fuzz/fuzz.h"

#include <math.h>
#include <string.h>

static const char *const texts[] = {
    "cpu  100 2 30 4000 50 6 7 8 9 10\ncpu0 50 1 15 2000 25 3 3 4 4 5\ncpu1 50 1 15 2000 25 3 4 4 5 5\nintr 1 2\n",
    "MemTotal:  16 kB\nMemFree:  4 kB\nMemAvailable:  8 kB\nBuffers: 1 kB\nCached: 2 kB\nSwapTotal: 4 kB\nSwapFree: 3 "
    "kB\n",
    "0.52 0.58 0.59 1/467 12345\n",
    "some avg10=1.23 avg60=0.50 avg300=0.10 total=12345\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
    " 259       0 nvme0n1 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n   8       0 sda 1 2 3 4 5 6 7 8 9 10 11\n",
    "Inter-|   Receive    |  Transmit\n face |bytes |bytes\n    lo: 1 2 0 0 0 0 0 0 3 4 0 0 0 0 0 0\n  eth0:5 6 0 0 0 "
    "0 0 0 7 8 0 0 0 0 0 0\n",
    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\n"
    "eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n",
    "12.5 100\n",
};

static void walk(const char *text, size_t len)
{
    struct procfs_device disk;
    struct procfs_device nic;
    const char *at = text;
    size_t left = len;

    while (procfs_next_disk(&at, &left, &disk) == 1) {
        struct procfs_disk_counters counters;

        MUST(strlen(disk.name) < PROCFS_DEVICE_NAME_MAX && at + left == text + len);
        MUST(disk.counters >= text && disk.counters + disk.counters_len <= text + len);
        (void)procfs_disk_counters(&disk, &counters);
    }
    at = text;
    left = len;
    while (procfs_next_nic(&at, &left, &nic) == 1) {
        uint64_t rx, tx;

        MUST(strlen(nic.name) < PROCFS_DEVICE_NAME_MAX && at + left == text + len);
        MUST(nic.counters >= text && nic.counters + nic.counters_len <= text + len);
        (void)procfs_nic_bytes(&nic, &rx, &tx);
    }
    char name[ROUTES_NAME_MAX];
    at = text;
    left = len;
    while (routes_next_default_6(&at, &left, name))
        MUST(strlen(name) < ROUTES_NAME_MAX && at + left == text + len);
}

static struct node_record on_read_record(struct node_record_file *file, void *arg)
{
    (void)file;
    return *(const struct node_record *)arg;
}

static void read_app(const char *text, size_t len)
{
    static uint64_t state[64];
    static struct agent_config config;
    struct node_record record = {.text = {.at = text, .len = len < NODE_RECORD_MAX ? len : NODE_RECORD_MAX}};
    const struct node_source node = {.read_record = on_read_record, .arg = &record};
    struct source_part part = {.rest_ms = 0};

    MUST(app_source.state_size <= sizeof state);
    memset(state, 0, sizeof state);
    config = agent_config_defaults;
    strcpy(config.app_file, "/run/app");
    MUST(app_source.init(state, &config) == 0);
    if (app_source.read(state, &node, 1000, &part)) {
        MUST(part.metrics.value[METRIC_APP_LOAD].gauge >= 0 && part.metrics.value[METRIC_APP_CAPACITY].gauge > 0);
        MUST(part.metrics.value[METRIC_APP_LOAD].gauge <= METRIC_GAUGE_MAX);
        MUST(part.metrics.value[METRIC_APP_CAPACITY].gauge <= METRIC_GAUGE_MAX);
    } else {
        MUST(strlen(part.complaint) > 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct procfs_cpu cpu;
    struct procfs_memory memory;
    unsigned cores = 0;
    double number = 0;

    (void)procfs_parse_cpu(text, size, &cpu);
    if (procfs_parse_cores(text, size, &cores) == 0)
        MUST(cores > 0);
    (void)routes_of(text, size, "eth0");
    if (procfs_parse_memory(text, size, &memory) == 0)
        MUST(memory.total > 0 && memory.available <= memory.total);
    if (procfs_parse_load1(text, size, &number) == 0)
        MUST(isfinite(number) && number >= 0);
    if (procfs_parse_pressure(text, size, &number) == 0)
        MUST(isfinite(number) && number >= 0);
    walk(text, size);
    read_app(text, size);
    return 0;
}

/* Begins from what Linux writes. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    const char *text = texts[seed / 16 % (sizeof texts / sizeof texts[0])];

    if (seed % 16 == 0 && max_size >= strlen(text)) {
        size = strlen(text);
        memcpy(data, text, size);
    }
    return LLVMFuzzerMutate(data, size, max_size);
}
