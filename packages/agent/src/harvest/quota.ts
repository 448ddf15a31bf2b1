const newlineByte = 10
const leastReadBytes = 4_096
const usualLineBytes = 1_024

/** How much one call of a feed may take: it stops behind the record with which one of both is reached. */
export interface Quota {
  readonly lines: number
  readonly bytes: number
}

/** No bound: what feeds of entries without a rate limit get, always this object. */
export const unlimited: Quota = { lines: Infinity, bytes: Infinity }

/** End of the lines in `bytes[first, limit)` that the quota allows: behind a newline, or `limit` where it allows all. */
export function quotaEnd(bytes: Buffer, first: number, limit: number, quota: Quota): number {
  const view = bytes.subarray(0, limit)
  let at = first
  for (let lines = 0; lines < quota.lines && at - first < quota.bytes; lines++) {
    const newline = view.indexOf(newlineByte, at)
    if (newline < 0) return limit
    at = newline + 1
  }
  return at
}

/** Bytes of a read that holds what the quota allows, as lines go: at most `chunkBytes`. */
export function quotaBytes(quota: Quota, chunkBytes: number): number {
  return Math.min(chunkBytes, Math.max(leastReadBytes, Math.min(quota.bytes, quota.lines * usualLineBytes)))
}
