import { canonicalIp, type Fault, keysOf, parseKey, parseService, type StoreItem } from '@logpipe/config'
import { contentOf } from '../../entries/target.ts'
import { valueProblems } from '../../validate/value-problems.ts'
import type { Check } from '../check.ts'
import { type Finding, ok, warning } from '../finding.ts'
import type { EtcdPatient } from './patient.ts'

/** What keys below `collect/` and `pipelines/` look like, for whoever wrote another one by hand. */
const shapes = 'collect/hosts/<ip>, collect/groups/<name>, collect/services/<service>/<instance>, pipelines/<name>'

/** Whether somebody reads each key that people and applications write, and can: by hand (`etcdctl`) anything can stand there. */
export const values: Check<EtcdPatient> = {
  about: 'etcd',
  name: 'values',
  async look({ store, settings: { prefix } }) {
    const lists = await Promise.all(
      [`${prefix}/collect/`, keysOf(prefix, 'pipeline')].map((start) => store.list(start)),
    )
    const items = lists.flatMap((list) => list.items)
    const findings = items.flatMap((item) => valueFinding(item, prefix))
    const well = items.length - findings.length
    return [...findings, ok(`${well} of ${items.length} keys of what is collected and parsed can be used.`)]
  },
}

function valueFinding({ key, value }: StoreItem, prefix: string): Finding[] {
  const target = parseKey(prefix, key)
  if (target?.kind === 'host' && canonicalIp(target.ip) !== target.ip) {
    return [warning(`Nobody reads the key ${key}.`, `Agents write this address as ${canonicalIp(target.ip)}.`)]
  }
  switch (target?.kind) {
    case 'host':
    case 'group':
    case 'pipeline': {
      const faults = valueProblems(target, value, key)
      const command = target.kind === 'pipeline' ? `pipelines edit ${target.name}` : `entries edit ${flagOf(target)}`
      return unsound(`In ${contentOf(target)}`, faults, `logctl ${command} mends it, or rollback in the place of edit.`)
    }
    case 'service': {
      const todo = 'The application that registers it has to write it in another way (docs/services.md).'
      return unsound(`In service ${target.service}/${target.instance}`, parseService(value, key).faults, todo)
    }
    default:
      return [warning(`Nobody reads the key ${key}.`, `Write it as one of these, below ${prefix}/: ${shapes}.`)]
  }
}

function flagOf(target: { kind: 'host'; ip: string } | { kind: 'group'; name: string }): string {
  return target.kind === 'host' ? `--host ${target.ip}` : `--group ${target.name}`
}

function unsound(where: string, faults: readonly Fault[], todo: string): Finding[] {
  const [first] = faults
  if (first === undefined) return []
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : ''
  return [warning(`${where} something cannot be used: ${first.path} ${first.message}${more}.`, todo)]
}
