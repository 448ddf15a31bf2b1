import { setTimeout as sleep } from 'node:timers/promises'
import { parseDuration } from '@logpipe/config'
import { type Clock, exitCodes, LogpipeError, systemClock } from '@logpipe/runtime'
import { count, escapeControls, print } from '@logpipe/runtime/terminal'
import type { CommandContext } from '../context.ts'
import { AccessLines, minLineBytes } from './access-lines.ts'
import { LoadFile } from './load-file.ts'
import { Pace } from './pace.ts'

export interface GenerateFlags {
  path: string
  linesPerSec?: number
  lineBytes: number
  seconds?: number
  lines?: number
  rotateEvery?: string
  keep: number
  rotate: 'rename' | 'copytruncate'
  json?: boolean
}

/** What was written. */
export interface Generated {
  /** Stands in every line, so that lines of other runs can be told apart. */
  run: string
  /** Their numbers are 0 to lines − 1. */
  lines: number
  bytes: number
  seconds: number
  linesPerSec: number
  rotations: number
}

/** Between two looks at the pace. */
const tickMs = 10

/** `logagent bench generate`: writes lines at an even pace or as fast as the disk takes them. Resolves to the exit code. */
export async function benchGenerate(flags: GenerateFlags, { output, untilStopped }: CommandContext): Promise<number> {
  const generated = await generate(flags, untilStopped(), systemClock)
  await print(output, flags.json === true ? `${JSON.stringify(generated)}\n` : summary(flags, generated))
  return exitCodes.ok
}

/** Writes until the lines or the time asked for are over, or `signal` aborts; a line that was begun is whole. */
export async function generate(flags: GenerateFlags, signal: AbortSignal, clock: Clock): Promise<Generated> {
  const { path, lineBytes, linesPerSec, keep, rotate: kind } = flags
  if (lineBytes < minLineBytes) {
    throw new LogpipeError('settings_invalid', `--line-bytes must be at least ${minLineBytes}.`)
  }
  const rotateMs = rotationMs(flags.rotateEvery)
  const source = new AccessLines(lineBytes)
  const file = await LoadFile.open(path, { kind, keep })
  const start = clock.monotonic()
  const endMs = start + (flags.seconds ?? Infinity) * 1_000
  const limit = flags.lines ?? Infinity
  const pace = linesPerSec === undefined ? null : new Pace(linesPerSec, start)
  let lines = 0
  let rotations = 0
  try {
    for (;;) {
      const nowMs = Math.min(clock.monotonic(), endMs)
      let due = Math.min(limit - lines, pace === null ? source.blockLines : pace.due(nowMs))
      while (due > 0 && !signal.aborted) {
        const some = Math.min(due, source.blockLines)
        await file.append(source.take(some, clock.now()))
        due -= some
        lines += some
      }
      if (signal.aborted || lines >= limit || nowMs >= endMs) break
      if (nowMs - start >= (rotations + 1) * rotateMs) {
        await file.rotate()
        rotations++
      }
      if (pace !== null) await sleep(tickMs)
    }
  } finally {
    await file.close()
  }
  const seconds = (clock.monotonic() - start) / 1_000
  const reached = seconds === 0 ? 0 : Math.round(lines / seconds)
  return { run: source.run, lines, bytes: lines * lineBytes, seconds, linesPerSec: reached, rotations }
}

function rotationMs(text: string | undefined): number {
  if (text === undefined) return Infinity
  const ms = parseDuration(text)
  if (ms !== null && ms > 0) return ms
  throw new LogpipeError(
    'settings_invalid',
    '--rotate-every must be a number with its unit, for instance 500ms or 10s.',
  )
}

function summary({ path, linesPerSec: wanted }: GenerateFlags, generated: Generated): string {
  const { run, lines, bytes, seconds, linesPerSec, rotations } = generated
  const mib = (bytes / 1_048_576 / Math.max(seconds, 0.001)).toFixed(1)
  const rotated = rotations === 0 ? '' : `, ${count(rotations)} rotations`
  const first = `${count(lines)} lines, ${count(bytes)} bytes to ${escapeControls(path)} in ${seconds.toFixed(1)} s: ${count(linesPerSec)} lines/s, ${mib} MiB/s${rotated}.`
  const missed = wanted !== undefined && seconds >= 1 && linesPerSec < wanted * 0.95
  const second = missed ? `The ${count(wanted)} lines/s asked for were not reached.\n` : ''
  return `${first}\nEach holds the run ${run} and its number from 0 on.\n${second}`
}
