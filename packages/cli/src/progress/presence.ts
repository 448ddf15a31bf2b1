import type { AgentProgress } from '@logpipe/config'
import { durationText } from '../output/duration.ts'

/** `silent`: it should have written again. `ended`: in order. `gone`: not in order, and not back. */
export type Presence = 'alive' | 'silent' | 'ended' | 'gone'

/**
 * What has become of an agent since it wrote. `alive`: the agents that are registered in etcd; null: that is not known, so that an agent which was
 * killed shows only by its silence.
 */
export function presenceOf(
  { agent, at, nextMs, ended, registers }: AgentProgress,
  alive: ReadonlySet<string> | null,
  now: number,
): Presence {
  const isSilent = now - Date.parse(at) > 2 * nextMs
  if (alive?.has(agent) === true) return isSilent && !ended ? 'silent' : 'alive'
  if (ended) return 'ended'
  if (alive !== null && registers) return 'gone'
  return isSilent ? 'silent' : 'alive'
}

/** How long ago that was. A clock that is ahead of ours is taken for now. */
export function ageText(at: string, now: number): string {
  return durationText(Math.max(0, Math.round((now - Date.parse(at)) / 1_000)))
}
