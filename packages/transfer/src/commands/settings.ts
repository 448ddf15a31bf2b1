import { settingsFromCommandLine, type TransferSettings } from '@logpipe/config'
import { Pipelines } from '../pipeline/pipelines.ts'

export interface ConfigFlags {
  config?: string
}

/**
 * The settings that a command was given; null after all their faults were told. Throws `settings_invalid` for what the schema alone cannot tell: patterns,
 * zones and formats of pipelines.
 */
export function commandSettings({ config }: ConfigFlags, args: readonly string[]): TransferSettings | null {
  const settings = settingsFromCommandLine('transfer', config, args)
  if (settings !== null) void new Pipelines(settings.pipelines)
  return settings
}
