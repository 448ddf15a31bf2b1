import { LogpipeError } from '@logpipe/runtime'
import { GlobSegment } from './glob-segment.ts'

/** Ways that the braces of one pattern may be written out. */
const maxAlternatives = 1_000
const anyFolders = '**'

type Segment = GlobSegment | typeof anyFolders

/** A pattern without braces: folders without wildcards, and what comes below them. */
interface Alternative {
  readonly folder: string
  readonly segments: readonly Segment[]
}

/**
 * Matches paths against a glob: `*`, `?`, `[…]`, `{a,b}`, and `**` as a whole name: any number of folders, at the end whatever is below. Names that begin with a dot match only where the
 * pattern has the dot. Time is bounded by pattern × path, whatever both are: no name that somebody gives a file holds up the agent, as it does
 * with globs that are made regular expressions.
 */
export class GlobPattern {
  readonly #alternatives: readonly Alternative[]

  /** Throws `settings_invalid` with a sentence where the pattern cannot be used. */
  constructor(pattern: string) {
    if (/[@!+?*]\(/.test(pattern)) {
      throw new LogpipeError(
        'settings_invalid',
        `'${pattern}': patterns such as +(a|b) are not supported; write {a,b}.`,
      )
    }
    this.#alternatives = expandBraces(pattern).map(parseAlternative)
  }

  matches(path: string): boolean {
    return this.#alternatives.some((alternative) => matchesOne(alternative, path))
  }
}

function matchesOne({ folder, segments }: Alternative, path: string): boolean {
  if (!path.startsWith(folder)) return false
  const last = segments.at(-1)
  const isDeep = segments.length === 2 && segments[0] === anyFolders
  // The two forms that most globs have, without taking the path apart: names in one folder, and names anywhere below it.
  if (last !== anyFolders && last !== undefined && (segments.length === 1 || isDeep)) {
    const slash = path.lastIndexOf('/')
    if (slash >= folder.length && (!isDeep || hasHidden(path, folder.length, slash))) return false
    return last.matches(path.slice(Math.max(slash + 1, folder.length)))
  }
  return matchesAll(segments, path.slice(folder.length).split('/'))
}

/** Whether a folder's name in `path[start, end)` begins with a dot. */
function hasHidden(path: string, start: number, end: number): boolean {
  if (path[start] === '.') return true
  const found = path.indexOf('/.', start)
  return found >= 0 && found < end
}

function parseAlternative(pattern: string): Alternative {
  const segments = pattern.split('/').map((text) => (text === anyFolders ? anyFolders : new GlobSegment(text)))
  let folder = ''
  while (segments.length > 1) {
    const [first] = segments
    if (first === undefined || first === anyFolders || first.literal === null) break
    folder += `${first.literal}/`
    segments.shift()
  }
  return { folder, segments }
}

/** The last `**` takes one more folder where what follows does not match: an earlier one never has to be asked again. */
function matchesAll(segments: readonly Segment[], names: readonly string[]): boolean {
  let segment = 0
  let name = 0
  let retrySegment = -1
  let retryName = 0
  while (name < names.length) {
    const one = segments[segment]
    if (one === anyFolders) {
      retrySegment = ++segment
      retryName = name
      continue
    }
    if (one !== undefined && one.matches(names[name] as string)) {
      segment++
      name++
      continue
    }
    if (retrySegment < 0 || (names[retryName] as string).startsWith('.')) return false
    name = ++retryName
    segment = retrySegment
  }
  return segment === segments.length
}

/** All patterns without braces that a pattern with braces stands for. Braces without a comma stand for themselves. */
export function expandBraces(pattern: string): string[] {
  const done: string[] = []
  const open = [pattern]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const group = firstGroup(next)
    if (group === null) done.push(next)
    else for (const choice of group.choices) open.push(next.slice(0, group.start) + choice + next.slice(group.end))
    if (done.length + open.length > maxAlternatives) {
      throw new LogpipeError(
        'settings_invalid',
        `'${pattern}': its braces stand for more than ${maxAlternatives} patterns.`,
      )
    }
  }
  return [...new Set(done)]
}

interface BraceGroup {
  readonly start: number
  readonly end: number
  readonly choices: string[]
}

/** The first braces of a pattern that hold a comma of their own. */
function firstGroup(pattern: string): BraceGroup | null {
  const opened: { start: number; commas: number[] }[] = []
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i]
    if (char === '\\') i++
    else if (char === '{') opened.push({ start: i, commas: [] })
    else if (char === ',') opened.at(-1)?.commas.push(i)
    else if (char === '}') {
      const group = opened.pop()
      if (group === undefined || group.commas.length === 0) continue
      const bounds = [group.start, ...group.commas, i]
      const choices = group.commas.concat(i).map((bound, n) => pattern.slice((bounds[n] as number) + 1, bound))
      return { start: group.start, end: i + 1, choices }
    }
  }
  return null
}
