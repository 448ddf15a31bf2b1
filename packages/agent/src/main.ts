import { type AgentSettings, formatFaults, loadSettings, settingFlags } from '@logpipe/config'
import { createLogger, exitCodes, runUntilSignal } from '@logpipe/runtime'
import { Command } from 'commander'
import { runAgent } from './run.ts'

interface Options {
  config?: string
}

const settingsHelp = `
Every setting can be given as a flag (--kafka.brokers host:port,host:port) or as a variable (LOGAGENT_KAFKA_BROKERS);
flags win over variables, variables over the file.`

/** The settings, or null after all faults were told. */
function load(options: Options, rest: readonly string[]): AgentSettings | null {
  const file = options.config ?? process.env['LOGAGENT_CONFIG']
  const flags = settingFlags(rest)
  const loaded = loadSettings('agent', { env: process.env, flags, ...(file === undefined ? {} : { file }) })
  if (loaded.ok) return loaded.settings
  process.stderr.write(`logagent: the settings are wrong; nothing was started.\n${formatFaults(loaded.faults)}\n`)
  process.exitCode = exitCodes.badSettings
  return null
}

async function run(options: Options, command: Command): Promise<void> {
  const settings = load(options, command.args)
  if (settings === null) return
  const log = createLogger({ service: 'logagent', level: settings.log.level })
  const main = (signal: AbortSignal): Promise<void> => runAgent(settings, log, signal)
  process.exitCode = await runUntilSignal(main, { log, deadlineMs: settings.shutdownMs })
}

function validate(options: Options, command: Command): void {
  if (load(options, command.args) !== null) process.stdout.write('The settings are valid.\n')
}

const program = new Command('logagent')
  .description('Moves log lines from the files of this host to Kafka; each arrives.')
  .addHelpText('after', settingsHelp)

const commands: [
  name: string,
  description: string,
  action: (options: Options, command: Command) => void | Promise<void>,
][] = [
  ['run', 'Collect until told to stop.', run],
  ['validate', 'Check the settings and tell all that is wrong with them.', validate],
]
for (const [name, description, action] of commands) {
  program
    .command(name)
    .description(description)
    .option('-c, --config <file>', 'settings: .yaml, .json or .ini (LOGAGENT_CONFIG)')
    .allowUnknownOption()
    .allowExcessArguments()
    .action(action)
}

await program.parseAsync()
