import type { Command } from 'commander'
import type { CommandContext } from './context.ts'
import type { FilesFlags } from './files.ts'

/** Adds `logctl files`. */
export function addFiles(program: Command, context: CommandContext): void {
  program
    .command('files')
    .description('how far each file is, on all hosts, the worst first: size, read, acknowledged, and why not')
    .option('--agent <id>', 'of this agent')
    .option('--host <name>', 'of the agents on this host, by its name or address')
    .option('--path <path>', 'of this file; * stands for anything')
    .option('--state <state,…>', 'in one of these states: failed, blocked, held, lost, ignored, active, idle')
    .option('--live', 'without agents that have ended or are gone')
    .option('--limit <count>', 'at most so many')
    .option('--progress-topic <topic>', 'where agents say it (LOGCTL_PROGRESS_TOPIC, default logpipe.progress)')
    .option('--json', 'one JSON object a line')
    .addHelpText('after', help)
    .action(async (flags: FilesFlags) => {
      const { files } = await import('./files.ts')
      await files(flags, context.settings({ ...topicOf(flags) }), context)
    })
}

const help = `
An agent names its 50 worst files, and counts the others; logagent files on its host shows all of them. SEEN is how long ago it said so; an agent that is
gone, or silent, is shown with what it said last.`

function topicOf({ progressTopic }: FilesFlags): { progressTopic?: string } {
  return progressTopic === undefined ? {} : { progressTopic }
}
