import type { Command } from 'commander'
import { exitCodes } from '@logpipe/runtime'
import { isStop } from '@logpipe/runtime/terminal'
import type { AddressFlags, CliSettings } from '../../settings.ts'
import type { CommandContext } from '../context.ts'
import type { DropFlags } from './drop.ts'
import type { ListFlags } from './list.ts'
import type { ReplayFlags } from './replay.ts'
import type { ShowFlags } from './show.ts'

/** Adds `logctl dlq` and what stands below it. */
export function addDlq(program: Command, context: CommandContext): void {
  const { output, signal, exit } = context
  const dlq = program
    .command('dlq')
    .description('dead letters: list, show, replay and drop what could not be indexed')
    .option('--suffix <text>', 'what dead-letter topics end in (LOGCTL_DLQ_SUFFIX, default .dlq)')
    .option('--marks <topic>', 'topic that says which letters are done (LOGCTL_DLQ_MARKS, default logpipe.dlq-marks)')
    .addHelpText('after', help)
  const settings = (): CliSettings => context.settings(dlq.opts<AddressFlags>())

  filtered(dlq.command('list').description('print the newest letters that match, oldest first'))
    .option('--state <state>', 'open, replayed, dropped or all', 'open')
    .option('--limit <count>', 'at most so many', '50')
    .option('--count', 'how many there are of each topic and reason, instead')
    .option('--json', 'one JSON object a line')
    .action(async (flags: ListFlags) => {
      const { list } = await import('./list.ts')
      await list(flags, settings(), output, signal)
    })
  dlq
    .command('show')
    .description('print one letter with its headers and its value')
    .argument('<letter>', 'as list shows it: <topic>.dlq/<partition>/<offset>')
    .option('--json', 'one JSON object')
    .option('--raw', "the value's bytes alone, as they are")
    .action(async (letter: string, flags: ShowFlags) => {
      const { show } = await import('./show.ts')
      await show(letter, flags, settings(), output, signal)
    })
  filtered(dlq.command('replay').description('send letters back into the topics they were meant for'))
    .argument('[letters...]', 'as list shows them; or choose open ones by the options')
    .option('--all', 'all open letters that the other options leave')
    .option('--limit <count>', 'at most so many')
    .option('--dry-run', 'print the letters only')
    .option('--json', 'one JSON object')
    .action(async (letters: string[], flags: ReplayFlags) => {
      const { replay } = await import('./replay.ts')
      if (!(await unlessStopped(replay(letters, flags, settings(), output, signal), context))) exit(exitCodes.failed)
    })
  filtered(dlq.command('drop').description('mark letters as done without replaying them'))
    .argument('[letters...]', 'as list shows them; or choose open ones by the options')
    .option('--all', 'all open letters that the other options leave')
    .option('--limit <count>', 'at most so many')
    .option('--purge', 'and delete from Kafka what is done at the beginning of each topic (before --before, if given)')
    .option('--dry-run', 'print the letters only')
    .option('-y, --yes', 'do not ask')
    .option('--json', 'one JSON object')
    .action(async (letters: string[], flags: DropFlags) => {
      const { drop } = await import('./drop.ts')
      if (!(await unlessStopped(drop(letters, flags, settings(), context), context))) exit(exitCodes.failed)
    })
}

/** A command that was stopped in the middle has failed, unlike one that only shows. */
async function unlessStopped(work: Promise<boolean>, { output, signal }: CommandContext): Promise<boolean> {
  try {
    return await work
  } catch (error) {
    if (!isStop(error, signal)) throw error
    output.stderr.write('logctl: Stopped in the middle. What is not done is open still: run it again.\n')
    return false
  }
}

function filtered(command: Command): Command {
  return command
    .option('--topic <topics>', 'of this topic; globs, with commas between them')
    .option('--type <type>', 'of this type of error')
    .option('--reason <text>', 'whose reason holds this text')
    .option('--stage <stage>', 'put away by agent, pipeline or sink')
    .option('--since <time>', 'put away since then: 2h, 7d or 2026-11-20T21:00')
    .option('--before <time>', 'put away before then')
}

const help = `
A letter that was replayed or dropped is done: it is listed with --state only. A line that was replayed keeps its id,
so it is never in the index twice, however often it is replayed.

Examples:
  logctl dlq list --count
  logctl dlq show web_log.dlq/0/17
  logctl dlq replay --topic web_log --type document_parsing_exception
  logctl dlq drop --topic 'test_*' --before 30d --purge`
