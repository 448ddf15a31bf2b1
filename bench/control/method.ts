/** What each clock covers, in sentences: printed with every run. */
export const method: readonly string[] = [
  'putToFirstLine: a real logagent with default settings; one edit after the other of the entries of its host adds a file that is there and holds a line. ' +
    'From before the put to etcd until that line is read from Kafka by a waiting consumer; the topic is there. All edits before stay, so the last ones are of 100 entries. ' +
    'Edits fall at any moment of the agent’s second. In the end each line is in the topic once.',
  'reconcile1000: a process of its own for each round, so nothing is warm: the text of a key with 1,000 entries is parsed, selected, compiled, and its files (one each) ' +
    'are looked for, until the plan runs. `change`: one of the entries is edited after that.',
  'agents1000: simulated agents are the part of logagent that talks to etcd, as it is, each with its own connection, lease, watches and status; nothing is collected. ' +
    'listMs: `logctl agents --json` from the start of the program to its end, median; it must list all of them with their entry applied. etcd’s work is by its own /metrics.',
  'progress1000: simulated agents are the part of logagent that writes the progress of files, as it is and at its usual pace, each with its own connection, and with 60 files that ' +
    'are written to all the time. Counted at the far end over a stretch that begins when all have written: records, and bytes as the broker keeps them. In the end each record that an ' +
    'agent has seen acknowledged is in the topic once, and the last one of each is its last word. The broker’s CPU is that of its process, where it runs on this machine; reading the records back, every 15 s, is in it. ' +
    'filesMs: `logctl files --json` from the start of the program to its end, median, while the agents go on.',
]
