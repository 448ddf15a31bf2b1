import { existsSync, globSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { LogpipeError } from '@logpipe/runtime'
import { unpackDebianPackages } from './debian-packages.ts'
import { libraryFolder } from './folders.ts'
import { withLock } from './lock.ts'
import type { PlanContext } from './plan.ts'
import { isOnPath } from './program.ts'

export interface DebianProgram {
  /** Its name on PATH. */
  name: string
  /** The folder that it is unpacked into; its name by default. Another one where other plug-ins are wanted beside it. */
  folder?: string
  /** The packages that hold it and its plug-ins, the most important first. */
  packages: readonly string[]
  /** Where it stands in them, without a leading slash. */
  path: string
  /** With the libraries that are not installed here; not needed where it brings its own. */
  withDependencies?: boolean
  /** A glob in the root of the system, or of what was unpacked, that must match too: a plug-in. */
  plugin?: string
}

export interface FoundProgram {
  /** Name or path to start it by. */
  program: string
  /** What it needs in its environment to find its libraries; empty for an installed one. */
  env: Record<string, string>
  /** The plug-in that was asked for. */
  plugin: string | null
}

/**
 * A program of the system, else Debian's, unpacked into `.local/lib` and not installed: installing would start services of its own.
 * A second caller waits for the first. Rejects with `program_missing`, saying what to install, where neither is to be had.
 */
export async function findDebianProgram(
  wanted: DebianProgram,
  { onProgress, signal }: Pick<PlanContext, 'onProgress' | 'signal'>,
  library: string = libraryFolder,
): Promise<FoundProgram> {
  const { name, packages, path, withDependencies = false } = wanted
  const installed = installedProgram(wanted)
  if (installed !== null) return installed
  const folder = join(library, wanted.folder ?? name)
  await mkdir(library, { recursive: true })
  const onWait = (): void => onProgress(`another start downloads ${name}, waiting for it`)
  await withLock(`${folder}.lock`, onWait, signal, async () => {
    if (existsSync(join(folder, path))) return
    onProgress(`downloading ${name} with apt-get (once)`)
    const partial = `${folder}.part`
    await rm(partial, { recursive: true, force: true })
    await mkdir(partial, { recursive: true })
    const failed = await unpackDebianPackages(packages, partial, { withDependencies, signal })
    if (failed !== null) throw missing(wanted, `and ${failed}`)
    if (!existsSync(join(partial, path))) throw missing(wanted, `and there is no ${path} in its package`)
    await rm(folder, { recursive: true, force: true })
    await rename(partial, folder)
  })
  return unpackedProgram(wanted, folder)
}

function installedProgram({ name, path, plugin }: DebianProgram): FoundProgram | null {
  const inRoot = join('/', path)
  // What is in /usr/sbin is not on the PATH of most users.
  const program = isOnPath(name) ? name : path.includes('sbin/') && existsSync(inRoot) ? inRoot : null
  if (program === null) return null
  if (plugin === undefined) return { program, env: {}, plugin: null }
  const found = globSync(join('/', plugin))[0]
  return found === undefined ? null : { program, env: {}, plugin: found }
}

function unpackedProgram(wanted: DebianProgram, folder: string): FoundProgram {
  const libraries = globSync(['usr/lib', 'lib', 'usr/lib/*-linux-*', 'lib/*-linux-*'], { cwd: folder })
  const path = [...libraries.map((name) => join(folder, name)), process.env['LD_LIBRARY_PATH'] ?? '']
  const plugin = wanted.plugin === undefined ? null : (globSync(join(folder, wanted.plugin))[0] ?? null)
  if (wanted.plugin !== undefined && plugin === null) throw missing(wanted, `and its packages hold no ${wanted.plugin}`)
  const env = libraries.length > 0 ? { LD_LIBRARY_PATH: path.filter((part) => part !== '').join(':') } : {}
  return { program: join(folder, wanted.path), env, plugin }
}

function missing({ name, packages }: DebianProgram, why: string): LogpipeError {
  return new LogpipeError(
    'program_missing',
    `${name} is needed and is not installed, ${why}. Install it (Debian: apt-get install ${packages.join(' ')}).`,
  )
}
