import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { findJava } from './java.ts'

async function emptyFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'logpipe-java-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function fakeJava(home: string, release: string | undefined, script = ''): Promise<string> {
  await mkdir(join(home, 'bin'), { recursive: true })
  await writeFile(join(home, 'bin/java'), `#!/bin/sh\n${script}\n`)
  await chmod(join(home, 'bin/java'), 0o755)
  if (release !== undefined) await writeFile(join(home, 'release'), `IMPLEMENTOR="x"\nJAVA_VERSION="${release}"\n`)
  return home
}

test('the newest Java of JAVA_HOME, PATH and the system folder is taken', async (t) => {
  const folder = await emptyFolder(t)
  const system = join(folder, 'jvm')
  await fakeJava(join(system, 'jdk-17'), '17.0.15')
  await fakeJava(join(system, 'jdk-25'), '25.0.1')
  const eight = await fakeJava(join(folder, 'eight'), '1.8.0_402')
  const onPath = await fakeJava(join(folder, 'path'), '21')
  const env = { JAVA_HOME: eight, PATH: `/nonexistent:${onPath}/bin` }
  assert.deepEqual(await findJava(21, 'Elasticsearch', { env, systemFolder: system }), {
    home: join(system, 'jdk-25'),
    program: join(system, 'jdk-25/bin/java'),
    major: 25,
  })
})

test('a java on PATH is followed to its JDK', async (t) => {
  const folder = await emptyFolder(t)
  const home = await fakeJava(join(folder, 'jdk'), '21.0.2')
  await mkdir(join(folder, 'bin'))
  await symlink(join(home, 'bin/java'), join(folder, 'bin/java'))
  const java = await findJava(21, 'Elasticsearch', { env: { PATH: join(folder, 'bin') }, systemFolder: '/nonexistent' })
  assert.equal(java.home, home)
})

test('a JDK without a release file is asked for its version', async (t) => {
  const home = await fakeJava(await emptyFolder(t), undefined, `echo 'openjdk version "22-ea" 2024-03-19' >&2`)
  const java = await findJava(21, 'Elasticsearch', { env: { JAVA_HOME: home }, systemFolder: '/nonexistent' })
  assert.equal(java.major, 22)
})

test('without any Java a sentence says what is needed and where it was looked for', async () => {
  await assert.rejects(findJava(21, 'Elasticsearch', { env: {}, systemFolder: '/nonexistent' }), {
    code: 'program_missing',
    message: /^Elasticsearch needs Java 21 or newer; none was found .*JAVA_HOME.*PATH.*Install a newer JDK/,
  })
})

test('with too old a Java the sentence names it', async (t) => {
  const home = await fakeJava(await emptyFolder(t), '17.0.15')
  await assert.rejects(findJava(21, 'Elasticsearch', { env: { JAVA_HOME: home }, systemFolder: '/nonexistent' }), {
    code: 'program_missing',
    message: new RegExp(`the newest found is Java 17 in ${home}`),
  })
})
