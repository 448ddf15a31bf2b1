import { dirname, resolve } from 'node:path'
import picomatch from 'picomatch'
import { GlobPattern } from './glob-pattern.ts'
import { GlobSegment } from './glob-segment.ts'

/** Folders that hold no logs and would make `/**` walk through every process. Walked only where a glob names them. */
const pseudoFolders = new Set(['/proc', '/sys'])

/** A glob of absolute paths, and which folders a walk has to look into. */
export class Glob {
  /** The folder where the walk begins: no wildcard above it. */
  readonly folder: string
  readonly #pattern: GlobPattern
  /** Patterns of the folder names below `folder`, by depth; after the last one any name may lead to a match. */
  readonly #names: readonly GlobSegment[]
  readonly #depth: number
  /** Whether it names something hidden: then a hidden folder may be on the way. */
  readonly #namesHidden: boolean

  /** Throws a sentence where the pattern cannot be understood. */
  constructor(pattern: string) {
    this.#pattern = new GlobPattern(pattern)
    const { base, glob } = picomatch.scan(pattern)
    this.folder = glob === '' ? dirname(base) : base || '/'
    this.#namesHidden = /(?:^|[/{,])\\?\./.test(glob)
    const segments = glob.split('/')
    this.#depth = glob.includes('**') ? Infinity : segments.length - 1
    const folders = segments.slice(0, -1)
    // Braces and parentheses may hold slashes: then the segments say nothing, and the depth alone bounds the walk.
    const plain = /[{}()|]/.test(glob) ? [] : folders
    const deep = plain.findIndex((segment) => segment.includes('**'))
    this.#names = (deep < 0 ? plain : plain.slice(0, deep)).map((segment) => new GlobSegment(segment))
  }

  matches(path: string): boolean {
    return this.#pattern.matches(path)
  }

  /** Whether the folder `path`, named `name` and `depth` (from 0) levels below `folder`, may hold matches. */
  mayEnter(path: string, name: string, depth: number): boolean {
    if (depth >= this.#depth) return false
    if (pseudoFolders.has(path)) return false
    const segment = this.#names[depth]
    return segment === undefined ? this.#namesHidden || !name.startsWith('.') : segment.matches(name)
  }

  /** Whether anything in the folder `root`, or below it, may match. `root` is normalised and does not end in a slash. */
  mayMatchBelow(root: string): boolean {
    const base = resolve(this.folder)
    if (base === root || root === '/' || base.startsWith(`${root}/`)) return true
    const prefix = base === '/' ? '/' : `${base}/`
    if (!root.startsWith(prefix)) return false
    let path = base
    return root
      .slice(prefix.length)
      .split('/')
      .every((name, depth) => {
        path = path === '/' ? `/${name}` : `${path}/${name}`
        return this.mayEnter(path, name, depth)
      })
  }
}
