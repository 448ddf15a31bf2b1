import type { Command } from 'commander'

/** Adds the options of every command that changes what stands in etcd. */
export function changeOptions(command: Command): Command {
  return command
    .option('--note <text>', 'why, for the history')
    .option('--dry-run', 'check it and show what would change')
    .option('--json', 'one JSON object with what stood there and what stands there now')
}

/** Takes an option that may be given again and again. */
export function oneMore(value: string, before: readonly string[] = []): string[] {
  return [...before, value]
}
