import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { stringify } from 'yaml'
import { jsonSchema, settingPaths, type SettingsKind } from '../json-schema.ts'
import { environmentName } from './environment.ts'
import type { Fault } from './fault.ts'
import { settle } from './load.ts'
import { parseSettingsText } from './settings-file.ts'

const kind = fc.constantFrom<SettingsKind>('agent', 'transfer')
const knownNames = ['agent', 'transfer'].flatMap((each) => settingPaths(jsonSchema(each as SettingsKind)).flat())
const name = fc.oneof(
  fc.constantFrom(...knownNames),
  fc.constantFrom('__proto__', 'constructor', 'toString', ''),
  fc.string(),
)
const plainValue = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(
    '127.0.0.1:9092',
    'http://127.0.0.1:9200',
    '/var/log/*.log',
    'auto',
    '-----BEGIN X',
    '/none',
    1_000_000,
  ),
)
/** Trees that look like settings, so that the fuzz gets past the first level. */
const tree = fc.letrec<{ tree: Record<string, unknown> }>((tie) => ({
  tree: fc.dictionary(
    name,
    fc.oneof({ maxDepth: 3 }, plainValue, tie('tree'), fc.array(tie('tree'), { maxLength: 2 })),
    { maxKeys: 6 },
  ),
})).tree

function load(which: SettingsKind, text: string, isIni: boolean, given: Record<string, string>[] = []): Fault[] {
  const [env = {}, flags = {}] = given
  const file = parseSettingsText(text, 'settings.yaml', which, isIni)
  const loaded = settle(which, { file: 'settings.yaml', env, flags }, file)
  if (loaded.ok) return []
  assert.ok(loaded.faults.length > 0)
  for (const fault of loaded.faults) {
    assert.ok(fault.path !== '' && fault.message !== '' && fault.at !== '', JSON.stringify(fault))
  }
  return loaded.faults
}

function untouched(): void {
  assert.deepEqual(Object.keys(Object.prototype), [], 'the prototype of all objects was written to')
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
}

test('any text as YAML: no error is thrown, every fault has a path, a message and a place', () => {
  const line = fc.oneof(
    fc.string(),
    fc.constantFrom('kafka:', '  brokers: [a:1]', '- x', '&a', '*a', '? ', '---', '|', '"', '{', '!!set'),
  )
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(line).map((lines) => lines.join('\n')),
  )
  fc.assert(
    fc.property(kind, text, (which, yaml) => void load(which, yaml, false)),
    { numRuns: 1_000 },
  )
})

test('any tree as YAML and as JSON: the same, and both tell the same faults', () => {
  fc.assert(
    fc.property(kind, tree, (which, value) => {
      const asYaml = load(which, stringify(value), false)
      const asJson = load(which, JSON.stringify(value, null, '\t'), false)
      assert.deepEqual(new Set(asYaml.map(({ path }) => path)), new Set(asJson.map(({ path }) => path)))
      untouched()
    }),
    { numRuns: 500 },
  )
})

test('any text as INI: the same', () => {
  const key = fc.oneof(name, fc.constantFrom('address', 'topic', 'chan_max_size', 'path', 'brokers[]', "'null'", '"1"'))
  const line = fc.oneof(
    name.map((section) => `[${section}]`),
    fc
      .tuple(key, fc.oneof(fc.string(), fc.constantFrom('a:1,b:2', 'true', '10', '"x')))
      .map(([left, right]) => `${left}=${right}`),
    fc.string(),
  )
  const ini = fc.array(line).map((lines) => lines.join('\n'))
  fc.assert(
    fc.property(kind, ini, (which, text) => {
      load(which, text, true)
      untouched()
    }),
    { numRuns: 1_000 },
  )
})

test('any variables and flags: the same', () => {
  const paths = (['agent', 'transfer'] as const).flatMap((which) =>
    settingPaths(jsonSchema(which)).map((path) => ({ which, path })),
  )
  const variable = fc.oneof(
    fc.constantFrom(...paths).map(({ which, path }) => environmentName(which, path)),
    fc.string().map((text) => `LOGAGENT_${text}`),
  )
  const flag = fc.oneof(
    fc.constantFrom(...paths).map(({ path }) => path.join('.')),
    fc.constantFrom(
      'labels.a',
      'labels.__proto__',
      'entries[0].path',
      'entries.99999.path',
      'labels.constructor.polluted',
      '.',
    ),
    fc.string(),
  )
  const value = fc.oneof(fc.string(), fc.constantFrom('{}', '[]', '[{"path":1}]', '{', 'a=b,c=d', '1', 'true', 'a:1'))
  const given = fc.tuple(fc.dictionary(variable, value), fc.dictionary(flag, value))
  fc.assert(
    fc.property(kind, given, tree, (which, [env, flags], value) => {
      load(which, JSON.stringify(value), false, [env, flags])
      untouched()
    }),
    { numRuns: 500 },
  )
})
