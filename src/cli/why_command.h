/* headroom why: explains a decision. */
#ifndef CLI_WHY_COMMAND_H
#define CLI_WHY_COMMAND_H

/* argv begins with the command's name. Returns the exit status. */
int why_command(int argc, char **argv);

#endif
