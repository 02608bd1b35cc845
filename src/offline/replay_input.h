/* The shared part of the commands on recorded metrics: their flags, the files, and the scalers that run on them with
 * the collector's settings. */
#ifndef OFFLINE_REPLAY_INPUT_H
#define OFFLINE_REPLAY_INPUT_H

#include "collector/config/config.h"
#include "common/flags.h"
#include "offline/group_filter.h"
#include "offline/metrics_player.h"
#include "offline/recordings.h"
#include "scaler/decision.h"

#include <argp.h>

#define REPLAY_INPUT_COMMAND_OPTIONS_MAX 8U
#define REPLAY_INPUT_ERROR_MAX           512U

struct scaler;

/* Called before each step of a group's scaler: may add to what it observes. */
typedef void replay_input_observe_cb(const struct group *group, int64_t now_ms, const struct scaler_settings *settings,
                                     struct group_observation *observed, void *arg);

/* Called for each group at the end of a run, with the scaler that ran on it. 0, or what the run returns. */
typedef int replay_input_scaler_cb(const struct group *group, const struct scaler *scaler, void *arg);

struct replay_input {
    const char **operands; /* room for all of argv */
    size_t operand_count;
    struct recordings files; /* that the operands stand for, once they are read */
    struct group_filter filter;
    bool exact_groups; /* a name that no row has is an error; else it means all nodes */
    bool skip_bad;
    char **settings; /* a command line for the collector's configuration */
    unsigned setting_count;
    struct collector_config config;
    int64_t horizon_ms;                  /* of the forecasts; 0: as the settings say */
    replay_input_observe_cb *on_observe; /* NULL: the recorded samples are all */
    replay_input_scaler_cb *on_scaler;   /* NULL: the scalers are of no use after the run */
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

/* argc: an upper bound of the number of files and settings. 0 or -ENOMEM. */
int replay_input_init(struct replay_input *input, int argc);
void replay_input_deinit(struct replay_input *input);

/* Reads the command line: the command's own flags, those that all such commands share, and the files. 0 or a negative
 * errno with the reason in input->error. */
int replay_input_read_flags(struct replay_input *input, const struct replay_input_command *command, int argc,
                            char **argv);

/* Restricts the input to the added nodes. 0, or -EINVAL with the reason in input->error. */
int replay_input_add_node(struct replay_input *input, const char *name);

/* After the flags: checks them, then reads the settings and all files. 0 or a negative errno with the reason in
 * input->error; *usage: the flags are wrong. */
int replay_input_read(struct replay_input *input, bool *usage);

/* The settings of a group. */
struct scaler_settings replay_input_settings(const struct replay_input *input, const struct group *group);

/* Called at each tick for each group that has reported, in order of time. now_ms: wall clock. */
typedef int replay_input_cb(const struct group *group, int64_t now_ms, const struct decision *decision, void *arg);

/* Runs the scalers over the recording. Ticks are at whole multiples of the interval, like a collector's; with to_end,
 * they are aligned so that the last tick is at the last sample. Returns 0, a negative errno with the reason in
 * input->error, or the first return value of on_decision other than 0. */
int replay_input_run(struct replay_input *input, bool to_end, replay_input_cb *on_decision, void *arg);

#endif
