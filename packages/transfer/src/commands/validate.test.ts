import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Ran, runProgram } from '@logpipe/testkit'

/** Servers that nobody reaches: nothing is asked of them. */
const servers = ['--kafka.brokers', '127.0.0.1:9', '--kafka.topics', 'a', '--elasticsearch.nodes', 'http://127.0.0.1:9']

function validate(...flags: string[]): Promise<Ran> {
  return runProgram('logtransfer', { args: ['validate', ...flags] })
}

test('settings that are right are said to be, and nothing is started', async () => {
  const { code, stdout, stderr } = await validate(...servers)
  assert.deepEqual([code, stdout, stderr], [0, 'The settings are valid.\n', ''])
})

test('all that is wrong is told at once with its nearest name, exit code 2', async () => {
  const { code, stdout, stderr } = await validate(...servers, '--kafka.grup', 'x', '--commitMs', '1')
  assert.deepEqual([code, stdout], [2, ''])
  assert.match(stderr, /kafka\.grup is not a setting; did you mean 'kafka\.group'\?/)
  assert.match(stderr, /commitMs/)
})

test('so is what only making pipelines ready tells, of every processor of every pipeline', async () => {
  const pipelines = {
    app: {
      processors: [
        { grok: { patterns: ['%{IPV5:a}'] } },
        { json: {} },
        { regex: { patterns: ['(?P<a>x)(?=y)'] } },
        { timestamp: { field: 't', zone: 'Europe/Berln' } },
      ],
    },
    good: { processors: [{ json: {} }] },
    other: {
      processors: [{ timestamp: { field: 't', locale: 'qq' } }, { timestamp: { field: 't', formats: ['tt'] } }],
    },
  }
  const { code, stdout, stderr } = await validate(...servers, '--pipelines', JSON.stringify(pipelines))
  assert.deepEqual([code, stdout], [2, ''])
  for (const said of [
    /pipelines\.app\.processors\[0\]\.grok: patterns\[0\]: there is no pattern IPV5; did you mean IPV6\?/,
    /pipelines\.app\.processors\[2\]\.regex: patterns\[0\]: .* lookarounds are not supported/,
    /pipelines\.app\.processors\[3\]\.timestamp: zone: 'Europe\/Berln' is no time zone/,
    /pipelines\.other\.processors\[0\]\.timestamp: locale: 'qq' is no locale/,
    /pipelines\.other\.processors\[1\]\.timestamp: formats: 'tt' is no format of time/,
  ]) {
    assert.match(stderr, said)
  }
  assert.doesNotMatch(stderr, /pipelines\.good|\n\s+at /)
})
