/* headroom why: explains a decision. */
#ifndef CLI_WHY_COMMAND_H
#define CLI_WHY_COMMAND_H

int why_command(int argc, char **argv);

#endif
