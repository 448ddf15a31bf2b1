import { readdir } from 'node:fs/promises'
import { type Collector, type Reading, single } from './collector.ts'
import { naturalOf, readProc } from './proc.ts'

/** Line in /proc/stat → field. */
const lines: Readonly<Record<string, string>> = {
  processes: 'forks',
  procs_running: 'running',
  procs_blocked: 'blocked',
}

/** What processes do, from the texts of /proc/stat and /proc/loadavg, and how many there are, from the names in /proc. */
export function parseProcesses(stat: string, loadavg: string, names: readonly string[]): Reading[] {
  const values: Record<string, number> = { processes: names.filter((name) => /^\d+$/.test(name)).length }
  for (const line of stat.split('\n')) {
    const [name = '', count] = line.split(' ')
    const field = Object.hasOwn(lines, name) ? lines[name] : undefined
    const value = naturalOf(count)
    if (field !== undefined && value !== null) values[field] = value
  }
  const threads = naturalOf(/ \d+\/(\d+) /.exec(loadavg)?.[1])
  if (threads !== null) values['threads'] = threads
  return [{ tags: {}, values }]
}

/** How many processes there are. */
export function processesCollector(procDir: string): Collector {
  return {
    name: 'processes',
    labels: [],
    measures: [
      single('processes', 'Processes that the agent sees.', 'processes'),
      single('threads', 'Threads of all processes.', 'threads'),
      single('processes_running', 'Threads that run or want to.', 'running'),
      single('processes_blocked', 'Threads that wait for a disk.', 'blocked'),
      single('forks_total', 'Processes and threads that were made since the host started.', 'forks'),
    ],
    collect: async () => {
      const [stat, loadavg, names] = await Promise.all([
        readProc(procDir, 'stat'),
        readProc(procDir, 'loadavg'),
        readdir(procDir),
      ])
      return parseProcesses(stat, loadavg, names)
    },
  }
}
