import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { LogpipeError } from '@logpipe/runtime'
import { libraryFolder } from './folders.ts'
import { withLock } from './lock.ts'
import { isOnPath, runProgram } from './program.ts'
import type { PlanContext } from './plan.ts'

const debianPackage = 'etcd-server'

/**
 * The etcd program: that on PATH, else Debian's, unpacked into .local/lib. It is not installed: that would start a service of its
 * own on etcd's usual port. Rejects with `program_missing`, saying what to install, where neither is to be had.
 */
export async function findEtcd(
  context: Pick<PlanContext, 'onProgress' | 'signal'>,
  library: string = libraryFolder,
): Promise<string> {
  if (isOnPath('etcd')) return 'etcd'
  const folder = join(library, 'etcd')
  const program = join(folder, 'usr/bin/etcd')
  if (existsSync(program)) return program
  await mkdir(library, { recursive: true })
  const onWait = (): void => context.onProgress('another start downloads etcd, waiting for it')
  await withLock(`${folder}.lock`, onWait, context.signal, async () => {
    if (existsSync(program)) return
    context.onProgress('downloading etcd with apt-get (once)')
    const partial = `${folder}.part`
    await rm(partial, { recursive: true, force: true })
    await mkdir(partial, { recursive: true })
    await unpackDebianPackage(partial, context.signal)
    await rename(partial, folder)
  })
  return program
}

async function unpackDebianPackage(folder: string, signal: AbortSignal): Promise<void> {
  if (!isOnPath('apt-get') || !isOnPath('dpkg-deb')) throw missing('and there is no apt-get to get it with')
  const run = (program: string, args: string[]): Promise<{ code: number; output: string }> =>
    runProgram(program, args, { cwd: folder, signal })
  let answer = await run('apt-get', ['download', debianPackage])
  if (answer.code !== 0) {
    // Most often the lists of packages are missing or too old, as in a fresh container.
    if (process.getuid?.() !== 0)
      throw missing(`and apt-get cannot download it without root: ${lastLine(answer.output)}`)
    const update = await run('apt-get', ['update', '-q'])
    answer = await run('apt-get', ['download', debianPackage])
    if (answer.code !== 0) throw missing(`and apt-get cannot download it: ${lastLine(answer.output || update.output)}`)
  }
  const archive = (await readdir(folder)).find((name) => name.endsWith('.deb'))
  if (archive === undefined) throw missing('and apt-get downloaded nothing')
  const unpacked = await run('dpkg-deb', ['-x', archive, '.'])
  if (unpacked.code !== 0) throw missing(`and its package cannot be unpacked: ${lastLine(unpacked.output)}`)
}

function missing(why: string): LogpipeError {
  return new LogpipeError(
    'program_missing',
    `etcd is needed and is not on PATH, ${why}. Install it (Debian: apt-get install ${debianPackage}).`,
  )
}

function lastLine(output: string): string {
  return output.trim().split('\n').at(-1) ?? ''
}
