import type { TransferSettings } from '@logpipe/config'
import { LogpipeError } from '@logpipe/runtime'
import { familiesOf } from '../sink/elasticsearch/index-family.ts'
import { describeImport, importSavedObjects } from './import.ts'
import { savedObjects, toNdjson } from './saved-objects.ts'

/**
 * Puts data view, search and dashboard into the Kibana of the settings and resolves with a sentence that says what was done;
 * null where they name none. Safe to repeat. Rejects as the import does, and with `kibana_rejected` where objects were refused.
 */
export async function setUpKibana(settings: TransferSettings, signal: AbortSignal): Promise<string | null> {
  const { kibana, elasticsearch, routes } = settings
  if (kibana === undefined || elasticsearch === undefined) return null
  const { username, password, apiKey, ca, dataStream } = elasticsearch
  const indices = [`${dataStream.type}-*-*`, ...familiesOf(routes).map(({ wildcard }) => wildcard)]
  const options = {
    ...kibana,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(ca === undefined ? {} : { ca }),
  }
  const objects = toNdjson(savedObjects(indices.join(',')))
  const imported = await importSavedObjects(options, objects, signal)
  const sentence = describeImport(imported)
  if (imported.refused.length > 0) throw new LogpipeError('kibana_rejected', sentence)
  return sentence
}
