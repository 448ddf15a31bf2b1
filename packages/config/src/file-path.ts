import { z } from 'zod'

const maxPathLength = 4_096

/** What is wrong with a path (or glob of paths) on a host, in a sentence; null when it is sound. */
export function pathFault(path: string): string | null {
  if (path === '') return 'must not be empty'
  if (path.length > maxPathLength) return `must not be longer than ${maxPathLength} characters`
  // oxlint-disable-next-line no-control-regex -- control characters are what it refuses
  if (/[\u0000-\u001f\u007f-\u009f]/.test(path)) return 'must not hold control characters'
  if (!path.startsWith('/')) return 'must be absolute, that is start with /'
  // Braces and brackets split too: `/var/{log,..}/x` climbs just as well.
  if (path.split(/[/{},()|]/).includes('..')) return "must not hold '..'"
  return null
}

/** An absolute path. */
export const AbsolutePath = z.string().superRefine((path, context) => {
  const fault = pathFault(path)
  if (fault !== null) context.addIssue(fault)
})

/** An absolute glob of log files: `*`, `?`, `**`, `[…]`, `{a,b}`. */
export const FileGlob = AbsolutePath.refine(
  (path) => !path.endsWith('/'),
  "names a folder; add what is in it, for instance '*.log'",
)
