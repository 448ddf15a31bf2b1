import type { Command } from 'commander'
import { exitCodes } from '@logpipe/runtime'
import type { CommandContext } from './context.ts'

/** Adds `logctl status`. */
export function addStatus(program: Command, { output, settings, exit }: CommandContext): void {
  program
    .command('status')
    .description(
      'show what answers, who is alive and what could not be applied, records and lag by topic, documents by data stream',
    )
    .option('--json', 'one JSON object')
    .action(async (flags: { json?: boolean }) => {
      const { status } = await import('./status.ts')
      if (!(await status(flags, settings(), output))) exit(exitCodes.failed)
    })
}
