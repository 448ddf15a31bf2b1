import { describeError } from '@logpipe/runtime'
import { askMember } from '../../etcd/member.ts'
import { readFault } from '../../etcd/read-fault.ts'
import type { Check } from '../check.ts'
import { clockFinding } from '../clock.ts'
import { type Finding, ok, problem, unknown, warning } from '../finding.ts'
import type { EtcdPatient } from './patient.ts'

/** How long one member may take to let us read. */
const memberTimeoutMs = 4_000
/** Older ones were never tried. */
const leastVersion = [3, 4] as const

/** Whether each member answers, lets us in and says that it is healthy; its version and its clock. */
export const members: Check<EtcdPatient> = {
  about: 'etcd',
  name: 'members',
  async look({ settings, now }, signal) {
    const found = await Promise.all(
      settings.endpoints.map((endpoint) => memberFindings(endpoint, settings, now, signal)),
    )
    return found.flat()
  },
}

async function memberFindings(
  endpoint: string,
  settings: EtcdPatient['settings'],
  now: () => number,
  signal: AbortSignal,
): Promise<Finding[]> {
  const fault = await readFault(endpoint, settings, memberTimeoutMs)
  if (fault !== null)
    return [
      problem(describeError(fault), `Is the member ${endpoint} running, and does its address lead there from here?`),
    ]
  try {
    const askedMs = now()
    const { body, dateMs } = await askMember(endpoint, '/version', settings, signal)
    const answeredMs = now()
    const { body: health } = await askMember(endpoint, '/health', settings, signal)
    const clock = { who: `etcd at ${endpoint}`, askedMs, answeredMs, stepMs: 1_000 }
    return [
      ...versionFindings(endpoint, textAt(body, 'etcdserver')),
      ...healthFindings(endpoint, health),
      ...(dateMs === null ? [] : [clockFinding({ ...clock, theirsMs: dateMs })]),
    ]
  } catch (error) {
    // Its API answers, which is all that we need.
    const why = `${endpoint} answers, but does not tell its version and its health: ${describeError(error)}.`
    return [ok(`${endpoint} answers.`), unknown(why)]
  }
}

function versionFindings(endpoint: string, version: string | null): Finding[] {
  if (version === null) return [ok(`${endpoint} answers; it does not tell its version.`)]
  const answers = ok(`${endpoint} answers: etcd ${version}.`)
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > leastVersion[0] || (major === leastVersion[0] && minor >= leastVersion[1])) return [answers]
  const todo = `Update it to ${leastVersion.join('.')} or newer; older ones were not tried.`
  return [answers, warning(`${endpoint} is older than what we know.`, todo)]
}

function healthFindings(endpoint: string, health: unknown): Finding[] {
  if (textAt(health, 'health') !== 'false') return []
  const reason = textAt(health, 'reason')
  return [
    problem(
      `${endpoint} says that it is not healthy${reason === null || reason === '' ? '' : `: ${reason}`}.`,
      'etcdctl endpoint status and etcdctl alarm list tell more; after NOSPACE compact, defragment, and disarm the alarm.',
    ),
  ]
}

function textAt(body: unknown, key: string): string | null {
  const value = typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[key] : undefined
  return typeof value === 'string' || typeof value === 'boolean' ? String(value) : null
}
