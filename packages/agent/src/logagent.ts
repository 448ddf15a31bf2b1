import { settingsHelp } from '@logpipe/config'
import { runCommandLine } from '@logpipe/runtime/terminal'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { benchGenerate, type GenerateFlags } from './commands/bench/generate.ts'
import type { CommandContext } from './commands/context.ts'
import { files, type FilesFlags } from './commands/files.ts'
import { registryList, type RegistryListFlags } from './commands/registry-list.ts'
import { registryReset, type RegistryResetFlags } from './commands/registry-reset.ts'
import { type ConfigFlags, run } from './commands/run.ts'
import { validate } from './commands/validate.ts'

/** Runs `logagent ARGS…`. Resolves to the exit code; never rejects. */
export function logagent(args: readonly string[], context: CommandContext): Promise<number> {
  const build = (program: Command, exit: (code: number) => void): void => addCommands(program, context, exit)
  return runCommandLine(args, { name: 'logagent', output: context.output, build })
}

function addCommands(program: Command, context: CommandContext, exit: (code: number) => void): void {
  program
    .description('Moves log lines from the files of this host to Kafka; each arrives.')
    .addHelpText('after', settingsHelp('agent') + exitCodesHelp)
  withSettings(program.command('run'))
    .description('collect until told to stop')
    .action(async (flags: ConfigFlags, command: Command) => exit(await run(flags, command.args)))
  withSettings(program.command('validate'))
    .description('check the settings and tell all that is wrong with them')
    .action(async (flags: ConfigFlags, command: Command) => exit(await validate(flags, command.args, context)))
  withSettings(program.command('files'))
    .description('show the files of the running agent: how far each is read and acknowledged, and what is wrong')
    .option('--state <state,…>', 'only files in these states, e.g. blocked,failed')
    .option('--path <glob>', 'only these files')
    .option('--json', 'one JSON object')
    .action(async (flags: FilesFlags, command: Command) => exit(await files(flags, command.args, context)))

  const registry = program.command('registry').description('look at the positions of a stopped agent, or forget some')
  withSettings(registry.command('list'))
    .description('show the positions')
    .option('--path <glob>', 'only of these files')
    .option('--json', 'one JSON object')
    .action(async (flags: RegistryListFlags, command: Command) =>
      exit(await registryList(flags, command.args, context)),
    )
  withSettings(registry.command('reset'))
    .description('forget positions, so that the files are sent again from their beginning')
    .option('--path <glob>', 'of these files')
    .option('--all', 'of all files')
    .option('--dry-run', 'only say what would happen')
    .option('--yes', 'do not ask')
    .action(async (flags: RegistryResetFlags, command: Command) =>
      exit(await registryReset(flags, command.args, context)),
    )

  program
    .command('bench')
    .description('try out how fast things are')
    .command('generate')
    .description('write lines like those of an access log, each with a number, until the end asked for or Ctrl-C')
    .requiredOption('--path <file>', 'file to append to')
    .option('--lines-per-sec <n>', 'even pace; without it as fast as the disk takes them', positive)
    .option('--line-bytes <n>', 'length of a line with its newline', positive, 226)
    .addOption(new Option('--seconds <n>', 'end after this time').argParser(positive).conflicts('lines'))
    .option('--lines <n>', 'end after so many lines', positive)
    .option('--rotate-every <duration>', 'rotate the file, e.g. 10s')
    .option('--keep <n>', 'older files kept: FILE.1 … FILE.N', natural, 5)
    .addOption(new Option('--rotate <kind>', 'how to rotate').choices(['rename', 'copytruncate']).default('rename'))
    .option('--json', 'what was written as one JSON object')
    .action(async (flags: GenerateFlags) => exit(await benchGenerate(flags, context)))
}

/** Options that are none of the command's own are settings. */
function withSettings(command: Command): Command {
  return command
    .option('-c, --config <file>', 'settings: .yaml, .json or .ini (LOGAGENT_CONFIG)')
    .allowUnknownOption()
    .allowExcessArguments()
}

function natural(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a whole number.')
}

function positive(text: string): number {
  const value = natural(text)
  if (value > 0) return value
  throw new InvalidArgumentError('It must be at least 1.')
}

const exitCodesHelp = `
Exit code: 0 fine, 1 failed, 2 bad usage or settings, 3 no agent answers (files), 4 a running agent holds the registry (registry).

Examples:
  logagent run --config agent.yaml
  logagent files --config agent.yaml --state blocked,failed
  logagent registry reset --config agent.yaml --path '/var/log/nginx/*.log' --dry-run
  logagent bench generate --path /var/log/bench.log --lines-per-sec 1000 --rotate-every 10s`
