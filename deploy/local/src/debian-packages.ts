import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isOnPath, runProgram } from './program.ts'

/** Of the system in any case: a second C library beside the first one cannot be loaded. */
const neverUnpacked = new Set(['libc6', 'libc-bin', 'libgcc-s1'])

export interface UnpackOptions {
  /** With the packages that they depend on and that are not installed here. */
  withDependencies: boolean
  signal: AbortSignal
}

type Run = (program: string, args: string[]) => Promise<{ code: number; output: string }>

/**
 * Downloads Debian packages and unpacks them into `folder`. Nothing is installed: no service starts and no file outside changes (as
 * root, apt-get may get fresh lists of packages). Resolves to null, or to the end of a sentence that says why it could not be done.
 */
export async function unpackDebianPackages(
  packages: readonly string[],
  folder: string,
  { withDependencies, signal }: UnpackOptions,
): Promise<string | null> {
  if (!isOnPath('apt-get') || !isOnPath('dpkg-deb')) return 'there is no apt-get to get it with'
  const run: Run = (program, args) =>
    runProgram(program, args, { cwd: folder, env: { ...process.env, LC_ALL: 'C' }, signal })
  const failed = await download(packages, withDependencies, run)
  if (failed !== null) return failed
  const archives = (await readdir(folder)).filter((name) => name.endsWith('.deb'))
  if (archives.length === 0) return 'apt-get downloaded nothing'
  for (const archive of archives) {
    const { code, output } = await run('dpkg-deb', ['-x', archive, '.'])
    if (code !== 0) return `its package cannot be unpacked: ${lastLine(output)}`
    await rm(join(folder, archive))
  }
  return null
}

async function download(packages: readonly string[], withDependencies: boolean, run: Run): Promise<string | null> {
  const attempt = async (): Promise<string | null> => {
    let names: readonly string[] = packages
    if (withDependencies) {
      const { code, output } = await run('apt-get', ['-s', 'install', '--no-install-recommends', ...packages])
      if (code !== 0) return lastLine(output)
      names = [...new Set([...packages, ...missingPackages(output)])]
    }
    const { code, output } = await run('apt-get', ['download', ...names])
    return code === 0 ? null : lastLine(output)
  }
  const first = await attempt()
  if (first === null) return null
  // Most often the lists of packages are missing or too old, as in a fresh container.
  if (process.getuid?.() !== 0) return `apt-get cannot download it without root: ${first}`
  const update = await run('apt-get', ['update', '-q'])
  const second = await attempt()
  return second === null ? null : `apt-get cannot download it: ${second || lastLine(update.output)}`
}

/** The packages that `apt-get -s install` says it would install, without what is the system's own. */
export function missingPackages(simulation: string): string[] {
  return [...simulation.matchAll(/^Inst (\S+)/gm)]
    .map(([, name]) => name as string)
    .filter((name) => !neverUnpacked.has(name))
}

function lastLine(output: string): string {
  return output.trim().split('\n').at(-1) ?? ''
}
