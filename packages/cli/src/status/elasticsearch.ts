import { sentence } from '@logpipe/runtime/terminal'
import { LogIndex } from '../elasticsearch/log-index.ts'
import type { ElasticsearchSettings } from '../settings.ts'
import { answerMs, type ElasticsearchState } from './report.ts'

/** Health of the cluster, and the documents of each data stream. Never rejects: what failed is the `problem`. */
export async function elasticsearchState(settings: ElasticsearchSettings): Promise<ElasticsearchState> {
  const index = new LogIndex(settings, answerMs)
  const signal = AbortSignal.timeout(answerMs * 2)
  const state: ElasticsearchState = { addresses: settings.nodes, healthy: false }
  try {
    state.status = await index.health(signal)
    state.dataStreams = await index.dataStreams(signal)
    state.healthy = state.status !== 'red'
    if (!state.healthy)
      state.problem = 'Some primary shards are not there: their documents cannot be searched, nor new ones written.'
  } catch (error) {
    state.problem = sentence(error)
  } finally {
    await index.close()
  }
  return state
}
