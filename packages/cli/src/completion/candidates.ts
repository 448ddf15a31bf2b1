import type { Argument, Command, Option } from 'commander'

/** What may stand at the cursor. */
export interface Candidate {
  value: string
  /** For shells that show it. */
  text: string
}

/** A value that only the servers know, by what help calls it. */
export interface Wanted {
  /** The option's name (`host` of `--host <ip>`), or the family of commands whose argument it is (`canary` of `canary start <group>`). */
  of: string
  /** `ip`, `name`, `group`, … */
  placeholder: string
}

/** What can stand at the cursor: words that are known here, or values that are to be asked for. None of both: the shell offers files. */
export type Completion = { candidates: Candidate[] } | { wanted: Wanted }

/**
 * What the last of `words` (what is typed so far, maybe nothing) can become, by the commands and options of `program`. Hidden ones are left out, and so
 * are options that were given already and can be given once only.
 */
export function complete(program: Command, words: readonly string[]): Completion {
  const current = words.at(-1) ?? ''
  const place = placeOf(program, words.slice(0, -1))
  if (place.option !== undefined) return valuesOf(place.option, current)
  const { command, operands } = place
  if (!place.isLiteral && current.startsWith('-')) return { candidates: startingWith(current, optionsOf(place)) }
  const help = command.createHelp()
  const commands = help
    .visibleCommands(command)
    .map((one) => ({ value: one.name(), text: help.subcommandDescription(one) }))
  if (operands === 0 && commands.length > 0) return { candidates: startingWith(current, commands) }
  const argument = command.registeredArguments.at(Math.min(operands, command.registeredArguments.length - 1))
  if (argument?.argChoices !== undefined || argument === undefined) {
    return { candidates: startingWith(current, choicesOf(argument)) }
  }
  return { wanted: { of: (command.parent ?? command).name(), placeholder: argument.name() } }
}

interface Place {
  command: Command
  /** How many operands of `command` stand before the cursor. */
  operands: number
  /** The option whose value stands at the cursor. */
  option: Option | undefined
  /** Whether `--` stands before it. */
  isLiteral: boolean
  given: ReadonlySet<Option>
}

function placeOf(program: Command, words: readonly string[]): Place {
  const given = new Set<Option>()
  let command = program
  let operands = 0
  let option: Option | undefined
  let isLiteral = false
  for (const word of words) {
    if (option !== undefined) option = undefined
    else if (isLiteral) operands++
    else if (word === '--') isLiteral = true
    else if (word.startsWith('-') && word !== '-') {
      const [name] = word.split('=', 1)
      const found = allOptions(command).find((one) => one.long === name || one.short === name)
      if (found !== undefined) given.add(found)
      if (found?.required === true && !word.includes('=')) option = found
    } else {
      const below = operands === 0 ? command.commands.find((one) => one.name() === word) : undefined
      if (below === undefined) operands++
      else command = below
    }
  }
  return { command, operands, option, isLiteral, given }
}

/** Those of the command and of all above it: each takes them wherever they stand. */
function allOptions(command: Command): Option[] {
  const help = command.createHelp()
  const above = command.parent === null ? [] : allOptions(command.parent)
  return [...help.visibleOptions(command), ...above.filter(({ long }) => long !== '--help')]
}

function optionsOf({ command, given }: Place): Candidate[] {
  return allOptions(command)
    .filter((option) => !given.has(option) || option.variadic || option.parseArg !== undefined)
    .flatMap(({ long, description }) => (long == null ? [] : [{ value: long, text: description }]))
}

function valuesOf(option: Option, current: string): Completion {
  if (option.argChoices !== undefined) return { candidates: startingWith(current, choicesOf(option)) }
  const placeholder = /<([^>]*)>/.exec(option.flags)?.[1] ?? ''
  return { wanted: { of: option.name(), placeholder } }
}

function choicesOf(from: Option | Argument | undefined): Candidate[] {
  return (from?.argChoices ?? []).map((value) => ({ value, text: '' }))
}

/** Those that begin with what is typed. */
export function startingWith(current: string, candidates: readonly Candidate[]): Candidate[] {
  return candidates.filter(({ value }) => value.startsWith(current))
}
