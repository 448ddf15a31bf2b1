import type { Command } from 'commander'
import { changeOptions, oneMore } from '../change-options.ts'
import type { CommandContext } from '../context.ts'
import { sessionsOf } from '../sessions.ts'
import { type DeleteFlags, put, type PutFlags, remove, rollback, type RollbackFlags } from './change.ts'
import { edit, type EditFlags } from './edit.ts'
import { addGroups } from './groups.ts'
import { get, history, type ShowFlags } from './show.ts'

/** Adds `logctl entries` and `logctl groups`. */
export function addEntries(program: Command, context: CommandContext): void {
  const entries = program
    .command('entries')
    .description('what is collected, by host and group: get, put, edit, delete, history, rollback')
    .addHelpText('after', help)
  const { session, changing: applied } = sessionsOf(context)

  targeted(entries.command('get').description('print the entries, such that put takes them again'))
    .option('--json', 'one JSON object with key, revision and value')
    .action((flags: ShowFlags) => session((it) => get(flags, it)))
  changing(entries.command('put').description('write the entries of a host or a group'))
    .argument('[file]', 'JSON: a list of entries, or a group whole; - for stdin')
    .option('--path <glob>', 'add this one entry instead')
    .option('--topic <name>', 'the topic of that entry')
    .option('--selector <label=value>', 'which hosts the group means; again for each label, all must fit', oneMore)
    .action((file: string | undefined, flags: PutFlags) => applied((it) => put(file, flags, it, context.readStdin)))
  changing(entries.command('edit').description('change the entries in your editor (VISUAL, EDITOR)')).action(
    (flags: EditFlags) => applied((it) => edit(flags, it, context.env)),
  )
  changing(entries.command('delete').description('delete the entries of a host or a group'))
    .option('-y, --yes', 'do not ask')
    .action((flags: DeleteFlags) => applied((it) => remove(flags, it)))
  targeted(entries.command('history').description('who changed what and when, oldest first'))
    .option('--json', 'one JSON object a line')
    .action((flags: ShowFlags) => session((it) => history(flags, it)))
  changing(entries.command('rollback').description('undo the last change, or bring back the state of a revision'))
    .option('--to <revision>', 'the state that this change made, as history shows it')
    .option('-y, --yes', 'do not ask')
    .action((flags: RollbackFlags) => applied((it) => rollback(flags, it)))
  addGroups(program, context)
}

function targeted(command: Command): Command {
  return command
    .option('--host <ip>', 'of the host whose agent has this address')
    .option('--group <name>', 'of this group')
}

function changing(command: Command): Command {
  return changeOptions(targeted(command))
}

const help = `
A change is refused where an entry is not sound, or someone else has changed the same host or group in the meantime.

Examples:
  logctl entries put --host 10.0.0.7 --path '/var/log/nginx/*.log' --topic web_log
  logctl entries put --group web --selector role=web entries.json --note 'nginx moved'
  logctl entries get --group web
  logctl entries edit --group web
  logctl entries history --group web
  logctl entries rollback --group web --to 1234`
