// Reading lines at a terminal over libedit, and Ctrl-C.
//
// libedit speaks through variadic functions and global callbacks, which Swift cannot call. One editor at a time; all
// functions but interrupt_wait belong to one thread.

#ifndef INSTAR_LINE_EDITOR_H
#define INSTAR_LINE_EDITOR_H

#include <stdbool.h>
#include <stddef.h>

enum line_editor_status {
  line_editor_line,         // a line was read
  line_editor_end,          // the end of the input, or Ctrl-D on an empty line
  line_editor_interrupted,  // Ctrl-C: the line is dropped
};

// Finds what may stand at byte `cursor` of `line`. Stores the byte at which the word starts that a candidate replaces.
// Returns the candidates with a line feed behind each, to be freed by the editor, or NULL for none.
typedef char *(*line_editor_completer)(const char *line, size_t cursor, size_t *word_start);

// Opens the editor on standard input and output; false where there is no terminal that it can use.
bool line_editor_open(const char *program, line_editor_completer completer);

// Reads one line, without its line feed. `*line` is valid until the next call.
enum line_editor_status line_editor_read(const char *prompt, const char **line);

// Adds an entry to the history; a repetition of the last one is not added.
void line_editor_remember(const char *entry);

bool line_editor_load_history(const char *path);
bool line_editor_save_history(const char *path);
void line_editor_close(void);

// Takes over Ctrl-C (SIGINT): while a line is read it drops the line, otherwise interrupt_wait returns.
bool interrupt_install(void);

// Waits for the next Ctrl-C outside of line_editor_read. For a thread of its own.
void interrupt_wait(void);

// The columns and rows of the terminal behind `descriptor`; false where it is none.
bool terminal_size(int descriptor, int *columns, int *rows);

// Starts `command` in the shell on this terminal; false when that failed.
bool start_command(const char *command, int *process);

// Starts `command` in the shell with a pipe to its standard input; returns the writing end or -1.
int pipe_to_command(const char *command, int *process);

#endif
