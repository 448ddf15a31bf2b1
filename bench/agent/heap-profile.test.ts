import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type HeapProfileNode, summarizeHeap } from './heap-profile.ts'

function node(functionName: string, url: string, selfSize: number, ...children: HeapProfileNode[]): HeapProfileNode {
  return { callFrame: { functionName, url, lineNumber: 9 }, selfSize, children }
}

test('bytes are told by line, by batch, by site, and apart for the loop over lines', () => {
  const feed = 'file:///src/harvest/line-feed.ts'
  const profile = node(
    '(root)',
    '',
    0,
    node(
      'append',
      feed,
      100,
      node('find', 'file:///src/harvest/lines.ts', 300),
      node('seal', 'file:///src/lane.ts', 1_000),
    ),
    node('send', 'file:///src/sender.ts', 500, node('find', 'file:///src/harvest/lines.ts', 40)),
    node('post', 'node:inspector', 9_999),
  )
  assert.deepEqual(summarizeHeap(profile, { lines: 100, batches: 10, topSites: 3 }), {
    bytesPerLine: 19.4,
    loopBytesPerLine: 4,
    bytesPerBatch: 194,
    linesPerBatch: 10,
    sites: [
      { name: 'seal (lane.ts:10)', bytesPerLine: 10 },
      { name: 'send (sender.ts:10)', bytesPerLine: 5 },
      { name: 'find (lines.ts:10)', bytesPerLine: 3.4 },
    ],
  })
})
