import type { Command } from 'commander'
import { changeOptions, oneMore } from '../change-options.ts'
import type { CommandContext } from '../context.ts'
import { sessionsOf } from '../sessions.ts'
import { type DeleteFlags, put, type PutFlags, remove, rollback, type RollbackFlags } from './change.ts'
import { edit, type EditFlags } from './edit.ts'
import { get, history, listGroups, type ShowFlags } from './show.ts'

/** Adds `logctl groups`: what `logctl entries … --group` does, by the name alone, and the list of them. */
export function addGroups(program: Command, context: CommandContext): void {
  const { session, changing } = sessionsOf(context)
  const groups = program
    .command('groups')
    .description('groups of hosts: list, get, put, edit, delete, history, rollback; the same as entries --group')
  groups
    .command('list')
    .description('every group with its selector')
    .option('--json', 'one JSON object a line')
    .action((flags: { json?: boolean }) => session((it) => listGroups(flags, it)))
  named(groups, 'get')
    .description('print the group, such that put takes it again')
    .option('--json', 'one JSON object with key, revision and value')
    .action((group: string, flags: ShowFlags) => session((it) => get({ ...flags, group }, it)))
  changeOptions(named(groups, 'put').description('write a group'))
    .argument('[file]', 'JSON: the group whole, or its list of entries; - for stdin')
    .option('--path <glob>', 'add this one entry instead')
    .option('--topic <name>', 'the topic of that entry')
    .option('--selector <label=value>', 'which hosts it means; again for each label, all must fit', oneMore)
    .action((group: string, file: string | undefined, flags: PutFlags) =>
      changing((it) => put(file, { ...flags, group }, it, context.readStdin)),
    )
  changeOptions(named(groups, 'edit').description('change a group in your editor (VISUAL, EDITOR)')).action(
    (group: string, flags: EditFlags) => changing((it) => edit({ ...flags, group }, it, context.env)),
  )
  changeOptions(named(groups, 'delete').description('delete a group'))
    .option('-y, --yes', 'do not ask')
    .action((group: string, flags: DeleteFlags) => changing((it) => remove({ ...flags, group }, it)))
  named(groups, 'history')
    .description('who changed what and when, oldest first')
    .option('--json', 'one JSON object a line')
    .action((group: string, flags: ShowFlags) => session((it) => history({ ...flags, group }, it)))
  changeOptions(named(groups, 'rollback').description('undo the last change, or bring back the state of a revision'))
    .option('--to <revision>', 'the state that this change made, as history shows it')
    .option('-y, --yes', 'do not ask')
    .action((group: string, flags: RollbackFlags) => changing((it) => rollback({ ...flags, group }, it)))
}

function named(groups: Command, name: string): Command {
  return groups.command(name).argument('<name>', 'of the group')
}
