import { basename } from 'node:path'

/** Bytes between two samples, on average. */
export const samplingBytes = 4_096

/** What V8's sampling heap profiler writes, as far as it is read here. */
export interface HeapProfileNode {
  callFrame: { functionName: string; url: string; lineNumber: number }
  /** Bytes allocated by the function itself, estimated from the samples. */
  selfSize: number
  children: HeapProfileNode[]
}

export interface AllocationSite {
  /** `function (file:line)`. */
  name: string
  bytesPerLine: number
}

export interface HeapReport {
  /** Bytes allocated on the JavaScript heap for each line, garbage included, by all that the agent does meanwhile. */
  bytesPerLine: number
  /** The part of it that the loop over lines allocates. */
  loopBytesPerLine: number
  /** All of it, by batch: what is allocated for each batch, request and answer weighs on few lines or on many. */
  bytesPerBatch: number
  linesPerBatch: number
  /** The functions that allocate most, the largest first. */
  sites: AllocationSite[]
}

/** The function that loops over lines, and those that it calls once for many lines. */
const loop = {
  functionName: 'append',
  file: 'line-feed.ts',
  perBatch: new Set(['seal', '#cover', 'writable', 'enlarge']),
}

/** Sums up a profile that was taken while `lines` lines went through in `batches` batches. */
export function summarizeHeap(
  head: HeapProfileNode,
  { lines, batches, topSites = 8 }: { lines: number; batches: number; topSites?: number },
): HeapReport {
  const bySite = new Map<string, number>()
  let total = 0
  let inLoop = 0
  const stack = [{ node: head, isLoop: false }]
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { callFrame, selfSize, children } = top.node
    const isLoop = isLoopFrame(callFrame) || (top.isLoop && !loop.perBatch.has(callFrame.functionName))
    // The sampler itself.
    if (callFrame.url.startsWith('node:inspector')) continue
    total += selfSize
    if (isLoop) inLoop += selfSize
    const name = siteName(callFrame)
    bySite.set(name, (bySite.get(name) ?? 0) + selfSize)
    for (const node of children) stack.push({ node, isLoop })
  }
  const sites = [...bySite]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, topSites)
    .map(([name, bytes]) => ({ name, bytesPerLine: bytes / lines }))
  return {
    bytesPerLine: total / lines,
    loopBytesPerLine: inLoop / lines,
    bytesPerBatch: total / batches,
    linesPerBatch: lines / batches,
    sites,
  }
}

function isLoopFrame({ functionName, url }: HeapProfileNode['callFrame']): boolean {
  return functionName === loop.functionName && url.endsWith(`/${loop.file}`)
}

function siteName({ functionName, url, lineNumber }: HeapProfileNode['callFrame']): string {
  const name = functionName === '' ? '(anonymous)' : functionName
  return url === '' ? name : `${name} (${basename(url)}:${lineNumber + 1})`
}
