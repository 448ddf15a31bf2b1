import type { SettingsKind } from '../json-schema.ts'
import { formatFaults } from './fault.ts'
import { type SettingsOf, loadSettings } from './load.ts'
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
  const { env } = process
  const path = file ?? env[`LOG${kind.toUpperCase()}_CONFIG`]
  const loaded = loadSettings(kind, { env, flags: settingFlags(args), ...(path === undefined ? {} : { file: path }) })
  if (loaded.ok) return loaded.settings
  process.stderr.write(`log${kind}: the settings are wrong; nothing was started.\n${formatFaults(loaded.faults)}\n`)
  return null
}
