import { type TransferSettings, settingsFromCommandLine, settingsHelp } from '@logpipe/config'
import { createLogger, describeError, exitCodes, runUntilSignal } from '@logpipe/runtime'
import { escapeControls, sentence } from '@logpipe/runtime/terminal'
import { Command } from 'commander'
import { exitCodeOf, pipelineTest, type PipelineTestOptions } from './commands/pipeline-test.ts'
import { setUpKibana } from './kibana/setup.ts'
import { Pipelines } from './pipeline/pipelines.ts'
import { runTransfer } from './run.ts'
import { listServers, sinkServers } from './servers.ts'

interface Options {
  config?: string
}

/** How long `setup` may take in all. */
const setupDeadlineMs = 60_000

/** The settings, or null after all faults were told. */
function load(options: Options, args: readonly string[]): TransferSettings | null {
  const settings = settingsFromCommandLine('transfer', options.config, args)
  if (settings === null) {
    process.exitCode = exitCodes.badSettings
    return null
  }
  try {
    // Patterns, zones and formats: what the schema alone cannot tell.
    void new Pipelines(settings.pipelines)
    return settings
  } catch (error) {
    fail(error)
    return null
  }
}

function fail(error: unknown): void {
  process.stderr.write(`logtransfer: ${sentence(error).split('\n').map(escapeControls).join('\n')}\n`)
  process.exitCode = exitCodeOf(error)
}

async function run(options: Options, command: Command): Promise<void> {
  const settings = load(options, command.args)
  if (settings === null) return
  const log = createLogger({ service: 'logtransfer', level: settings.log.level })
  const main = (signal: AbortSignal): Promise<void> => runTransfer(settings, log, signal)
  process.exitCode = await runUntilSignal(main, { log, deadlineMs: settings.shutdownMs })
}

function validate(options: Options, command: Command): void {
  if (load(options, command.args) !== null) process.stdout.write('The settings are valid.\n')
}

async function setUp(options: Options, command: Command): Promise<void> {
  const settings = load(options, command.args)
  if (settings === null) return
  const signal = AbortSignal.timeout(setupDeadlineMs)
  for (const server of listServers(sinkServers(settings))) {
    try {
      process.stdout.write(`${await server.setup(signal)}\n`)
    } catch (error) {
      process.stderr.write(`logtransfer: ${describeError(error)}\n`)
      process.exitCode = exitCodes.failed
    } finally {
      await server.close()
    }
  }
  try {
    const done = await setUpKibana(settings, signal)
    if (done !== null) process.stdout.write(`${done}\n`)
  } catch (error) {
    process.stderr.write(`logtransfer: ${describeError(error)}\n`)
    process.exitCode = exitCodes.failed
  }
}

async function tryPipeline(file: string, options: PipelineTestOptions): Promise<void> {
  const { stdout, stderr } = process
  // Whoever reads no further (`| head`) has seen enough.
  stdout.on('error', () => stdout.destroy())
  try {
    process.exitCode = await pipelineTest(file, options, { stdout, stderr, isTerminal: stdout.isTTY })
  } catch (error) {
    fail(error)
  }
}

const program = new Command('logtransfer')
  .description('Moves log lines from Kafka to Elasticsearch, each once.')
  .addHelpText('after', settingsHelp('transfer'))

const commands: [
  name: string,
  description: string,
  action: (options: Options, command: Command) => void | Promise<void>,
][] = [
  ['run', 'Move records until told to stop.', run],
  ['validate', 'Check the settings and tell all that is wrong with them.', validate],
  [
    'setup',
    'Install index templates in Elasticsearch, saved objects in Kibana, the database in InfluxDB; tell what was done.',
    setUp,
  ],
]
for (const [name, description, action] of commands) {
  program
    .command(name)
    .description(description)
    .option('-c, --config <file>', 'settings: .yaml, .json or .ini (LOGTRANSFER_CONFIG)')
    .allowUnknownOption()
    .allowExcessArguments()
    .action(action)
}

program
  .command('pipeline')
  .description('Work on pipelines.')
  .command('test')
  .description('Show what each line of a file becomes.')
  .argument('<file>', 'log file; - for stdin')
  .option('-p, --pipeline <name>', 'a pipeline of the settings, or of their etcd')
  .option('-s, --spec <file>', 'a pipeline in a file: YAML or JSON')
  .option('-c, --config <file>', 'settings, for --pipeline (LOGTRANSFER_CONFIG)')
  .option('--json', 'one JSON object a line: {line, offset, document}; document null: dropped')
  .action(tryPipeline)

await program.parseAsync()
