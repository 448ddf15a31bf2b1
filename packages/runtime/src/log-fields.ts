import { isLogpipeError, describeError } from './errors.ts'

const secretName = /password|passwd|secret|api[-_]?key|token|authorization|credential/i
const maxDepth = 6

/**
 * Fields of a log line as ECS wants them: `error` becomes `error.message`, `error.type`, `error.code` and
 * `error.stack_trace`; names with a dot stay (they are ECS names); the others go under `logpipe`, away from ECS objects
 * such as `host`. Values under a secret's name are never written.
 */
export function ecsFields(fields: Record<string, unknown>): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  const own: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields)) {
    if (name === 'error') Object.assign(out, errorFields(value))
    else if (name.includes('.')) out[name] = plain(name, value, 0)
    else own[name] = plain(name, value, 0)
  }
  if (Object.keys(own).length > 0) out['logpipe'] = own
  return out
}

function errorFields(error: unknown): Record<string, unknown> {
  const out: Record<string, unknown> = { 'error.message': describeError(error) }
  if (!(error instanceof Error)) return out
  out['error.type'] = error.name
  if (isLogpipeError(error)) out['error.code'] = error.code
  // A LogpipeError is an expected state told in a sentence; where it was made helps nobody who reads the log.
  else if (error.stack !== undefined) out['error.stack_trace'] = error.stack
  return out
}

/** A value that JSON can hold: no secret, no BigInt, no cycle deeper than `maxDepth`, errors as sentences. */
function plain(name: string, value: unknown, depth: number): unknown {
  if (secretName.test(name) && value !== undefined && value !== null) return '(secret)'
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Error) return describeError(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth >= maxDepth) return '(too deep)'
  if (value instanceof Date) return value
  if (ArrayBuffer.isView(value)) return `(${value.byteLength} bytes)`
  if (Array.isArray(value)) return value.slice(0, 100).map((item) => plain('', item, depth + 1))
  if (value instanceof Map) return plain(name, Object.fromEntries(value), depth + 1)
  if (value instanceof Set) return plain(name, [...value], depth + 1)
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(key, item, depth + 1)]))
}
