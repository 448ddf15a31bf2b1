import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Pipeline, processors } from '@logpipe/config'
import { parse } from 'yaml'
import { compilePipeline } from './compile.ts'
import { PipelineEvent } from './event.ts'
import type { JsonObject } from './json-value.ts'
import { readMs } from './test-event.ts'

const page = readFileSync(new URL('../../../../docs/pipelines.md', import.meta.url), 'utf8')
const example = /```yaml example\n([^]*?)```\n+```text line\n([^]*?)\n```\n+```json result\n([^]*?)```/g

/** What a line becomes, without what it had before; null: it was dropped. */
function resultOf(text: string, line: string): JsonObject | null {
  const event = new PipelineEvent()
  event.begin(Buffer.from(line), 0, Buffer.byteLength(line), readMs, { labels: { team: 'shop' } })
  if (!compilePipeline(Pipeline.parse({ processors: parse(text) })).run(event)) return null
  return {
    ...(event.timestampMs === readMs ? {} : { '@timestamp': new Date(event.timestampMs).toISOString() }),
    ...(event.isMessageUntouched ? {} : { message: event.hasMessage ? event.message : null }),
    ...(event.tags.length === 0 ? {} : { tags: event.tags }),
    ...event.fields,
  }
}

test('the examples of docs/pipelines.md give what the page says', () => {
  const examples = [...page.matchAll(example)]
  // Every processor has one, and so have conditions.
  assert.equal(examples.length, Object.keys(processors).length + 1)
  for (const [, pipeline = '', line = '', result = ''] of examples) {
    assert.deepEqual(resultOf(pipeline, line), JSON.parse(result), pipeline)
  }
})

test('every processor has a section with an example of itself', () => {
  const sections = page.split('\n### ')
  for (const name of Object.keys(processors)) {
    const section = sections.find((each) => each.startsWith(`${name}\n`)) ?? ''
    assert.match(section, new RegExp(`\`\`\`yaml example\\n[^\`]*- ${name}: `), name)
  }
})
