import { type BigIntStats, fstatSync, lstatSync, statSync } from 'node:fs'
import { isLogpipeError, LogpipeError } from '@logpipe/runtime'

/** What one look at a file tells: who it is, and how large. */
export interface FileStat {
  readonly dev: bigint
  readonly ino: bigint
  /** When the file was made; 0 where the file system does not keep it. */
  readonly birthtimeNs: bigint
  readonly mtimeNs: bigint
  readonly size: number
  /** Names the file has; 0: deleted, and still open somewhere. */
  readonly links: number
  readonly kind: 'file' | 'folder' | 'link' | 'other'
}

/** What tells files on disk apart, apart from their content. */
export interface Identity {
  readonly dev: bigint
  readonly ino: bigint
  readonly birthtimeNs: bigint
}

/**
 * Looks at a path, through symbolic links; returns `known` itself where that is what it sees. Null where nothing is there; throws
 * `file_unreadable` where we may not look.
 */
export function statPath(path: string, known: FileStat | null = null): FileStat | null {
  try {
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
    if (stat === undefined) return null
    return known !== null && shows(stat, known) ? known : toFileStat(stat)
  } catch (error) {
    if (isMissing(error)) return null
    throw unreadable(path, error)
  }
}

/** Looks at what the path names, a symbolic link itself. Null where nothing is there; throws the system's error. */
export function statName(path: string): FileStat | null {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false })
  return stat === undefined ? null : toFileStat(stat)
}

/** Looks at an open file. */
export function statHandle(fd: number): FileStat {
  return toFileStat(fstatSync(fd, { bigint: true }))
}

/** A text that is the same for the same (device, inode). */
export function identityKey({ dev, ino }: Identity): string {
  return `${dev}:${ino}`
}

/** Whether both can be the same file. A birth time of 0 is unknown and fits any. */
export function sameFile(a: Identity, b: Identity): boolean {
  return a.ino === b.ino && a.dev === b.dev && sameBirth(a, b)
}

/** The same for files of one folder: a device may have another number after a reboot; then the birth time must be known, and the same. */
export function isSameBeyondReboot(a: Identity, b: Identity): boolean {
  if (a.dev === b.dev) return sameFile(a, b)
  return a.ino === b.ino && a.birthtimeNs === b.birthtimeNs && a.birthtimeNs !== 0n
}

/** Whether the birth times do not speak against it. */
export function sameBirth(a: Identity, b: Identity): boolean {
  return a.birthtimeNs === b.birthtimeNs || a.birthtimeNs === 0n || b.birthtimeNs === 0n
}

/** Whether a system error says that there is no such path. */
export function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR'
}

/** The sentence for a path that is there and cannot be used. */
export function unreadable(path: string, cause: unknown): LogpipeError {
  if (isLogpipeError(cause)) return cause
  const { code } = cause as NodeJS.ErrnoException
  const why =
    code === 'EACCES' || code === 'EPERM'
      ? 'this user has no right to read it'
      : code === 'ELOOP'
        ? 'its symbolic links go round in a circle'
        : code === 'ENOENT'
          ? 'it is no longer there'
          : `the system answered ${code ?? String(cause)}`
  return new LogpipeError('file_unreadable', `${path} cannot be read: ${why}.`, { cause, retriable: true })
}

/** When the file last changed, ISO 8601. Whoever may touch a file may say that it was in any year: such times are those nearest to it that have a name. */
export function modifiedAt({ mtimeNs }: Pick<FileStat, 'mtimeNs'>): string {
  const ms = Number(mtimeNs / 1_000_000n)
  return new Date(Math.max(-maxTimeMs, Math.min(maxTimeMs, ms))).toISOString()
}

/** The last moment that a Date can hold. */
const maxTimeMs = 8.64e15

function toFileStat(stat: BigIntStats): FileStat {
  return {
    dev: stat.dev,
    ino: stat.ino,
    birthtimeNs: stat.birthtimeNs,
    mtimeNs: stat.mtimeNs,
    size: Number(stat.size),
    links: Number(stat.nlink),
    kind: kindOf(stat),
  }
}

/** Whether nothing of a regular file is other than it was. */
function shows(stat: BigIntStats, known: FileStat): boolean {
  return (
    stat.mtimeNs === known.mtimeNs &&
    Number(stat.size) === known.size &&
    stat.ino === known.ino &&
    stat.dev === known.dev &&
    stat.birthtimeNs === known.birthtimeNs &&
    Number(stat.nlink) === known.links &&
    known.kind === 'file' &&
    stat.isFile()
  )
}

function kindOf(stat: BigIntStats): FileStat['kind'] {
  if (stat.isFile()) return 'file'
  if (stat.isDirectory()) return 'folder'
  return stat.isSymbolicLink() ? 'link' : 'other'
}
