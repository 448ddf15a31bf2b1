import type { Command } from 'commander'
import type { ApplyFlags } from '../../entries/apply.ts'
import { changeOptions } from '../change-options.ts'
import type { CommandContext } from '../context.ts'
import { put, remove, rollback } from '../entries/change.ts'
import { edit } from '../entries/edit.ts'
import { get, history } from '../entries/show.ts'
import { sessionsOf } from '../sessions.ts'
import { listPipelines } from './list.ts'

interface JsonFlag {
  json?: boolean
}

/** Adds `logctl pipelines`. */
export function addPipelines(program: Command, context: CommandContext): void {
  const { session, changing } = sessionsOf(context)
  const pipelines = program
    .command('pipelines')
    .description('how lines are parsed, in etcd: list, get, put, edit, delete, history, rollback')
    .addHelpText('after', help)

  pipelines
    .command('list')
    .description('every pipeline in etcd, and on how many live transfers it is applied')
    .option('--json', 'one JSON object a line')
    .action((flags: JsonFlag) => session((it) => listPipelines(flags, it)))
  one(pipelines, 'get')
    .description('print the pipeline, such that put takes it again')
    .option('--json', 'one JSON object with key, revision and value')
    .action((pipeline: string, flags: JsonFlag) => session((it) => get({ ...flags, pipeline }, it)))
  changeOptions(
    one(pipelines, 'put').description('write a pipeline; each transfer parses with it from the next line on'),
  )
    .argument('[file]', 'YAML or JSON: {"processors": […]}; - for stdin')
    .action((pipeline: string, file: string | undefined, flags: ApplyFlags) =>
      changing((it) => put(file, { ...flags, pipeline }, it, context.readStdin)),
    )
  changeOptions(one(pipelines, 'edit').description('change a pipeline in your editor (VISUAL, EDITOR)')).action(
    (pipeline: string, flags: ApplyFlags) => changing((it) => edit({ ...flags, pipeline }, it, context.env)),
  )
  changeOptions(one(pipelines, 'delete').description('delete a pipeline'))
    .option('-y, --yes', 'do not ask')
    .action((pipeline: string, flags: ApplyFlags) => changing((it) => remove({ ...flags, pipeline }, it)))
  one(pipelines, 'history')
    .description('who changed what and when, oldest first')
    .option('--json', 'one JSON object a line')
    .action((pipeline: string, flags: JsonFlag) => session((it) => history({ ...flags, pipeline }, it)))
  changeOptions(one(pipelines, 'rollback').description('undo the last change, or bring back the state of a revision'))
    .option('--to <revision>', 'the state that this change made, as history shows it')
    .option('-y, --yes', 'do not ask')
    .action((pipeline: string, flags: ApplyFlags & { to?: string }) =>
      changing((it) => rollback({ ...flags, pipeline }, it)),
    )
}

function one(pipelines: Command, name: string): Command {
  return pipelines.command(name).argument('<name>', 'of the pipeline')
}

const help = `
A change is refused where the pipeline is not sound, or someone else has changed it in the meantime. Whether its grok patterns and formats work is
tried beforehand by logtransfer pipeline test FILE --spec nginx.yaml, and told afterwards by logctl rollout --pipeline nginx.

Examples:
  logctl pipelines put nginx nginx.yaml --note 'response times'
  logctl pipelines get nginx
  logctl pipelines rollback nginx
  logctl rollout --pipeline nginx`
