import { type Command, Option } from 'commander'
import { type CheckedFile, checkFile, type FileKind, fileKinds, formatFaults } from '@logpipe/config'
import { exitCodes } from '@logpipe/runtime'
import { escapeControls, type Output, print } from '@logpipe/runtime/terminal'
import { jsonLine } from '../output/json.ts'
import type { Environment } from '../settings.ts'
import { entryProblems } from '../validate/entry-problems.ts'
import { pipelineProblems } from '../validate/pipeline-problems.ts'
import type { CommandContext } from './context.ts'

export interface ValidateFlags {
  as?: FileKind
  json?: boolean
}

/** Adds `logctl validate`. */
export function addValidate(program: Command, { output, env, exit }: CommandContext): void {
  program
    .command('validate')
    .description('check files before they are used, without any server: every fault with its place')
    .argument('<file...>', 'settings of agents or transfers; entries of a host, a group, a service; pipelines')
    .addOption(
      new Option('--as <kind>', 'what they are, where it cannot be told from what they hold').choices(fileKinds),
    )
    .option('--json', 'one JSON object a file: {file, kind, faults}')
    .addHelpText('after', help)
    .action(async (files: string[], flags: ValidateFlags) => {
      if (!(await validate(files, flags, env, output))) exit(exitCodes.badSettings)
    })
}

const names: Record<FileKind, string> = {
  agent: 'settings of an agent',
  transfer: 'settings of a transfer',
  host: 'entries',
  group: 'a group',
  service: 'a service',
  pipeline: 'a pipeline',
}

/** `logctl validate`: tells of each file what it is and all that is wrong with it. Resolves to whether all can be used. */
export async function validate(
  files: readonly string[],
  flags: ValidateFlags,
  env: Environment,
  output: Output,
): Promise<boolean> {
  let isSound = true
  for (const file of files) {
    const checked = checkFile(file, {
      env,
      also: { entry: entryProblems, pipeline: pipelineProblems },
      ...(flags.as && { kind: flags.as }),
    })
    if (checked.faults.length > 0) isSound = false
    await print(output, flags.json === true ? jsonLine({ file, ...checked }) : describe(file, checked))
  }
  return isSound
}

function describe(file: string, { kind, faults }: CheckedFile): string {
  const head = `${escapeControls(file)}: ${kind === null ? 'not known' : names[kind]}`
  if (faults.length === 0) return `${head}, valid\n`
  const number = faults.length === 1 ? '1 fault' : `${faults.length} faults`
  return `${head}, ${number}\n${formatFaults(faults)}\n`
}

const help = `
Settings are taken with the variables of their program (LOGAGENT_…, LOGTRANSFER_…) that are set here, as at its start.
'logagent validate' also tells entries that discover.roots leave nothing of; 'logtransfer pipeline test' tries a pipeline on lines.
Exit code: 0 all can be used, 2 not.

Examples:
  logctl validate agent.yaml transfer.yaml
  logctl validate --as group web.json`
