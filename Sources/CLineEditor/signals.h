// How the reader of lines hears of signals.

#ifndef INSTAR_SIGNALS_H
#define INSTAR_SIGNALS_H

enum { signal_interrupt = 'i', signal_resize = 'r' };

// From here on signals go to the reader. Returns the descriptor to poll, or -1 where no handler is installed.
int signals_begin_reading(void);
void signals_end_reading(void);

#endif
