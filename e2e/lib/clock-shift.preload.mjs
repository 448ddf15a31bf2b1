// Loaded into a program before itself (see clock-shift.ts).
import { isMainThread } from 'node:worker_threads'

const hourMs = 3_600_000
const shifts = [0, ...(process.env['E2E_CLOCK_HOURS'] ?? '').split(',').map((hours) => Number(hours) * hourMs)]
const RealDate = Date
let at = 0

globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(RealDate.now() + shifts[at])
    else super(...args)
  }

  static now() {
    return RealDate.now() + shifts[at]
  }
}

// A handler would be the only thing that keeps a worker awake; and a signal goes to the main thread alone.
if (isMainThread) process.on('SIGUSR2', () => (at = (at + 1) % shifts.length))
