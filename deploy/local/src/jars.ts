import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { LogpipeError } from '@logpipe/runtime'
import { assets, libraryFolder } from './folders.ts'
import { type Java, findJava } from './java.ts'
import { withLock } from './lock.ts'
import { isOnPath, runProgram } from './program.ts'

export interface JarOptions {
  onProgress: (text: string) => void
  signal: AbortSignal
}

const progressMs = 2_000
const oldestJavaForMaven = 8

/**
 * The folder with a server's jars, as deploy/local/<name>/pom.xml lists them. Downloaded by Maven on first use and whenever the pom
 * changes; the folder appears whole or not at all, and a second caller waits for the first. `arrange` may finish the folder.
 * Rejects with `program_missing` without Maven, with `server_not_ready` where the download fails.
 */
export async function fetchJars(
  name: string,
  { onProgress, signal }: JarOptions,
  arrange: (folder: string) => Promise<void> = async () => {},
): Promise<string> {
  const pom = join(assets, name, 'pom.xml')
  const hash = createHash('sha256')
    .update(await readFile(pom))
    .digest('hex')
    .slice(0, 12)
  const folder = join(libraryFolder, `${name}-${hash}`)
  if (existsSync(folder)) return folder

  await mkdir(libraryFolder, { recursive: true })
  const onWait = (): void => onProgress(`${name} waits for another download to end`)
  // One lock for all: two Mavens at once can break the repository in a home folder that is still empty.
  await withLock(join(libraryFolder, 'maven.lock'), onWait, signal, async () => {
    if (existsSync(folder)) return
    const partial = `${folder}.part`
    await rm(partial, { recursive: true, force: true })
    await download(name, pom, partial, { onProgress, signal })
    await arrange(partial)
    await rename(partial, folder)
  })
  return folder
}

async function download(name: string, pom: string, folder: string, { onProgress, signal }: JarOptions): Promise<void> {
  if (!isOnPath('mvn')) {
    throw new LogpipeError(
      'program_missing',
      `Maven is needed to download ${name}, and there is no mvn on PATH. Install it (Debian: apt-get install maven).`,
    )
  }
  const java: Java = await findJava(oldestJavaForMaven, 'Maven')
  onProgress(`downloading ${name} with Maven (once)`)
  const downloaded = { files: 0, megabytes: 0 }
  const progress = setInterval(() => {
    if (downloaded.files === 0) return
    onProgress(`downloading ${name}: ${downloaded.files} files, ${downloaded.megabytes.toFixed(0)} MB so far`)
  }, progressMs)
  try {
    const { code, output } = await runProgram('mvn', ['-B', '-f', pom, `-Djars=${folder}`, 'package'], {
      env: { ...process.env, JAVA_HOME: java.home },
      signal,
      onLine: (line) => {
        const size = /^\[INFO\] Downloaded .*\(([\d.]+) (B|kB|MB) /.exec(line)
        if (!size) return
        downloaded.files++
        downloaded.megabytes += Number(size[1]) / ({ B: 1e6, kB: 1e3, MB: 1 }[size[2] ?? 'MB'] ?? 1)
      },
    })
    if (code !== 0) throw downloadError(name, output)
  } finally {
    clearInterval(progress)
  }
}

function downloadError(name: string, output: string): LogpipeError {
  const lines = output.split('\n').filter((line) => line.startsWith('[ERROR]') && !/^\[ERROR\]\s*$/.test(line))
  const reasons = (lines.length > 0 ? lines : output.split('\n')).slice(0, 8).join('\n')
  return new LogpipeError(
    'server_not_ready',
    `Maven could not download ${name}. Check the network and Maven's settings, then start again.\n${reasons}`,
    { retriable: true },
  )
}
