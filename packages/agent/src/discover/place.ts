import { realpathSync } from 'node:fs'
import { dirname } from 'node:path'

/** Where a file was seen. */
export interface Place {
  readonly path: string
  /** Where it stood behind symbolic links; null where its path led through none. */
  readonly realPath: string | null
}

/** Where the path leads to; null where it leads through no symbolic link, or nowhere. */
export function realPathOf(path: string): string | null {
  try {
    const real = realpathSync.native(path)
    return real === path ? null : real
  } catch {
    return null
  }
}

/** Its paths: what is renamed stays in the folder of one of them, most of the time. */
export function pathsOf({ path, realPath }: Place): string[] {
  return realPath === null || dirname(realPath) === dirname(path) ? [path] : [path, realPath]
}
