import { keysOf, parseKey, parsePipeline } from '@logpipe/config'
import { count, escapeControls, print, table } from '@logpipe/runtime/terminal'
import type { StoreSession } from '../../entries/session.ts'
import { readTransfers } from '../../fleet/fleet.ts'
import { pipelineRolloutOf } from '../../fleet/rollout.ts'
import { jsonLine } from '../../output/json.ts'

/** `logctl pipelines list`: every pipeline in etcd, what it does, and on how many of the live transfers it is applied. */
export async function listPipelines(flags: { json?: boolean }, { store, prefix, output }: StoreSession): Promise<void> {
  const [{ items }, transfers] = await Promise.all([
    store.list(keysOf(prefix, 'pipeline')),
    readTransfers(store, prefix),
  ])
  const pipelines = items.flatMap(({ key, value, modRevision: revision }) => {
    const target = parseKey(prefix, key)
    if (target?.kind !== 'pipeline') return []
    const parsed = parsePipeline(value, key)
    const { concerned, applied, failed, agents } = pipelineRolloutOf({ target, key, value, revision }, transfers)
    const [fault] = parsed.ok ? [] : parsed.faults
    const problem =
      fault === undefined
        ? agents.find(({ errors }) => errors.length > 0)?.errors[0]?.error
        : `${fault.path} ${fault.message}`
    const processors = parsed.ok ? parsed.value.processors.flatMap((one) => Object.keys(one)) : []
    const told = problem === undefined ? {} : { problem }
    return [{ name: target.name, processors, revision, transfers: concerned, applied, failed, ...told }]
  })
  if (flags.json === true) {
    await print(output, pipelines.map(jsonLine).join(''))
    return
  }
  const columns = [
    { title: 'PIPELINE' },
    { title: 'PROCESSORS' },
    { title: 'REVISION', number: true },
    { title: 'APPLIED' },
    { title: 'PROBLEM' },
  ]
  const rows = pipelines.map(({ name, processors, revision, transfers: all, applied, problem = '' }) => [
    name,
    processors.join(' '),
    String(revision),
    `${count(applied)} of ${count(all)}`,
    escapeControls(problem),
  ])
  await print(output, table(columns, rows))
}
