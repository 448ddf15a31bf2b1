import { LogpipeError } from '@logpipe/runtime'

/** A variable of a log format and the text that ends it; an empty one is the end of the line. */
export interface Slot {
  readonly variable: string
  readonly until: string
}

/** A log format: the text that each line begins with, and what follows it. */
export interface LogFormat {
  readonly head: string
  readonly slots: readonly Slot[]
  /** Whose it is: the first name of fields that are not in ECS. */
  readonly server: 'nginx' | 'apache'
}

const nginxVariable = /\$(?:\{(\w+)\}|(\w+))/g
const apacheDirective = /%(%|[<>]?(?:\d{3}(?:,\d{3})*)?(?:\{([^}]*)\})?[<>]?(\^?[A-Za-z]+))/g

/** Apache's directives by the names that nginx gives to the same. */
const apacheVariables: Record<string, string> = {
  a: 'remote_addr',
  h: 'remote_addr',
  A: 'server_addr',
  b: 'body_bytes_sent',
  B: 'body_bytes_sent',
  D: 'request_microseconds',
  H: 'server_protocol',
  I: 'request_length',
  l: 'remote_ident',
  L: 'request_id',
  m: 'request_method',
  O: 'bytes_sent',
  p: 'server_port',
  P: 'pid',
  q: 'args',
  r: 'request',
  s: 'status',
  T: 'request_time',
  u: 'remote_user',
  U: 'uri',
  v: 'server_name',
  V: 'server_name',
}

/**
 * Reads a `log_format` of nginx (`$remote_addr …`) or a `LogFormat` of Apache (`%h %l …`). Throws `settings_invalid` with a sentence where lines
 * could not be taken apart by it.
 */
export function parseLogFormat(format: string): LogFormat {
  const isApache = !format.includes('$')
  const source = format.replaceAll(/\\(["'\\t])/g, (_, letter: string) => (letter === 't' ? '\t' : letter))
  const pieces = isApache ? apachePieces(source) : nginxPieces(source)
  const [head = '', ...rest] = pieces
  const slots: Slot[] = []
  for (let i = 0; i < rest.length; i += 2) {
    const [variable = '', until = ''] = rest.slice(i, i + 2)
    if (until === '' && i + 2 < rest.length) {
      const next = rest[i + 2] as string
      throw unusable(format, `nothing stands between ${variable} and ${next}, so nobody can tell where one ends`)
    }
    slots.push({ variable, until })
  }
  if (slots.length === 0) throw unusable(format, 'it has no variable')
  return { head, slots, server: isApache ? 'apache' : 'nginx' }
}

/** Text, variable, text, variable, …, text. */
function nginxPieces(format: string): string[] {
  const pieces: string[] = []
  let at = 0
  for (const match of format.matchAll(nginxVariable)) {
    pieces.push(format.slice(at, match.index), (match[1] ?? match[2]) as string)
    at = match.index + match[0].length
  }
  pieces.push(format.slice(at))
  return pieces
}

function apachePieces(format: string): string[] {
  const pieces: string[] = ['']
  const addText = (text: string): void => {
    pieces[pieces.length - 1] += text
  }
  let at = 0
  for (const match of format.matchAll(apacheDirective)) {
    addText(format.slice(at, match.index))
    at = match.index + match[0].length
    const [, whole, argument, letter = ''] = match
    if (whole === '%') addText('%')
    // Apache writes the brackets itself.
    else if (letter === 't' && argument === undefined) {
      addText('[')
      pieces.push('time_local', ']')
    } else pieces.push(apacheVariable(format, letter, argument), '')
  }
  addText(format.slice(at))
  return pieces
}

function apacheVariable(format: string, letter: string, argument: string | undefined): string {
  if (argument === undefined) {
    const variable = apacheVariables[letter]
    if (variable === undefined) throw unusable(format, `%${letter} is not known here`)
    return variable
  }
  const name = argument.toLowerCase().replace(/\W/g, '_')
  if (letter === 'i') return `http_${name}`
  if (letter === 'o') return `sent_http_${name}`
  if (letter === 'T')
    return argument === 'us' ? 'request_microseconds' : argument === 'ms' ? 'request_milliseconds' : 'request_time'
  if (letter === 'a') return 'peer_addr'
  if (letter === 'p') return argument === 'remote' ? 'remote_port' : 'server_port'
  if (letter === 'P') return argument === 'tid' ? 'tid' : 'pid'
  if (letter === 't')
    throw unusable(format, `%{${argument}}t is not known here; take the line apart by regex and timestamp`)
  return name === '' ? letter : name
}

function unusable(format: string, reason: string): LogpipeError {
  return new LogpipeError('settings_invalid', `'${format}' is no log format that can be read: ${reason}.`)
}
