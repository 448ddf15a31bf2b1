import type { ProcessorSpec } from '@logpipe/config'
import { levels } from '@logpipe/config'
import type { Processor } from './processor.ts'

type Level = (typeof levels)[number]

/** How programs write their levels, in lower case: syslog, log4j, java.util.logging, Python, Go, Android, PostgreSQL, glog, pino. */
const spellings: Record<Level, string> = {
  trace: 'trace trc t verbose v vrb silly finest finer all 10',
  debug: 'debug dbg dbug deb d fine 7 20',
  info: 'info information informational inf i config log default statement 6 30',
  notice: 'notice note noti n 5',
  warn: 'warn warning wrn war w 4 40',
  error: 'error err eror erro er e severe fail failure 3 50',
  critical: 'critical crit crt c fatal ftl f dpanic 2 60',
  alert: 'alert alrt a 1',
  emergency: 'emergency emerg panic pnc 0',
}

const known = new Map<string, Level>(
  levels.flatMap((level) => spellings[level].split(' ').map((word): [string, Level] => [word, level])),
)

/** Grades of a level: `trace8` of Apache, `DEBUG5` of PostgreSQL, `D2` of MongoDB, `INFO+2` of Go's slog. */
const graded = /^([a-z]+)[+-]?\d{1,2}$/

/** Brings a level to one of `levels`. Numbers are syslog's severities (0 to 7) or those of pino and bunyan (10 to 60). */
export function makeLevel({ field, target }: ProcessorSpec<'level'>): Processor {
  const unknown = { reason: `the level in ${field} is none that is known` }
  return {
    run(event) {
      const value = event.get(field)
      if (value === undefined || value === null) return null
      const level = levelOf(value)
      if (level === undefined) return unknown
      if (level !== value || field !== target) event.set(target, level)
      return null
    },
  }
}

/** The level that this is a spelling of; undefined where it is none. */
function levelOf(value: unknown): Level | undefined {
  if (typeof value === 'number') return known.get(String(value))
  if (typeof value !== 'string' || value.length > 32) return undefined
  // Most are spelt in one of two ways; what stands around them (`[WARN]`, `<3>`, `INFO:`) is rare.
  const asSpelt = known.get(value)
  if (asSpelt !== undefined) return asSpelt
  const word = value.toLowerCase().replaceAll(/^[^a-z0-9]+|[^a-z0-9]+$/g, '')
  return known.get(word) ?? known.get(word.replace(graded, '$1'))
}
