import type { Check } from '../check.ts'
import { ok, problem, warning } from '../finding.ts'
import type { ElasticsearchPatient } from './patient.ts'

const leastVersion = [7, 17] as const
const lastMajor = 9

/** Whether its nodes are of a version that we know. */
export const versions: Check<ElasticsearchPatient> = {
  about: 'Elasticsearch',
  name: 'versions',
  async look({ cluster }, signal) {
    const found = await cluster.versions(signal)
    const all = found.join(', ')
    const unknown = found.filter((version) => !isKnown(version))
    if (unknown.length > 0) {
      return [problem(`There are nodes of version ${unknown.join(', ')}.`, 'Versions 7.17 to 9 are supported.')]
    }
    if (found.length > 1) return [warning(`The nodes have several versions: ${all}.`, 'Bring all to one version.')]
    return [ok(`Version ${all}.`)]
  },
}

/** Whether logpipe supports this version of Elasticsearch. */
export function isKnown(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major <= lastMajor && (major > leastVersion[0] || (major === leastVersion[0] && minor >= leastVersion[1]))
}
