import type { Command } from 'commander'
import { exitCodes } from '@logpipe/runtime'
import { withStore } from '../../entries/session.ts'
import { readInput } from '../../entries/input.ts'
import type { CommandContext } from '../context.ts'
import { preview, type PreviewFlags } from './preview.ts'

/** Adds `logctl preview`, and the same as `logctl entries preview`. Call it when `entries` is there. */
export function addPreview(program: Command, context: CommandContext): void {
  const entries = program.commands.find((command) => command.name() === 'entries')
  for (const parent of [program, ...(entries === undefined ? [] : [entries])]) {
    parent
      .command('preview')
      .description('ask live agents which files entries match, and how their first lines read; changes nothing')
      .argument('[file]', 'JSON: a list of entries, or a group whole; - for stdin. Without it: what stands in etcd')
      .option('--host <ip>', 'on the host whose agent has this address')
      .option('--group <name>', 'on the hosts of this group')
      .option('--agent <id>', 'on this agent only; again for each', oneMore)
      .option('--path <glob>', 'try this one entry instead')
      .option('--topic <name>', 'the topic of that entry')
      .option('--selector <label=value>', 'which hosts the group is to mean; again for each label', oneMore)
      .option('--files <count>', 'files of an entry that are shown, on each host', '10')
      .option('--lines <count>', 'first lines of each file', '3')
      .option('--wait <duration>', 'how long agents are waited for', '10s')
      .option('--max-agents <count>', 'agents that are asked, at most', '20')
      .option('--json', 'one JSON object a line, one for each agent')
      .action(async (file: string | undefined, flags: PreviewFlags) => {
        const text = await readInput(file, context.readStdin)
        const result = await withStore(context.settings(), context, (it) => preview(text, flags, it))
        if (result === 'refused') context.exit(exitCodes.badSettings)
        if (result === 'partly') context.exit(exitCodes.failed)
      })
  }
}

function oneMore(value: string, before: readonly string[] = []): string[] {
  return [...before, value]
}
