/* What the commands on recorded metrics share: their flags, the files, and the scalers that run over them, which are
 * those of the collector with its settings. */
#ifndef OFFLINE_REPLAY_INPUT_H
#define OFFLINE_REPLAY_INPUT_H

#include "collector/config/config.h"
#include "collector/config/settings.h"
#include "common/flags.h"
#include "offline/metrics_player.h"
#include "scaler/decision.h"

#include <argp.h>

#define REPLAY_INPUT_COMMAND_OPTIONS_MAX 8U
#define REPLAY_INPUT_ERROR_MAX           512U

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
    struct replay_input_group groups[REPLAY_GROUPS_MAX];
    unsigned group_count; /* 0: all groups of the files */
    bool skip_bad;
    char **settings; /* a command line for the collector's configuration */
    unsigned setting_count;
    struct collector_config config;
    int64_t horizon_ms; /* of forecasts; 0: that of the settings */
    struct metrics_player player;
    char error[REPLAY_INPUT_ERROR_MAX]; /* the reason of what failed */
};

/* A command on recorded metrics: its help, and its own flags. */
struct replay_input_command {
    const char *program;
    const char *about;                 /* see struct flags */
    const char *title;                 /* above its own flags */
    const struct argp_option *options; /* keys from FLAG_OWN on, no more than REPLAY_INPUT_COMMAND_OPTIONS_MAX */
    size_t option_count;
    flag_cb *on_flag; /* writes its errors to input->error */
    void *arg;
};

/* argc: the most files and settings there can be. 0 or -ENOMEM. */
int replay_input_init(struct replay_input *input, int argc);
void replay_input_deinit(struct replay_input *input);

/* Reads the command line: the command's own flags, those that all such commands share, and the files. 0 or a negative
 * errno with the reason in input->error. */
int replay_input_read_flags(struct replay_input *input, const struct replay_input_command *command, int argc,
                            char **argv);

/* This node alone, and others that are added. 0 or -EINVAL. */
int replay_input_add_node(struct replay_input *input, const char *name);

/* After the flags: looks whether they fit, reads the settings and all files. 0 or a negative errno with the reason in
 * error; *usage: it is the flags' fault. */
int replay_input_read(struct replay_input *input, bool *usage);

/* What is in force for a group. */
struct scaler_settings replay_input_settings(const struct replay_input *input, const struct group *group);

/* For each group that has been heard of and each tick, in the order of time; wall clock. */
typedef int replay_input_cb(const struct group *group, int64_t now_ms, const struct decision *decision, void *arg);

/* Runs the scalers over the recording. Ticks are at whole multiples of the interval as a collector's are, or, with
 * to_end, so that the last is at the last sample. 0, a negative errno with the reason in error, or what on_decision
 * returned when that was not 0. */
int replay_input_run(struct replay_input *input, bool to_end, replay_input_cb *on_decision, void *arg);

#endif
