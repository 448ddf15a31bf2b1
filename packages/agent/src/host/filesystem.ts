import { statfs } from 'node:fs/promises'
import { LogpipeError } from '@logpipe/runtime'
import type { Collector, Reading } from './collector.ts'
import { readProc } from './proc.ts'

/** A mounted file system. */
export interface Mount {
  readonly device: string
  readonly mount: string
  readonly type: string
}

/** The mounts in the text of /proc/self/mounts; of several at one place only the last, which hides the others. */
export function parseMounts(text: string): Mount[] {
  const mounts = new Map<string, Mount>()
  for (const line of text.split('\n')) {
    const [device, mount, type] = line.split(' ').map(unescape)
    if (device === undefined || mount === undefined || type === undefined || !mount.startsWith('/')) continue
    mounts.set(mount, { device, mount, type })
  }
  return [...mounts.values()]
}

/** The kernel writes blanks, tabs, newlines and backslashes as three octal digits. */
function unescape(word: string): string {
  return word.replaceAll(/\\([0-3][0-7]{2})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)))
}

const byKind = (unit: string, kinds: readonly string[]): Record<string, string> =>
  Object.fromEntries(kinds.map((kind) => [`${kind}_${unit}`, kind]))

/** How full the file systems are that `isMeant` takes. */
export function filesystemCollector(procDir: string, isMeant: (mount: Mount) => boolean): Collector {
  let busyWith: string | null = null
  return {
    name: 'filesystem',
    busyWith: () => busyWith,
    labels: ['mount', 'device', 'type'],
    measures: [
      {
        metric: 'filesystem_bytes',
        help: 'Room of a file system; what users other than root can have is kind available.',
        by: 'kind',
        fields: byKind('bytes', ['size', 'free', 'available']),
        isFloat: false,
      },
      {
        metric: 'filesystem_inodes',
        help: 'Inodes of a file system.',
        by: 'kind',
        fields: byKind('inodes', ['size', 'free']),
        isFloat: false,
      },
    ],
    collect: async () => {
      const readings: Reading[] = []
      const seen = new Set<string>()
      // One after the other: a mount that hangs holds one of the few threads that files are read by, not all of them.
      for (const mount of parseMounts(await readProc(procDir, 'self/mounts')).filter(isMeant)) {
        // A bind mount shows the same file system once more.
        if (seen.has(mount.device)) continue
        busyWith = mount.mount
        const values = await roomOf(mount.mount).finally(() => (busyWith = null))
        if (values === null) continue
        if (mount.device.startsWith('/')) seen.add(mount.device)
        readings.push({ tags: { ...mount }, values })
      }
      return readings
    },
  }
}

/** Null where it is none of ours to look at, or gone meanwhile. */
async function roomOf(mount: string): Promise<Record<string, number> | null> {
  try {
    const { bsize, blocks, bfree, bavail, files, ffree } = await statfs(mount)
    return {
      size_bytes: blocks * bsize,
      free_bytes: bfree * bsize,
      available_bytes: bavail * bsize,
      size_inodes: files,
      free_inodes: ffree,
    }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'EACCES' || code === 'EPERM' || code === 'ENOENT') return null
    throw new LogpipeError('file_unreadable', `The file system at ${mount} cannot be looked at: ${String(code)}.`, {
      cause,
    })
  }
}
