import { sleep } from '@logpipe/runtime'

const pollMs = 1_000
const requestMs = 5_000
/** Without a terminal a line is printed when the number changed, but not more often than this. */
const plainLineMs = 15_000

/** How many lines are searchable now; undefined while Elasticsearch does not answer. */
async function countLines(node: string, signal: AbortSignal): Promise<number | undefined> {
  try {
    const response = await fetch(`${node}/logs-*/_count`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(requestMs)]),
    })
    const answer: unknown = await response.json()
    const isCount =
      typeof answer === 'object' && answer !== null && 'count' in answer && typeof answer.count === 'number'
    return isCount ? Number(answer.count) : undefined
  } catch {
    return undefined
  }
}

/** Resolves to the number of searchable lines as soon as there are any, or rejects with `aborted`. */
export async function firstLines(node: string, signal: AbortSignal): Promise<number> {
  for (;;) {
    const count = await countLines(node, signal)
    if (count) return count
    await sleep(pollMs, signal)
  }
}

/** Shows how many lines have arrived until `signal` aborts: one live line on a terminal, now and then a plain one elsewhere. */
export async function showArrivals(node: string, signal: AbortSignal): Promise<void> {
  const isTerminal = process.stdout.isTTY
  let shown = -1
  let shownAt = -Infinity
  let last: { count: number; at: number } | undefined
  while (!signal.aborted) {
    const at = performance.now()
    const count = await countLines(node, signal)
    if (count !== undefined) {
      const text = `${searchable(count)}${rate(last, { count, at })}`
      if (isTerminal) process.stdout.write(`\r\u001b[K${text}`)
      else if (count !== shown && at - shownAt >= plainLineMs) {
        console.log(text)
        shown = count
        shownAt = at
      }
      last = { count, at }
    }
    await sleep(pollMs, signal).catch(() => {})
  }
  if (isTerminal) process.stdout.write('\n')
}

/** The sentence of a count. */
export function searchable(count: number): string {
  return count === 1 ? '1 line is searchable' : `${count.toLocaleString('en')} lines are searchable`
}

function rate(before: { count: number; at: number } | undefined, now: { count: number; at: number }): string {
  if (!before || now.count <= before.count) return ''
  return ` (+${Math.round((now.count - before.count) / ((now.at - before.at) / 1000)).toLocaleString('en')}/s)`
}
