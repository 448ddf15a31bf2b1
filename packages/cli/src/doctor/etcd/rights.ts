import { randomBytes } from 'node:crypto'
import { buildKey, type ConfigStore, type Leases } from '@logpipe/config'
import { isLogpipeError } from '@logpipe/runtime'
import { sentence } from '@logpipe/runtime/terminal'
import type { Check } from '../check.ts'
import { type Finding, ok, problem, warning } from '../finding.ts'
import type { EtcdPatient } from './patient.ts'

/** A key that is forgotten by itself should we be stopped in the middle. */
const trialMs = 5_000

/** Whether we may read all that logpipe keeps, and write there: a key of its own, under a lease, that is deleted at once. */
export const rights: Check<EtcdPatient> = {
  about: 'etcd',
  name: 'rights',
  async look({ store, settings: { prefix, username } }) {
    const who = username === undefined ? 'We' : `User ${username}`
    const reading = await refusal(() => store.list(`${prefix}/collect/`))
    if (reading !== null) {
      const todo = `Give the right: etcdctl role grant-permission ROLE read --prefix=true ${prefix}/`
      return [problem(`${who} may not read below ${prefix}/: ${reading}`, todo)]
    }
    const writing = await refusal(() => tryToWrite(store, prefix))
    return [writing === null ? ok(`${who} may read and write below ${prefix}/.`) : readOnly(who, prefix, writing)]
  },
}

function readOnly(who: string, prefix: string, reason: string): Finding {
  return warning(
    `${who} may read below ${prefix}/, and not write: ${reason}`,
    `It is enough to look. To change entries: etcdctl role grant-permission ROLE readwrite --prefix=true ${prefix}/`,
  )
}

async function tryToWrite(store: ConfigStore & Leases, prefix: string): Promise<void> {
  const key = buildKey(prefix, { kind: 'lock', name: `doctor-${randomBytes(6).toString('hex')}` })
  const lease = await store.lease(trialMs)
  try {
    await store.put(key, 'logctl doctor', { lease: lease.id })
  } finally {
    await lease.revoke()
  }
}

/** Why etcd says no; null where it does not. Rejects where it does not answer. */
async function refusal(attempt: () => Promise<unknown>): Promise<string | null> {
  try {
    await attempt()
    return null
  } catch (error) {
    if (isLogpipeError(error, 'etcd_rejected')) return sentence(error)
    throw error
  }
}
