import type { Plan, PlanEntry } from '../plan/compile.ts'
import type { Checkpoint } from '../registry/registry.ts'
import { matches } from './finder.ts'

/** Which entries of a plan go on with files that are no longer where entries look for them. */
export class Heirs {
  readonly plan: Plan
  readonly #before: readonly PlanEntry[]
  readonly #byId = new Map<string, PlanEntry>()
  readonly #byTopic = new Map<string, PlanEntry[]>()

  /** `before`: the plan that ran until now. */
  constructor(plan: Plan, before: Plan) {
    this.plan = plan
    this.#before = before.entries
    for (const entry of plan.entries) {
      const { id, topic } = entry.spec
      this.#byId.set(id, entry)
      this.#byTopic.set(topic, [...(this.#byTopic.get(topic) ?? []), entry])
    }
    for (const { spec } of before.entries) {
      const heir = this.#byTopic.get(spec.topic)?.find((one) => one.spec.path === spec.path)
      if (heir !== undefined && !this.#byId.has(spec.id)) this.#byId.set(spec.id, heir)
    }
  }

  /** Whether the plan before asked for what stands there, for this topic. */
  wasAsked(path: string, topic: string): boolean {
    return this.#before.some((entry) => entry.spec.topic === topic && matches(entry, path))
  }

  /**
   * That of the file's own entry; where there is none of this id any more, one with the same path and topic, or one that sends to the same topic what stands
   * where the file was seen first: an entry with another id is a new one to us, and the same to who changed its id.
   */
  of({ entry, topic, homePath }: Pick<Checkpoint, 'entry' | 'topic' | 'homePath'>): PlanEntry | undefined {
    return this.#byId.get(entry) ?? this.#byTopic.get(topic)?.find((one) => matches(one, homePath))
  }
}
