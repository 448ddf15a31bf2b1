import type { Command } from 'commander'
import { type Ask, type Output, runCommandLine } from '@logpipe/runtime/terminal'
import { addCanary } from './commands/canary/command.ts'
import type { AddCommands, CommandContext, ReadStdin } from './commands/context.ts'
import { addAudit } from './commands/add-audit.ts'
import { addDoctor } from './commands/add-doctor.ts'
import { addFiles } from './commands/add-files.ts'
import { addLag } from './commands/add-lag.ts'
import { addSearch } from './commands/add-search.ts'
import { addStatus } from './commands/add-status.ts'
import { addTail } from './commands/add-tail.ts'
import { addCompletion } from './commands/completion/command.ts'
import { addDlq } from './commands/dlq/command.ts'
import { addEntries } from './commands/entries/command.ts'
import { addFleet } from './commands/fleet/command.ts'
import { addPipelines } from './commands/pipelines/command.ts'
import { addPreview } from './commands/preview/command.ts'
import { addValidate } from './commands/validate.ts'
import { type AddressFlags, type Environment, readSettings } from './settings.ts'

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

/** The families of commands, in the order of the help. What they do with Kafka and Elasticsearch is loaded when it is done: nobody else waits for those clients. */
const families: readonly AddCommands[] = [
  addSearch,
  addTail,
  addAudit,
  addStatus,
  addDoctor,
  addEntries,
  addCanary,
  addPipelines,
  addPreview,
  addFleet,
  addFiles,
  addLag,
  addDlq,
  addValidate,
  addCompletion,
]

/** Runs `logctl ARGS…`. Resolves to the exit code: 0 fine, 1 something is unhealthy or failed, 2 bad usage. Never rejects. */
export function logctl(args: readonly string[], context: LogctlContext): Promise<number> {
  const { output, signal } = context
  const build = (program: Command, exit: (code: number) => void): void => addCommands(program, context, exit)
  return runCommandLine(args, { name: 'logctl', output, signal, build })
}

function addCommands(program: Command, given: LogctlContext, exit: (code: number) => void): void {
  const { stackFile, ...rest } = given
  program
    .description(
      'Searches logs, follows them live, says what is collected, shows how logpipe is and what is wrong, brings dead letters back.',
    )
    .option('--kafka <host:port,…>', 'brokers (LOGCTL_KAFKA)')
    .option('--etcd <url,…>', 'etcd endpoints (LOGCTL_ETCD)')
    .option('--etcd-prefix <path>', 'where the keys of logpipe start (LOGCTL_ETCD_PREFIX, default /logpipe)')
    .option('--elasticsearch <url,…>', 'Elasticsearch nodes (LOGCTL_ELASTICSEARCH)')
    .option('--agents <url,…>', 'HTTP addresses of agents, for status (LOGCTL_AGENTS)')
    .option('--transfers <url,…>', 'HTTP addresses of transfers, for status (LOGCTL_TRANSFERS)')
    .option('--consumer-group <name>', 'consumer group of the transfers (LOGCTL_GROUP, default logtransfer)')
    .addHelpText('after', help)
  const settings: CommandContext['settings'] = (flags = {}) =>
    readSettings({ ...program.opts<AddressFlags>(), ...flags }, rest.env, stackFile)
  const context: CommandContext = { ...rest, ask: rest.ask, settings, exit }
  for (const add of families) add(program, context)
}

const help = `
Addresses come from these options, else from the environment, else from .local/stack.json that npm start leaves.
Signing in: LOGCTL_ELASTICSEARCH_API_KEY or _USERNAME and _PASSWORD, LOGCTL_ELASTICSEARCH_CA (PEM file);
LOGCTL_KAFKA_USERNAME, _PASSWORD, _MECHANISM (SCRAM-SHA-512 by default), _TLS=true, _CA, _CERT, _KEY (PEM files), _SERVER_NAME;
LOGCTL_ETCD_USERNAME, _PASSWORD, _CA, _CERT, _KEY, _SERVER_NAME.
Exit code: 0 fine, 1 something is unhealthy or failed, 2 bad usage or settings.

Examples:
  logctl search error --last 15m
  logctl search '"connection refused"' --host web-1 --path '/var/log/nginx/*' --json
  logctl tail web_log
  logctl status
  logctl doctor
  logctl validate agent.yaml web.json
  logctl preview --host 10.0.0.7 --path '/var/log/nginx/*.log' --topic web_log
  logctl entries put --host 10.0.0.7 --path '/var/log/nginx/*.log' --topic web_log
  logctl dlq list --count`
