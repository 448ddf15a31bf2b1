import { setImmediate as immediate } from 'node:timers/promises'
import { test } from 'node:test'
import { AgentRun, type Log } from '../lib/agent-run.ts'
import { encode } from '../lib/encode.ts'
import { figures, timeout } from './figures.ts'

/** Odd, so that what stands in the file often ends within a character. */
const pieceBytes = 1_777

test(
  'files in UTF-16 with and without a BOM and in GBK, whose characters are split across writes and reads, arrive in UTF-8, over a kill -9',
  { timeout },
  async (t) => {
    const run = await AgentRun.start(t, {
      glob: 'fresh.log',
      settings: { read: { chunkBytes: 4_096 } },
      more: [
        { glob: 'bom*.log', encoding: 'utf-16' },
        { glob: 'be.log', encoding: 'utf-16be' },
        { glob: 'gbk.log', encoding: 'gbk' },
      ],
    })
    const writers: [Log, (text: string) => Buffer][] = [
      [run.log('bom-le.log'), encode['utf-16le']],
      [run.log('bom-be.log'), encode['utf-16be']],
      [run.log('be.log'), encode['utf-16be']],
      [run.log('gbk.log', { wide: '汉字漢編' }), encode.gbk],
    ]
    run.dir.append('bom-le.log', Buffer.of(0xff, 0xfe))
    run.dir.append('bom-be.log', Buffer.of(0xfe, 0xff))
    for (let round = 0; round < 2; round++) {
      await writeInPieces(run, writers)
      await run.begun((writers[0] as (typeof writers)[0])[0], 0)
      await run.kill()
      await writeInPieces(run, writers)
      await run.agent.restart()
    }
    await run.conserved()
  },
)

async function writeInPieces(run: AgentRun, writers: readonly [Log, (text: string) => Buffer][]): Promise<void> {
  for (const [log, encoded] of writers) {
    const bytes = encoded(log.bytes(figures.encodedLines).toString('utf8'))
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      run.dir.append(log.name, bytes.subarray(at, at + pieceBytes))
      await immediate()
    }
  }
}
