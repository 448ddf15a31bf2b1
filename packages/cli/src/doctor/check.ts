import { describeError, isLogpipeError } from '@logpipe/runtime'
import { sentence } from '@logpipe/runtime/terminal'
import { type Finding, type NamedFinding, problem, worstFirst } from './finding.ts'

/** One thing that is looked at. `look` finds something to say in any case; what it throws is a problem. */
export interface Check<Server> {
  about: string
  name: string
  look(server: Server, signal: AbortSignal): Promise<Finding[]>
}

/** How long one check may take. */
const deadlineMs = 20_000

/**
 * Makes the checks of one server. The first is whether it answers, and says so by a finding that is `ok`; where there is none, nobody is there to be asked, and
 * the others are not made. Rejects only where `signal` aborts.
 */
export async function examine<Server>(
  server: Server,
  [first, ...others]: readonly [Check<Server>, ...Check<Server>[]],
  signal: AbortSignal,
): Promise<NamedFinding[]> {
  const found = await attempt(first, server, signal)
  if (!found.some(({ level }) => level === 'ok')) return found
  const more = await Promise.all(others.map((check) => attempt(check, server, signal)))
  return [...found, ...more.flat()]
}

async function attempt<Server>(check: Check<Server>, server: Server, signal: AbortSignal): Promise<NamedFinding[]> {
  const { about, name } = check
  let findings: Finding[]
  try {
    findings = await check.look(server, AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]))
  } catch (error) {
    signal.throwIfAborted()
    findings = [problem(isLogpipeError(error) ? causes(error) : sentence(error))]
  }
  return worstFirst(findings).map((finding) => ({ about, check: name, ...finding }))
}

/** Our sentence, with what the other side said where it says more. */
function causes(error: Error): string {
  return error.cause === undefined ? error.message : describeError(error)
}
