import type { PipelineCheck } from '@logpipe/config'
import { patternProblem } from './usable-pattern.ts'

/**
 * Patterns of a pipeline that a transfer would refuse though its schema takes them: those of `regex`, and of conditions. What else it looks at (grok, zones,
 * formats) only it can tell: `logtransfer pipeline test`.
 */
export const pipelineProblems: PipelineCheck = ({ processors }) => {
  const found: { path: PropertyKey[]; message: string }[] = []
  const look = (value: unknown, path: PropertyKey[]): void => {
    if (typeof value === 'string') {
      const message = isPattern(path) ? patternProblem(value) : null
      if (message !== null) found.push({ path, message })
    } else if (typeof value === 'object' && value !== null) {
      const isList = Array.isArray(value)
      for (const [key, item] of Object.entries(value)) look(item, [...path, isList ? Number(key) : key])
    }
  }
  look(processors, ['processors'])
  return found
}

/** `processors[0].regex.patterns[1]`, or `matches` anywhere below an `if`. */
function isPattern(path: readonly PropertyKey[]): boolean {
  const [, , processor, key] = path
  if (path.length === 5) return processor === 'regex' && key === 'patterns'
  return path.at(-1) === 'matches' && path.includes('if')
}
