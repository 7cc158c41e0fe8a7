#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include "line_editor.h"

extern char **environ;

static bool spawn(const char *command, posix_spawn_file_actions_t *actions, int *process) {
  char *arguments[] = {"sh", "-c", (char *)command, NULL};
  pid_t child;
  if (posix_spawn(&child, "/bin/sh", actions, NULL, arguments, environ) != 0) return false;
  *process = child;
  return true;
}

bool start_command(const char *command, int *process) { return spawn(command, NULL, process); }

int pipe_to_command(const char *command, int *process) {
  int ends[2];
  if (pipe(ends) != 0) return -1;
  fcntl(ends[1], F_SETFD, FD_CLOEXEC);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[0], 0);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  bool started = spawn(command, &actions, process);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[0]);
  if (started) return ends[1];
  close(ends[1]);
  return -1;
}
