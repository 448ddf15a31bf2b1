import { type AgentSettings, settingsFromCommandLine, settingsHelp } from '@logpipe/config'
import { createLogger, exitCodes, runUntilSignal } from '@logpipe/runtime'
import { Command } from 'commander'
import { runAgent } from './run.ts'

interface Options {
  config?: string
}

/** The settings, or null after all faults were told. */
function load(options: Options, args: readonly string[]): AgentSettings | null {
  const settings = settingsFromCommandLine('agent', options.config, args)
  if (settings === null) process.exitCode = exitCodes.badSettings
  return settings
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
  .addHelpText('after', settingsHelp('agent'))

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
