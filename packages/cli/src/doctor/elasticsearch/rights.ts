import type { Check } from '../check.ts'
import { ok, unknown, warning } from '../finding.ts'
import type { ElasticsearchPatient } from './patient.ts'

/** As our template has it: of a pattern wider than what a role names (`logs-*`), Elasticsearch says that there is no right at all. */
const logs = 'logs-*-*'

/** What each of our programs needs there (docs/security.md). */
const needs: readonly { who: string; cluster: readonly string[]; index: readonly string[] }[] = [
  { who: 'logctl search needs it', cluster: [], index: ['read', 'view_index_metadata'] },
  { who: 'logctl status and doctor need it', cluster: ['monitor'], index: ['monitor'] },
  { who: 'transfers need it', cluster: [], index: ['create_doc', 'auto_configure', 'maintenance', 'delete'] },
  { who: 'logtransfer setup needs it', cluster: ['manage_index_templates'], index: [] },
]

/** What the user that we signed in as may do. */
export const rights: Check<ElasticsearchPatient> = {
  about: 'Elasticsearch',
  name: 'rights',
  async look({ cluster, settings: { username, apiKey } }, signal) {
    const who = username !== undefined ? `User ${username}` : apiKey !== undefined ? 'Our API key' : 'We'
    const asked = {
      cluster: needs.flatMap((need) => need.cluster),
      index: needs.flatMap((need) => need.index),
      names: logs,
    }
    const found = await cluster.privileges(asked, signal)
    if (found === null) return [unknown('This server knows of no users: whoever reaches it may do everything.')]
    const findings = needs.flatMap((need) => {
      const missing = [...need.cluster, ...need.index].filter((right) => found[right] !== true)
      if (missing.length === 0) return []
      const sentence = `${who} has no right ${missing.join(', ')} on ${logs} or the cluster; ${need.who}.`
      return [warning(sentence, 'Where this user is to do so, add it to its role (docs/security.md).')]
    })
    return findings.length > 0 ? findings : [ok(`${who} may search, index and install templates.`)]
  },
}
