import { nearest } from '@logpipe/config'
import { LogpipeError } from '@logpipe/runtime'
import { knownPatterns } from './patterns.ts'

/** What the text of a capture is turned into. */
export type CaptureType = 'text' | 'int' | 'float' | 'boolean'

/** A named part of a pattern: the group of the regex, the field that it goes to, and as what. */
export interface Capture {
  readonly group: string
  readonly path: string
  readonly type: CaptureType
}

export interface Expanded {
  readonly regex: string
  readonly captures: readonly Capture[]
}

/** A pattern may grow to so many characters; those that refer to each other twice over grow without bound. */
const maxLength = 65_536
const maxDepth = 50

/** `%{NAME}`, `%{NAME:field}`, `%{NAME:field:type}`. */
const reference = /%\{([A-Za-z0-9_]+)(?::((?:[^{}:\s]|\[[^\]]*\])+)(?::([A-Za-z]+))?)?\}/g
/** `(?<name>`, as Oniguruma has it and RE2 in its own way; not `(?<=` and `(?<!`. */
const namedGroup = /\(\?P?<([^=!>][^>]*)>/g

/** The flag `m` in `(?m)` and `(?im:…)`. */
const multilineFlag = /\(\?([a-z]*)m(?=[a-z]*(?:-[a-z]+)?[:)])/g

const types: Record<string, CaptureType> = {
  string: 'text',
  text: 'text',
  keyword: 'text',
  int: 'int',
  integer: 'int',
  long: 'int',
  float: 'float',
  double: 'float',
  number: 'float',
  boolean: 'boolean',
  bool: 'boolean',
}

/**
 * The regular expression that a grok pattern stands for, and where its parts go. `definitions` come before the patterns that are known. Throws
 * `settings_invalid` with a sentence where a name is unknown, refers to itself, or a field or type is none.
 */
export function expandGrok(pattern: string, definitions: Readonly<Record<string, string>>): Expanded {
  const expansion = new Expansion(definitions)
  return { regex: expansion.expand(pattern, []), captures: expansion.captures }
}

class Expansion {
  readonly captures: Capture[] = []
  readonly #definitions: Readonly<Record<string, string>>
  #length = 0

  constructor(definitions: Readonly<Record<string, string>>) {
    this.#definitions = definitions
  }

  expand(source: string, within: readonly string[]): string {
    this.#length += source.length
    if (this.#length > maxLength) throw refusal(`it grows beyond ${maxLength} characters when its names are filled in`)
    // `(?m)` is that of Logstash, where the dot takes line breaks, too.
    // Atomic groups only keep other engines from going back, which RE2 never does.
    // Names of groups hold no dots in most engines: `a__b` stands for `a.b`.
    const plain = source
      .replaceAll('(?>', '(?:')
      .replaceAll(multilineFlag, '(?$1ms')
      .replace(namedGroup, (_, name: string) => `(?P<${this.#add(name.replaceAll('__', '.'))}>`)
    const regex = plain.replace(reference, (_, name: string, target?: string, type?: string) => {
      const group = target === undefined ? '(?:' : `(?P<${this.#add(target, type)}>`
      return `${group}${this.expand(this.#definitionOf(name, within), [...within, name])})`
    })
    const broken = /%\{[^}]*\}?/.exec(regex)
    if (broken !== null) throw refusal(`'${broken[0]}' is none of %{NAME}, %{NAME:field} and %{NAME:field:type}`)
    return regex
  }

  #definitionOf(name: string, within: readonly string[]): string {
    if (within.includes(name) || within.length >= maxDepth) {
      throw refusal(`${name} refers to itself (${[...within, name].join(' → ')})`)
    }
    if (Object.hasOwn(this.#definitions, name)) return this.#definitions[name] as string
    if (Object.hasOwn(knownPatterns, name)) return knownPatterns[name] as string
    const suggestion = nearest(name, [...Object.keys(this.#definitions), ...Object.keys(knownPatterns)])
    throw refusal(`there is no pattern ${name}${suggestion === undefined ? '' : `; did you mean ${suggestion}?`}`)
  }

  /** The name of the group that holds what goes to `target`. */
  #add(target: string, typeName = 'text'): string {
    const type = Object.hasOwn(types, typeName.toLowerCase()) ? types[typeName.toLowerCase()] : undefined
    if (type === undefined) throw refusal(`'${typeName}' is none of the types int, float, boolean and string`)
    const group = `g${this.captures.length}`
    this.captures.push({ group, path: pathOf(target), type })
    return group
  }
}

/** `a.b` for `a.b` and `[a][b]`. */
function pathOf(target: string): string {
  const isBracketed = /^(?:\[[^[\]]+\])+$/.test(target)
  const path = isBracketed ? target.slice(1, -1).replaceAll('][', '.') : target
  if (!/^[^.[\]\s]+(?:\.[^.[\]\s]+)*$/.test(path)) throw refusal(`'${target}' is no name of a field`)
  return path
}

function refusal(reason: string): LogpipeError {
  return new LogpipeError('settings_invalid', `${reason}.`)
}
