import { readlinkSync, realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import { LogpipeError } from '@logpipe/runtime'
import type { Plan, PlanEntry, RefusedEntry } from '../plan/compile.ts'

/** What /files says of what lies outside. */
export const outsideReason = 'It lies outside the folders that discover.roots allows.'

/** The folders outside of which nothing is collected: neither by its path, nor by where symbolic links lead. */
export class Roots {
  readonly #paths: readonly string[]
  /** Where the links in `#paths` lead, as of the last `refresh`. */
  #real: readonly string[] = []

  constructor(paths: readonly string[]) {
    this.#paths = paths.map((path) => resolve(path))
    this.refresh()
  }

  /** Whether nothing is outside. */
  get isAll(): boolean {
    return this.#paths.includes('/')
  }

  /** Looks anew where the roots are. */
  refresh(): void {
    if (!this.isAll) this.#real = this.#paths.flatMap(realPath)
  }

  /** Whether a folder or file of this path and this real path is inside. */
  allows(path: string, real: string): boolean {
    const named = resolve(path)
    return this.#paths.some((root) => isWithin(named, root)) && this.#real.some((root) => isWithin(real, root))
  }

  /** Whether a root lies below the folder. */
  leadsFrom(folder: string): boolean {
    const named = resolve(folder)
    return this.#paths.some((root) => isWithin(root, named))
  }

  /** The plan without the entries that cannot match anything inside: those are refused. */
  apply(plan: Plan): Plan {
    if (this.isAll) return plan
    const entries: PlanEntry[] = []
    const refused: RefusedEntry[] = [...plan.refused]
    for (const entry of plan.entries) {
      if (this.#paths.some((root) => entry.glob.mayMatchBelow(root))) entries.push(entry)
      else refused.push({ entry: entry.spec.id, message: `'${entry.spec.path}' ${nothingInside(this.#paths)}` })
    }
    return { entries, refused }
  }

  /** Throws `file_unreadable` where the open file lies outside, wherever its path led to while it was opened. */
  check(fd: number, path: string): void {
    if (this.isAll) return
    const real = readlinkSync(`/proc/self/fd/${fd}`)
    if (this.#real.some((root) => isWithin(real, root))) return
    throw new LogpipeError('file_unreadable', `${path} is not read: it leads to a file outside of discover.roots.`)
  }
}

function isWithin(path: string, folder: string): boolean {
  return folder === '/' || path === folder || path.startsWith(`${folder}/`)
}

function realPath(path: string): string[] {
  try {
    return [realpathSync(path)]
  } catch {
    // Not there yet: then there is nothing to collect in it.
    return []
  }
}

function nothingInside(roots: readonly string[]): string {
  return `can match nothing inside the folders that discover.roots allows (${roots.join(', ')}); change one of both.`
}
