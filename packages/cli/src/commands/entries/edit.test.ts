import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Printed, TestContextOptions } from '../../test-output.ts'
import { TestStore } from '../../test-store.ts'

const nginx = { path: '/var/log/nginx/*.log', topic: 'web_log' }
const args = ['entries', 'edit', '--host', '10.0.0.7']
const key = 'collect/hosts/10.0.0.7'

interface Editing {
  own: TestStore
  folder: string
  /** Runs logctl with an editor that does these shell commands with the file "$1", one each time it is called. */
  logctl(args: string[], turns: string[], options?: Omit<TestContextOptions, 'env'>): Promise<Printed>
  /** What the editor was shown, each time. */
  shown(turn: number): string
}

async function open(t: TestContext): Promise<Editing> {
  const own = await TestStore.open(t)
  const folder = mkdtempSync(join(tmpdir(), 'logctl-edit-test-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const count = join(folder, 'turn')
  return {
    own,
    folder,
    logctl: (words, turns, options = {}) => {
      writeFileSync(count, '0')
      const cases = turns.map((turn, index) => `${index + 1}) ${turn} ;;`).join('\n')
      const script = `n=$(($(cat ${count})+1)); echo $n > ${count}; cp "$1" ${folder}/shown-$n\ncase $n in\n${cases}\nesac\n`
      const editor = join(folder, 'editor.sh')
      writeFileSync(editor, script)
      chmodSync(editor, 0o755)
      return own.logctl(words, { ...options, env: { EDITOR: `sh ${editor}` } })
    },
    shown: (turn) => readFileSync(join(folder, `shown-${turn}`), 'utf8'),
  }
}

const kept = (stderr: string): string => /What you wrote is in (\S+)\.\n/.exec(stderr)?.[1] ?? ''

test('what a person makes of the entries in the editor is written, with its note; the file was theirs alone and is gone', async (t) => {
  const { own, logctl, shown, folder } = await open(t)
  await own.put(key, [nginx])
  const turn = `sed -i s/web_log/other/ "$1"; stat -c '%a %n' "$1" > ${folder}/mode`
  const { code, stdout, stderr } = await logctl([...args, '--note', 'moved'], [turn])
  assert.deepEqual([code, stdout, stderr], [0, 'Written: host 10.0.0.7.\n', ''])
  assert.equal(await own.at(key), JSON.stringify([{ ...nginx, topic: 'other' }]))
  assert.match(shown(1), /^# The entries of host 10\.0\.0\.7, as of revision \d+; JSON\. .*\n# .*\n\[\n {2}\{\n/)
  const [mode, file = ''] = readFileSync(join(folder, 'mode'), 'utf8').trim().split(' ')
  assert.equal(mode, '600')
  assert.equal(existsSync(file), false)
  assert.match((await own.logctl(['entries', 'history', '--host', '10.0.0.7'])).stdout, /moved/)
})

test('left as it is, emptied, or an editor that ends badly: nothing is changed', async (t) => {
  const { own, logctl } = await open(t)
  const revision = await own.put(key, [nginx])
  for (const turn of ['true', ': > "$1"', 'touch "$1"']) {
    const { code, stdout } = await logctl(args, [turn])
    assert.deepEqual([code, stdout], [0, 'Nothing to change: host 10.0.0.7.\n'])
  }
  const failed = await logctl(args, ['exit 3'])
  assert.deepEqual([failed.code, failed.stdout], [1, ''])
  assert.match(failed.stderr, /The editor 'sh .*' ended with exit code 3; nothing was changed\.\n$/)
  const missing = await own.logctl(args, { env: { EDITOR: '/nonexistent/editor 2> /dev/null' } })
  assert.equal(missing.code, 2)
  assert.match(missing.stderr, /was not found; set EDITOR/)
  const nobody = await own.logctl(args, { env: {} })
  assert.equal(nobody.code, 2)
  assert.match(nobody.stderr, /set EDITOR, or use put with a file/)
  const [item] = (await own.store.list(`${own.prefix}/${key}`)).items
  assert.equal(item?.modRevision, revision)
})

test('what is not sound is shown again with what is wrong above it, until it is sound or given up; then it is kept in a file', async (t) => {
  const { own, logctl, shown } = await open(t)
  await own.put(key, [nginx])
  const unsound = `printf '[{"path":"x","topic":"a"}]' > "$1"`
  const sound = 'sed -i s,\\"x\\",\\"/x\\", "$1"'
  const mended = await logctl(args, [unsound, sound], { answer: '' })
  assert.equal(mended.code, 0)
  assert.match(mended.stderr, /That cannot be written:\n {2}\[0\]\.path must be absolute.*\nEdit it again\? \[Y\/n\] $/)
  assert.match(
    shown(2),
    /^(# .*\n)*# This is wrong with it:\n# {3}\[0\]\.path must be absolute.*\n\[\{"path":"x","topic":"a"\}\]$/,
  )
  assert.equal(await own.at(key), '[{"path":"/x","topic":"a"}]')
  const broken = `printf '{\\n"path": ' > "$1"`
  const given = await logctl(args, [broken, 'true'], { ask: answers('y', 'n') })
  assert.equal(given.code, 2)
  assert.match(given.stderr, /is not JSON/)
  const file = kept(given.stderr)
  assert.match(readFileSync(file, 'utf8'), /"path": $/)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  rmSync(join(file, '..'), { recursive: true })
  const alone = await logctl(args, [broken])
  assert.equal(alone.code, 2)
  rmSync(join(kept(alone.stderr), '..'), { recursive: true })
})

test('who was slower than someone else is told, and keeps what he wrote', async (t) => {
  const { own, logctl } = await open(t)
  await own.put(key, [nginx])
  const turn = `printf '[]' > "$1"; curl -s -X POST ${process.env['LOGPIPE_TEST_ETCD']?.split(',')[0]}/v3/kv/put -d '{"key":"${base64(`${own.prefix}/${key}`)}","value":"${base64('[]')}"}' > /dev/null`
  const { code, stderr } = await logctl(args, [turn])
  assert.equal(code, 1)
  assert.match(stderr, /Someone else has changed the entries of host 10\.0\.0\.7/)
  const file = kept(stderr)
  assert.match(readFileSync(file, 'utf8'), /\[\]$/)
  rmSync(join(file, '..'), { recursive: true })
})

test('what is broken can be mended; a group, and a pipeline in YAML, are edited the same way', async (t) => {
  const { own, logctl, shown } = await open(t)
  await own.put(key, '[{"path": \u001b')
  assert.equal((await logctl(args, [`printf '[]' > "$1"`])).code, 0)
  assert.match(shown(1), /# This is wrong with it:\n# .* is not JSON/)
  assert.equal(await own.at(key), '[]')
  const group = `printf '{"selector":{"role":"web"},"entries":[]}' > "$1"`
  const made = await logctl(['groups', 'edit', 'web'], [group])
  assert.deepEqual([made.code, made.stdout], [0, 'Written: group web.\n'])
  assert.match(shown(1), /^# The entries of group web, not there yet;/)
  const pipeline = `printf 'processors:\\n  - logfmt: {}\\n' > "$1"`
  assert.equal((await logctl(['pipelines', 'edit', 'app'], [pipeline])).code, 0)
  assert.equal(await own.at('pipelines/app'), '{"processors":[{"logfmt":{}}]}')
  const wrong = await logctl(['pipelines', 'edit', 'app'], [`printf 'processors:\\n  - nope: {}\\n' > "$1"`])
  assert.equal(wrong.code, 2)
  rmSync(join(kept(wrong.stderr), '..'), { recursive: true })
})

function answers(...given: string[]): () => Promise<string> {
  return async () => given.shift() ?? ''
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
