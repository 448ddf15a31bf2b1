import type { Command } from 'commander'
import type { CommandContext } from './context.ts'
import type { SearchFlags } from './search.ts'

/** Adds `logctl search`. */
export function addSearch(program: Command, { output, signal, settings }: CommandContext): void {
  program
    .command('search')
    .description('print the newest lines that match, oldest first')
    .argument('[query]', 'words that the line holds (all of them), "a phrase", or Lucene syntax; all lines by default')
    .option('--from <time>', 'not before, e.g. 2026-11-20T21:00 (local time; Z at the end for UTC)')
    .option('--to <time>', 'not after')
    .option('--last <duration>', 'of the last e.g. 90s, 15m, 2h, 7d')
    .option('--dataset <name>', 'of this dataset')
    .option('--host <name>', 'of this host')
    .option('--path <path>', 'of this file; * stands for anything')
    .option('-n, --lines <count>', 'at most so many', '50')
    .option('--json', 'whole documents, one JSON object a line')
    .action(async (query: string | undefined, flags: SearchFlags) => {
      const { search } = await import('./search.ts')
      await search(query, flags, settings(), output, signal)
    })
}
