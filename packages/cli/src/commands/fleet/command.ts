import type { Command } from 'commander'
import { exitCodes } from '@logpipe/runtime'
import { withStore } from '../../entries/session.ts'
import type { CommandContext } from '../context.ts'
import { agents } from './agents.ts'
import { rollout } from './rollout.ts'
import { services, type ServicesFlags } from './services.ts'
import { transfers } from './transfers.ts'
import { type WatchFlags, watchRollout } from './watch-rollout.ts'

/** Adds `logctl agents`, `logctl services`, `logctl transfers` and `logctl rollout`. */
export function addFleet(program: Command, context: CommandContext): void {
  program
    .command('agents')
    .description('who is alive, with version, labels and how many entries are applied')
    .option('--json', 'one JSON object a line')
    .action((flags: { json?: boolean }) => withStore(context.settings(), context, (it) => agents(flags, it)))
  program
    .command('services')
    .description(
      'what applications have registered for themselves, under which lease, and which agents collect it; exit code 1 where something of it cannot be',
    )
    .option('--service <name>', 'of this service only')
    .option('--host <name>', 'on this host only, as the application calls it')
    .option('--json', 'one JSON object a line')
    .action(async (flags: ServicesFlags) => {
      if (!(await withStore(context.settings(), context, (it) => services(flags, it)))) context.exit(exitCodes.failed)
    })
  program
    .command('transfers')
    .description('who is alive, with version, consumer group and how many pipelines are applied')
    .option('--json', 'one JSON object a line')
    .action((flags: { json?: boolean }) => withStore(context.settings(), context, (it) => transfers(flags, it)))
  program
    .command('rollout')
    .description(
      'on how many agents entries, and on how many transfers pipelines are applied, and why not; exit code 1 where one failed',
    )
    .option('--host <ip>', 'of this host only')
    .option('--group <name>', 'of this group only')
    .option('--pipeline <name>', 'of this pipeline only')
    .option('-w, --watch', 'tell how it goes on until it is applied or failed everywhere')
    .option('--timeout <duration>', 'how long --watch waits, e.g. 90s; then exit code 1', '5m')
    .option('--json', 'one JSON object a line; with --watch again for each change')
    .action(async (flags: WatchFlags & { watch?: boolean }) => {
      const work = flags.watch === true ? watchRollout : rollout
      if (!(await withStore(context.settings(), context, (it) => work(flags, it)))) context.exit(exitCodes.failed)
    })
}
