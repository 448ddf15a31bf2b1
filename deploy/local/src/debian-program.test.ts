import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { missingPackages } from './debian-packages.ts'
import { type DebianProgram, findDebianProgram } from './debian-program.ts'

const wanted: DebianProgram = {
  name: 'logpipe-no-such-program',
  packages: ['reader', 'reader-plugin'],
  path: 'usr/bin/reader',
  withDependencies: true,
  plugin: 'usr/lib/*/reader/plugin.so',
}

/** A PATH whose apt-get and dpkg-deb only pretend; `files` is what the packages hold. */
async function pretend(
  t: TestContext,
  files: string,
  download = 'for name; do case $name in download) ;; *) : > "$name.deb" ;; esac; done',
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'logpipe-debian-'))
  const path = process.env['PATH']
  t.after(async () => {
    process.env['PATH'] = path
    await rm(folder, { recursive: true, force: true })
  })
  const bin = join(folder, 'bin')
  await mkdir(bin)
  const simulated =
    'Inst libthing1 (1.0 Debian:12/stable [amd64])\\nInst libc6 [2.35] (2.36 Debian:12/stable [amd64])\\nConf libthing1\\n'
  const scripts = {
    'apt-get': `echo "$@" >> ${folder}/calls; case $1 in -s) printf '${simulated}' ;; update) ;; *) ${download} ;; esac`,
    'dpkg-deb': `for file in ${files}; do mkdir -p "$(dirname "$file")"; : > "$file"; done`,
  }
  for (const [name, script] of Object.entries(scripts)) {
    await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`)
    await chmod(join(bin, name), 0o755)
  }
  process.env['PATH'] = `${bin}:${path}`
  return folder
}

const quiet = { onProgress: (): void => {}, signal: AbortSignal.timeout(20_000) }

test('a program that is not installed comes with its libraries and plug-in, and is downloaded once', async (t) => {
  const folder = await pretend(
    t,
    'usr/bin/reader usr/lib/x86_64-linux-gnu/libthing.so usr/lib/x86_64-linux-gnu/reader/plugin.so',
  )
  const library = join(folder, 'lib')
  const root = join(library, wanted.name)
  for (let time = 0; time < 2; time++) {
    assert.deepEqual(await findDebianProgram(wanted, quiet, library), {
      program: join(root, 'usr/bin/reader'),
      env: { LD_LIBRARY_PATH: `${join(root, 'usr/lib')}:${join(root, 'usr/lib/x86_64-linux-gnu')}` },
      plugin: join(root, 'usr/lib/x86_64-linux-gnu/reader/plugin.so'),
    })
  }
  const calls = (await readFile(join(folder, 'calls'), 'utf8')).trim().split('\n')
  assert.deepEqual(calls, [
    '-s install --no-install-recommends reader reader-plugin',
    'download reader reader-plugin libthing1',
  ])
  assert.deepEqual(await readdir(root), ['usr'])
})

test('where it cannot be downloaded a sentence says so and what to install, and nothing is left', async (t) => {
  const folder = await pretend(t, 'usr/bin/reader', 'echo "E: no network" >&2; exit 100')
  const library = join(folder, 'lib')
  await assert.rejects(findDebianProgram(wanted, quiet, library), {
    code: 'program_missing',
    message: /is not installed, and apt-get cannot download it.*no network.*apt-get install reader reader-plugin/,
  })
  assert.equal(existsSync(join(library, wanted.name)), false)
})

test('packages without the plug-in are refused', async (t) => {
  const folder = await pretend(t, 'usr/bin/reader')
  await assert.rejects(
    findDebianProgram(wanted, quiet, join(folder, 'lib')),
    /hold no usr\/lib\/\*\/reader\/plugin\.so/,
  )
})

test('only what would be installed is downloaded, and never the C library', () => {
  const simulation = [
    'NOTE: This is only a simulation!',
    'The following NEW packages will be installed:',
    '  kcat librdkafka1',
    'Remv other-syslogd [1.0]',
    'Inst librdkafka1 (2.0.2-1 Debian:12.12/oldstable [amd64])',
    'Inst libc6 [2.36-9] (2.36-10 Debian:12.12/oldstable [amd64])',
    'Inst kcat (1.7.1-2 Debian:12.12/oldstable [amd64])',
    'Conf librdkafka1 (2.0.2-1 Debian:12.12/oldstable [amd64])',
  ]
  assert.deepEqual(missingPackages(simulation.join('\n')), ['librdkafka1', 'kcat'])
})
