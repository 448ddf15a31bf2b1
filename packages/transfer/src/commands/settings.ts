import { settingsFromCommandLine, type TransferSettings } from '@logpipe/config'
import { isLogpipeError, LogpipeError } from '@logpipe/runtime'
import { compilePipeline } from '../pipeline/compile.ts'

export interface ConfigFlags {
  config?: string
}

/**
 * The settings that a command was given; null after all their faults were told. Throws `settings_invalid` for what the schema alone cannot tell: patterns,
 * zones and formats, of all pipelines.
 */
export function commandSettings({ config }: ConfigFlags, args: readonly string[]): TransferSettings | null {
  const settings = settingsFromCommandLine('transfer', config, args)
  if (settings !== null) checkPipelines(settings.pipelines)
  return settings
}

function checkPipelines(pipelines: TransferSettings['pipelines']): void {
  const faults: string[] = []
  for (const [name, pipeline] of Object.entries(pipelines)) {
    try {
      compilePipeline(pipeline, name)
    } catch (error) {
      if (!isLogpipeError(error, 'settings_invalid')) throw error
      faults.push(error.message)
    }
  }
  if (faults.length > 0) throw new LogpipeError('settings_invalid', faults.join('\n'))
}
