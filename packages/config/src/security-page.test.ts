import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parse } from 'yaml'
import { AgentSettings } from './agent.ts'
import { TransferSettings } from './transfer.ts'

const page = readFileSync(new URL('../../../docs/security.md', import.meta.url), 'utf8')

test('the examples of docs/security.md are settings that our programs take', () => {
  const examples = [...page.matchAll(/^```yaml\n# (agent|transfer)\.yaml\n(.*?)^```/gms)]
  assert.equal(examples.length, 3)
  for (const [, kind, text] of examples) {
    const result = (kind === 'agent' ? AgentSettings : TransferSettings).safeParse(parse(text ?? ''))
    assert.ok(result.success, `${kind}: ${result.error?.message}`)
  }
})
