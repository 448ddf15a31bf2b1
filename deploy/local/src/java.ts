import { execFile } from 'node:child_process'
import { access, constants, readFile, readdir, realpath } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { LogpipeError } from '@logpipe/runtime'
import { assets } from './folders.ts'

export interface Java {
  /** The JDK's folder, for JAVA_HOME. */
  home: string
  /** The path of its `java`. */
  program: string
  major: number
}

export interface JavaPlaces {
  env: Record<string, string | undefined>
  /** The folder where the system keeps its JDKs. */
  systemFolder: string
}

const usualPlaces: JavaPlaces = { env: process.env, systemFolder: '/usr/lib/jvm' }

/** The newest Java in JAVA_HOME, on PATH and in /usr/lib/jvm. Rejects with `program_missing` where none is new enough for `user`. */
export async function findJava(oldest: number, user: string, places: JavaPlaces = usualPlaces): Promise<Java> {
  const found = await listJavas(places)
  const newest = found.reduce<Java | undefined>(
    (best, java) => (java.major > (best?.major ?? 0) ? java : best),
    undefined,
  )
  if (newest && newest.major >= oldest) return newest
  const seen = newest ? `the newest found is Java ${newest.major} in ${newest.home}` : 'none was found'
  throw new LogpipeError(
    'program_missing',
    `${user} needs Java ${oldest} or newer; ${seen} (looked in JAVA_HOME, on PATH and in ${places.systemFolder}). ` +
      'Install a newer JDK, or let JAVA_HOME name one.',
  )
}

async function listJavas(places: JavaPlaces): Promise<Java[]> {
  const candidates: string[] = []
  if (places.env['JAVA_HOME']) candidates.push(join(places.env['JAVA_HOME'], 'bin/java'))
  for (const folder of (places.env['PATH'] ?? '').split(delimiter)) if (folder) candidates.push(join(folder, 'java'))
  const installed = await readdir(places.systemFolder).catch(() => [])
  for (const name of installed) candidates.push(join(places.systemFolder, name, 'bin/java'))

  const programs = await Promise.all(candidates.map(resolveProgram))
  const distinct = [...new Set(programs.filter((program) => program !== undefined))]
  const javas = await Promise.all(distinct.map(describeJava))
  return javas.filter((java) => java !== undefined)
}

async function resolveProgram(path: string): Promise<string | undefined> {
  try {
    await access(path, constants.X_OK)
    return await realpath(path)
  } catch {
    return undefined
  }
}

async function describeJava(program: string): Promise<Java | undefined> {
  const home = dirname(dirname(program))
  const release = await readFile(join(home, 'release'), 'utf8').catch(() => '')
  const version = /^JAVA_VERSION="([^"]+)"/m.exec(release)?.[1] ?? (await askVersion(program))
  if (version === undefined) return undefined
  // Up to Java 8 the version reads 1.8.0.
  const [first, second] = version.split(/[.\-+_]/).map(Number)
  const major = first === 1 ? second : first
  return major ? { home, program, major } : undefined
}

async function askVersion(program: string): Promise<string | undefined> {
  try {
    const { stderr } = await promisify(execFile)(program, ['-version'], { timeout: 10_000 })
    return /version "([^"]+)"/.exec(stderr)?.[1]
  } catch {
    return undefined
  }
}

/** Flags of every server: a fixed heap, the end rather than half a life without memory, and nothing left in the system's /tmp. */
export function javaFlags(heap: string, temporaryFolder: string): string[] {
  return [
    `-Xms${heap}`,
    `-Xmx${heap}`,
    '-XX:+ExitOnOutOfMemoryError',
    '-XX:-UsePerfData',
    `-Djava.io.tmpdir=${temporaryFolder}`,
    `-Dlog4j2.configurationFile=${join(assets, 'log4j2.properties')}`,
  ]
}
