#define _XOPEN_SOURCE 700  // wcwidth
#define _DEFAULT_SOURCE

#include "line_editor.h"

#include <errno.h>
#include <histedit.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "signals.h"

static EditLine *editor;
static History *history_list;
static HistEvent history_event;
static line_editor_completer find_candidates;
static const char *current_prompt = "";
static char *current_line;
static int signal_descriptor = -1;
static bool was_interrupted;

static char *prompt(EditLine *unused) {
  (void)unused;
  return (char *)current_prompt;
}

// MARK: The terminal's size

// Columns of the terminal that these bytes of UTF-8 take.
static size_t cells(const char *text, size_t bytes) {
  mbstate_t state = {0};
  size_t total = 0;
  while (bytes > 0) {
    wchar_t character;
    size_t used = mbrtowc(&character, text, bytes, &state);
    if (used == 0 || used > bytes) break;
    int width = wcwidth(character);
    total += width > 0 ? (size_t)width : 0;
    text += used;
    bytes -= used;
  }
  return total;
}

// Draws the line anew. The terminal has already wrapped the old text at its new width, and libedit draws from where the
// cursor stands: so go to where the prompt begins now and clear from there.
static void redraw(void) {
  int columns = 80, rows = 24;
  terminal_size(STDOUT_FILENO, &columns, &rows);
  const LineInfo *info = el_line(editor);
  size_t before = cells(current_prompt, strlen(current_prompt)) +
                  cells(info->buffer, (size_t)(info->cursor - info->buffer));
  size_t above = columns > 0 ? before / (size_t)columns : 0;
  fputc('\r', stdout);
  if (above > 0) printf("\x1b[%zuA", above);
  fputs("\x1b[J", stdout);
  fflush(stdout);
  el_resize(editor);
  el_set(editor, EL_REFRESH);
}

// MARK: Keys

// Waits for a byte of the terminal; answers signals meanwhile. Returns 1, 0 at the end, -1 after Ctrl-C.
static int read_byte(unsigned char *byte) {
  for (;;) {
    struct pollfd wanted[2] = {{STDIN_FILENO, POLLIN, 0}, {signal_descriptor, POLLIN, 0}};
    if (poll(wanted, signal_descriptor >= 0 ? 2 : 1, -1) < 0) {
      if (errno == EINTR) continue;
      return 0;
    }
    if (wanted[1].revents & POLLIN) {
      char kind;
      while (read(signal_descriptor, &kind, 1) == 1) {
        if (kind == signal_interrupt) {
          was_interrupted = true;
          return -1;
        }
        redraw();
      }
    }
    if (wanted[0].revents) {
      ssize_t count = read(STDIN_FILENO, byte, 1);
      if (count < 0 && errno == EINTR) continue;
      return count == 1 ? 1 : 0;
    }
  }
}

// libedit asks for one character; the terminal sends UTF-8. A byte that begins no character is dropped.
static int read_character(EditLine *unused, wchar_t *character) {
  (void)unused;
  for (;;) {
    unsigned char byte;
    int status = read_byte(&byte);
    if (status <= 0) return status;
    if (byte < 0x80) {
      *character = byte;
      return 1;
    }
    int more = byte >= 0xF0 && byte < 0xF8 ? 3 : byte >= 0xE0 ? 2 : byte >= 0xC2 ? 1 : 0;
    if (more == 0 || byte >= 0xF8) continue;
    wchar_t value = byte & (0x3F >> more);
    for (int i = 0; i < more; i++) {
      status = read_byte(&byte);
      if (status <= 0) return status;
      value = (value << 6) | (byte & 0x3F);
    }
    *character = value;
    return 1;
  }
}

// MARK: Completion

static size_t common_length(char **candidates, size_t count) {
  size_t length = strlen(candidates[0]);
  for (size_t i = 1; i < count; i++) {
    size_t same = 0;
    while (same < length && candidates[i][same] == candidates[0][same]) same++;
    length = same;
  }
  while (length > 0 && (candidates[0][length] & 0xC0) == 0x80) length--;
  return length;
}

static void list_candidates(char **candidates, size_t count) {
  size_t width = 1;
  for (size_t i = 0; i < count; i++) {
    size_t length = strlen(candidates[i]);
    if (length + 2 > width) width = length + 2;
  }
  int columns = 80, rows = 24;
  terminal_size(STDOUT_FILENO, &columns, &rows);
  size_t per_row = (size_t)columns / width ? (size_t)columns / width : 1;
  fputc('\n', stdout);
  for (size_t i = 0; i < count; i++) {
    bool ends = (i + 1) % per_row == 0 || i + 1 == count;
    if (ends) {
      printf("%s\n", candidates[i]);
    } else {
      printf("%-*s", (int)width, candidates[i]);
    }
  }
  fflush(stdout);
}

