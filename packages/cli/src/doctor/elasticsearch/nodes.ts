import { describeError, isLogpipeError } from '@logpipe/runtime'
import { ClusterInfo } from '../../elasticsearch/cluster-info.ts'
import type { Check } from '../check.ts'
import { type Finding, ok, problem, warning } from '../finding.ts'
import { type ElasticsearchPatient, nodeTimeoutMs } from './patient.ts'

/** Whether each node answers and lets us in, and the health of the cluster as it sees it. */
export const nodes: Check<ElasticsearchPatient> = {
  about: 'Elasticsearch',
  name: 'nodes',
  async look({ settings }, signal) {
    const states = await Promise.all(settings.nodes.map((node) => healthAt(node, settings, signal)))
    const findings = states.flatMap(({ fault }) =>
      fault === null ? [] : [problem(fault, 'Is that node running, and does its address lead there from here?')],
    )
    const health = states.find((state) => state.health !== null)?.health
    if (health == null) return findings
    const answering = states.length - findings.length
    return [...findings, ok(`${answering} of ${states.length} addresses answer.`), healthFinding(health)]
  },
}

type Health = Awaited<ReturnType<ClusterInfo['health']>>

function healthFinding({ status, unassigned }: Health): Finding {
  if (status === 'green') return ok('The cluster is green.')
  if (status === 'yellow') {
    return warning(
      `The cluster is yellow: ${unassigned} copies of shards are nowhere.`,
      'Start the nodes that are away; on one node alone set number_of_replicas to 0. GET _cluster/allocation/explain tells more.',
    )
  }
  return problem(
    `The cluster is ${status}: some documents cannot be searched, nor new ones written.`,
    'Start the nodes that are away. GET _cluster/allocation/explain tells more.',
  )
}

async function healthAt(
  node: string,
  settings: ElasticsearchPatient['settings'],
  signal: AbortSignal,
): Promise<{ health: Health | null; fault: string | null }> {
  const one = new ClusterInfo({ ...settings, nodes: [node] }, nodeTimeoutMs)
  try {
    return { health: await one.health(signal), fault: null }
  } catch (error) {
    return { health: null, fault: isLogpipeError(error) ? error.message : describeError(error) }
  } finally {
    await one.close()
  }
}
