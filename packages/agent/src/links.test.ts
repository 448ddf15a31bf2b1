import assert from 'node:assert/strict'
import { copyFileSync } from 'node:fs'
import { test } from 'node:test'
import { Rig } from './testing/rig.ts'

const whens = ['while the agent is stopped', 'while its handle is closed', 'while its handle is held'] as const

/** Something happens to files, and all that was written arrives once. */
async function happens(rig: Rig, when: (typeof whens)[number], action: () => void): Promise<void> {
  for (let i = 0; i < 4; i++) await rig.pollAfter(1_000)
  if (when === whens[0]) await rig.stop()
  action()
  if (when === whens[0]) await rig.restart()
  for (let i = 0; i < 4; i++) await rig.pollAfter(1_000)
  await rig.bounce()
  for (let i = 0; i < 4; i++) await rig.pollAfter(1_000)
}

const closing = (when: string): number => (when === whens[1] ? 2_000 : 3_600_000)

for (const when of whens) {
  test(`kubelet: what a link leads to is rotated in its own folder ${when}: it is read to its end`, async (t) => {
    const rig = await Rig.start(t, { entries: [{ path: 'containers/*.log', closeInactive: closing(when) }] })
    rig.dir.appendLines('pods/0.log', ['1'])
    rig.dir.append('containers/keep', '')
    rig.dir.symlink(rig.dir.file('pods/0.log'), 'containers/x.log')
    await rig.poll()
    await happens(rig, when, () => {
      rig.dir.appendLines('pods/0.log', ['2'])
      rig.dir.rename('pods/0.log', 'pods/0.log.20260101')
      rig.dir.appendLines('pods/0.log', ['3'])
    })
    assert.deepEqual((await rig.lines()).toSorted(), ['1', '2', '3'])
    await rig.stop()
  })

  test(`the link is removed ${when}: what it led to is read to its end`, async (t) => {
    const rig = await Rig.start(t, { entries: [{ path: 'containers/*.log', closeInactive: closing(when) }] })
    rig.dir.appendLines('pods/0.log', ['1'])
    rig.dir.append('containers/keep', '')
    rig.dir.symlink(rig.dir.file('pods/0.log'), 'containers/x.log')
    await rig.poll()
    await happens(rig, when, () => {
      rig.dir.appendLines('pods/0.log', ['2'])
      rig.dir.remove('containers/x.log')
    })
    assert.deepEqual(await rig.lines(), ['1', '2'])
    await rig.stop()
  })

  test(`a release is switched by the link of its folder ${when}: the log of the old one is read to its end`, async (t) => {
    const rig = await Rig.start(t, { entries: [{ path: 'current/*.log', closeInactive: closing(when) }] })
    rig.dir.appendLines('releases/1/a.log', ['1'])
    rig.dir.symlink(rig.dir.file('releases/1'), 'current')
    await rig.poll()
    await happens(rig, when, () => {
      rig.dir.appendLines('releases/1/a.log', ['2'])
      rig.dir.appendLines('releases/2/a.log', ['3'])
      rig.dir.symlink(rig.dir.file('releases/2'), 'current')
    })
    assert.deepEqual((await rig.lines()).toSorted(), ['1', '2', '3'])
    await rig.stop()
  })

  test(`what a link leads to is copied in its own folder and cut ${when}: the unread end comes from the copy`, async (t) => {
    const rig = await Rig.start(t, { entries: [{ path: 'containers/*.log', closeInactive: closing(when) }] })
    // Copies of less than 1 KiB are not believed.
    const first = 'x'.repeat(1_100)
    rig.dir.appendLines('pods/0.log', [first])
    rig.dir.append('containers/keep', '')
    rig.dir.symlink(rig.dir.file('pods/0.log'), 'containers/x.log')
    await rig.poll()
    await happens(rig, when, () => {
      rig.dir.appendLines('pods/0.log', ['2'])
      copyFileSync(rig.dir.file('pods/0.log'), rig.dir.file('pods/0.log.1'))
      rig.dir.truncate('pods/0.log')
    })
    assert.deepEqual(await rig.lines(), [first, '2'])
    await rig.stop()
  })
}