static int characters(const char *text, size_t bytes) {
  int count = 0;
  for (size_t i = 0; i < bytes; i++) count += (text[i] & 0xC0) != 0x80;
  return count;
}

static unsigned char insert_candidates(char **candidates, size_t count, const char *word, size_t word_length) {
  size_t length = common_length(candidates, count);
  bool is_longer = length > word_length || (count == 1 && strncmp(candidates[0], word, word_length) != 0);
  if (count > 1 && !is_longer) {
    list_candidates(candidates, count);
    return CC_REDISPLAY;
  }
  char *text = malloc(length + 2);
  if (!text) return CC_ERROR;
  memcpy(text, candidates[0], length);
  if (count == 1) text[length++] = ' ';
  text[length] = 0;
  if (word_length > 0) el_deletestr(editor, characters(word, word_length));
  int failed = el_insertstr(editor, text);
  free(text);
  return failed ? CC_ERROR : CC_REFRESH;
}

static unsigned char complete(EditLine *unused, int key) {
  (void)unused;
  (void)key;
  const LineInfo *info = el_line(editor);
  size_t bytes = (size_t)(info->lastchar - info->buffer);
  size_t cursor = (size_t)(info->cursor - info->buffer);
  char *line = malloc(bytes + 1);
  if (!line) return CC_ERROR;
  memcpy(line, info->buffer, bytes);
  line[bytes] = 0;

  size_t start = cursor;
  char *found = find_candidates(line, cursor, &start);
  unsigned char result = CC_REFRESH_BEEP;
  if (found && found[0] && start <= cursor) {
    size_t count = 0;
    for (char *byte = found; *byte; byte++) count += *byte == '\n';
    char **candidates = calloc(count ? count : 1, sizeof *candidates);
    if (candidates && count) {
      char *rest = found;
      for (size_t i = 0; i < count; i++) candidates[i] = strsep(&rest, "\n");
      result = insert_candidates(candidates, count, line + start, cursor - start);
    }
    free(candidates);
  }
  free(found);
  free(line);
  return result;
}

// MARK: The editor

bool line_editor_open(const char *program, line_editor_completer completer) {
  if (editor) return true;
  if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) return false;
  setlocale(LC_CTYPE, "");
  if (MB_CUR_MAX == 1 && !setlocale(LC_CTYPE, "C.UTF-8")) setlocale(LC_CTYPE, "en_US.UTF-8");
  editor = el_init(program, stdin, stdout, stderr);
  if (!editor) return false;
  find_candidates = completer;
  el_set(editor, EL_SIGNAL, 0);
  el_set(editor, EL_PROMPT, prompt);
  el_set(editor, EL_EDITOR, "emacs");
  el_set(editor, EL_GETCFN, read_character);
  el_set(editor, EL_ADDFN, "instar-complete", "Completes the word", complete);
  el_set(editor, EL_BIND, "^I", "instar-complete", NULL);
  el_set(editor, EL_BIND, "^R", "em-inc-search-prev", NULL);
  el_set(editor, EL_BIND, "\033[3~", "ed-delete-next-char", NULL);
  el_set(editor, EL_BIND, "\033[1;5C", "em-next-word", NULL);
  el_set(editor, EL_BIND, "\033[1;5D", "ed-prev-word", NULL);
  history_list = history_init();
  if (history_list) {
    history(history_list, &history_event, H_SETSIZE, 2000);
    history(history_list, &history_event, H_SETUNIQUE, 1);
    el_set(editor, EL_HIST, history, history_list);
  }
  return true;
}

enum line_editor_status line_editor_read(const char *prompt_text, const char **line) {
  current_prompt = prompt_text;
  was_interrupted = false;
  signal_descriptor = signals_begin_reading();
  el_resize(editor);
  int count = 0;
  const char *read = el_gets(editor, &count);
  signals_end_reading();
  if (was_interrupted) {
    el_reset(editor);
    fputs("^C\n", stdout);
    fflush(stdout);
    return line_editor_interrupted;
  }
  if (!read || count <= 0) return line_editor_end;
  free(current_line);
  current_line = strdup(read);
  if (!current_line) return line_editor_end;
  size_t length = strlen(current_line);
  while (length > 0 && (current_line[length - 1] == '\n' || current_line[length - 1] == '\r')) current_line[--length] = 0;
  *line = current_line;
  return line_editor_line;
}

void line_editor_remember(const char *entry) {
  if (history_list) history(history_list, &history_event, H_ENTER, entry);
}

bool line_editor_load_history(const char *path) {
  return history_list && history(history_list, &history_event, H_LOAD, path) >= 0;
}

bool line_editor_save_history(const char *path) {
  return history_list && history(history_list, &history_event, H_SAVE, path) >= 0;
}

void line_editor_close(void) {
  if (history_list) history_end(history_list);
  if (editor) el_end(editor);
  history_list = NULL;
  editor = NULL;
  free(current_line);
  current_line = NULL;
}
