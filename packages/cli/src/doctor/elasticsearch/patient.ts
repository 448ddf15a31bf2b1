import type { ClusterInfo } from '../../elasticsearch/cluster-info.ts'
import type { ElasticsearchSettings } from '../../settings.ts'

/** The Elasticsearch that is looked at. */
export interface ElasticsearchPatient {
  cluster: ClusterInfo
  settings: ElasticsearchSettings
  now(): number
}

/** What a node is given for an answer: somebody waits for it. */
export const nodeTimeoutMs = 8_000
