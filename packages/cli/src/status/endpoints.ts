import { describeError } from '@logpipe/runtime'
import { sentence } from '@logpipe/runtime/terminal'
import { readFault } from '../etcd/read-fault.ts'
import type { EtcdSettings } from '../settings.ts'
import { answerMs, type ProgramState, type ServerState } from './report.ts'

/** Whether every etcd member says that it is healthy and, over TLS or with a user, lets us read. Never rejects. */
export async function etcdState(settings: EtcdSettings): Promise<ServerState> {
  const { endpoints, username } = settings
  const problems = await Promise.all(
    endpoints.map((endpoint) =>
      endpoint.startsWith('https:') || username !== undefined ? readProblem(endpoint, settings) : etcdProblem(endpoint),
    ),
  )
  return state(
    endpoints,
    problems.filter((problem) => problem !== null),
  )
}

/** Whether the agent or transfer at `address` is ready; where not, its own reason. Never rejects. */
export async function programState(kind: ProgramState['kind'], address: string): Promise<ProgramState> {
  let problem: string | null
  try {
    const { status, body } = await get(`${address}/readyz`)
    const reason = (body as { reason?: string } | null)?.reason
    problem = status === 200 ? null : (reason ?? `${address}/readyz answered ${status}.`)
  } catch (error) {
    problem = noAnswer(address, error)
  }
  return { kind, address, healthy: problem === null, ...(problem !== null && { problem }) }
}

async function readProblem(endpoint: string, settings: EtcdSettings): Promise<string | null> {
  const fault = await readFault(endpoint, settings, answerMs / 2)
  return fault === null ? null : sentence(fault)
}

async function etcdProblem(endpoint: string): Promise<string | null> {
  try {
    const { body } = await get(`${endpoint}/health`)
    const health = (body as { health?: string | boolean } | null)?.health
    return String(health) === 'true' ? null : `${endpoint} says that it is not healthy.`
  } catch (error) {
    return noAnswer(endpoint, error)
  }
}

function state(addresses: string[], problems: string[]): ServerState {
  return { addresses, healthy: problems.length === 0, ...(problems.length > 0 && { problem: problems.join(' ') }) }
}

async function get(address: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(address, { signal: AbortSignal.timeout(answerMs) })
  const text = await response.text()
  try {
    return { status: response.status, body: JSON.parse(text) as unknown }
  } catch {
    return { status: response.status, body: null }
  }
}

function noAnswer(address: string, error: unknown): string {
  return `${address} does not answer (${describeError(error)}).`
}
