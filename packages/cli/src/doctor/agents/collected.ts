import type { ChangeableKey } from '@logpipe/config'
import { lookAtRollout } from '../../commands/fleet/rollout.ts'
import { contentOf } from '../../entries/target.ts'
import type { Rollout } from '../../fleet/rollout.ts'
import type { Check } from '../check.ts'
import { type Finding, ok, warning } from '../finding.ts'
import type { EtcdPatient } from '../etcd/patient.ts'

/** Whether what stands in etcd for hosts, groups and transfers is applied by someone, and nowhere fails. */
export const collected: Check<EtcdPatient> = {
  about: 'agents',
  name: 'rollout',
  async look({ store, settings: { prefix } }) {
    const all = await lookAtRollout({}, { store, prefix })
    const findings = all.flatMap(({ standing, found }) => rolloutFinding(standing.target, found))
    const well = all.length - findings.length
    return [...findings, ok(`${well} of ${all.length} hosts, groups and pipelines are applied, or on the way.`)]
  },
}

function rolloutFinding(target: ChangeableKey, { concerned, failed, problem }: Rollout): Finding[] {
  const isPipeline = target.kind === 'pipeline'
  const what = contentOf(target).replace(/^t/, 'T')
  const [members, command] = isPipeline ? ['transfers', 'logctl transfers'] : ['agents', 'logctl agents']
  if (failed > 0)
    return [warning(`${what} failed on ${failed} of ${concerned} ${members}.`, 'logctl rollout tells why.')]
  // Whom a value means that cannot be read is not known; that it cannot, the check of values tells.
  if (concerned > 0 || problem !== undefined) return []
  const why = isPipeline
    ? 'Is etcd in the settings of the transfers'
    : 'Is its agent down, or has it another address or other labels'
  return [
    warning(
      `${what} ${isPipeline ? 'concerns' : 'concern'} none of the ${members} that are alive.`,
      `${why}? ${command} shows who is alive.`,
    ),
  ]
}
