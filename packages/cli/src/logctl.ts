import { Command, CommanderError } from 'commander'
import { exitCodes, isLogpipeError } from '@logpipe/runtime'
import { escapeControls, type Output, sentence } from '@logpipe/runtime/terminal'
import { addDlq } from './commands/dlq/command.ts'
import type { Ask } from './commands/dlq/drop.ts'
import type { ReadStdin } from './commands/entries/change.ts'
import { addEntries } from './commands/entries/command.ts'
import { addFleet } from './commands/fleet/command.ts'
import { search, type SearchFlags } from './commands/search.ts'
import { status } from './commands/status.ts'
import { tail, type TailFlags } from './commands/tail.ts'
import { type AddressFlags, type CliSettings, type Environment, readSettings } from './settings.ts'
import { isStop } from './stop.ts'

export interface LogctlContext {
  output: Output
  env: Environment
  /** The stack file of this checkout; it need not be there. */
  stackFile: string
  /** Aborted by Ctrl-C. */
  signal: AbortSignal
  /** Absent where nobody can be asked. */
  ask?: Ask
  readStdin: ReadStdin
}

/** Runs `logctl ARGS…`. Resolves to the exit code: 0 fine, 1 something is unhealthy or failed, 2 bad usage. Never rejects. */
export async function logctl(args: readonly string[], context: LogctlContext): Promise<number> {
  const { output, signal } = context
  let code: number = exitCodes.ok
  const program = createProgram(context, (exitCode) => (code = exitCode))
  try {
    await program.parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.badSettings
    if (isStop(error, signal)) return exitCodes.ok
    output.stderr.write(`logctl: ${escapeControls(sentence(error))}\n`)
    return isLogpipeError(error, 'settings_invalid') ? exitCodes.badSettings : exitCodes.failed
  }
}

function createProgram(context: LogctlContext, exit: (code: number) => void): Command {
  const { output, signal } = context
  const program = new Command('logctl')
    .description(
      'Searches logs, follows them live, says what is collected, shows how logpipe is and brings dead letters back.',
    )
    .option('--kafka <host:port,…>', 'brokers (LOGCTL_KAFKA)')
    .option('--etcd <url,…>', 'etcd endpoints (LOGCTL_ETCD)')
    .option('--elasticsearch <url,…>', 'Elasticsearch nodes (LOGCTL_ELASTICSEARCH)')
    .option('--agents <url,…>', 'HTTP addresses of agents, for status (LOGCTL_AGENTS)')
    .option('--transfers <url,…>', 'HTTP addresses of transfers, for status (LOGCTL_TRANSFERS)')
    .option('--group <name>', 'consumer group of the transfers (LOGCTL_GROUP, default logtransfer)')
    .addHelpText('after', help)
  // Before any command is added: commands inherit both.
  program.exitOverride().configureOutput({
    writeOut: (text) => void output.stdout.write(text),
    writeErr: (text) =>
      void output.stderr.write(text.replace(/^error: (.)/, (_, first: string) => `logctl: ${first.toUpperCase()}`)),
  })
  const settings = (flags: AddressFlags = {}): CliSettings =>
    readSettings({ ...program.opts<AddressFlags>(), ...flags }, context.env, context.stackFile)

  program
    .command('search')
    .description('print the newest lines that match, oldest first')
    .argument('[query]', 'words that the line holds (all of them), "a phrase", or Lucene syntax; all lines by default')
    .option('--from <time>', 'not before, e.g. 2026-11-20T21:00 (local time; Z at the end for UTC)')
    .option('--to <time>', 'not after')
    .option('--last <duration>', 'of the last e.g. 90s, 15m, 2h, 7d')
    .option('--dataset <name>', 'of this dataset')
    .option('--host <name>', 'of this host')
    .option('--path <path>', 'of this file; * stands for anything')
    .option('-n, --lines <count>', 'at most so many', '50')
    .option('--json', 'whole documents, one JSON object a line')
    .action((query: string | undefined, flags: SearchFlags) => search(query, flags, settings(), output, signal))
  program
    .command('tail')
    .description('print lines as they come into Kafka, until Ctrl-C')
    .argument('[topic]', 'topic, or globs of topics with commas between them; by default all that hold lines')
    .option('--host <name>', 'of this host')
    .option('--path <path>', 'of this file; * stands for anything')
    .option('--json', 'one JSON object a line')
    .action((topic: string | undefined, flags: TailFlags) => tail(topic, flags, settings(), output, signal))
  program
    .command('status')
    .description('show what answers, records and lag by topic, documents by data stream')
    .option('--json', 'one JSON object')
    .action(async (flags: { json?: boolean }) => {
      if (!(await status(flags, settings(), output))) exit(exitCodes.failed)
    })
  const control = { ...context, ask: context.ask, settings, exit }
  addEntries(program, control)
  addFleet(program, control)
  addDlq(program, { output, signal, ask: context.ask, settings, exit })
  return program
}

const help = `
Addresses come from these options, else from the environment, else from .local/stack.json that npm start leaves.
Signing in: LOGCTL_ELASTICSEARCH_API_KEY or _USERNAME and _PASSWORD, LOGCTL_ELASTICSEARCH_CA (PEM file);
LOGCTL_KAFKA_USERNAME, _PASSWORD, _MECHANISM (SCRAM-SHA-512 by default), _TLS=true, _CA, _CERT, _KEY (PEM files), _SERVER_NAME;
LOGCTL_ETCD_USERNAME, _PASSWORD, _CA, _CERT, _KEY, _SERVER_NAME, _PREFIX (/logpipe by default).
Exit code: 0 fine, 1 something is unhealthy or failed, 2 bad usage or settings.

Examples:
  logctl search error --last 15m
  logctl search '"connection refused"' --host web-1 --path '/var/log/nginx/*' --json
  logctl tail web_log
  logctl status
  logctl entries put --host 10.0.0.7 --path '/var/log/nginx/*.log' --topic web_log
  logctl dlq list --count`
