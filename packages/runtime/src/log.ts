import pino from 'pino'
import { type Clock, systemClock } from './clock.ts'
import { ecsFields } from './log-fields.ts'
import { Repeats } from './log-repeats.ts'
import { standardError } from './log-stderr.ts'

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]
export type LogFields = Record<string, unknown>

/**
 * Writes what happened, for people and for programs. Keep `message` constant and put what varies into `fields`: repeats
 * are counted by message. A thrown value goes into the field `error`. Never throws.
 */
export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** A logger that adds `fields` to every line. */
  child(fields: LogFields): Logger
}

export interface LoggerOptions {
  /** `service.name` of every line. */
  service: string
  /** The lowest level that is written. Default `info`. */
  level?: LogLevel
  /** Where lines go (each with its newline). Default: stderr, as short human lines when it is a terminal. */
  destination?: { write(line: string): void }
  clock?: Clock
}

/** More lines than this with the same message within `repeatWindowMs` are counted instead of written. */
export const repeatLimit = 20
export const repeatWindowMs = 10_000

/** Makes the logger of a process: one ECS JSON object a line. */
export function createLogger(options: LoggerOptions): Logger {
  const clock = options.clock ?? systemClock
  const destination =
    options.destination ?? standardError((count) => log.warn('Lines of this log were dropped', { count }))
  const sink = pino(
    {
      level: options.level ?? 'info',
      messageKey: 'message',
      base: { 'service.name': options.service, 'process.pid': process.pid, 'ecs.version': '8.11.0' },
      timestamp: () => `,"@timestamp":"${new Date(clock.now()).toISOString()}"`,
      formatters: { level: (label) => ({ 'log.level': label }) },
    },
    destination,
  )
  const write = (level: Level, message: string, fields: LogFields): void => sink[level](ecsFields(fields), message)
  const repeats = new Repeats({ limit: repeatLimit, windowMs: repeatWindowMs, clock })
  const log = new CollapsingLogger({ write, repeats, isEnabled: (level) => sink.isLevelEnabled(level) }, {})
  return log
}

/** Says nothing; for tests. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
}

type Level = Exclude<LogLevel, 'silent'>

interface LogOutput {
  write(level: Level, message: string, fields: LogFields): void
  isEnabled(level: Level): boolean
  repeats: Repeats
}

class CollapsingLogger implements Logger {
  readonly #output: LogOutput
  readonly #fields: LogFields

  constructor(output: LogOutput, fields: LogFields) {
    this.#output = output
    this.#fields = fields
  }

  debug(message: string, fields?: LogFields): void {
    if (this.#output.isEnabled('debug')) this.#output.write('debug', message, { ...this.#fields, ...fields })
  }

  info(message: string, fields?: LogFields): void {
    this.#log('info', message, fields)
  }

  warn(message: string, fields?: LogFields): void {
    this.#log('warn', message, fields)
  }

  error(message: string, fields?: LogFields): void {
    this.#log('error', message, fields)
  }

  child(fields: LogFields): Logger {
    return new CollapsingLogger(this.#output, { ...this.#fields, ...fields })
  }

  #log(level: Level, message: string, fields: LogFields | undefined): void {
    const { isEnabled, repeats, write } = this.#output
    if (!isEnabled(level)) return
    const admitted = repeats.admit(message, (count) =>
      write(level, `${message} (${count} more of these within ${repeatWindowMs / 1_000} s)`, { 'event.count': count }),
    )
    if (admitted) write(level, message, { ...this.#fields, ...fields })
  }
}
