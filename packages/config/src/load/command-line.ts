import type { AgentSettings } from '../agent.ts'
import type { SettingsKind } from '../json-schema.ts'
import { type Fault, formatFaults } from './fault.ts'
import { loadAgentSection, loadSettings, type SettingsInput, type SettingsOf } from './load.ts'
import { settingFlags } from './setting-flags.ts'

/** What `--help` of both programs says of settings. */
export function settingsHelp(kind: SettingsKind): string {
  return `
Every setting can be given as a flag (--kafka.brokers host:port,host:port) or as a variable (LOG${kind.toUpperCase()}_KAFKA_BROKERS);
flags win over variables, variables over the file.`
}

/**
 * The settings of a program, from `file` (else from where its variable `…_CONFIG` points), this process's environment and the flags
 * among `args`. Where they are wrong: null, after all faults were written to stderr.
 */
export function settingsFromCommandLine<K extends SettingsKind>(
  kind: K,
  file: string | undefined,
  args: readonly string[],
): SettingsOf[K] | null {
  const loaded = loadSettings(kind, commandLine(kind, file, args))
  return loaded.ok ? loaded.settings : tell(kind, loaded.faults)
}

/** The same for one section of the agent's settings, whatever is wrong with the others. */
export function agentSectionFromCommandLine<K extends keyof AgentSettings>(
  key: K,
  file: string | undefined,
  args: readonly string[],
): AgentSettings[K] | null {
  const loaded = loadAgentSection(key, commandLine('agent', file, args))
  return loaded.ok ? loaded.settings : tell('agent', loaded.faults)
}

function commandLine(kind: SettingsKind, file: string | undefined, args: readonly string[]): SettingsInput {
  const { env } = process
  const path = file ?? env[`LOG${kind.toUpperCase()}_CONFIG`]
  return { env, flags: settingFlags(args), ...(path === undefined ? {} : { file: path }) }
}

function tell(kind: SettingsKind, faults: readonly Fault[]): null {
  process.stderr.write(`log${kind}: the settings are wrong; nothing was started.\n${formatFaults(faults)}\n`)
  return null
}
