/** What each clock covers, in sentences: printed with every run and on the page. */
export const clocks: readonly string[] = [
  'logagent and rsyslog run before the file appears (renamed into the folder that they watch); the clock stops when the broker holds all lines. ' +
    'Finding the file is in it, starting the program is not.',
  'kcat runs from its start to its end, when all is acknowledged. It reads one file once and keeps no position.',
  'kcat gives each message the two headers that logagent gives it (the same source, nine digits for the offset), so the broker gets the same bytes. ' +
    "rsyslog's messages have no headers: the broker gets the lines alone, some 40 % fewer bytes.",
  'All: acks=all, idempotent, 6 partitions that take lines in turn, one broker on the same machine.',
  'CPU is user and system time of the process: from /proc for logagent and rsyslog, from bash for kcat.',
  'Contestants take turns, after one round that is not counted; topics are deleted, the disk is synced and the files are in memory before each round, as logs are that were just written.',
  'multiline: Java traces of 5 to 13 lines and single lines in turn; the clock stops one event short of the end, which only a timeout can end. ' +
    'Lines are as wide as in the plain file, and so they are in gbk.',
  'regex: one excludeLines pattern drops one line in twenty; the rate counts all lines of the file.',
  'Every round is read back from the broker and compared with the file: each record once, with its content.',
  'quiet10k: default settings, 10,000 files of 1 to 4 KiB that are read and do not grow; CPU of the process over the time it is watched.',
  'heap: sampling profile of the JavaScript heap, garbage included, from the moment when the file appears until the broker holds its lines. An object or ' +
    'a string for each line would show as 16 bytes a line or more at the function that makes it.',
  'registry100k: opening and loading a registry of 100,000 checkpoints in a process of its own, median of three, by the clock.',
]
