import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { PlainRecord } from '@logpipe/kafka'
import { isLogpipeError } from '@logpipe/runtime'
import { closeAfter, waitFor } from '@logpipe/testkit'
import type { AssignedPartition, RecordSource } from './source.ts'

export interface SourceUnderTest {
  /** A member of the same group each time; one at a time. */
  join(): RecordSource
  /** Appends one batch to the one partition there is. */
  append(records: readonly PlainRecord[]): Promise<void>
}

const deadlineMs = 20_000

/** A member that holds its partition and leaves the reading to the test. */
class Holder {
  partition: AssignedPartition | null = null
  /** What is done with the partition before it goes to others. */
  onRevoke: (partition: AssignedPartition) => Promise<void> = async () => {}
  readonly #stop = new AbortController()
  readonly #running: Promise<void>

  constructor(t: TestContext, source: RecordSource) {
    this.#running = source.run(
      {
        onAssigned: ([partition]) => (this.partition = partition ?? null),
        onRevoked: async ([partition]) => {
          if (partition !== undefined) await this.onRevoke(partition)
        },
        onLost: () => {},
      },
      this.#stop.signal,
    )
    closeAfter(t, () => this.leave())
  }

  async assigned(): Promise<AssignedPartition> {
    await waitFor(() => this.partition !== null, { what: 'the assignment', deadlineMs })
    return this.partition as AssignedPartition
  }

  async leave(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }
}

/** The next `count` values from `from` on. */
async function read(partition: AssignedPartition, count: number, from = 0): Promise<string[]> {
  const values: string[] = []
  let next = from
  while (values.length < count) {
    for (const batch of await partition.fetch(AbortSignal.timeout(deadlineMs))) {
      const cursor = await batch.open()
      while (cursor.next()) {
        if (cursor.offset < next) continue
        assert.equal(cursor.offset, next++, 'offsets come in order, without holes')
        values.push(cursor.buffer.toString('utf8', cursor.valueStart, cursor.valueEnd))
      }
    }
  }
  return values
}

function records(...values: string[]): PlainRecord[] {
  return values.map((value) => ({ value: Buffer.from(value) }))
}

/** What every source promises; run on the adapter with its real server and on the in-memory twin. */
export function testSource(name: string, make: (t: TestContext) => Promise<SourceUnderTest>): void {
  test(`${name}: reading goes on where it is sent to, also inside of a batch and back`, async (t) => {
    const { join, append } = await make(t)
    await append(records('a', 'b', 'c'))
    await append(records('d'))
    const partition = await new Holder(t, join()).assigned()
    assert.deepEqual(await read(partition, 4), ['a', 'b', 'c', 'd'])
    partition.seek(1)
    assert.deepEqual(await read(partition, 3, 1), ['b', 'c', 'd'])
  })

  test(`${name}: reading goes on at the committed offset, also in the middle of a batch`, async (t) => {
    const { join, append } = await make(t)
    await append(records('a', 'b', 'c'))
    await append(records('d', 'e'))
    const first = new Holder(t, join())
    const partition = await first.assigned()
    assert.equal(partition.committed, null)
    assert.deepEqual(await read(partition, 5), ['a', 'b', 'c', 'd', 'e'])
    assert.deepEqual([partition.highWatermark, partition.logEnd], [5, 5])
    await partition.commit(2)
    await first.leave()
    const second = await new Holder(t, join()).assigned()
    assert.equal(second.committed?.offset, 2)
    assert.deepEqual(await read(second, 3, 2), ['c', 'd', 'e'])
  })

  test(`${name}: the end of the log is known also while nothing is fetched`, async (t) => {
    const { join, append } = await make(t)
    await append(records('a', 'b', 'c'))
    const partition = await new Holder(t, join()).assigned()
    await read(partition, 3)
    await append(records('d', 'e'))
    await waitFor(() => partition.logEnd === 5, { what: 'the new end to be known', deadlineMs: 10_000 })
    assert.equal(partition.highWatermark, 3)
  })

  test(`${name}: commits count while a partition is being revoked, and are refused afterwards`, async (t) => {
    const { join, append } = await make(t)
    await append(records('a', 'b'))
    const first = new Holder(t, join())
    const partition = await first.assigned()
    await read(partition, 2)
    first.onRevoke = (revoked) => revoked.commit(1)
    await first.leave()
    await assert.rejects(partition.commit(2), (error) => isLogpipeError(error, 'kafka_fenced'))
    assert.equal((await new Holder(t, join()).assigned()).committed?.offset, 1)
  })

  test(`${name}: a fetch waits for records that are still to come, and ends when it is aborted`, async (t) => {
    const { join, append } = await make(t)
    const partition = await new Holder(t, join()).assigned()
    const reading = read(partition, 1)
    await append(records('late'))
    assert.deepEqual(await reading, ['late'])
    const stop = new AbortController()
    const fetching = (async () => {
      for (;;) await partition.fetch(stop.signal)
    })()
    stop.abort()
    await assert.rejects(fetching, (error) => isLogpipeError(error, 'aborted'))
  })
}
