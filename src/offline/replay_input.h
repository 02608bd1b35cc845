/* What the commands on recorded metrics share: their flags, the files, and the scalers that run over them, which are
 * those of the collector with its settings. */
#ifndef OFFLINE_REPLAY_INPUT_H
#define OFFLINE_REPLAY_INPUT_H

#include "collector/config/config.h"
#include "offline/metrics_player.h"
#include "scaler/decision.h"

#include <argp.h>

#define REPLAY_INPUT_GROUPS_MAX  64U /* --group and --node of one call */
#define REPLAY_INPUT_OPTIONS_MAX (COLLECTOR_SETTING_COUNT + 4)
#define REPLAY_INPUT_TICKS_MAX   100000000 /* between the first sample and the last */

/* Of --group or --node: the nodes that it takes. */
struct replay_input_group {
    char name[NAME_LEN_MAX + 1];
    const char *glob; /* of node ids; NULL: those that the files say */
    bool is_node;     /* a node of that name, in the group that the files say */
    bool found;       /* a row was of it */
};

struct replay_input {
    const char **files; /* room for all of argv */
    size_t file_count;
    struct replay_input_group groups[REPLAY_INPUT_GROUPS_MAX];
    unsigned group_count; /* 0: all groups of the files */
    bool skip_bad;
    char **settings; /* a command line for the collector's configuration */
    unsigned setting_count;
    struct collector_config config;
    int64_t horizon_ms; /* of forecasts; 0: that of the settings */
    struct metrics_player recording;
    char *error; /* the caller's */
    size_t error_size;
};

/* argc: the most files and settings there can be. 0 or -ENOMEM. */
int replay_input_init(struct replay_input *recorded, int argc, char *error, size_t error_size);
void replay_input_deinit(struct replay_input *recorded);

/* Writes at most REPLAY_INPUT_OPTIONS_MAX options in argp's group number `group`, with keys from key_base on; returns
 * how many. The rest is for struct flags: help and the flags, whose keys are less key_base. */
size_t replay_input_options(struct argp_option *options, int key_base, int group);
char *replay_input_help(int key, const char *text);
int replay_input_on_flag(struct replay_input *recorded, int key, const char *value);
int replay_input_on_file(int key, const char *value, void *recorded);

/* This node alone, and others that are added. 0 or -EINVAL. */
int replay_input_add_node(struct replay_input *recorded, const char *name);

/* After the flags: looks whether they fit, reads the settings and all files. 0 or a negative errno with the reason in
 * error; *usage: it is the flags' fault. */
int replay_input_read(struct replay_input *recorded, bool *usage);

/* What is in force for a group. */
struct scaler_settings replay_input_settings(const struct replay_input *recorded, const struct group *group);

/* For each group that has been heard of and each tick, in the order of time; wall clock. */
typedef int replay_input_cb(const struct group *group, int64_t now_ms, const struct decision *decision, void *arg);

/* Runs the scalers over the recording. Ticks are at whole multiples of the interval as a collector's are, or, with
 * to_end, so that the last is at the last sample. 0, a negative errno with the reason in error, or what on_decision
 * returned when that was not 0. */
int replay_input_run(struct replay_input *recorded, bool to_end, replay_input_cb *on_decision, void *arg);

#endif
