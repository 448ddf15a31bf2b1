import type { PipelineEvent } from '../event.ts'
import { isNothing, quoteEnd, type Tail } from './scanner.ts'
import { type Take, takeOf } from './takes.ts'

const quote = 0x22

/**
 * Reads what most people have behind the common format: `"referrer" "user agent"`, the addresses that a proxy forwarded in quotes, and the time that the
 * request took. What follows is left: only its owner knows what it means.
 */
export function usualTail(server: 'nginx' | 'apache'): Tail {
  const quoted = ['http_referer', 'http_user_agent', 'http_x_forwarded_for'].map((name) => takeOf(name, server))
  const seconds = takeOf('request_time', server)
  const microseconds = takeOf('request_microseconds', server)
  return (event, text, at) => {
    let count = 0
    let next = at
    while (next < text.length && text.charCodeAt(next + 1) === quote && count < quoted.length) {
      const end = quoteEnd(text, next + 2)
      if (end < 0) return
      take(event, quoted[count] as Take, text, next + 2, end)
      count++
      next = end + 1
    }
    const blank = text.indexOf(' ', next + 1)
    const end = blank < 0 ? text.length : blank
    if (end <= next + 1) return
    // nginx writes seconds, always with a point; Apache microseconds (%D).
    const dot = text.indexOf('.', next)
    take(event, dot > 0 && dot < end ? seconds : microseconds, text, next + 1, end)
  }
}

function take(event: PipelineEvent, one: Take, text: string, start: number, end: number): void {
  if (end > start && !isNothing(text, start, end)) one(event, text.slice(start, end))
}
