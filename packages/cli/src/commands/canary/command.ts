import type { Command } from 'commander'
import { exitCodes } from '@logpipe/runtime'
import type { ApplyFlags } from '../../entries/apply.ts'
import { changeOptions, oneMore } from '../change-options.ts'
import type { CommandContext } from '../context.ts'
import { sessionsOf } from '../sessions.ts'
import { drop, promote, type PromoteFlags, start, type StartFlags } from './change.ts'
import { show } from './show.ts'

/** Adds `logctl canary`. */
export function addCanary(program: Command, context: CommandContext): void {
  const canary = program
    .command('canary')
    .description('some agents of a group try other entries first: start, show, promote, drop')
    .addHelpText('after', help)
  const { session, changing: applied } = sessionsOf(context)

  changeOptions(canary.command('start').description('let some agents run other entries'))
    .argument('<group>', 'their group')
    .argument('[file]', 'JSON: the list of entries that they run in place of those of the group; - for stdin')
    .option('--path <glob>', 'the entries of the group and this one instead')
    .option('--topic <name>', 'the topic of that entry')
    .option('--count <n>', 'so many live agents of the group; 1 by default')
    .option('--label <label=value>', 'only those with this label; again for each; without --count all of them', oneMore)
    .option('--agent <id>', 'this agent; again for each', oneMore)
    .action((group: string, file: string | undefined, flags: StartFlags) =>
      applied((it) => start(group, file, flags, it, context.readStdin)),
    )
  canary
    .command('show')
    .description('who tries what, and how far they are; exit code 1 where one failed')
    .argument('[group]', 'of this group; by default all that have canaries')
    .option('--json', 'one JSON object a line')
    .action(async (group: string | undefined, flags: { json?: boolean }) => {
      if (!(await session((it) => show(group, flags, it)))) context.exit(exitCodes.failed)
    })
  changeOptions(canary.command('promote').description('let all agents of the group run what the canaries run'))
    .argument('<group>', 'the group')
    .option('--force', 'also where not every canary applies it')
    .option('-y, --yes', 'do not ask')
    .action((group: string, flags: PromoteFlags) => applied((it) => promote(group, flags, it)))
  changeOptions(canary.command('drop').description('let the canaries run what the others run'))
    .argument('<group>', 'the group')
    .action((group: string, flags: ApplyFlags) => applied((it) => drop(group, flags, it)))
}

const help = `
The canaries are written into the group by their ids, so the choice does not move when agents come and go.

Examples:
  logctl canary start web new.json --count 2 --note 'multiline for stack traces'
  logctl canary start web new.json --label zone=a
  logctl canary show web
  logctl canary promote web
  logctl canary drop web`
