import assert from 'node:assert/strict'
import { copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { setImmediate as immediate } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import type { Scope } from '@logpipe/testkit'
import { LogpipeError } from '@logpipe/runtime'
import { checkArrived } from './tail-check.ts'
import { type EntryInput, Rig } from './rig.ts'
import { type Life, Model } from './tail-model.ts'
import { type Between, forms, type Meanwhile, type Step, type Variant } from './tail-steps.ts'

const holdMs = 5_000

/** Lets the steps happen to a folder and an agent; then everything must have arrived that had to. */
export async function run(t: Scope, steps: readonly Step[], variant: Variant): Promise<void> {
  const { pattern, others, maxOpenFiles, headerBytes, partition, flushPartialMs, epochBytes } = variant
  const entries = [pattern, ...(others === undefined ? [] : [others])].map((path) => ({ path, partition }))
  const rig = await Rig.start(t, {
    entries,
    limits: { maxInFlightBytes: 393_216, maxOpenFiles, flushPartialMs, holdMs, epochBytes },
  })
  const header = headerBytes === 0 ? '' : `#${'h'.repeat(headerBytes - 2)}\n`
  const tail = new Tail(rig, entries, header, maxOpenFiles)
  for (const step of steps) {
    if (variant.crashes || !['hastyStop', 'crash', 'loseAnswers', 'powerCut'].includes(step.do))
      await tail.take(step, variant.crashes)
    for (const { size, read, acked } of rig.agent.files()) {
      assert.ok(acked <= read && read <= Math.max(size, read), `acked ${acked} ≤ read ${read} ≤ size ${size}`)
    }
  }
  await tail.take({ do: 'answer' }, false)
  // Deleted files keep their handle for a moment; where there is one only, others wait for it. Held files become clear.
  for (let i = 0; i < 6; i++) await tail.take({ do: 'wait', ms: 2_000 }, false)
  await checkArrived(rig, tail.model, partition === 'source')
  assert.equal(await rig.stop(), true)
}

/** A folder of files that have the one writer, the agent that reads them, and the model of both. */
class Tail {
  readonly model = new Model()
  readonly #rig: Rig
  readonly #entries: readonly EntryInput[]
  /** Whether names of rotated files are matched by no glob. */
  readonly #rotatesOut: boolean
  readonly #header: string
  readonly #maxOpenFiles: number
  #packedCount = 0

  constructor(rig: Rig, entries: readonly EntryInput[], header: string, maxOpenFiles: number) {
    this.#rig = rig
    this.#entries = entries
    this.#maxOpenFiles = maxOpenFiles
    this.#rotatesOut = entries.every(({ path }) => path === '*.log')
    this.#header = header
  }

  async take(step: Step, mayCrash: boolean): Promise<void> {
    const rig = this.#rig
    switch (step.do) {
      case 'append': {
        const lines = Array.from({ length: step.lines }, () => this.model.text(step.file, step.bytes))
        this.#append(step.file, lines.map((line) => `${line}\n`).join(''))
        return step.thenPoll ? this.#poll() : undefined
      }
      case 'appendPart':
        return this.#append(step.file, this.model.text(step.file, 3))
      case 'rotate':
        return this.#rotate(step.file)
      case 'remove':
        return this.#remove(nameOf(step.file))
      case 'removeOld':
        return this.#remove(`${nameOf(step.file)}.${this.#oldest(step.file)}`)
      case 'compress':
        return this.#compress(step.file)
      case 'truncate':
        return this.#truncate(step.file)
      case 'copy':
        return this.#copy(step.file)
      case 'copytruncate':
        this.#copy(step.file)
        await this.#between(step.between, step.file, mayCrash)
        return this.#truncate(step.file)
      case 'unmount':
        return this.#unmount(step.meanwhile, mayCrash)
      case 'wait':
        rig.clock.advance(step.ms)
        await this.#poll()
        if (step.ms > holdMs && rig.kafka.waitingCount === 0 && rig.kafka.faults.size === 0 && this.#isDiskWell)
          await this.#letGo()
        return this.#isDiskWell ? this.model.flushed() : undefined
      case 'poll':
        return this.#poll()
      case 'reshape':
        // One of them: the ids of two would be the same.
        return rig.apply(this.#entries.map((entry, i) => (i === 0 ? { ...entry, ...forms[step.form] } : entry)))
      case 'replan':
        // The entry is removed and put again: as far as its files are concerned, as an orderly end and a start.
        rig.apply([])
        await rig.poll()
        this.model.ended(['seen', 'stored', 'durable'], await this.#arrived())
        return rig.apply([...this.#entries])
      case 'away':
        rig.kafka.faults.set('t', new LogpipeError('kafka_unavailable', 'Kafka is away.', { retriable: true }))
        return
      case 'full':
        rig.disk.fault = new LogpipeError('disk_full', 'There is no room on the disk for the registry; make some.')
        return
      case 'slow':
        rig.disk.isSlow = true
        return
      case 'catchUp':
        return rig.disk.catchUp()
      case 'hold':
        rig.kafka.holding = true
        return
      case 'answer':
        return this.#answer()
      case 'answerOne':
        rig.kafka.answerOne(step.pick)
        return this.#poll()
      case 'bounce':
        await this.#answer()
        assert.equal(await rig.stop(), true)
        return this.#restart('seen', 'stored', 'durable')
      case 'hastyStop':
        // An orderly end whose deadline is over at once: answers that are on their way come too late.
        rig.disk.catchUp()
        await rig.agent.stop(AbortSignal.abort())
        rig.kafka.loseAnswers()
        return this.#restart('stored', 'durable')
      case 'loseAnswers':
      case 'crash':
      case 'powerCut':
        rig.crash()
        if (step.do === 'loseAnswers') rig.kafka.loseAnswers()
        else rig.kafka.loseRequests()
        if (step.do === 'powerCut') rig.disk.losePower()
        return step.do === 'powerCut' ? this.#restart('durable') : this.#restart('stored', 'durable')
    }
  }

  /** The folder is away for a while, with all that is in it. */
  async #unmount(meanwhile: Meanwhile, mayCrash: boolean): Promise<void> {
    const { dir, clock, kafka } = this.#rig
    const elsewhere = `${dir.path}.elsewhere`
    renameSync(dir.path, elsewhere)
    try {
      if (meanwhile === 'crash' && mayCrash) {
        this.#rig.crash()
        kafka.loseRequests()
        await this.#restart('stored', 'durable')
      }
      if (meanwhile === 'wait') clock.advance(holdMs)
      await this.#rig.poll()
    } finally {
      renameSync(elsewhere, dir.path)
    }
  }

  get #isDiskWell(): boolean {
    return this.#rig.disk.fault === null && !this.#rig.disk.isSlow
  }

  async #between(what: Between, file: number, mayCrash: boolean): Promise<void> {
    if (what === 'crash' && mayCrash) await this.take({ do: 'crash' }, true)
    if (what === 'wait') await this.take({ do: 'wait', ms: 3_000 }, false)
    if (what === 'poll' || what === 'pollAppend') await this.#poll()
    if (what !== 'append' && what !== 'appendPoll' && what !== 'pollAppend') return
    await this.take({ do: 'append', file, lines: 2, bytes: 20, thenPoll: what === 'appendPoll' }, false)
  }

  #append(file: number, text: string): void {
    const { model } = this
    const isNew = model.at(nameOf(file)) === undefined
    const { life } = model.file(nameOf(file), this.#header, this.#rig.clock.monotonic())
    life.append(text)
    model.part(life)
    this.#rig.dir.append(nameOf(file), isNew ? this.#header + text : text)
  }

  #oldest(file: number): number {
    let last = 0
    while (this.#rig.dir.exists(`${nameOf(file)}.${last + 1}`)) last++
    return last
  }

  #rename(from: string, to: string): void {
    const carrier = this.model.at(from)
    this.#rig.dir.rename(from, to)
    if (carrier !== undefined) carrier.name = to
  }

  /** Makes room for the youngest rotated file. */
  #shift(file: number): void {
    for (let n = this.#oldest(file); n >= 1; n--) this.#rename(`${nameOf(file)}.${n}`, `${nameOf(file)}.${n + 1}`)
  }

  async #rotate(file: number): Promise<void> {
    const name = nameOf(file)
    const carrier = this.model.at(name)
    if (carrier === undefined) return
    this.#shift(file)
    this.#rename(name, `${name}.1`)
    this.model.part(carrier.life)
    carrier.isOut = this.#rotatesOut
    if (carrier.isOut && carrier.life.known === 'no') this.model.lose(carrier, await this.#arrived())
  }

  async #remove(name: string): Promise<void> {
    if (!this.#rig.dir.exists(name)) return
    const isOpen = this.#rig.isOpen(name)
    this.#rig.dir.remove(name)
    this.model.remove(name, isOpen, await this.#arrived())
  }

  /** A rotated file that the globs match is packed, and removed. */
  async #compress(file: number): Promise<void> {
    const name = `${nameOf(file)}.${this.#oldest(file)}`
    const carrier = this.model.at(name)
    if (carrier === undefined || this.#rotatesOut) return
    const packed = `${nameOf(file)}.packed-${this.#packedCount++}.gz`
    writeFileSync(this.#rig.dir.file(packed), gzipSync(readFileSync(this.#rig.dir.file(name))))
    this.model.pack(carrier, packed, this.#rig.clock.monotonic(), this.#maxOpenFiles <= 8)
    await this.#remove(name)
  }

  async #truncate(file: number): Promise<void> {
    const carrier = this.model.at(nameOf(file))
    if (carrier === undefined) return
    this.#rig.dir.truncate(nameOf(file))
    this.model.cut(carrier, await this.#arrived())
  }

  /** What was deleted and read to its end is no longer held open. */
  async #letGo(): Promise<void> {
    for (const carrier of this.model.carriers) {
      if (carrier.isRemoved) this.model.lose(carrier, await this.#arrived())
    }
  }

  #copy(file: number): void {
    const name = nameOf(file)
    const carrier = this.model.at(name)
    if (carrier === undefined) return
    this.#shift(file)
    copyFileSync(this.#rig.dir.file(name), this.#rig.dir.file(`${name}.1`))
    this.model.copy(carrier, `${name}.1`, this.#rotatesOut, this.#rig.clock.monotonic())
  }

  async #arrived(): Promise<Set<string>> {
    return new Set((await this.#rig.arrived()).map(({ text }) => text))
  }

  async #poll(): Promise<void> {
    const { kafka, clock } = this.#rig
    await this.#rig.poll()
    // Deleted files keep their handles; where there are few, others wait.
    const hasHandles = this.#maxOpenFiles > 8 || ![...this.model.carriers].some(({ isRemoved }) => isRemoved)
    const canSend = !kafka.holding && kafka.faults.size === 0 && this.#isDiskWell
    this.model.polled(canSend && hasHandles, clock.monotonic(), holdMs)
  }

  async #restart(...least: Life['known'][]): Promise<void> {
    this.model.ended(least, await this.#arrived())
    await this.#rig.restart()
  }

  async #answer(): Promise<void> {
    const { kafka } = this.#rig
    kafka.holding = false
    kafka.faults.clear()
    kafka.answer()
    const { disk } = this.#rig
    const wasFull = disk.fault !== null
    disk.catchUp()
    // Who could not write, a write that was under way among them, tries again after a moment.
    await immediate()
    if (wasFull) this.#rig.clock.advance(1_000)
    disk.fault = null
    // The poll finds what is new, and who was refused tries again in a moment: only then all can be read.
    await this.#rig.poll()
    await this.#rig.settle()
    await this.#poll()
  }
}

function nameOf(file: number): string {
  return `${'ab'[file]}.log`
}
