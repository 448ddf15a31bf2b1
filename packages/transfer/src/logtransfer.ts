import { settingsHelp } from '@logpipe/config'
import { exitCodes } from '@logpipe/runtime'
import { type Output, print, runCommandLine } from '@logpipe/runtime/terminal'
import type { Command } from 'commander'
import { pipelineTest, type PipelineTestOptions } from './commands/pipeline-test.ts'
import { run } from './commands/run.ts'
import { commandSettings, type ConfigFlags } from './commands/settings.ts'
import { setup } from './commands/setup.ts'

/** Runs `logtransfer ARGS…`. Resolves to the exit code; never rejects. */
export function logtransfer(args: readonly string[], output: Output): Promise<number> {
  const build = (program: Command, exit: (code: number) => void): void => addCommands(program, output, exit)
  return runCommandLine(args, { name: 'logtransfer', output, build })
}

function addCommands(program: Command, output: Output, exit: (code: number) => void): void {
  program
    .description('Moves log lines from Kafka to Elasticsearch, each once.')
    .addHelpText('after', settingsHelp('transfer') + help)

  withSettings(program.command('run'))
    .description('move records until told to stop')
    .action(async (flags: ConfigFlags, command: Command) => exit(await run(flags, command.args)))
  withSettings(program.command('validate'))
    .description('check the settings and tell all that is wrong with them')
    .action(async (flags: ConfigFlags, command: Command) => {
      if (commandSettings(flags, command.args) === null) exit(exitCodes.badSettings)
      else await print(output, 'The settings are valid.\n')
    })
  withSettings(program.command('setup'))
    .description(
      'install index templates in Elasticsearch, saved objects in Kibana, the database in InfluxDB; tell what was done',
    )
    .action(async (flags: ConfigFlags, command: Command) => exit(await setup(flags, command.args, output)))

  program
    .command('pipeline')
    .description('work on pipelines')
    .command('test')
    .description('show what each line of a file becomes')
    .argument('<file>', 'log file; - for stdin')
    .option('-p, --pipeline <name>', 'a pipeline of the settings, or of their etcd')
    .option('-s, --spec <file>', 'a pipeline in a file: YAML or JSON')
    .option('-c, --config <file>', 'settings, for --pipeline (LOGTRANSFER_CONFIG)')
    .option('--json', 'one JSON object a line: {line, offset, document}; document null: dropped')
    .action(async (file: string, flags: PipelineTestOptions) => exit(await pipelineTest(file, flags, output)))
}

/** Options that are none of the command's own are settings. */
function withSettings(command: Command): Command {
  return command
    .option('-c, --config <file>', 'settings: .yaml, .json or .ini (LOGTRANSFER_CONFIG)')
    .allowUnknownOption()
    .allowExcessArguments()
}

const help = `
Exit code: 0 fine, 1 failed (pipeline test: a line could not be parsed), 2 bad usage or settings.

Examples:
  logtransfer run --config transfer.yaml
  logtransfer setup --config transfer.yaml
  logtransfer pipeline test access.log --config transfer.yaml --pipeline nginx`
