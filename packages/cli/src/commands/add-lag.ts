import type { Command } from 'commander'
import { exitCodes } from '@logpipe/runtime'
import type { CommandContext } from './context.ts'
import type { LagFlags } from './lag.ts'

/** Adds `logctl lag`. */
export function addLag(program: Command, context: CommandContext): void {
  program
    .command('lag')
    .description('how many records the transfers have still to read, by topic')
    .argument('[topic]', 'topic, or globs of topics with commas between them; by default all that hold lines')
    .option('--partitions', 'by partition')
    .option('--over <duration>', 'look twice, so long apart, and show records a second and when all will be read')
    .option('--above <records>', 'exit code 1 where more than so many of a topic wait')
    .option('--json', 'one JSON object a line')
    .addHelpText('after', help)
    .action(async (topic: string | undefined, flags: LagFlags) => {
      const { lag } = await import('./lag.ts')
      if (!(await lag(topic, flags, context.settings(), context))) context.exit(exitCodes.failed)
    })
}

const help = `
The lag is that of --consumer-group: records behind the offset that it has committed. Topics that it has committed nothing of are left out.`
