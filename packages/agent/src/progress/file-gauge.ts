import { type FileProgress, FileState } from '@logpipe/config'
import type { Metrics } from '@logpipe/runtime'

/** Shows at /metrics how many files are in each state of /files, counted when somebody asks. */
export function showFileStates(metrics: Metrics, files: () => Iterable<FileProgress>): void {
  metrics.gauge('files', 'Files and folders of /files, by state.', ['state'], (gauge) => {
    const counts = new Map<string, number>(FileState.options.map((state) => [state, 0]))
    for (const { state } of files()) counts.set(state, (counts.get(state) ?? 0) + 1)
    for (const [state, count] of counts) gauge.set({ state }, count)
  })
}
