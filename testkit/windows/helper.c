// A program of the tests, by its first argument:
//   hold FILE SECONDS       keeps a file open that nobody else may open
//   reads FILE SECONDS      keeps it open as most programs do, which lets others read and write it, but not replace it
//   break|ctrlc COMMAND     runs a command, ends it by Ctrl-Break or Ctrl-C when a file `ready` is there, and prints its exit status
//   --version               says that it is a psql
// Else it is a psql that never ends, whatever becomes of its pipes; the file `psql-is-here` says that it runs.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

static int hold(const char *name, DWORD sharing, int seconds) {
  HANDLE file = CreateFileA(name, GENERIC_READ, sharing, NULL, OPEN_EXISTING, 0, NULL);
  if (file == INVALID_HANDLE_VALUE) return 1;
  CloseHandle(CreateFileA("held", GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL));
  Sleep(1000 * seconds);
  return 0;
}

static BOOL WINAPI ignore(DWORD event) { return TRUE; }

static int end_by(DWORD event, char *command) {
  STARTUPINFOA start = {sizeof start};
  PROCESS_INFORMATION child;
  start.dwFlags = STARTF_USESTDHANDLES;
  start.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
  start.hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
  start.hStdError = GetStdHandle(STD_ERROR_HANDLE);
  // A program from outside may have no console, which events need; a new one takes the place of the handles above.
  FreeConsole();
  if (!AllocConsole()) return 101;
  SetConsoleCtrlHandler(ignore, TRUE);
  if (!CreateProcessA(NULL, command, NULL, NULL, TRUE, 0, NULL, NULL,
                      &start, &child))
    return 102;
  for (int i = 0; i < 600 && GetFileAttributesA("ready") == INVALID_FILE_ATTRIBUTES; i++) Sleep(50);
  if (!GenerateConsoleCtrlEvent(event, 0)) return 103;
  DWORD status = 104;
  if (WaitForSingleObject(child.hProcess, 20000) != WAIT_OBJECT_0) TerminateProcess(child.hProcess, 105);
  WaitForSingleObject(child.hProcess, INFINITE);
  GetExitCodeProcess(child.hProcess, &status);
  FILE *file = fopen("status", "w");
  if (file) fprintf(file, "%lu\n", status), fclose(file);
  return 0;
}

int main(int count, char **values) {
  const char *what = count > 1 ? values[1] : "";
  if (!strcmp(what, "hold")) return hold(values[2], 0, atoi(values[3]));
  if (!strcmp(what, "reads")) return hold(values[2], FILE_SHARE_READ | FILE_SHARE_WRITE, atoi(values[3]));
  if (!strcmp(what, "break")) return end_by(CTRL_BREAK_EVENT, values[2]);
  if (!strcmp(what, "ctrlc")) return end_by(CTRL_C_EVENT, values[2]);
  if (!strcmp(what, "--version")) return puts("psql (PostgreSQL) 18.0") < 0;
  CloseHandle(CreateFileA("psql-is-here", GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL));
  Sleep(INFINITE);
}
