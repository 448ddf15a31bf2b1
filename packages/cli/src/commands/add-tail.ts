import type { Command } from 'commander'
import type { CommandContext } from './context.ts'
import type { TailFlags } from './tail.ts'

/** Adds `logctl tail`. */
export function addTail(program: Command, { output, signal, settings }: CommandContext): void {
  program
    .command('tail')
    .description('print lines as they come into Kafka, until Ctrl-C')
    .argument('[topic]', 'topic, or globs of topics with commas between them; by default all that hold lines')
    .option('--host <name>', 'of this host')
    .option('--path <path>', 'of this file; * stands for anything')
    .option('--json', 'one JSON object a line')
    .action(async (topic: string | undefined, flags: TailFlags) => {
      const { tail } = await import('./tail.ts')
      await tail(topic, flags, settings(), output, signal)
    })
}
