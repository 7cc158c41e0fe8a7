#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "line_editor.h"
#include "signals.h"

// The handler writes a byte into one of these pipes: the reader of lines polls one, interrupt_wait blocks on the other.
static int reader_pipe[2] = {-1, -1};
static int waiter_pipe[2] = {-1, -1};
static volatile sig_atomic_t is_reading = 0;

static void handle(int signal) {
  int saved = errno;
  int target = is_reading ? reader_pipe[1] : waiter_pipe[1];
  char kind = signal == SIGWINCH ? signal_resize : signal_interrupt;
  // A new size matters to the reader alone, which asks for it when it begins.
  if (is_reading || kind == signal_interrupt) {
    ssize_t written = write(target, &kind, 1);
    (void)written;  // a full pipe means that a signal is on its way already
  }
  errno = saved;
}

static bool make_pipe(int ends[2], bool blocks) {
  if (pipe(ends) != 0) return false;
  for (int end = 0; end < 2; end++) {
    fcntl(ends[end], F_SETFD, FD_CLOEXEC);
    if (end == 1 || !blocks) fcntl(ends[end], F_SETFL, O_NONBLOCK);
  }
  return true;
}

static bool install(int signal) {
  struct sigaction action = {0};
  action.sa_handler = handle;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  return sigaction(signal, &action, NULL) == 0;
}

bool interrupt_install(void) {
  if (reader_pipe[0] >= 0) return true;
  if (!make_pipe(reader_pipe, false) || !make_pipe(waiter_pipe, true)) return false;
  // A pipe without a reader and a file at its limit are errors of the call, not the end of the process.
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
  return install(SIGINT) && install(SIGWINCH);
}

void interrupt_wait(void) {
  char kind;
  while (read(waiter_pipe[0], &kind, 1) < 0 && errno == EINTR) {}
}

int signals_begin_reading(void) {
  char kind;
  while (reader_pipe[0] >= 0 && read(reader_pipe[0], &kind, 1) > 0) {}
  is_reading = 1;
  return reader_pipe[0];
}

void signals_end_reading(void) { is_reading = 0; }

bool terminal_size(int descriptor, int *columns, int *rows) {
  struct winsize size;
  if (!isatty(descriptor) || ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return false;
  *columns = size.ws_col;
  *rows = size.ws_row;
  return true;
}
