import type { Pipeline } from '@logpipe/config'
import { type CompiledPipeline, compilePipeline } from './compile.ts'

/** What the transfer parses with: pipelines by name. Those of etcd, put and removed at any time, win over those of the settings. */
export class Pipelines {
  readonly #settings = new Map<string, CompiledPipeline>()
  readonly #stored = new Map<string, CompiledPipeline>()
  /** What each was made of. */
  readonly #specs = new WeakMap<CompiledPipeline, Pipeline>()

  /** Throws `settings_invalid` where one cannot work; its name stands in the sentence. */
  constructor(settings: Readonly<Record<string, Pipeline>> = {}) {
    for (const [name, pipeline] of Object.entries(settings)) this.#settings.set(name, this.#compile(name, pipeline))
  }

  /** The pipeline of this name as it is now; undefined where nobody knows one. */
  find(name: string): CompiledPipeline | undefined {
    return this.#stored.get(name) ?? this.#settings.get(name)
  }

  /** What the pipeline of this name was made of; undefined where nobody knows one. */
  spec(name: string): Pipeline | undefined {
    const found = this.find(name)
    return found === undefined ? undefined : this.#specs.get(found)
  }

  /** Makes this the pipeline of that name from the next line on. Throws `settings_invalid` and keeps the old one where it cannot work. */
  put(name: string, pipeline: Pipeline): void {
    this.#stored.set(name, this.#compile(name, pipeline))
  }

  /** Forgets the one that was put; that of the settings is used again, if there is one. */
  remove(name: string): void {
    this.#stored.delete(name)
  }

  #compile(name: string, pipeline: Pipeline): CompiledPipeline {
    const compiled = compilePipeline(pipeline, name)
    this.#specs.set(compiled, pipeline)
    return compiled
  }
}
