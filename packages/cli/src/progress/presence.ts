import type { AgentProgress } from '@logpipe/config'

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

/** `12s`, `5m`, `3h`, `2d`: so long ago that was. A clock that is ahead of ours is taken for now. */
export function ageText(at: string, now: number): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(at)) / 1_000))
  if (seconds < 120) return `${seconds}s`
  if (seconds < 7_200) return `${Math.round(seconds / 60)}m`
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)}h` : `${Math.round(seconds / 86_400)}d`
}
