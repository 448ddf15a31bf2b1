/** What the faults are tried with: `short` in npm test, `long` by `npm run e2e -- --long`. */
const table = {
  /** 1: programs that log at once, lines of each, rotations of each while they do. */
  rotationWriters: { short: 4, long: 100 },
  rotationLines: { short: 10_000, long: 20_000 },
  rotations: { short: 8, long: 30 },
  /** 1: files that are rotated and compressed. */
  compressions: { short: 3, long: 30 },
  /** 2: times that each file is copied and cut. */
  copies: { short: 4, long: 50 },
  /** 4: how long the agent hangs (SIGSTOP). */
  hangMs: { short: 500, long: 60_000 },
  /** 6: lines that are written byte by byte. */
  byteRounds: { short: 3, long: 30 },
  /** 7: times a link is pointed elsewhere, or a file replaced. */
  swaps: { short: 3, long: 30 },
  /** 8: bytes of a long line and of a large file; how long a line is without its end. */
  longLineBytes: { short: 3_000_000, long: 64 * 1_048_576 },
  largeFileLines: { short: 30_000, long: 1_000_000 },
  encodedLines: { short: 300, long: 5_000 },
  unfinishedMs: { short: 500, long: 3_600_000 },
  /** 9: files of a folder. */
  manyFiles: { short: 1_000, long: 10_000 },
  /** 11: times the agent is killed. */
  kills: { short: 4, long: 200 },
  epochKills: { short: 3, long: 60 },
  /** 12: damages to the registry. */
  damages: { short: 6, long: 100 },
  /** 13, 24: how long Kafka is blocked, and lines written meanwhile. */
  blockedMs: { short: 2_000, long: 15 * 60_000 },
  blockedLines: { short: 100_000, long: 1_000_000 },
  /** 14: leaders killed one after the other; times that a topic is deleted; how long all brokers are away, and one is a black hole; times that rights are taken. */
  leaderKills: { short: 1, long: 10 },
  deletions: { short: 1, long: 5 },
  brokersAwayMs: { short: 10_000, long: 15 * 60_000 },
  holeMs: { short: 8_000, long: 120_000 },
  rights: { short: 1, long: 20 },
  /** 15: lines of each length. */
  longLines: { short: 3, long: 100 },
  /** 16: lines over a slow network, and times that connections are broken. */
  slowLines: { short: 2_000, long: 60_000 },
  breaks: { short: 2, long: 40 },
  /** 19: times that all three transfers are killed; times that instances come and go, and how long each number of them lasts. */
  transferKills: { short: 2, long: 67 },
  scalings: { short: 1, long: 10 },
  scaleMs: { short: 1_500, long: 30_000 },
  hungMs: { short: 8_000, long: 60_000 },
  /** 20: bulk requests among which the wrong answers are. */
  wrongBulks: { short: 60, long: 2_000 },
  /** 21: times that Elasticsearch is killed, that an index is blocked, rolled over, deleted; documents of a conflict. */
  sinkKills: { short: 1, long: 20 },
  indexBlocks: { short: 2, long: 50 },
  rollovers: { short: 3, long: 100 },
  conflictLines: { short: 10_000, long: 200_000 },
  /** 23: how long Elasticsearch is away, and lines a second meanwhile. */
  sinkAwayMs: { short: 20_000, long: 60 * 60_000 },
  fullLinesPerSec: { short: 2_000, long: 5_000 },
  /** 17: edits of a host's entries, the time between two, and that after which a hung agent counts as gone. */
  edits: { short: 150, long: 1_000 },
  leaseMs: { short: 3_000, long: 30_000 },
  editPauseMs: { short: 5, long: 8 },
  /** 18: changes of the entries, one after the other, and the time between two; times that a file goes to another entry. */
  entrySwaps: { short: 4, long: 40 },
  entryRounds: { short: 24, long: 600 },
  entryRoundMs: { short: 300, long: 1_000 },
  /** 24: orderly stops. */
  stops: { short: 2, long: 30 },
  /** 25: how long it runs, and lines a second of each of four programs. */
  soakMs: { short: 9_000, long: 60 * 60_000 },
  soakLinesPerSec: { short: 5_000, long: 5_000 },
} as const

type Name = keyof typeof table

const size = process.env['LOGPIPE_LONG'] === '1' ? 'long' : 'short'

export const isLong: boolean = size === 'long'

/** The figures of this run. */
export const figures: Readonly<Record<Name, number>> = Object.fromEntries(
  Object.entries(table).map(([name, values]) => [name, values[size]]),
) as Record<Name, number>

/** How long a test may take. */
export const timeout: number = isLong ? 2 * 3_600_000 : 150_000
