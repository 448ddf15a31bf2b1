import type { Command } from 'commander'
import type { ApplyFlags } from '../../entries/apply.ts'
import { changeOptions } from '../change-options.ts'
import type { CommandContext } from '../context.ts'
import { put, remove, rollback } from '../entries/change.ts'
import { edit } from '../entries/edit.ts'
import { get, history } from '../entries/show.ts'
import { exitCodes } from '@logpipe/runtime'
import { withStore } from '../../entries/session.ts'
import { sessionsOf } from '../sessions.ts'
import { listPipelines } from './list.ts'
import { tryPipeline, type TryFlags } from './try.ts'

interface JsonFlag {
  json?: boolean
}

/** Adds `logctl pipelines`. */
export function addPipelines(program: Command, context: CommandContext): void {
  const { session, changing } = sessionsOf(context)
  const pipelines = program
    .command('pipelines')
    .description('how lines are parsed, in etcd: list, get, try, put, edit, delete, history, rollback')
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
  pipelines
    .command('try')
    .description(
      'show what lines become, by a live transfer: pasted ones, or the first ones of files on live hosts; changes nothing',
    )
    .argument('[name]', 'of the pipeline (not with --file)')
    .argument('[lines]', 'file that holds the lines; - for stdin. Or --host, --group or --agent')
    .option('--file <spec>', 'a pipeline that is not put yet: YAML or JSON')
    .option('--topic <name>', 'the topic of the lines; with --path, the topic of that entry')
    .option('--host <ip>', 'lines of the files of this host: of the entries in etcd, or of --path')
    .option('--group <name>', 'the same on the hosts of this group')
    .option('--agent <id>', 'the same on this agent only; again for each', oneMore)
    .option('--path <glob>', 'the files whose first lines are tried')
    .option('--files <count>', 'files of an entry that are shown, on each host', '5')
    .option('--lines <count>', 'first lines of each file', '5')
    .option('--wait <duration>', 'how long answers are waited for', '10s')
    .option('--max-agents <count>', 'agents that are asked, at most', '5')
    .option('--json', 'one JSON object a line: {line, offset, document, …}; of live lines one for each agent')
    .action(async (name: string | undefined, lines: string | undefined, flags: TryFlags) => {
      const given = flags.file === undefined ? { name, lines } : { lines: name, extra: lines }
      const result = await withStore(context.settings(), context, (it) =>
        tryPipeline(given, flags, it, context.readStdin),
      )
      if (result === 'refused') context.exit(exitCodes.badSettings)
      if (result === 'partly') context.exit(exitCodes.failed)
    })
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

function oneMore(value: string, before: readonly string[] = []): string[] {
  return [...before, value]
}

const help = `
A change is refused where the pipeline is not sound, or someone else has changed it in the meantime. Whether its grok patterns and formats work is
tried beforehand by logctl pipelines try --file nginx.yaml access.log, and told afterwards by logctl rollout --pipeline nginx.

Examples:
  logctl pipelines put nginx nginx.yaml --note 'response times'
  logctl pipelines try --file nginx.yaml access.log
  logctl pipelines try nginx --host 10.0.0.7 --path '/var/log/nginx/*.log'
  logctl pipelines get nginx
  logctl pipelines rollback nginx
  logctl rollout --pipeline nginx`
