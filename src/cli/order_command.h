/* headroom pin, pause, activate, resume and forget: what people order by hand. */
#ifndef CLI_ORDER_COMMAND_H
#define CLI_ORDER_COMMAND_H

/* argv begins with the command's name. Return the exit status. */
int order_command_pin(int argc, char **argv);
int order_command_pause(int argc, char **argv);
int order_command_activate(int argc, char **argv);
int order_command_resume(int argc, char **argv);
int order_command_forget(int argc, char **argv);

#endif
